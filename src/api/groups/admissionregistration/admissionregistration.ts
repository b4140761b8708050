/** The kinds of admissionregistration.k8s.io: generations and columns. */
import {
  mutatingadmissionpolicies, mutatingadmissionpolicybindings, mutatingwebhookconfigurations,
  validatingadmissionpolicies, validatingadmissionpolicybindings, validatingwebhookconfigurations,
} from '../../resources.ts';
import type {
  MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingWebhookConfiguration, ParamKind, ParamRef,
  ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration,
} from '../../types/admissionregistration/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

const kindOf = (kind: ParamKind | undefined): string => (kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`);

function refOf(ref: ParamRef | undefined): string {
  if (ref === undefined) return '<unset>';
  return (ref.namespace ?? '') === '' ? `*/${ref.name ?? ''}` : `${ref.namespace}/${ref.name ?? ''}`;
}

export const mutatingWebhookConfigurationDefinition: ResourceDefinition<MutatingWebhookConfiguration> = {
  type: mutatingwebhookconfigurations,
  ...standardRules<MutatingWebhookConfiguration>({ status: false, generation: true }),
  columns: [nameColumn, column('Webhooks', ({ webhooks = [] }) => webhooks.length, { type: 'integer' }), ageColumn],
};

export const validatingWebhookConfigurationDefinition: ResourceDefinition<ValidatingWebhookConfiguration> = {
  type: validatingwebhookconfigurations,
  ...standardRules<ValidatingWebhookConfiguration>({ status: false, generation: true }),
  columns: [nameColumn, column('Webhooks', ({ webhooks = [] }) => webhooks.length, { type: 'integer' }), ageColumn],
};

export const validatingAdmissionPolicyDefinition: ResourceDefinition<ValidatingAdmissionPolicy> = {
  type: validatingadmissionpolicies,
  ...standardRules<ValidatingAdmissionPolicy>({ status: true, generation: true }),
  columns: [nameColumn, column('Validations', ({ spec }) => spec?.validations?.length ?? 0, { type: 'integer' }), column('ParamKind', ({ spec }) => kindOf(spec?.paramKind)), ageColumn],
};

export const validatingAdmissionPolicyBindingDefinition: ResourceDefinition<ValidatingAdmissionPolicyBinding> = {
  type: validatingadmissionpolicybindings,
  ...standardRules<ValidatingAdmissionPolicyBinding>({ status: false, generation: true }),
  columns: [nameColumn, column('PolicyName', ({ spec }) => spec?.policyName ?? ''), column('ParamRef', ({ spec }) => refOf(spec?.paramRef)), ageColumn],
};

export const mutatingAdmissionPolicyDefinition: ResourceDefinition<MutatingAdmissionPolicy> = {
  type: mutatingadmissionpolicies,
  ...standardRules<MutatingAdmissionPolicy>({ status: false, generation: true }),
  columns: [nameColumn, column('Mutations', ({ spec }) => spec?.mutations?.length ?? 0, { type: 'integer' }), column('ParamKind', ({ spec }) => kindOf(spec?.paramKind)), ageColumn],
};

export const mutatingAdmissionPolicyBindingDefinition: ResourceDefinition<MutatingAdmissionPolicyBinding> = {
  type: mutatingadmissionpolicybindings,
  ...standardRules<MutatingAdmissionPolicyBinding>({ status: false, generation: true }),
  columns: [nameColumn, column('PolicyName', ({ spec }) => spec?.policyName ?? ''), column('ParamRef', ({ spec }) => refOf(spec?.paramRef)), ageColumn],
};
