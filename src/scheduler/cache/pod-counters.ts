import type { CountsByDomain, Domains } from './domain-counts.ts';
import { DomainCounts } from './domain-counts.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { PodScope } from './pods-by-label.ts';

/** Counts that are kept current; the one that was asked for longest ago goes first. */
const maxCounters = 64;

/** Which pods are counted. */
export interface PodQuestion {
  /** Says what `matches` means: counts under a known key are kept current instead of made anew. */
  readonly key: string;
  readonly matches: (pod: PodInfo) => boolean;
  /** All that match are of this scope; they are then found without a look at the others. */
  readonly scope?: PodScope;
}

/** Pods and where they are: all that may match a question. */
export type Candidates = (question: PodQuestion) => Iterable<readonly [PodInfo, NodeInfo]>;

interface Counter {
  readonly matches: (pod: PodInfo) => boolean;
  /** Those without any are not listed. */
  readonly nodes: Map<NodeInfo, number>;
  /** The sums by domain of those that were asked for so. */
  readonly sums: Map<Domains, DomainCounts>;
}

/**
 * How many pods match something, by groups of nodes, kept current pod by pod: the replicas of one workload ask the same
 * question one after the other, and counting all pods of a large cluster takes milliseconds.
 */
export class PodCounters {
  readonly #counters = new Map<string, Counter>();

  get(question: PodQuestion, domains: Domains, candidates: Candidates): CountsByDomain {
    const { sums, nodes: counts } = this.#counter(question, candidates);
    let known = sums.get(domains);
    if (known === undefined) sums.set(domains, (known = new DomainCounts(domains, counts)));
    return known;
  }

  #counter(question: PodQuestion, candidates: Candidates): Counter {
    const { key, matches } = question;
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      counter = { matches, nodes: new Map(), sums: new Map() };
      for (const [pod, node] of candidates(question)) count(counter, pod, node, 1);
      if (this.#counters.size >= maxCounters) this.#counters.delete(this.#counters.keys().next().value!);
    } else this.#counters.delete(key);
    // At the end: asked for last.
    this.#counters.set(key, counter);
    return counter;
  }

  change(pod: PodInfo, node: NodeInfo, amount: 1 | -1): void {
    for (const counter of this.#counters.values()) count(counter, pod, node, amount);
  }

  /** Nodes came, went or changed their groups. */
  regroup(): void {
    for (const { sums } of this.#counters.values()) sums.clear();
  }

  /** Nobody asks for these domains any more. */
  forget(domains: Domains): void {
    for (const { sums } of this.#counters.values()) sums.delete(domains);
  }

  /** What the questions depend on, beside pods, has changed. */
  clear(): void {
    this.#counters.clear();
  }
}

function count({ matches, nodes, sums }: Counter, pod: PodInfo, node: NodeInfo, amount: 1 | -1): void {
  if (!matches(pod)) return;
  const sum = (nodes.get(node) ?? 0) + amount;
  if (sum === 0) nodes.delete(node);
  else nodes.set(node, sum);
  for (const one of sums.values()) one.add(node, amount);
}
