import { mutatingadmissionpolicies, mutatingadmissionpolicybindings, validatingadmissionpolicies, validatingadmissionpolicybindings } from '../../resources.ts';
import type {
  MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, ParamKind, ParamRef, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
} from '../../types/admissionregistration/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { Column, ResourceDefinition } from '../definition.ts';
import { standardRules, statusAloneRules } from '../strategy.ts';
import { expressionsReady } from './expression-checks.ts';
import { defaultMatch, warningsForName } from './matching-rules.ts';
import { validateMutatingBinding, validateMutatingPolicy, validateValidatingBinding, validateValidatingPolicy, validateValidatingPolicyStatus } from './policy-validation.ts';

const kindOf = (kind: ParamKind | undefined): string => (kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`);

/** A selector as Go's generated `String` prints it. */
function showSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value},`).join('');
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}

/** A parameter without a namespace may be of a kind without namespaces, or of the namespace at hand. */
function refOf(ref: ParamRef | undefined): string {
  const { name = '', namespace = '', selector } = ref ?? {};
  if (name !== '') return `${namespace === '' ? '*' : namespace}/${name}`;
  return selector === undefined ? '<unset>' : showSelector(selector);
}

/** Fills in what a policy leaves out, in place. */
function defaultPolicy({ spec }: MutatingAdmissionPolicy | ValidatingAdmissionPolicy): void {
  if (spec === undefined) return;
  spec.failurePolicy ??= 'Fail';
  defaultMatch(spec.matchConstraints);
}

const defaultBinding = ({ spec }: MutatingAdmissionPolicyBinding | ValidatingAdmissionPolicyBinding): void => defaultMatch(spec?.matchResources);

const bindingColumns: readonly Column<MutatingAdmissionPolicyBinding | ValidatingAdmissionPolicyBinding>[] = [
  nameColumn, column('PolicyName', ({ spec }) => spec?.policyName ?? ''), column('ParamRef', ({ spec }) => refOf(spec?.paramRef)), ageColumn,
];

const validatingRules = standardRules<ValidatingAdmissionPolicy>({ status: true, generation: true });
const rules = standardRules<MutatingAdmissionPolicy | MutatingAdmissionPolicyBinding | ValidatingAdmissionPolicyBinding>({ status: false, generation: true });

/** Expressions that objects must satisfy. */
export const validatingAdmissionPolicyDefinition: ResourceDefinition<ValidatingAdmissionPolicy> = {
  type: validatingadmissionpolicies,
  applyDefaults: defaultPolicy,
  load: () => expressionsReady(true),
  prepareForCreate: validatingRules.prepareForCreate,
  validate: (object) => validateValidatingPolicy(object),
  update: { ...validatingRules.update, validateUpdate: validateValidatingPolicy },
  subresources: { status: statusAloneRules({ validateUpdate: validateValidatingPolicyStatus }) },
  warnings: warningsForName,
  columns: [nameColumn, column('Validations', ({ spec }) => spec?.validations?.length ?? 0, { type: 'integer' }), column('ParamKind', ({ spec }) => kindOf(spec?.paramKind)), ageColumn],
};

/** Where such a policy holds, with which parameters. */
export const validatingAdmissionPolicyBindingDefinition: ResourceDefinition<ValidatingAdmissionPolicyBinding> = {
  type: validatingadmissionpolicybindings,
  applyDefaults: defaultBinding,
  prepareForCreate: rules.prepareForCreate,
  validate: validateValidatingBinding,
  update: { ...rules.update, validateUpdate: validateValidatingBinding },
  warnings: warningsForName,
  columns: bindingColumns,
};

/** Expressions that change objects. */
export const mutatingAdmissionPolicyDefinition: ResourceDefinition<MutatingAdmissionPolicy> = {
  type: mutatingadmissionpolicies,
  load: () => expressionsReady(true),
  applyDefaults: defaultPolicy,
  prepareForCreate: rules.prepareForCreate,
  validate: (object) => validateMutatingPolicy(object),
  update: { ...rules.update, validateUpdate: validateMutatingPolicy },
  warnings: warningsForName,
  columns: [nameColumn, column('Mutations', ({ spec }) => spec?.mutations?.length ?? 0, { type: 'integer' }), column('ParamKind', ({ spec }) => kindOf(spec?.paramKind)), ageColumn],
};

/** Where such a policy holds, with which parameters. */
export const mutatingAdmissionPolicyBindingDefinition: ResourceDefinition<MutatingAdmissionPolicyBinding> = {
  type: mutatingadmissionpolicybindings,
  applyDefaults: defaultBinding,
  prepareForCreate: rules.prepareForCreate,
  validate: validateMutatingBinding,
  update: { ...rules.update, validateUpdate: validateMutatingBinding },
  warnings: warningsForName,
  columns: bindingColumns,
};
