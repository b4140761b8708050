import type { KubeObject } from '../meta/object.ts';
import { newRequirement, selectorOf } from '../meta/labels.ts';
import type { SelectorOperator } from '../meta/labels.ts';
import type { ResourceList } from '../meta/resource-list.ts';
import type { Pod, ResourceQuota, ScopedResourceSelectorRequirement } from '../types/core/v1.ts';

/** What is being done to an object, as far as quotas look at it. */
export interface QuotaRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly subresource: string;
  readonly object: KubeObject;
  readonly oldObject: KubeObject | undefined;
}

/** What measuring may look at beside the object. */
export interface QuotaContext {
  readonly nowMs: number;
  /** The device class that an extended resource stands for. Absent: none does. */
  deviceClassOf?(extendedResource: string): string | undefined;
  /** The extended resource that a device class serves. */
  extendedResourceOf?(deviceClass: string): string | undefined;
  podOf?(namespace: string, name: string): Pod | undefined;
}

/** How the objects of one resource count against quotas. Pure. */
export interface QuotaEvaluator {
  readonly group: string;
  readonly resource: string;
  /** May the request change what is counted? */
  handles(request: QuotaRequest): boolean;
  /** Does it count this name of a quota's `hard`? */
  counts(name: string, context: QuotaContext): boolean;
  matchesScope(scope: ScopedResourceSelectorRequirement, object: KubeObject): boolean;
  /** What an object lacks that must be said because a quota counts it; undefined when nothing. */
  constraint?(names: readonly string[], object: KubeObject): string | undefined;
  usage(object: KubeObject, context: QuotaContext): ResourceList;
}

/** `count/configmaps`, `count/deployments.apps`: the name that counts the objects of any resource. */
export function objectCountName(group: string, resource: string): string {
  return group === '' ? `count/${resource}` : `count/${resource}.${group}`;
}

/** Everything that an object must match for a quota to count it. */
export function scopesOf({ spec }: ResourceQuota): readonly ScopedResourceSelectorRequirement[] {
  return [...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })), ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

const operators: Readonly<Record<string, SelectorOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

/** Does one of the values (none: the object has no such thing) satisfy the requirement? Wrong requirements match nothing. */
export function scopeValueMatches({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement, actual: readonly string[]): boolean {
  const known = operators[operator];
  if (known === undefined) return false;
  const selector = selectorOf([newRequirement(scopeName, known, values)]);
  if (actual.length === 0) return selector.matches({});
  return actual.some((value) => selector.matches({ [scopeName]: value }));
}
