import type { Quantity } from '../../../api/meta/quantity.ts';
import { formatQuantity } from '../../../api/meta/quantity.ts';
import type { ResourceList } from '../../../api/meta/resource-list.ts';
import { quantityFrom, zeroQuantity } from '../../../api/meta/resource-list.ts';
import type { LimitRangeItem } from '../../../api/types/core/v1.ts';

const nanosPerUnit = 1_000_000_000n;
const nanosPerMilli = 1_000_000n;
/** Upstream compares in thousandths as long as they fit an int64. */
const maxMilliValue = (2n ** 63n - 1n) / 1000n;

const roundedUp = (nanos: bigint, unit: bigint): bigint => (nanos % unit === 0n || nanos < 0n ? nanos / unit : nanos / unit + 1n);

/** Quantities at a precision that all of them share: thousandths, or whole units where one is huge. */
function comparable(quantities: readonly Quantity[]): bigint[] {
  const values = quantities.map(({ nanos }) => roundedUp(nanos, nanosPerUnit));
  return values.every((value) => value <= maxMilliValue) ? quantities.map(({ nanos }) => roundedUp(nanos, nanosPerMilli)) : values;
}

/** What is asked for, and what is given at most. */
export interface Asked { readonly requests: ResourceList; readonly limits: ResourceList }

function minError(kind: string, resource: string, least: Quantity, { requests, limits }: Asked): string | undefined {
  const [request, limit] = [requests[resource], limits[resource]];
  const head = `minimum ${resource} usage per ${kind} is ${formatQuantity(least)}`;
  if (request === undefined) return `${head}.  No request is specified`;
  const [requested, limited, bound] = comparable([request, limit ?? zeroQuantity, least]) as [bigint, bigint, bigint];
  if (requested < bound) return `${head}, but request is ${formatQuantity(request)}`;
  return limit !== undefined && limited < bound ? `${head}, but limit is ${formatQuantity(limit)}` : undefined;
}

function maxError(kind: string, resource: string, most: Quantity, { requests, limits }: Asked): string | undefined {
  const [request, limit] = [requests[resource], limits[resource]];
  const head = `maximum ${resource} usage per ${kind} is ${formatQuantity(most)}`;
  if (limit === undefined) return `${head}.  No limit is specified`;
  const [requested, limited, bound] = comparable([request ?? zeroQuantity, limit, most]) as [bigint, bigint, bigint];
  if (limited > bound) return `${head}, but limit is ${formatQuantity(limit)}`;
  return request !== undefined && requested > bound ? `${head}, but request is ${formatQuantity(request)}` : undefined;
}

/** For what has requests alone. */
function maxRequestError(kind: string, resource: string, most: Quantity, { requests }: Asked): string | undefined {
  const request = requests[resource];
  const head = `maximum ${resource} usage per ${kind} is ${formatQuantity(most)}`;
  if (request === undefined) return `${head}.  No request is specified`;
  const [requested, bound] = comparable([request, most]) as [bigint, bigint];
  return requested > bound ? `${head}, but request is ${formatQuantity(request)}` : undefined;
}

function ratioError(kind: string, resource: string, most: Quantity, { requests, limits }: Asked): string | undefined {
  const [request, limit] = [requests[resource] ?? zeroQuantity, limits[resource] ?? zeroQuantity];
  const head = `${resource} max limit to request ratio per ${kind} is ${formatQuantity(most)}`;
  const [requested, limited] = comparable([request, limit, most]) as [bigint, bigint, bigint];
  if (requested === 0n) return `${head}, but no request is specified or request is 0`;
  if (limited === 0n) return `${head}, but no limit is specified or limit is 0`;
  const ratio = Number(limited) / Number(requested);
  const inMilli = roundedUp(most.nanos, nanosPerUnit) <= maxMilliValue;
  const exceeds = inMilli ? ratio * 1000 > Number(roundedUp(most.nanos, nanosPerMilli)) : ratio > Number(roundedUp(most.nanos, nanosPerUnit));
  return exceeds ? `${head}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}

type Rule = (kind: string, resource: string, bound: Quantity, asked: Asked) => string | undefined;

function apply(rule: Rule, item: LimitRangeItem, bounds: Readonly<Record<string, string>> | undefined, asked: Asked): string[] {
  return Object.keys(bounds ?? {}).sort().flatMap((resource) => rule(item.type, resource, quantityFrom(bounds![resource]!), asked) ?? []);
}

/** Where a container, or a pod as a whole, is outside what a limit range allows. */
export function computeErrors(item: LimitRangeItem, asked: Asked): string[] {
  return [...apply(minError, item, item.min, asked), ...apply(maxError, item, item.max, asked), ...apply(ratioError, item, item.maxLimitRequestRatio, asked)];
}

/** Where a claim is outside what a limit range allows: limits say nothing of claims. */
export function claimErrors(item: LimitRangeItem, requests: ResourceList): string[] {
  const asked = { requests, limits: {} };
  return [...apply(minError, item, item.min, asked), ...apply(maxRequestError, item, item.max, asked)];
}
