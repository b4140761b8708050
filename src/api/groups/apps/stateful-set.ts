import type { Loose } from '../../meta/loose.ts';
import { statefulsets } from '../../resources.ts';
import type { StatefulSet } from '../../types/apps/v1.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';
import { selectorText, workloadScale } from './scale.ts';

/** Fills in what a stateful set leaves out, in place (upstream's SetDefaults_StatefulSet of apps/v1). */
export function applyStatefulSetDefaults(object: Loose<StatefulSet>): void {
  const spec = (object.spec ??= {});
  spec.podManagementPolicy ||= 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  if (strategy.type === undefined || strategy.type === '') {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate !== undefined) strategy.rollingUpdate.partition ??= 0;
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ||= 'Retain';
  retention.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  applyPodTemplateDefaults((spec.template ??= {}));
  for (const claim of spec.volumeClaimTemplates ?? []) {
    // Templates of claims are whole objects, and say of themselves what they are.
    claim.apiVersion ||= 'v1';
    claim.kind ||= 'PersistentVolumeClaim';
    (claim.spec ??= {}).volumeMode ??= 'Filesystem';
    (claim.status ??= {}).phase ||= 'Pending';
  }
}

export const statefulSetDefinition: ResourceDefinition<StatefulSet> = {
  type: statefulsets,
  nameRule: 'dns-1123-label',
  allowUnconditionalUpdate: true,
  ...standardRules<StatefulSet>({ status: true, generation: true }),
  applyDefaults: applyStatefulSetDefaults,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { replicas: 0, availableReplicas: 0 };
  },
  columns: [
    nameColumn,
    column('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    ageColumn,
    ...containerColumns<StatefulSet>(({ spec }) => spec?.template.spec?.containers),
  ],
  scale: workloadScale<StatefulSet>(({ spec }) => selectorText(spec?.selector)),
};
