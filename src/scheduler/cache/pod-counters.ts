import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** Counts that are kept current; the one that was asked for longest ago goes first. */
const maxCounters = 64;

interface Counter {
  readonly matches: (pod: PodInfo) => boolean;
  readonly nodes: Map<NodeInfo, number>;
}

/**
 * How many pods on each node match something, kept current pod by pod: the replicas of one workload ask the same
 * question one after the other, and counting all pods of a large cluster takes milliseconds.
 */
export class PodCounters {
  readonly #counters = new Map<string, Counter>();

  get(key: string, matches: (pod: PodInfo) => boolean, nodes: Iterable<NodeInfo>): ReadonlyMap<NodeInfo, number> {
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = { matches, nodes: new Map() };
      for (const node of nodes) for (const pod of node.pods.values()) count(counter, pod, node, 1);
      if (this.#counters.size >= maxCounters) this.#counters.delete(this.#counters.keys().next().value!);
    } else this.#counters.delete(key);
    // At the end: asked for last.
    this.#counters.set(key, counter);
    return counter.nodes;
  }

  change(pod: PodInfo, node: NodeInfo, amount: 1 | -1): void {
    for (const counter of this.#counters.values()) count(counter, pod, node, amount);
  }

  /** What the questions depend on, beside pods, has changed. */
  clear(): void {
    this.#counters.clear();
  }
}

function count({ matches, nodes }: Counter, pod: PodInfo, node: NodeInfo, amount: 1 | -1): void {
  if (!matches(pod)) return;
  const sum = (nodes.get(node) ?? 0) + amount;
  if (sum === 0) nodes.delete(node);
  else nodes.set(node, sum);
}
