import type { FieldError } from '../../field-error.ts';
import { required } from '../../field-error.ts';
import { formatLabels, selectorFromLabels } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { podTemplateWarnings } from '../../pod/pod-warnings.ts';
import { addNonNegative } from '../../pod/validation/rules.ts';
import { replicationcontrollers } from '../../resources.ts';
import type { ReplicationController, ReplicationControllerSpec } from '../../types/core/v1.ts';
import { replicaColumns, validateReplicaStatus } from '../apps/replicas.ts';
import { workloadScale } from '../apps/scale.ts';
import { validateReplicaTemplate } from '../apps/validation.ts';
import { asksForMore, podNameWarnings } from '../apps/warnings.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
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

function validateSpec(spec: Loose<ReplicationControllerSpec>): FieldError[] {
  const errors: FieldError[] = [];
  const selector = selectorFromLabels(spec.selector);
  addNonNegative(errors, 'spec.minReadySeconds', spec.minReadySeconds);
  if (selector.empty) errors.push(required('spec.selector'));
  addNonNegative(errors, 'spec.replicas', spec.replicas);
  validateReplicaTemplate(spec.template, selector, 'spec.template', errors, 'ReplicationController');
  return errors;
}

const rules = standardRules<ReplicationController>({ status: true, generation: true });

export const replicationControllerDefinition: ResourceDefinition<ReplicationController> = {
  type: replicationcontrollers,
  allowUnconditionalUpdate: true,
  ...rules,
  applyDefaults: applyReplicationControllerDefaults,
  prepareForCreate(object) {
    object.metadata.generation = 1;
    object.status = { replicas: 0 };
  },
  validate: ({ spec = {} }: Loose<ReplicationController>) => validateSpec(spec),
  update: { ...rules.update, validateUpdate: ({ spec = {} }: Loose<ReplicationController>) => validateSpec(spec) },
  subresources: { status: statusRules<ReplicationController>(({ status }) => validateReplicaStatus(status)) },
  warnings(object, old) {
    // An update is warned of what the template was before, not of what it becomes: upstream confuses the two here.
    const template = (old ?? object).spec?.template;
    return [...(old === undefined ? podNameWarnings(object) : []), ...(asksForMore(object, old) ? podTemplateWarnings(template, 'spec.template') : [])];
  },
  columns: replicaColumns(({ spec }) => formatLabels(spec?.selector)),
  selectableFields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  scale: workloadScale<ReplicationController>(({ spec }) => selectorFromLabels(spec?.selector).toString()),
  defaultPropagation: 'orphan',
};
