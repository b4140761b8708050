import { formatLabels, selectorFromLabels } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { replicationcontrollers } from '../../resources.ts';
import type { ReplicationController } from '../../types/core/v1.ts';
import { workloadScale } from '../apps/scale.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';
import { applyPodTemplateDefaults } from './pod-defaults.ts';

/** Fills in what a replication controller leaves out, in place: its selector and labels are those of its template. */
export function applyReplicationControllerDefaults(object: Loose<ReplicationController>): void {
  const spec = (object.spec ??= {});
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    const metadata = (object.metadata ??= {});
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  }
  spec.replicas ??= 1;
  applyPodTemplateDefaults(spec.template);
}

export const replicationControllerDefinition: ResourceDefinition<ReplicationController> = {
  type: replicationcontrollers,
  allowUnconditionalUpdate: true,
  ...standardRules<ReplicationController>({ status: true, generation: true }),
  applyDefaults: applyReplicationControllerDefaults,
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
    ...containerColumns<ReplicationController>(({ spec }) => spec?.template?.spec?.containers),
    column('Selector', ({ spec }) => formatLabels(spec?.selector), { wide: true }),
  ],
  selectableFields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  scale: workloadScale<ReplicationController>(({ spec }) => selectorFromLabels(spec?.selector).toString()),
  defaultPropagation: 'orphan',
};
