import type { FieldError } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateConditions } from '../../meta/validate-conditions.ts';
import { dns1123Label, dns1123Subdomain } from '../../meta/validation.ts';
import type { Errors } from '../../pod/validation/rules.ts';
import { podgroups } from '../../resources.ts';
import type { PodGroup, PodGroupTemplateReference } from '../../types/scheduling/v1alpha2.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { keepAllButStatusAndMeta, keepField, statusAloneRules } from '../strategy.ts';
import { addFixed, addFormatted, addOneOf, dropAlphaFields, validateSchedulingPolicy } from './pod-group-rules.ts';

/** Keeps a group while pods name it. */
export const podGroupProtectionFinalizer = 'scheduling.k8s.io/podgroup-protection';

function validateReference(reference: Loose<PodGroupTemplateReference>, path: string, errors: Errors): void {
  addOneOf(errors, path, reference, ['workload']);
  if (reference.workload === undefined) return;
  addFormatted(errors, `${path}.workload.workloadName`, reference.workload.workloadName, dns1123Subdomain);
  addFormatted(errors, `${path}.workload.podGroupTemplateName`, reference.workload.podGroupTemplateName, dns1123Label);
}

function validatePodGroup({ spec = {} }: Loose<PodGroup>): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.podGroupTemplateRef !== undefined) validateReference(spec.podGroupTemplateRef, 'spec.podGroupTemplateRef', errors);
  validateSchedulingPolicy(spec.schedulingPolicy ?? {}, 'spec.schedulingPolicy', errors);
  return errors;
}

function validateUpdate({ spec = {} }: Loose<PodGroup>, { spec: old = {} }: Loose<PodGroup>): FieldError[] {
  const errors: FieldError[] = [];
  addFixed(errors, 'spec.podGroupTemplateRef', spec.podGroupTemplateRef, old.podGroupTemplateRef);
  addFixed(errors, 'spec.schedulingPolicy', spec.schedulingPolicy, old.schedulingPolicy);
  return errors;
}

function statusText({ status }: PodGroup): string {
  const condition = (type: string) => status?.conditions?.find((one) => one.type === type);
  const disrupted = condition('DisruptionTarget');
  if (disrupted !== undefined) return disrupted.reason;
  const scheduled = condition('PodGroupScheduled');
  return scheduled === undefined ? 'Pending' : scheduled.status === 'True' ? 'Scheduled' : 'Unschedulable';
}

export const podGroupDefinition: ResourceDefinition<PodGroup> = {
  type: podgroups,
  allowUnconditionalUpdate: true,
  prepareForCreate(object: Loose<PodGroup>) {
    object.status = {};
    if (object.spec !== undefined) dropAlphaFields(object.spec, undefined);
  },
  validate: validatePodGroup,
  update: {
    prepareForUpdate(object: Loose<PodGroup>, old) {
      keepField(object as PodGroup, old, 'status');
      if (object.spec !== undefined) dropAlphaFields(object.spec, old.spec);
    },
    validateUpdate,
  },
  subresources: {
    status: statusAloneRules({
      prepareForUpdate(object, old) {
        keepAllButStatusAndMeta(object, old);
        // As the claims that they are about: alpha.
        if ((old.spec as PodGroup['spec'] | undefined)?.resourceClaims === undefined) delete object.status?.resourceClaimStatuses;
      },
      validateUpdate: ({ status }) => validateConditions(status?.conditions, 'status.conditions'),
    }),
  },
  columns: [
    nameColumn,
    column('Policy', ({ spec }) => (spec?.schedulingPolicy.gang === undefined ? 'Basic' : 'Gang')),
    column('Workload', ({ spec }) => spec?.podGroupTemplateRef?.workload?.workloadName ?? '<none>'),
    column('Status', statusText),
    ageColumn,
  ],
};
