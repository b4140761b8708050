import type { Random } from '../../base/random.ts';
import type { ClusterCache } from '../cache/cluster-cache.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import { Diagnosis } from '../framework/diagnosis.ts';
import type { Extender } from '../framework/extender.ts';
import { extenderName } from '../framework/extender.ts';
import type { Profile } from '../framework/profile.ts';
import type { Refusal } from '../framework/verdict.ts';
import { refuse, refuseForGood } from '../framework/verdict.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import type { Code } from '../profile-metrics.ts';
import { codeOf } from '../profile-metrics.ts';
import type { Nominator } from '../queue/nominator.ts';
import { PodCycle } from './pod-cycle.ts';
import { AnswersByKind } from './remembered-answers.ts';
import type { RememberedAnswers } from './remembered-answers.ts';
import { best, scoreNodes } from './score.ts';

/** The outcome of looking for a node. */
export type Placement =
  | { readonly kind: 'placed'; readonly node: NodeInfo; readonly cycle: PodCycle }
  | { readonly kind: 'unschedulable'; readonly diagnosis: Diagnosis; readonly cycle: PodCycle }
  | { readonly kind: 'no nodes' };

const minNodesToFind = 100;

/**
 * How many nodes that fit are enough to choose from: fewer, relatively, the larger the cluster (upstream's formula), or
 * so many percent of them.
 */
export function enoughNodes(nodes: number, percentage = 0): number {
  if (nodes < minNodesToFind) return nodes;
  const share = percentage === 0 ? Math.max(5, 50 - Math.floor(nodes / 125)) : percentage;
  return Math.max(minNodesToFind, Math.floor((nodes * share) / 100));
}

interface Search {
  readonly cycle: PodCycle;
  readonly diagnosis: Diagnosis;
  readonly fitting: NodeInfo[];
  readonly answers?: RememberedAnswers | undefined;
  /** Only the nominated node was looked at, and it fits. */
  readonly isNominated?: true;
}

/** Finds nodes for pods: filters, scores, picks. */
export class Placer {
  readonly #cache: ClusterCache;
  readonly #nominator: Nominator;
  readonly #random: Random;
  readonly #percentageOfNodesToScore: number;
  readonly #extenders: readonly Extender[];
  readonly #metrics: SchedulerMetrics;
  readonly #answers = new Map<Profile, AnswersByKind>();
  /** Where the last search ended, so that all nodes get their turn. */
  #nextStart = 0;

  constructor(options: { readonly cache: ClusterCache; readonly nominator: Nominator; readonly random: Random; readonly metrics: SchedulerMetrics; readonly percentageOfNodesToScore?: number; readonly extenders?: readonly Extender[] }) {
    this.#cache = options.cache;
    this.#nominator = options.nominator;
    this.#random = options.random;
    this.#metrics = options.metrics;
    this.#percentageOfNodesToScore = options.percentageOfNodesToScore ?? 0;
    this.#extenders = options.extenders ?? [];
  }

  /** Without extenders. Throws what a plug-in throws. */
  place(pod: PodInfo, profile: Profile): Placement {
    const search = this.#search(pod, profile);
    if (search === undefined) return { kind: 'no nodes' };
    const { cycle, diagnosis, fitting, answers } = search;
    if (fitting.length === 0) return { kind: 'unschedulable', diagnosis, cycle };
    return { kind: 'placed', node: fitting.length === 1 ? fitting[0]! : this.#pick(cycle, fitting, { answers }), cycle };
  }

  /** With the extenders that the pod interests. */
  async placeWithExtenders(pod: PodInfo, profile: Profile): Promise<Placement> {
    const interested = this.#extenders.filter((extender) => extender.isInterested(pod.pod));
    const search = this.#search(pod, profile);
    if (search === undefined) return { kind: 'no nodes' };
    const { cycle, diagnosis } = search;
    let fitting = await passExtenders(pod, search, interested);
    if (fitting.length === 0 && search.isNominated === true) fitting = await passExtenders(pod, { ...search, fitting: this.#fitting(search) }, interested);
    if (fitting.length === 0) return { kind: 'unschedulable', diagnosis, cycle };
    if (fitting.length === 1) return { kind: 'placed', node: fitting[0]!, cycle };
    const more = await extenderScores(pod, fitting, interested);
    return { kind: 'placed', node: this.#pick(cycle, fitting, { more }), cycle };
  }

  #pick({ pod, profile }: PodCycle, nodes: readonly NodeInfo[], { more, answers }: { readonly more?: ReadonlyMap<string, number>; readonly answers?: RememberedAnswers | undefined }): NodeInfo {
    const scores = scoreNodes(pod, nodes, { profile, snapshot: this.#cache, answers, metrics: this.#metrics.of(profile) });
    if (more !== undefined) for (const [i, { name }] of nodes.entries()) scores[i]! += more.get(name) ?? 0;
    return nodes[best(scores, this.#random)]!;
  }

  #search(pod: PodInfo, profile: Profile): Search | undefined {
    const { nodes } = this.#cache;
    if (nodes.length === 0) return undefined;
    const diagnosis = new Diagnosis(nodes);
    const cycle = this.#begin(pod, profile);
    if (cycle.refused !== undefined) {
      const { plugin, refusal } = cycle.refused;
      diagnosis.absent = { plugin, refusal };
      diagnosis.preFilterMessage = refusal.reasons.join(', ');
      for (const name of cycle.allowed?.nodes.size === 0 ? cycle.allowed.by : [plugin]) diagnosis.refusedBy.add(name);
      return { cycle, diagnosis, fitting: [] };
    }
    const answers = this.#answersFor(profile).for(pod, this.#cache);
    // The room that was made for the pod is where it most likely fits, so only that is looked at first.
    const nominated = this.#cache.get(pod.pod.status?.nominatedNodeName ?? '');
    if (nominated !== undefined) {
      const fitting = this.#filter({ cycle, diagnosis, answers }, [nominated]);
      if (fitting.length > 0) return { cycle, diagnosis, fitting, answers, isNominated: true };
    }
    return { cycle, diagnosis, fitting: this.#fitting({ cycle, diagnosis, answers }), answers };
  }

  #begin(pod: PodInfo, profile: Profile): PodCycle {
    const metrics = this.#metrics.of(profile);
    const startMs = metrics.now();
    let code: Code = 'Error';
    try {
      const cycle = new PodCycle(pod, { profile, snapshot: this.#cache, nominator: this.#nominator, metrics });
      code = cycle.refused === undefined ? 'Success' : codeOf(cycle.refused.refusal);
      return cycle;
    } finally {
      metrics.passed('PreFilter', code, startMs);
    }
  }

  /** Those of all nodes that come into question that fit. */
  #fitting(search: Omit<Search, 'fitting'>): NodeInfo[] {
    const { cycle, diagnosis } = search;
    const { nodes } = this.#cache;
    let candidates = nodes;
    if (cycle.allowed !== undefined) {
      candidates = [...cycle.allowed.nodes].flatMap((name) => this.#cache.get(name) ?? []);
      const by = cycle.allowed.by.toSorted();
      for (const name of by) diagnosis.refusedBy.add(name);
      diagnosis.absent = { plugin: by[0] ?? '', refusal: refuseForGood(`node(s) didn't satisfy plugin(s) [${by.join(' ')}]`) };
    }
    const fitting = this.#filter(search, candidates);
    this.#nextStart = (this.#nextStart + fitting.length + diagnosis.looked) % nodes.length;
    return fitting;
  }

  #answersFor(profile: Profile): AnswersByKind {
    let known = this.#answers.get(profile);
    if (known === undefined) this.#answers.set(profile, (known = new AnswersByKind(profile, this.#metrics.of(profile))));
    return known;
  }

  #filter({ cycle, diagnosis, answers }: Omit<Search, 'fitting'>, candidates: readonly NodeInfo[]): NodeInfo[] {
    const { profile } = cycle;
    const chooses = profile.score.length > 0 || this.#extenders.some(({ filter, prioritize }) => filter !== undefined || prioritize !== undefined);
    const wanted = chooses ? enoughNodes(candidates.length, profile.percentageOfNodesToScore ?? this.#percentageOfNodesToScore) : 1;
    const metrics = this.#metrics.of(profile);
    const startMs = metrics.now();
    const fitting: NodeInfo[] = [];
    let code: Code = 'Error';
    try {
      this.#look({ cycle, diagnosis, answers }, candidates, { wanted, fitting });
      code = 'Success';
    } finally {
      metrics.passed('Filter', code, startMs);
    }
    return fitting;
  }

  /** Looks at nodes until enough fit. */
  #look({ cycle, diagnosis, answers }: Omit<Search, 'fitting'>, candidates: readonly NodeInfo[], { wanted, fitting }: { readonly wanted: number; readonly fitting: NodeInfo[] }): void {
    let next = this.#nextStart % candidates.length;
    for (let looked = 0; looked < candidates.length && fitting.length < wanted; looked++) {
      const node = candidates[next]!;
      if (++next === candidates.length) next = 0;
      const refusal = cycle.objectionWithNominated(node, answers);
      if (refusal === undefined) fitting.push(node);
      else diagnosis.set(node.slot, cycle.refusedBy, refusal);
    }
  }
}

/** Those nodes that the extenders leave, one after the other. */
async function passExtenders(pod: PodInfo, { diagnosis, fitting }: Search, extenders: readonly Extender[]): Promise<readonly NodeInfo[]> {
  let nodes: readonly NodeInfo[] = fitting;
  for (const extender of extenders) {
    if (nodes.length === 0) break;
    if (extender.filter === undefined) continue;
    try {
      const before = nodes;
      const { nodes: left, failed, unresolvable } = await extender.filter(pod.pod, nodes);
      const refusals = new Map<string, Refusal>();
      for (const [name, message] of failed) refusals.set(name, refuse(message));
      for (const [name, message] of unresolvable) refusals.set(name, refuseForGood(message));
      for (const { name, slot } of before) {
        const refusal = refusals.get(name);
        if (refusal !== undefined) diagnosis.set(slot, extenderName, refusal);
      }
      nodes = left;
    } catch (error) {
      if (!extender.ignorable) throw error;
    }
  }
  if (nodes.length !== fitting.length) diagnosis.refusedBy.add(extenderName);
  return nodes;
}

/** What the extenders add to the nodes' scores; one that cannot be asked adds nothing. */
async function extenderScores(pod: PodInfo, nodes: readonly NodeInfo[], extenders: readonly Extender[]): Promise<ReadonlyMap<string, number>> {
  const sums = new Map<string, number>();
  await Promise.all(extenders.map(async (extender) => {
    const scores = await extender.prioritize?.(pod.pod, nodes).catch(() => undefined);
    // Theirs go to 10, ours to 100.
    for (const [name, score] of scores ?? []) sums.set(name, (sums.get(name) ?? 0) + score * extender.weight * 10);
  }));
  return sums;
}
