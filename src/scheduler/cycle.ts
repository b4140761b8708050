import type { Random } from '../base/random.ts';
import type { NodeInfo } from './cache/node-info.ts';
import type { PodInfo } from './cache/pod-info.ts';
import type { Plugin, Snapshot } from './framework/plugin.ts';

/** The outcome of looking for a node. */
export type Placement =
  | { readonly kind: 'placed'; readonly node: NodeInfo }
  | { readonly kind: 'unschedulable'; readonly message: string; readonly refusedBy: readonly Plugin[] };

const minNodesToFind = 100;

/** How many nodes that fit are enough to choose from: fewer, relatively, the larger the cluster (upstream's formula). */
export function enoughNodes(nodes: number): number {
  if (nodes < minNodesToFind) return nodes;
  const percentage = Math.max(5, 50 - Math.floor(nodes / 125));
  return Math.max(minNodesToFind, Math.floor((nodes * percentage) / 100));
}

/** `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable.` */
export function unavailableMessage(total: number, counts: ReadonlyMap<string, number>): string {
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${total} nodes are available${reasons.length === 0 ? '' : `: ${reasons.join(', ')}`}.`;
}

/** Chooses nodes: filters, scores, picks. Holds nothing but where the last search ended, so that all nodes get their turn. */
export class SchedulingCycle {
  readonly #plugins: readonly Plugin[];
  readonly #random: Random;
  #nextStart = 0;

  constructor(options: { readonly plugins: readonly Plugin[]; readonly random: Random }) {
    this.#plugins = options.plugins;
    this.#random = options.random;
  }

  place(pod: PodInfo, snapshot: Snapshot): Placement {
    const total = snapshot.nodes.length;
    if (total === 0) return { kind: 'unschedulable', message: 'no nodes available to schedule pods', refusedBy: [] };

    const filters: { readonly plugin: Plugin; readonly state: unknown }[] = [];
    let allowed: ReadonlySet<string> | undefined;
    for (const plugin of this.#plugins) {
      const prepared = plugin.prepare?.(pod, snapshot);
      if (prepared?.refused !== undefined) {
        return { kind: 'unschedulable', message: unavailableMessage(total, new Map(prepared.refused.reasons.map((reason) => [reason, total]))), refusedBy: [plugin] };
      }
      if (prepared?.nodes !== undefined) allowed = allowed === undefined ? prepared.nodes : allowed.intersection(prepared.nodes);
      if (prepared?.skip !== true && plugin.filter !== undefined) filters.push({ plugin, state: prepared?.state });
    }

    const candidates = allowed === undefined ? snapshot.nodes : [...allowed].flatMap((name) => snapshot.get(name) ?? []);
    const wanted = enoughNodes(candidates.length);
    const fitting: NodeInfo[] = [];
    const counts = new Map<string, number>();
    const refusedBy = new Set<Plugin>();
    const start = candidates.length === 0 ? 0 : this.#nextStart % candidates.length;
    let looked = 0;
    for (; looked < candidates.length && fitting.length < wanted; looked++) {
      const node = candidates[(start + looked) % candidates.length]!;
      let fits = true;
      for (const { plugin, state } of filters) {
        const verdict = plugin.filter!(pod, node, state);
        if (verdict === undefined) continue;
        fits = false;
        refusedBy.add(plugin);
        for (const reason of verdict.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
        break;
      }
      if (fits) fitting.push(node);
    }
    this.#nextStart = start + looked;
    if (fitting.length === 0) {
      if (allowed !== undefined && candidates.length < total) {
        const affinity = this.#plugins.find((plugin) => plugin.name === 'NodeAffinity');
        if (affinity !== undefined) refusedBy.add(affinity);
        const reason = "node(s) didn't satisfy plugin(s) [NodeAffinity]";
        counts.set(reason, (counts.get(reason) ?? 0) + total - candidates.length);
      }
      return { kind: 'unschedulable', message: unavailableMessage(total, counts), refusedBy: [...refusedBy] };
    }
    return { kind: 'placed', node: fitting.length === 1 ? fitting[0]! : this.#best(pod, fitting, snapshot) };
  }

  #best(pod: PodInfo, nodes: readonly NodeInfo[], snapshot: Snapshot): NodeInfo {
    const totals = new Float64Array(nodes.length);
    const own = new Float64Array(nodes.length);
    for (const plugin of this.#plugins) {
      if (plugin.score === undefined || plugin.scores?.(pod, snapshot) === false) continue;
      const state = plugin.prepareScore?.(pod, snapshot);
      let max = 0;
      let min = Infinity;
      for (let i = 0; i < nodes.length; i++) {
        const score = plugin.score(pod, nodes[i]!, snapshot, state);
        own[i] = score;
        if (score > max || i === 0) max = score;
        if (score < min) min = score;
      }
      const weight = plugin.weight ?? 1;
      for (let i = 0; i < nodes.length; i++) totals[i]! += weight * normalized(own[i]!, min, max, plugin.normalize ?? 'as-is');
    }
    let best = 0;
    let ties = 1;
    for (let i = 1; i < nodes.length; i++) {
      if (totals[i]! > totals[best]!) {
        best = i;
        ties = 1;
      } else if (totals[i]! === totals[best]! && this.#random.float() < 1 / ++ties) best = i;
    }
    return nodes[best]!;
  }
}

function normalized(score: number, min: number, max: number, how: NonNullable<Plugin['normalize']>): number {
  switch (how) {
    case 'as-is': return score;
    case 'by-max': return max === 0 ? 0 : Math.floor((100 * score) / max);
    case 'min-max': return max === min ? 0 : Math.floor((100 * (score - min)) / (max - min));
    case 'inverse-min-max': return max === min ? 100 : Math.floor((100 * (max - score)) / (max - min));
    case 'inverse': return max === 0 ? 100 : 100 - Math.floor((100 * score) / max);
  }
}
