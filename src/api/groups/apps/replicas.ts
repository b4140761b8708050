/** What replica sets and replication controllers have in common: how their status is checked and how they are shown. */
import type { FieldError } from '../../field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { ReplicaSetStatus } from '../../types/apps/v1.ts';
import type { Container } from '../../types/core/v1.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import type { Column } from '../definition.ts';
import { addCounters, addNotGreater } from './validation.ts';

/** No counter is negative, and none counts more pods than there are, or than are ready. */
export function validateReplicaStatus(status: ReplicaSetStatus | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (status === undefined) return errors;
  addCounters(errors, status, ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'terminatingReplicas', 'observedGeneration']);
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) addNotGreater(errors, field, status[field], status.replicas);
  addNotGreater(errors, 'availableReplicas', status.availableReplicas, status.readyReplicas, 'readyReplicas');
  return errors;
}

interface Replicated extends KubeObject {
  spec?: { replicas?: number; template?: { spec?: { containers: Container[] } } };
  status?: ReplicaSetStatus;
}

export function replicaColumns<T extends Replicated>(selectorText: (object: T) => string): readonly Column<T>[] {
  return [
    nameColumn,
    column<T>('Desired', ({ spec }) => spec?.replicas ?? 0, { type: 'integer' }),
    column<T>('Current', ({ status }) => status?.replicas ?? 0, { type: 'integer' }),
    column<T>('Ready', ({ status }) => status?.readyReplicas ?? 0, { type: 'integer' }),
    ageColumn,
    ...containerColumns<T>(({ spec }) => spec?.template?.spec?.containers),
    column<T>('Selector', selectorText, { wide: true }),
  ];
}
