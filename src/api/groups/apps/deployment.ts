import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { mapsEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { addNonNegative } from '../../pod/validation/rules.ts';
import { deployments } from '../../resources.ts';
import type { Deployment, DeploymentSpec, DeploymentStrategy } from '../../types/apps/v1.ts';
import { ageColumn, column, containerColumns, nameColumn } from '../columns.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { bumpGeneration, keepAllButStatus, keepField } from '../strategy.ts';
import { selectorText, workloadScale } from './scale.ts';
import { addAtMost100Percent, addCollisionCount, addCounters, addIntOrPercent, addNotGreater, addSelector, amountOf, readSelector, validateReplicaTemplate } from './validation.ts';
import { namedTemplateWarnings } from './warnings.ts';

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

function validateStrategy(strategy: Loose<DeploymentStrategy>, path: string, errors: FieldError[]): void {
  const { type = '', rollingUpdate } = strategy;
  const at = `${path}.rollingUpdate`;
  if (type === 'Recreate') {
    if (rollingUpdate !== undefined) errors.push(forbidden(at, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (type !== 'RollingUpdate') {
    errors.push(notSupported(path, { Type: type, RollingUpdate: rollingUpdate ?? null }, ['Recreate', 'RollingUpdate']));
  } else if (rollingUpdate === undefined) {
    errors.push(required(at, 'this should be defaulted and never be nil'));
  } else {
    const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate;
    addIntOrPercent(errors, `${at}.maxUnavailable`, maxUnavailable);
    addIntOrPercent(errors, `${at}.maxSurge`, maxSurge);
    if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
    addAtMost100Percent(errors, `${at}.maxUnavailable`, maxUnavailable);
  }
}

function validateSpec(spec: Loose<DeploymentSpec>): FieldError[] {
  const errors: FieldError[] = [];
  addNonNegative(errors, 'spec.replicas', spec.replicas);
  addSelector(errors, 'spec.selector', spec.selector, 'deployment');
  const selector = readSelector(spec.selector);
  if (selector === undefined) errors.push(invalid('spec.selector', spec.selector, 'invalid label selector'));
  else validateReplicaTemplate(spec.template, selector, 'spec.template', errors);
  validateStrategy(spec.strategy ?? {}, 'spec.strategy', errors);
  addNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  addNonNegative(errors, 'spec.revisionHistoryLimit', spec.revisionHistoryLimit);
  const { progressDeadlineSeconds } = spec;
  addNonNegative(errors, 'spec.progressDeadlineSeconds', progressDeadlineSeconds);
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) errors.push(invalid('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds'));
  return errors;
}

function validateStatus({ status = {} }: Deployment, old: Deployment): FieldError[] {
  const errors: FieldError[] = [];
  addCounters(errors, status, ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'terminatingReplicas', 'collisionCount']);
  addNotGreater(errors, 'updatedReplicas', status.updatedReplicas, status.replicas);
  addNotGreater(errors, 'readyReplicas', status.readyReplicas, status.replicas);
  addNotGreater(errors, 'availableReplicas', status.availableReplicas, status.replicas);
  addNotGreater(errors, 'availableReplicas', status.availableReplicas, status.readyReplicas, 'readyReplicas');
  addCollisionCount(errors, status.collisionCount, old.status?.collisionCount);
  return errors;
}

export const deploymentDefinition: ResourceDefinition<Deployment> = {
  type: deployments,
  allowUnconditionalUpdate: true,
  applyDefaults: applyDeploymentDefaults,
  prepareForCreate(object) {
    delete object.status;
    object.metadata.generation = 1;
  },
  validate: ({ spec = {} }: Loose<Deployment>) => validateSpec(spec),
  update: {
    validateUpdate: ({ spec = {} }: Loose<Deployment>, old) => [...validateSpec(spec), ...validateImmutable('spec.selector', spec.selector, old.spec?.selector)],
    prepareForUpdate(object, old) {
      keepField(object, old, 'status');
      bumpGeneration(object, old);
      // Changed annotations count as well: the controller copies them to the replica set.
      if (!mapsEqual(object.metadata.annotations, old.metadata.annotations)) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    },
  },
  subresources: {
    status: {
      resets: ['spec', 'metadata.labels'],
      prepareForUpdate(object, old) {
        keepAllButStatus(object, old);
        if (old.metadata.labels === undefined) delete object.metadata.labels;
        else object.metadata.labels = old.metadata.labels;
      },
      validateUpdate: validateStatus,
    },
  },
  warnings: namedTemplateWarnings,
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
