import { formatLabelSelector } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { replicasets } from '../../resources.ts';
import type { ReplicaSet } from '../../types/apps/v1.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';
import { selectorText, workloadScale } from './scale.ts';

/** Fills in what a replica set leaves out, in place. */
export function applyReplicaSetDefaults(object: Loose<ReplicaSet>): void {
  const spec = (object.spec ??= {});
  spec.replicas ??= 1;
  applyPodTemplateDefaults((spec.template ??= {}));
}

const rules = standardRules<ReplicaSet>({ status: true, generation: true });

export const replicaSetDefinition: ResourceDefinition<ReplicaSet> = {
  type: replicasets,
  allowUnconditionalUpdate: true,
  ...rules,
  applyDefaults: applyReplicaSetDefaults,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { replicas: 0 };
  },
  columns: [
    nameColumn,
    column('Desired', ({ spec }) => spec?.replicas ?? 0, { type: 'integer' }),
    column('Current', ({ status }) => status?.replicas ?? 0, { type: 'integer' }),
    column('Ready', ({ status }) => status?.readyReplicas ?? 0, { type: 'integer' }),
    ageColumn,
    ...containerColumns<ReplicaSet>(({ spec }) => spec?.template?.spec?.containers),
    column('Selector', ({ spec }) => formatLabelSelector(spec?.selector), { wide: true }),
  ],
  selectableFields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  scale: workloadScale<ReplicaSet>(({ spec }) => selectorText(spec?.selector)),
};
