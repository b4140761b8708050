/** The rules of resource quotas (upstream's ValidateResourceQuota…). */
import type { FieldError } from '../../field-error.ts';
import { invalid, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage } from '../../meta/object-meta.ts';
import type { Errors } from '../../pod/validation/rules.ts';
import { validateResourceName, validateResourceQuantity } from '../../pod/validation/validate-resources.ts';
import type { ResourceQuota, ResourceQuotaSpec, ScopeSelector } from '../../types/core/v1.ts';

const quotaResources = new Set([
  'cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage',
  'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'persistentvolumeclaims', 'configmaps', 'services.nodeports', 'services.loadbalancers',
]);
const isQuotaResource = (name: string): boolean => quotaResources.has(name) || /^(requests\.)?hugepages-/.test(name);

const podCounts = ['pods'];
const podResources = [...podCounts, 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
/** What can be counted within each scope. */
const scopes: Readonly<Record<string, readonly string[]>> = {
  Terminating: podResources, NotTerminating: podResources, BestEffort: podCounts, NotBestEffort: podResources, PriorityClass: podResources, CrossNamespacePodAffinity: podResources,
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
};
const conflicting = [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']] as const;
const existing = new Set(['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']);

/** The resources of a quota that cannot be counted within a scope, one error each. */
function addUncounted(errors: Errors, path: string, scope: string, hard: Loose<ResourceQuotaSpec>['hard'], shown: unknown): void {
  const counted = Object.hasOwn(scopes, scope) ? scopes[scope] : undefined;
  if (counted === undefined) return;
  for (const name of Object.keys(hard ?? {})) {
    if (isQuotaResource(name) && !counted.includes(name)) errors.push(invalid(path, shown, 'unsupported scope applied to resource'));
  }
}

function addConflicts(errors: Errors, path: string, chosen: readonly string[], shown: unknown): void {
  for (const pair of conflicting) if (pair.every((scope) => chosen.includes(scope))) errors.push(invalid(path, shown, 'conflicting scopes'));
}

function validateScopes({ scopes: chosen = [], hard }: Loose<ResourceQuotaSpec>, path: string, errors: Errors): void {
  for (const scope of chosen) {
    if (!Object.hasOwn(scopes, scope)) errors.push(invalid(path, chosen, 'unsupported scope'));
    addUncounted(errors, path, scope, hard, chosen);
  }
  addConflicts(errors, path, chosen, chosen);
}

function validateScopeSelector({ scopeSelector, scopes: chosen, hard }: Loose<ResourceQuotaSpec>, path: string, errors: Errors): void {
  if (scopeSelector === undefined) return;
  const expressions = scopeSelector.matchExpressions ?? [];
  const shown = { MatchExpressions: (scopeSelector as ScopeSelector).matchExpressions?.map(({ scopeName, operator, values }) => ({ ScopeName: scopeName, Operator: operator, Values: values ?? null })) ?? null };
  for (const { scopeName = '', operator = '', values = [] } of expressions) {
    if (!Object.hasOwn(scopes, scopeName)) errors.push(invalid(`${path}.scopeName`, scopeName, 'unsupported scope'));
    addUncounted(errors, path, scopeName, hard, shown);
    if (existing.has(scopeName) && operator !== 'Exists') {
      errors.push(invalid(`${path}.operator`, operator, "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"));
    }
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) errors.push(required(`${path}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) errors.push(invalid(`${path}.values`, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"));
    } else {
      errors.push(invalid(`${path}.operator`, operator, 'not a valid selector operator'));
    }
  }
  addConflicts(errors, path, expressions.map(({ scopeName = '' }) => scopeName), chosen ?? null);
}

function validateAmounts(amounts: Readonly<Record<string, string>> | undefined, path: string, errors: Errors): void {
  for (const [name, quantity] of Object.entries(amounts ?? {})) {
    const at = `${path}[${name}]`;
    validateResourceName(name, at, errors);
    if (!name.includes('/') && !isQuotaResource(name)) errors.push(invalid(at, name, 'must be a standard resource for quota'));
    validateResourceQuantity(name, quantity, at, errors);
  }
}

/** A new quota. */
export function validateResourceQuota({ spec = {} }: Loose<ResourceQuota>): FieldError[] {
  const errors: FieldError[] = [];
  validateAmounts(spec.hard, 'spec.hard', errors);
  validateScopes(spec, 'spec.scopes', errors);
  validateScopeSelector(spec, 'spec.scopeSelector.matchExpressions', errors);
  return errors;
}

/** An update: the scopes stay, in whatever order. */
export function validateResourceQuotaUpdate(object: Loose<ResourceQuota>, old: ResourceQuota): FieldError[] {
  const errors = validateResourceQuota(object);
  const [chosen, before] = [new Set(object.spec?.scopes), new Set(old.spec?.scopes)];
  if (chosen.symmetricDifference(before).size > 0) errors.push(invalid('spec.scopes', object.spec?.scopes ?? null, immutableMessage));
  return errors;
}

/** What is used, and of how much. */
export function validateResourceQuotaStatus({ status }: ResourceQuota): FieldError[] {
  const errors: FieldError[] = [];
  validateAmounts(status?.hard, 'status.hard', errors);
  validateAmounts(status?.used, 'status.used', errors);
  return errors;
}
