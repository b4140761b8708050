/** What a FlowSchema must say. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { dns1123Label, dns1123Subdomain } from '../../meta/validation.ts';
import { addInvalid, addRequired } from '../../pod/validation/rules.ts';
import type { FlowSchema, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, ServiceAccountSubject, Subject } from '../../types/flowcontrol/v1.ts';
import { exemptName, mandatorySchemaSpecs } from './mandatory.ts';

type Errors = FieldError[];

const maxPrecedence = 10_000;
const distinguishers = ['ByNamespace', 'ByUser'];
const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
/** The field of each kind of subject. */
const subjectFields = { serviceAccount: 'ServiceAccount', user: 'User', group: 'Group' } as const;

function addServiceAccount(errors: Errors, path: string, { name = '', namespace = '' }: Loose<ServiceAccountSubject>): void {
  if (name === '') errors.push(required(`${path}.name`));
  else if (name !== '*') addInvalid(errors, `${path}.name`, name, dns1123Subdomain(name));
  if (namespace === '') errors.push(required(`${path}.namespace`, 'must specify namespace for service account'));
  else addInvalid(errors, `${path}.namespace`, namespace, dns1123Label(namespace));
}

function addSubject(errors: Errors, path: string, subject: Loose<Subject>): void {
  const { kind = '' } = subject;
  const fields = Object.entries(subjectFields) as [keyof typeof subjectFields, string][];
  const own = fields.find(([, name]) => name === kind)?.[0];
  if (own === undefined) return void errors.push(notSupported(`${path}.kind`, kind, ['Group', 'ServiceAccount', 'User']));
  if (subject[own] === undefined) errors.push(required(`${path}.${own}`, `${own} is required when subject kind is '${kind}'`));
  else if (own === 'serviceAccount') addServiceAccount(errors, `${path}.${own}`, subject[own]);
  else addRequired(errors, `${path}.${own}.name`, subject[own].name);
  for (const [field, name] of fields) if (field !== own && subject[field] !== undefined) errors.push(forbidden(`${path}.${field}`, `${field} is forbidden when subject kind is not '${name}'`));
}

/** A list that must hold something, and nothing beside `*`. True where its members can be looked at. */
function addWildcardList(errors: Errors, path: string, list: readonly string[], { none, others }: { readonly none: string; readonly others: string }): boolean {
  if (list.length === 0) errors.push(required(path, none));
  else if (!list.includes('*')) return true;
  else if (list.length > 1) errors.push(invalid(path, list, `if '*' is present, must not specify other ${others}`));
  return false;
}

function addVerbs(errors: Errors, path: string, list: readonly string[] = []): void {
  if (addWildcardList(errors, path, list, { none: 'verbs must contain at least one value', others: 'verbs' }) && !list.every((verb) => verbs.includes(verb))) errors.push(notSupported(path, list, verbs));
}

function urlError(url: string): string {
  if (url === '') return 'must not be empty';
  if (url === '/') return '';
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const wildcards = url.split('*').length - 1;
  return wildcards > 1 || (wildcards === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching' : '';
}

function addNonResourceRule(errors: Errors, path: string, rule: Loose<NonResourcePolicyRule>): void {
  const urls = rule.nonResourceURLs ?? [];
  addVerbs(errors, `${path}.verbs`, rule.verbs);
  if (!addWildcardList(errors, `${path}.nonResourceURLs`, urls, { none: 'nonResourceURLs must contain at least one value', others: 'non-resource URLs' })) return;
  urls.forEach((url, i) => {
    const wrong = urlError(url);
    if (wrong !== '') errors.push(invalid(`${path}.nonResourceURLs[${i}]`, url, wrong));
  });
}

function addResourceRule(errors: Errors, path: string, { verbs: list, apiGroups = [], resources = [], namespaces = [], clusterScope = false }: Loose<ResourcePolicyRule>): void {
  addVerbs(errors, `${path}.verbs`, list);
  addWildcardList(errors, `${path}.apiGroups`, apiGroups, { none: 'resource rules must supply at least one api group', others: 'api groups' });
  addWildcardList(errors, `${path}.resources`, resources, { none: 'resource rules must supply at least one resource', others: 'resources' });
  if (namespaces.length === 0 && clusterScope) return;
  if (!addWildcardList(errors, `${path}.namespaces`, namespaces, { none: 'resource rules that are not cluster scoped must supply at least one namespace', others: 'namespaces' })) return;
  namespaces.forEach((name, i) => addInvalid(errors, `${path}.namespaces[${i}]`, name, dns1123Label(name).map((message) => `each member of this list must be '*' or a DNS-1123 label; ${message}`)));
}

function addRules(errors: Errors, path: string, { subjects = [], resourceRules = [], nonResourceRules = [] }: Loose<PolicyRulesWithSubjects>): void {
  if (subjects.length === 0) errors.push(required(`${path}.subjects`, 'subjects must contain at least one value'));
  subjects.forEach((subject, i) => addSubject(errors, `${path}.subjects[${i}]`, subject));
  if (resourceRules.length === 0 && nonResourceRules.length === 0) errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  resourceRules.forEach((rule, i) => addResourceRule(errors, `${path}.resourceRules[${i}]`, rule));
  nonResourceRules.forEach((rule, i) => addNonResourceRule(errors, `${path}.nonResourceRules[${i}]`, rule));
}

/** Conditions of either kind of this group: each has a type of its own. */
export function validateConditionTypes({ status }: { readonly status?: { readonly conditions?: readonly { readonly type?: string }[] } }): FieldError[] {
  const seen = new Set<string>();
  return (status?.conditions ?? []).flatMap(({ type = '' }, i) => {
    const path = `status.conditions[${i}].type`;
    const errors = [...(seen.has(type) ? [duplicate(path, type)] : []), ...(type === '' ? [required(path)] : [])];
    seen.add(type);
    return errors;
  });
}

function addPrecedence(errors: Errors, name: string, precedence: number): void {
  const path = 'spec.matchingPrecedence';
  if (precedence <= 0) errors.push(invalid(path, precedence, 'must be a positive value'));
  if (precedence > maxPrecedence) errors.push(invalid(path, precedence, `must not be greater than ${maxPrecedence}`));
  if (precedence === 1 && name !== exemptName) errors.push(invalid(path, precedence, `only the schema named '${exemptName}' may have matchingPrecedence 1`));
}

/** A flow schema; the two that every server has are as they are. */
export function validateFlowSchema(schema: Loose<FlowSchema>): FieldError[] {
  const errors: FieldError[] = [];
  const { spec = {} } = schema;
  const { matchingPrecedence = 0, distinguisherMethod, priorityLevelConfiguration, rules = [] } = spec;
  const name = schema.metadata?.name ?? '';
  const level = priorityLevelConfiguration?.name ?? '';
  addPrecedence(errors, name, matchingPrecedence);
  // The value is upstream's internal type, whose fields have no JSON names.
  if (distinguisherMethod !== undefined && !distinguishers.includes(distinguisherMethod.type ?? '')) errors.push(notSupported('spec.distinguisherMethod.type', { Type: distinguisherMethod.type ?? '' }, distinguishers));
  if (level === '') errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'));
  else addInvalid(errors, 'spec.priorityLevelConfiguration.name', level, dns1123Subdomain(level));
  rules.forEach((rule, i) => addRules(errors, `spec.rules[${i}]`, rule));
  const fixed = Object.hasOwn(mandatorySchemaSpecs, name) ? mandatorySchemaSpecs[name] : undefined;
  if (fixed !== undefined && !semanticEqual(spec, fixed)) errors.push(invalid('spec', spec, `spec of '${name}' must equal the fixed value`));
  return [...errors, ...validateConditionTypes(schema as FlowSchema)];
}
