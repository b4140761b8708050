import type { Quantity } from './quantity.ts';
import { addQuantity, compareQuantity, formatQuantity, parseQuantity, subtractQuantity } from './quantity.ts';

/** Amounts of resources by name, exact and with the format each was written in (upstream's ResourceList). */
export type ResourceList = Readonly<Record<string, Quantity>>;

type Quantities = Readonly<Record<string, string>>;

/** Amounts repeat ("100m", "128Mi"): each text is parsed once. Bounded, because texts come from users. */
const parsed = new Map<string, Quantity>();
const maxParsed = 4096;

/** A quantity that is known to be one. Shared: do not change it. */
export function quantityFrom(text: string): Quantity {
  let quantity = parsed.get(text);
  if (quantity === undefined) {
    quantity = parseQuantity(text);
    if (parsed.size >= maxParsed) parsed.clear();
    parsed.set(text, quantity);
  }
  return quantity;
}

export const zeroQuantity: Quantity = { nanos: 0n, format: 'DecimalSI' };
export const isZeroQuantity = (quantity: Quantity): boolean => quantity.nanos === 0n;

/** From an object's fields, whose quantities have been validated. */
export function resourceList(quantities: Quantities | undefined): Record<string, Quantity> {
  const list: Record<string, Quantity> = {};
  if (quantities !== undefined) for (const name in quantities) list[name] = quantityFrom(quantities[name]!);
  return list;
}

/** As an object's field holds it. */
export function formatResourceList(list: ResourceList): Record<string, string> {
  return Object.fromEntries(Object.entries(list).map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

/** `cpu=1,memory=1Gi`, sorted by name, as messages show amounts. */
export function printResourceList(list: ResourceList): string {
  return Object.keys(list).sort().map((name) => `${name}=${formatQuantity(list[name]!)}`).join(',');
}

/** The sum of both, by name. */
export function addResources(a: ResourceList, b: ResourceList): Record<string, Quantity> {
  const sum: Record<string, Quantity> = { ...a };
  for (const name in b) sum[name] = sum[name] === undefined ? b[name]! : addQuantity(sum[name], b[name]!);
  return sum;
}

/** `a - b` by name, never below zero; what only `b` has is zero. */
export function subtractResources(a: ResourceList, b: ResourceList): Record<string, Quantity> {
  const rest: Record<string, Quantity> = {};
  for (const name in a) {
    const left = b[name] === undefined ? a[name]! : subtractQuantity(a[name]!, b[name]);
    rest[name] = left.nanos > 0n ? left : zeroQuantity;
  }
  for (const name in b) rest[name] ??= zeroQuantity;
  return rest;
}

/** Only the named amounts. */
export function pickResources(list: ResourceList, names: readonly string[]): Record<string, Quantity> {
  const picked: Record<string, Quantity> = {};
  for (const name of names) if (list[name] !== undefined) picked[name] = list[name];
  return picked;
}

/** The names of which `a` has more than `b`; what `b` does not name is without limit. Sorted. */
export function exceededResources(a: ResourceList, b: ResourceList): string[] {
  return Object.keys(b).filter((name) => a[name] !== undefined && compareQuantity(a[name], b[name]!) > 0).sort();
}

/** Do both name the same resources, with amounts that are worth the same? */
export function sameResources(a: ResourceList, b: ResourceList): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => b[name] !== undefined && compareQuantity(a[name]!, b[name]) === 0);
}
