/** Which requests webhooks and policies are about. */
import type { ExpressionCompiler } from '../../cel/expression.ts';
import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, notSupported, required, tooMany } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabelSelector } from '../../meta/object-meta.ts';
import { pathSegment, qualifiedName } from '../../meta/validation.ts';
import { addInvalid, addOptionalEnum } from '../../pod/validation/rules.ts';
import type { MatchCondition, MatchResources, NamedRuleWithOperations, RuleWithOperations } from '../../types/admissionregistration/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import { addConditionExpression } from './expression-checks.ts';

type Errors = FieldError[];

export const failurePolicies = ['Fail', 'Ignore'];
export const matchPolicies = ['Equivalent', 'Exact'];
export const reinvocationPolicies = ['IfNeeded', 'Never'];
const scopes = ['*', 'Cluster', 'Namespaced'];
const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const mutableOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE'];
const maxMatchConditions = 64;

/** `*` says it all. */
function addLoneWildcard(errors: Errors, path: string, list: readonly string[], others: string): void {
  if (list.length === 0) errors.push(required(path));
  if (list.length > 1 && list.includes('*')) errors.push(invalid(path, list, `if '*' is present, must not specify other ${others}`));
}

/** Resources and subresources: one, all of a resource, one of all resources. */
function addResources(errors: Errors, path: string, resources: readonly string[]): void {
  if (resources.length === 0) errors.push(required(path));
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  let plain = false;
  resources.forEach((resource, i) => {
    const at = `${path}[${i}]`;
    if (resource === '') return void errors.push(required(at));
    const slash = resource.indexOf('/');
    if (slash < 0) {
      plain = resource !== '*';
      return;
    }
    const [name, subresource] = [resource.slice(0, slash), resource.slice(slash + 1)];
    if (wholeResources.has(name)) errors.push(invalid(at, resource, `if '${name}/*' is present, must not specify ${resource}`));
    if (wholeSubresources.has(subresource)) errors.push(invalid(at, resource, `if '*/${subresource}' is present, must not specify ${resource}`));
    if (subresource === '*') wholeResources.add(name);
    if (name === '*') wholeSubresources.add(subresource);
  });
  if (resources.length > 1 && resources.includes('*/*')) errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && plain) errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"));
}

/** Operations on resources. */
export function addRule(errors: Errors, path: string, rule: Loose<RuleWithOperations>): void {
  const { operations: list = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  addLoneWildcard(errors, `${path}.operations`, list, 'operations');
  list.forEach((operation, i) => addOptionalEnum(errors, `${path}.operations[${i}]`, operation, operations));
  addLoneWildcard(errors, `${path}.apiGroups`, apiGroups, 'API groups');
  addLoneWildcard(errors, `${path}.apiVersions`, apiVersions, 'API versions');
  apiVersions.forEach((version, i) => { if (version === '') errors.push(required(`${path}.apiVersions[${i}]`)); });
  addResources(errors, `${path}.resources`, resources);
  addOptionalEnum(errors, `${path}.scope`, scope, scopes);
}

function addNamedRule(errors: Errors, path: string, rule: Loose<NamedRuleWithOperations>): void {
  const names = rule.resourceNames ?? [];
  names.forEach((name, i) => {
    addInvalid(errors, `${path}.resourceNames[${i}]`, name, pathSegment(name));
    if (names.indexOf(name) < i) errors.push(duplicate(`${path}.resourceNames[${i}]`, name));
  });
  addRule(errors, path, rule);
}

function addPresentSelector(errors: Errors, path: string, selector: Loose<LabelSelector> | undefined): void {
  if (selector === undefined) errors.push(required(path));
  else errors.push(...validateLabelSelector(selector as LabelSelector, path));
}

/** What a policy or a binding matches. */
export function addMatchResources(errors: Errors, path: string, match: Loose<MatchResources> | undefined): void {
  if (match === undefined) return;
  if (match.matchPolicy === undefined) errors.push(required(`${path}.matchPolicy`));
  else addOptionalEnum(errors, `${path}.matchPolicy`, match.matchPolicy, matchPolicies);
  addPresentSelector(errors, `${path}.namespaceSelector`, match.namespaceSelector);
  addPresentSelector(errors, `${path}.objectSelector`, match.objectSelector);
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) match[field]?.forEach((rule, i) => addNamedRule(errors, `${path}.${field}[${i}]`, rule));
}

/** What is deleted cannot be mutated. */
export function addMutableOperations(errors: Errors, path: string, match: Loose<MatchResources> | undefined): void {
  for (const { operations: list = [] } of match?.resourceRules ?? []) {
    for (const operation of list) if (!mutableOperations.includes(operation)) errors.push(notSupported(`${path}.resourceRules.operations`, operation, mutableOperations));
  }
}

/** Conditions in CEL: that they are there, named, and that they compile. */
export function addMatchConditions(errors: Errors, path: string, conditions: readonly Loose<MatchCondition>[] = [], compiler?: ExpressionCompiler): void {
  if (conditions.length > maxMatchConditions) errors.push(tooMany(path, conditions.length, maxMatchConditions));
  const names = new Set<string>();
  conditions.forEach((condition, i) => {
    const { name = '', expression = '' } = condition;
    if (expression.trim() === '') errors.push(required(`${path}[${i}].expression`));
    addConditionExpression(errors, `${path}[${i}].expression`, compiler, condition);
    if (name === '') return void errors.push(required(`${path}[${i}].name`));
    addInvalid(errors, `${path}[${i}].name`, name, qualifiedName(name));
    if (names.has(name)) errors.push(duplicate(`${path}[${i}].name`, name));
    names.add(name);
  });
}

/** Fills in what rules leave out, in place. */
export function defaultRules(rules: readonly Loose<RuleWithOperations>[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

/** Fills in what a match leaves out, in place. */
export function defaultMatch(match: Loose<MatchResources> | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

/** Names that manifests on the API server's disk may have, once it reads any. */
export function warningsForName({ metadata }: { readonly metadata: { readonly name?: string } }): string[] {
  const suffix = '.static.k8s.io';
  return metadata.name?.endsWith(suffix) === true ? [`metadata.name: names ending with "${suffix}" are reserved for static manifest-based configurations and cannot be managed via the API`] : [];
}
