import type { Hint, Hints } from './hints.ts';
import type { NumaMask } from './masks.ts';
import { countOf, isNarrower, maskOf, nodesOf } from './masks.ts';

/** What brings the hints of all who give parts of the machine together. */
export type AlignmentPolicy = 'best-effort' | 'restricted' | 'single-numa-node';

export interface MergeRules {
  readonly policy: AlignmentPolicy;
  readonly numaNodes: readonly number[];
  /** `prefer-closest-numa-nodes`: distances by node, each in the order of all nodes. */
  readonly distances?: ReadonlyMap<number, readonly number[]>;
}

/** A hint whose affinity is settled. */
type Settled = Hint & { readonly affinity: NumaMask };

/**
 * The one place that suits all resources best, and whether the policy takes a pod that gets it, as upstream's topology manager
 * chooses: every combination of one hint a resource is intersected; one that all prefer wins, then the narrowest.
 */
export function mergeHints(rules: MergeRules, providers: readonly Hints[]): { readonly hint: Hint; readonly isAdmitted: boolean } {
  const isSingle = rules.policy === 'single-numa-node';
  const all = maskOf(rules.numaNodes);
  const lists = providers.flatMap(listsOf).map((list) => (isSingle ? list.filter(({ affinity, preferred }) => preferred && (affinity === undefined || countOf(affinity) === 1)) : list));
  const widest = Math.max(0, ...lists.map(narrowestCount));
  let best: Settled | undefined;
  for (const combination of product(lists)) {
    const merged = intersect(all, combination);
    if (merged.affinity !== 0n) best = best === undefined ? merged : better(rules, widest, best, merged);
  }
  const hint = best ?? { affinity: all, preferred: false };
  return { hint: isSingle && hint.affinity === all ? { affinity: undefined, preferred: hint.preferred } : hint, isAdmitted: rules.policy === 'best-effort' || hint.preferred };
}

function listsOf(hints: Hints): (readonly Hint[])[] {
  if (hints.size === 0) return [[{ affinity: undefined, preferred: true }]];
  return [...hints.values()].map((list) => (list === undefined ? [{ affinity: undefined, preferred: true }] : list.length === 0 ? [{ affinity: undefined, preferred: false }] : list));
}

/** How many nodes this resource needs at least. */
function narrowestCount(list: readonly Hint[]): number {
  const masks = list.flatMap(({ affinity }) => affinity ?? []);
  return masks.length === 0 ? 0 : countOf(masks.reduce((narrowest, mask) => (isNarrower(mask, narrowest) ? mask : narrowest)));
}

function* product(lists: readonly (readonly Hint[])[], index = 0): Generator<Hint[]> {
  const list = lists[index];
  if (list === undefined) yield [];
  else for (const hint of list) for (const rest of product(lists, index + 1)) yield [hint, ...rest];
}

/** Preferred only when all agree on the same nodes and prefer them. */
function intersect(all: NumaMask, hints: readonly Hint[]): Settled {
  const masks = hints.flatMap(({ affinity }) => affinity ?? []);
  return { affinity: masks.reduce((sum, mask) => sum & mask, all), preferred: hints.every(({ preferred }) => preferred) && masks.every((mask) => mask === masks[0]) };
}

/**
 * Of two that are both not preferred: the one that has as many nodes as the resource that needs most, or comes as close to it
 * from below as it can.
 */
function better(rules: MergeRules, wanted: number, current: Settled, candidate: Settled): Settled {
  if (current.preferred !== candidate.preferred) return current.preferred ? current : candidate;
  const [has, would] = [countOf(current.affinity), countOf(candidate.affinity)];
  if (!current.preferred && has <= wanted && has !== would) {
    if (has === wanted || would > wanted) return current;
    return would > has ? candidate : current;
  }
  return fitter(rules, current, candidate);
}

function fitter({ policy, distances }: MergeRules, current: Settled, candidate: Settled): Settled {
  if (current.affinity === candidate.affinity) return current;
  const [a, b] = [current.affinity, candidate.affinity];
  if (distances === undefined || policy === 'single-numa-node' || countOf(a) !== countOf(b)) return isNarrower(a, b) ? current : candidate;
  const [near, far] = [meanDistance(distances, a), meanDistance(distances, b)];
  return near === far ? (a < b ? current : candidate) : near < far ? current : candidate;
}

function meanDistance(distances: ReadonlyMap<number, readonly number[]>, mask: NumaMask): number {
  const nodes = nodesOf(mask);
  const all = nodes.flatMap((from) => nodes.map((to) => distances.get(from)?.[to] ?? 0));
  return all.reduce((sum, distance) => sum + distance, 0) / all.length;
}
