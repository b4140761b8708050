import type { KubeObject } from '../meta/object.ts';
import type { ResourceList } from '../meta/resource-list.ts';
import { addResources, exceededResources, isZeroQuantity, pickResources, printResourceList, resourceList, subtractResources } from '../meta/resource-list.ts';
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../types/core/v1.ts';
import type { QuotaContext, QuotaEvaluator, QuotaRequest } from './evaluator.ts';
import { scopesOf } from './evaluator.ts';

/** What may only be used under a quota that covers it (`limitedResources` of the plug-in's configuration). */
export interface LimitedResource {
  readonly apiGroup?: string;
  readonly resource: string;
  readonly matchContains?: readonly string[];
  readonly matchScopes?: readonly ScopedResourceSelectorRequirement[];
}

/** A quota with its numbers read. */
export interface QuotaState {
  readonly quota: ResourceQuota;
  readonly hard: ResourceList;
  readonly used: ResourceList;
}

export const quotaState = (quota: ResourceQuota): QuotaState => ({ quota, hard: resourceList(quota.status?.hard), used: resourceList(quota.status?.used) });

export type QuotaVerdict =
  /** The quotas in their order, each with what would be used; the very same state where nothing changes. */
  | { readonly allowed: true; readonly quotas: readonly QuotaState[] }
  /** `error`: upstream answers 500 instead of 403. */
  | { readonly allowed: false; readonly reason: 'forbidden' | 'error'; readonly message: string };

const forbidden = (message: string): QuotaVerdict => ({ allowed: false, reason: 'forbidden', message });
const nameOf = ({ quota }: QuotaState): string => quota.metadata.name ?? '';

/** A quota that counts the object, or why the object cannot be counted. */
interface Interest { readonly index: number; readonly restricted: readonly string[] }

function matches(evaluator: QuotaEvaluator, { quota, hard }: QuotaState, object: KubeObject, context: QuotaContext): boolean {
  return Object.keys(hard).some((name) => evaluator.counts(name, context)) && scopesOf(quota).every((scope) => evaluator.matchesScope(scope, object));
}

function interests(quotas: readonly QuotaState[], request: QuotaRequest, evaluator: QuotaEvaluator, context: QuotaContext): Interest[] | QuotaVerdict {
  const found: Interest[] = [];
  for (const [index, state] of quotas.entries()) {
    if (!matches(evaluator, state, request.object, context)) continue;
    const restricted = Object.keys(state.hard).filter((name) => evaluator.counts(name, context)).sort();
    const lacking = evaluator.constraint?.(restricted, request.object);
    if (lacking !== undefined) return forbidden(`failed quota: ${nameOf(state)}: ${lacking}`);
    if (restricted.some((name) => state.used[name] === undefined)) return forbidden(`status unknown for quota: ${nameOf(state)}, resources: ${restricted.join(',')}`);
    found.push({ index, restricted });
  }
  return found;
}

function removeZeros(list: ResourceList): ResourceList {
  return Object.fromEntries(Object.entries(list).filter(([, quantity]) => !isZeroQuantity(quantity)));
}

const showScope = ({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): string => `{${scopeName} ${operator} [${values.join(' ')}]}`;

/** Why the object may not go without a quota that covers it. */
function uncovered(quotas: readonly QuotaState[], request: QuotaRequest, evaluator: QuotaEvaluator, found: readonly Interest[], usage: ResourceList, limited: readonly LimitedResource[]): QuotaVerdict | undefined {
  const covered = new Set(found.flatMap(({ restricted }) => restricted));
  const own = limited.filter(({ apiGroup = '', resource }) => apiGroup === evaluator.group && resource === evaluator.resource);
  const wanting = Object.keys(usage).filter((name) => usage[name]!.nanos > 0n && !covered.has(name) && own.some(({ matchContains = [] }) => matchContains.some((part) => name.includes(part)))).sort();
  if (wanting.length > 0) return forbidden(`insufficient quota to consume: ${wanting.join(',')}`);
  const scopes = limited.flatMap(({ matchScopes = [] }) => matchScopes.filter((scope) => evaluator.matchesScope(scope, request.object)));
  if (scopes.length === 0) return undefined;
  const coveredScopes = new Set(quotas.flatMap(({ quota }) => scopesOf(quota).filter((scope) => evaluator.matchesScope(scope, request.object)).map(({ scopeName }) => scopeName)));
  const open = scopes.filter(({ scopeName }) => !coveredScopes.has(scopeName));
  return open.length === 0 ? undefined : { allowed: false, reason: 'error', message: `insufficient quota to match these scopes: [${open.map(showScope).join(' ')}]` };
}

/**
 * Does a request fit all quotas of its namespace? In upstream's order: what must be said, what is not known yet, what
 * must be covered, what is exceeded. An update costs what it uses more than before.
 */
export function checkQuotaRequest(quotas: readonly QuotaState[], request: QuotaRequest, evaluator: QuotaEvaluator, options: { readonly context: QuotaContext; readonly limited: readonly LimitedResource[] }): QuotaVerdict {
  const { context, limited } = options;
  if (!evaluator.handles(request)) return { allowed: true, quotas };
  const found = interests(quotas, request, evaluator, context);
  if ('allowed' in found) return found;
  if (found.length === 0 && limited.length === 0) return { allowed: true, quotas };

  const usage = evaluator.usage(request.object, context);
  const negative = Object.keys(usage).filter((name) => usage[name]!.nanos < 0n).sort();
  if (negative.length > 0) return forbidden(`quota usage is negative for resource(s): ${negative.join(',')}`);
  const delta = request.oldObject === undefined ? usage : subtractResources(usage, evaluator.usage(request.oldObject, context));
  // A quota that did not count the old object is charged with all of the new one.
  const deltas = new Map(found.map(({ index }) => {
    const whole = request.oldObject === undefined || !matches(evaluator, quotas[index]!, request.oldObject, context);
    return [index, removeZeros(whole ? usage : delta)] as const;
  }));
  const costs = found.length > 0 ? [...deltas.values()] : [removeZeros(delta)];
  if (costs.every((cost) => Object.keys(cost).length === 0)) return { allowed: true, quotas };
  const open = limited.length === 0 ? undefined : uncovered(quotas, request, evaluator, found, usage, limited);
  if (open !== undefined) return open;

  const next = [...quotas];
  for (const [index, cost] of deltas) {
    if (Object.keys(cost).length === 0) continue;
    const state = quotas[index]!;
    const requested = pickResources(cost, Object.keys(state.hard));
    const used = addResources(state.used, requested);
    if (request.subresource !== 'status') {
      const exceeded = exceededResources(pickResources(used, Object.keys(requested)), state.hard);
      if (exceeded.length > 0) {
        const show = (list: ResourceList): string => printResourceList(pickResources(list, exceeded));
        return forbidden(`exceeded quota: ${nameOf(state)}, requested: ${show(requested)}, used: ${show(state.used)}, limited: ${show(state.hard)}`);
      }
    }
    if (Object.keys(requested).length > 0) next[index] = { ...state, used };
  }
  return { allowed: true, quotas: next };
}
