import type { FieldError } from '../../field-error.ts';
import { invalid } from '../../field-error.ts';
import { formatLabelSelector } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { addNonNegative } from '../../pod/validation/rules.ts';
import { replicasets } from '../../resources.ts';
import type { ReplicaSet, ReplicaSetSpec } from '../../types/apps/v1.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
import { replicaColumns, validateReplicaStatus } from './replicas.ts';
import { selectorText, workloadScale } from './scale.ts';
import { addSelector, readSelector, validateReplicaTemplate } from './validation.ts';
import { namedTemplateWarnings } from './warnings.ts';

/** Fills in what a replica set leaves out, in place. */
export function applyReplicaSetDefaults(object: Loose<ReplicaSet>): void {
  const spec = (object.spec ??= {});
  spec.replicas ??= 1;
  applyPodTemplateDefaults((spec.template ??= {}));
}

function validateSpec(spec: Loose<ReplicaSetSpec>): FieldError[] {
  const errors: FieldError[] = [];
  addNonNegative(errors, 'spec.replicas', spec.replicas);
  addNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  // Upstream's message speaks of a deployment here, too.
  addSelector(errors, 'spec.selector', spec.selector, 'deployment');
  const selector = readSelector(spec.selector);
  if (selector === undefined) errors.push(invalid('spec.selector', spec.selector, 'invalid label selector'));
  else validateReplicaTemplate(spec.template, selector, 'spec.template', errors);
  return errors;
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
  validate: ({ spec = {} }: Loose<ReplicaSet>) => validateSpec(spec),
  update: {
    ...rules.update,
    validateUpdate: ({ spec = {} }: Loose<ReplicaSet>, old) => [...validateSpec(spec), ...validateImmutable('spec.selector', spec.selector, old.spec?.selector)],
  },
  subresources: { status: statusRules<ReplicaSet>(({ status }) => validateReplicaStatus(status)) },
  warnings: namedTemplateWarnings,
  columns: replicaColumns(({ spec }) => formatLabelSelector(spec?.selector)),
  selectableFields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  scale: workloadScale<ReplicaSet>(({ spec }) => selectorText(spec?.selector)),
};
