import { mapsEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { deployments } from '../../resources.ts';
import type { Deployment } from '../../types/apps/v1.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bumpGeneration, keepAllButStatus, keepField } from '../strategy.ts';
import { selectorText, workloadScale } from './scale.ts';

/** Fills in what a deployment leaves out, in place (upstream's SetDefaults_Deployment of apps/v1). */
export function applyDeploymentDefaults(object: Loose<Deployment>): void {
  const spec = (object.spec ??= {});
  spec.replicas ??= 1;
  const strategy = (spec.strategy ??= {});
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    const rollingUpdate = (strategy.rollingUpdate ??= {});
    rollingUpdate.maxUnavailable ??= '25%';
    rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  applyPodTemplateDefaults((spec.template ??= {}));
}

export const deploymentDefinition: ResourceDefinition<Deployment> = {
  type: deployments,
  allowUnconditionalUpdate: true,
  applyDefaults: applyDeploymentDefaults,
  prepareForCreate(object) {
    delete object.status;
    object.metadata.generation = 1;
  },
  update: {
    prepareForUpdate(object, old) {
      keepField(object, old, 'status');
      bumpGeneration(object, old);
      // Changed annotations count as well: the controller copies them to the replica set.
      if (!mapsEqual(object.metadata.annotations, old.metadata.annotations)) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
  },
  subresources: {
    status: {
      prepareForUpdate(object, old) {
        keepAllButStatus(object, old);
        if (old.metadata.labels === undefined) delete object.metadata.labels;
        else object.metadata.labels = old.metadata.labels;
      },
    },
  },
  columns: [
    nameColumn,
    column('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    column('Up-to-date', ({ status }) => status?.updatedReplicas ?? 0),
    column('Available', ({ status }) => status?.availableReplicas ?? 0),
    ageColumn,
    ...containerColumns<Deployment>(({ spec }) => spec?.template.spec?.containers),
    column('Selector', ({ spec }) => selectorText(spec?.selector), { wide: true }),
  ],
  scale: workloadScale<Deployment>(({ spec }) => selectorText(spec?.selector)),
};
