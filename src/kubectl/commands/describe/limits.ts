import type { LimitRange, ResourceQuota } from '../../../api/types/core/v1.ts';
import { formatQuantity, parseQuantity, quantityOf, value } from '../../../api/meta/quantity.ts';

const columns = ['Type', 'Resource', 'Min', 'Max', 'Default Request', 'Default Limit', 'Max Limit/Request Ratio'];

/** The head of a table of limits. */
export const limitColumns: readonly (readonly string[])[] = [columns, ['----', '--------', '---', '---', '---------------', '-------------', '-----------------------']];

/** A row for each resource of each limit. Upstream's order of resources is that of a Go map; ours is that of their names. */
export function limitRows({ spec }: LimitRange): string[][] {
  return (spec?.limits ?? []).flatMap(({ type, min = {}, max = {}, default: limit = {}, defaultRequest = {}, maxLimitRequestRatio: ratio = {} }) => {
    const lists = [min, max, defaultRequest, limit, ratio];
    const names = [...new Set(lists.flatMap((list) => Object.keys(list)))].sort();
    return names.map((name) => [type, name, ...lists.map((list) => list[name] ?? '-')]);
  });
}

const scopeHelp: Readonly<Record<string, string>> = {
  Terminating: 'Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.',
  NotTerminating: 'Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.',
  BestEffort: 'Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.',
  NotBestEffort: 'Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.',
};

/** The scopes of a quota in order, and what they mean. */
export function scopesOf({ spec }: ResourceQuota): { readonly scopes: readonly string[]; readonly help: readonly string[] } {
  const scopes = [...(spec?.scopes ?? [])].sort();
  return { scopes, help: scopes.flatMap((scope) => scopeHelp[scope] ?? []) };
}

/** What is used in the form in which its limit is written. */
function used(text: string, hard: string): string {
  const [have, limit] = [parseQuantity(text), parseQuantity(hard)];
  return have.format === limit.format ? text : formatQuantity(quantityOf(value(have), limit.format));
}

/** `[resource, used, hard]` in the order of names. */
export function quotaRows({ status }: ResourceQuota, { sameForm = false }: { readonly sameForm?: boolean } = {}): string[][] {
  const hard = status?.hard ?? {};
  return Object.keys(hard).sort().map((name) => {
    const have = status?.used?.[name] ?? '0';
    return [name, sameForm ? used(have, hard[name]!) : have, hard[name]!];
  });
}
