/** What admission policies and their bindings must say. */
import type { ExpressionCompiler } from '../../cel/expression.ts';
import type { FieldError } from '../../field-error.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { validateConditions } from '../../meta/condition-validation.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { byteLength, dns1035Label, dns1123Subdomain, pathSegment, qualifiedName } from '../../meta/validation.ts';
import { addEnum, addInvalid, addOptionalEnum } from '../../pod/validation/rules.ts';
import type {
  AuditAnnotation, MatchResources, MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, Mutation, ParamKind, ParamRef, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, Validation, Variable,
} from '../../types/admissionregistration/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import { addExpression, checkerOf } from './expression-checks.ts';
import { addMatchConditions, addMatchResources, addMutableOperations, failurePolicies, reinvocationPolicies } from './matching-rules.ts';

type Errors = FieldError[];

const maxAuditAnnotations = 20;
const maxAuditExpressionBytes = 5 * 1024;
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const actions = ['Audit', 'Deny', 'Warn'];
const celReserved = new Set(['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while']);
const celIdentifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;

function addParamKind(errors: Errors, path: string, { apiVersion = '', kind = '' }: Loose<ParamKind>): void {
  const at = `${path}.apiVersion`;
  const [group = '', version = '', ...more] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  if (apiVersion === '') errors.push(required(at));
  else if (more.length > 0) errors.push(invalid(at, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  else {
    const wrongGroup = group === '' ? [] : dns1123Subdomain(group);
    if (wrongGroup.length > 0) errors.push(invalid(at, group, wrongGroup.join(',')));
    const wrongVersion = dns1035Label(version);
    if (version === '') errors.push(invalid(at, apiVersion, 'version must be specified'));
    else if (wrongVersion.length > 0) errors.push(invalid(at, version, wrongVersion.join(',')));
  }
  const wrongKind = dns1035Label(kind.toLowerCase());
  if (kind === '') errors.push(required(`${path}.kind`));
  else if (wrongKind.length > 0) errors.push(invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${wrongKind.join(',')}`));
}

function addVariable(errors: Errors, path: string, { name = '', expression = '' }: Loose<Variable>, compiler: ExpressionCompiler | undefined): void {
  if (name.trim() === '') errors.push(required(`${path}.name`, 'name is not specified'));
  else if (!celIdentifier.test(name) || celReserved.has(name)) errors.push(invalid(`${path}.name`, name, 'must be a valid CEL identifier'));
  if (expression.trim() === '') return void errors.push(required(`${path}.expression`, 'expression is not specified'));
  const error = compiler?.variable({ name, expression }).error;
  if (error !== undefined) errors.push(invalid(`${path}.expression`, expression, error));
}

function addValidation(errors: Errors, path: string, { expression = '', message = '', messageExpression = '', reason }: Loose<Validation>, compiler: ExpressionCompiler | undefined): void {
  if (expression.trim() === '') errors.push(required(`${path}.expression`, 'expression is not specified'));
  else addExpression(errors, `${path}.expression`, compiler, { expression, returnTypes: ['bool'] });
  if (messageExpression !== '' && messageExpression.trim() === '') errors.push(invalid(`${path}.messageExpression`, messageExpression, 'must be non-empty if specified'));
  else if (messageExpression !== '') addExpression(errors, `${path}.messageExpression`, compiler, { expression: messageExpression, returnTypes: ['string'] });
  if (message !== '' && message.trim() === '') errors.push(invalid(`${path}.message`, message, 'must be non-empty if specified'));
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'));
  addOptionalEnum(errors, `${path}.reason`, reason, reasons);
}

function addAuditAnnotations(errors: Errors, annotations: readonly Loose<AuditAnnotation>[], name: string, compiler: ExpressionCompiler | undefined): void {
  const path = 'spec.auditAnnotations';
  if (annotations.length > maxAuditAnnotations) errors.push(invalid(path, annotations, `must not have more than ${maxAuditAnnotations} auditAnnotations`));
  const keys = new Set<string>();
  annotations.forEach(({ key = '', valueExpression = '' }, i) => {
    const at = `${path}[${i}]`;
    if (name === '') errors.push(invalid(`${at}.key`, key, 'requires metadata.name be non-empty'));
    else addInvalid(errors, `${at}.key`, `${name}/${key}`, qualifiedName(`${name}/${key}`));
    if (valueExpression.trim() === '') errors.push(required(`${at}.valueExpression`, 'valueExpression is not specified'));
    else if (byteLength(valueExpression.trim()) > maxAuditExpressionBytes) errors.push(required(`${at}.valueExpression`, `must not exceed ${maxAuditExpressionBytes} bytes in length`));
    else addExpression(errors, `${at}.valueExpression`, compiler, { expression: valueExpression, returnTypes: ['string', 'null'] });
    if (keys.has(key)) errors.push(duplicate(`${at}.key`, key));
    keys.add(key);
  });
}

type PolicySpec = NonNullable<Loose<MutatingAdmissionPolicy>['spec']> | NonNullable<Loose<ValidatingAdmissionPolicy>['spec']>;

/** What both kinds of policies say first. Conditions that an update leaves as they are, are not looked at again. */
function addPolicy(errors: Errors, spec: PolicySpec, old: PolicySpec | undefined, mutating: boolean): ExpressionCompiler | undefined {
  const { failurePolicy, paramKind, matchConstraints, matchConditions, variables } = spec;
  if (failurePolicy === undefined) errors.push(required('spec.failurePolicy'));
  else addOptionalEnum(errors, 'spec.failurePolicy', failurePolicy, failurePolicies);
  if (paramKind !== undefined) addParamKind(errors, 'spec.paramKind', paramKind);
  if (matchConstraints === undefined) errors.push(required('spec.matchConstraints'));
  else {
    addMatchResources(errors, 'spec.matchConstraints', matchConstraints);
    if ((matchConstraints.resourceRules ?? []).length === 0) errors.push(required('spec.matchConstraints.resourceRules'));
    if (mutating) addMutableOperations(errors, 'spec.matchConstraints', matchConstraints);
  }
  if (old === undefined || !semanticEqual(paramKind, old.paramKind) || !semanticEqual(matchConditions, old.matchConditions)) addMatchConditions(errors, 'spec.matchConditions', matchConditions, checkerOf({ params: paramKind !== undefined, authorizer: true, namespaceObject: true }));
  const compiler = checkerOf({ params: paramKind !== undefined, authorizer: true, namespaceObject: true, patchTypes: mutating });
  variables?.forEach((variable, i) => addVariable(errors, `spec.variables[${i}]`, variable, compiler));
  return compiler;
}

export function validateValidatingPolicy({ metadata, spec = {} }: Loose<ValidatingAdmissionPolicy>, old?: Loose<ValidatingAdmissionPolicy>): FieldError[] {
  const errors: FieldError[] = [];
  const compiler = addPolicy(errors, spec, old?.spec, false);
  const { validations = [], auditAnnotations = [] } = spec;
  if (validations.length === 0 && auditAnnotations.length === 0) {
    for (const field of ['validations', 'auditAnnotations']) errors.push(required(`spec.${field}`, 'validations or auditAnnotations must contain at least one item'));
    return errors;
  }
  validations.forEach((validation, i) => addValidation(errors, `spec.validations[${i}]`, validation, compiler));
  addAuditAnnotations(errors, auditAnnotations, metadata?.name ?? '', compiler);
  return errors;
}

/** What the controller that checks types found out. */
export function validateValidatingPolicyStatus({ status }: Loose<ValidatingAdmissionPolicy>): FieldError[] {
  const errors: FieldError[] = [];
  status?.typeChecking?.expressionWarnings?.forEach(({ warning = '', fieldRef = '' }, i) => {
    const at = `status.typeChecking.expressionWarnings[${i}]`;
    if (warning === '') errors.push(required(`${at}.warning`));
    if (fieldRef.trim() === '') errors.push(required(`${at}.fieldRef`));
  });
  return [...errors, ...validateConditions(status?.conditions, 'status.conditions')];
}

/** The patch of a mutation is in the field that its type names, and nothing is in the other. */
function addMutation(errors: Errors, path: string, mutation: Loose<Mutation>, compiler: ExpressionCompiler | undefined): void {
  const { patchType = '' } = mutation;
  if (patchType === '') return void errors.push(required(`${path}.patchType`));
  if (patchType !== 'JSONPatch' && patchType !== 'ApplyConfiguration') return void errors.push(notSupported(`${path}.patchType`, patchType, ['ApplyConfiguration', 'JSONPatch']));
  const [own, other] = patchType === 'JSONPatch' ? (['jsonPatch', 'applyConfiguration'] as const) : (['applyConfiguration', 'jsonPatch'] as const);
  if (mutation[own] === undefined) errors.push(required(`${path}.${own}`, `must be specified when patchType is ${patchType}`));
  else if ((mutation[own].expression ?? '').trim() === '') errors.push(required(`${path}.${own}.expression`));
  else addExpression(errors, `${path}.${own}.expression`, compiler, { expression: mutation[own].expression ?? '', returnTypes: [patchType === 'JSONPatch' ? 'list<JSONPatch>' : 'Object'] });
  if (mutation[other] !== undefined) errors.push(invalid(`${path}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`));
}

export function validateMutatingPolicy({ spec = {} }: Loose<MutatingAdmissionPolicy>, old?: Loose<MutatingAdmissionPolicy>): FieldError[] {
  const errors: FieldError[] = [];
  const { mutations = [], reinvocationPolicy } = spec;
  const compiler = addPolicy(errors, spec, old?.spec, true);
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'));
  mutations.forEach((mutation, i) => addMutation(errors, `spec.mutations[${i}]`, mutation, compiler));
  addEnum(errors, 'spec.reinvocationPolicy', reinvocationPolicy, reinvocationPolicies);
  return errors;
}

function addParamRef(errors: Errors, { name = '', selector, parameterNotFoundAction: action = '' }: Loose<ParamRef>): void {
  const path = 'spec.paramRef';
  const exclusive = 'name and selector are mutually exclusive';
  if (name !== '') {
    addInvalid(errors, `${path}.name`, name, pathSegment(name));
    if (selector !== undefined) errors.push(forbidden(`${path}.name`, exclusive));
  }
  if (selector !== undefined) {
    errors.push(...validateLabelSelector(selector as LabelSelector, `${path}.selector`));
    if (name !== '') errors.push(forbidden(`${path}.selector`, exclusive));
  }
  if (name === '' && selector === undefined) errors.push(required(path, 'one of name or selector must be specified'));
  addEnum(errors, `${path}.parameterNotFoundAction`, action, ['Deny', 'Allow']);
}

interface BindingSpec {
  readonly policyName?: string | undefined;
  readonly paramRef?: Loose<ParamRef> | undefined;
  readonly matchResources?: Loose<MatchResources> | undefined;
}

function addBinding(errors: Errors, { policyName = '', paramRef, matchResources }: BindingSpec): void {
  if (policyName === '') errors.push(required('spec.policyName'));
  else addInvalid(errors, 'spec.policyName', policyName, dns1123Subdomain(policyName));
  if (paramRef !== undefined) addParamRef(errors, paramRef);
  addMatchResources(errors, 'spec.matchResources', matchResources);
}

export function validateMutatingBinding({ spec = {} }: Loose<MutatingAdmissionPolicyBinding>): FieldError[] {
  const errors: FieldError[] = [];
  addBinding(errors, spec);
  addMutableOperations(errors, 'spec.matchResources', spec.matchResources);
  return errors;
}

export function validateValidatingBinding({ spec = {} }: Loose<ValidatingAdmissionPolicyBinding>): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'spec.validationActions';
  const list = spec.validationActions ?? [];
  addBinding(errors, spec);
  list.forEach((action, i) => {
    addOptionalEnum(errors, `${path}[${i}]`, action, actions);
    if (list.indexOf(action) < i) errors.push(duplicate(`${path}[${i}]`, action));
  });
  if (list.includes('Deny') && list.includes('Warn')) errors.push(invalid(path, list, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'));
  if (list.length === 0) errors.push(required(path, 'at least one validation action is required'));
  return errors;
}
