import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import { likeNoOther } from '../framework/plugin.ts';
import type { Profile } from '../framework/profile.ts';
import type { ProfileMetrics } from '../profile-metrics.ts';
import type { Refusal } from '../framework/verdict.ts';

/** So many kinds of pods are remembered; the one that was asked for longest ago goes first. */
const maxKinds = 16;
/** The rank of nobody: after all filters. */
export const nobody = 0xff;

/** What is asked for a node whose answers are not known: the first plug-in, by its rank, that refuses it. */
export type AskLocal = (node: NodeInfo) => { readonly rank: number; readonly refusal: Refusal } | undefined;

/**
 * What the plug-ins that look at pod and node alone say of each node to pods of one kind. An answer holds as long as the
 * node's generation: the replicas of a workload are placed one after the other, and between two of them one node changes.
 */
export class RememberedAnswers {
  /** Slots count in this list. */
  readonly nodes: readonly NodeInfo[];
  readonly #generations: Float64Array;
  readonly #ranks: Uint8Array;
  readonly #refusals: (Refusal | undefined)[];
  readonly #scores: Float64Array;
  readonly #score: (node: NodeInfo) => number;

  /** `score`: the sum of what those plug-ins find a node worth. */
  constructor(nodes: readonly NodeInfo[], score: (node: NodeInfo) => number) {
    this.nodes = nodes;
    this.#score = score;
    this.#generations = new Float64Array(nodes.length).fill(-1);
    this.#ranks = new Uint8Array(nodes.length);
    this.#refusals = Array.from({ length: nodes.length });
    this.#scores = new Float64Array(nodes.length);
  }

  /** The rank of the plug-in that refuses the node; `nobody` when none does. */
  rankOf(node: NodeInfo, ask: AskLocal): number {
    const { slot, generation } = node;
    if (this.#generations[slot] !== generation) {
      const objection = ask(node);
      this.#generations[slot] = generation;
      this.#ranks[slot] = objection?.rank ?? nobody;
      this.#refusals[slot] = objection?.refusal;
      if (objection === undefined) this.#scores[slot] = this.#score(node);
    }
    return this.#ranks[slot]!;
  }

  /** What it says. */
  refusalOf({ slot }: NodeInfo): Refusal | undefined {
    return this.#refusals[slot];
  }

  /** Of a node that nobody refuses, since it was last looked at. */
  scoreOf({ slot }: NodeInfo): number {
    return this.#scores[slot]!;
  }
}

/** The answers to the pods of one profile, by kind. */
export class AnswersByKind {
  readonly #profile: Profile;
  readonly #metrics: ProfileMetrics;
  /** Undefined: seen once. A pod that is the only one of its kind is not worth remembering anything for. */
  readonly #kinds = new Map<string, RememberedAnswers | undefined>();

  constructor(profile: Profile, metrics: ProfileMetrics) {
    this.#profile = profile;
    this.#metrics = metrics;
  }

  /** What is remembered for pods like this one; undefined for the first of its kind, and for those that are like no other. */
  for(pod: PodInfo, snapshot: Snapshot): RememberedAnswers | undefined {
    const { nodes } = snapshot;
    const signs = this.#profile.local.map((plugin) => plugin.alike?.(pod));
    if (signs.includes(likeNoOther)) return undefined;
    const kind = JSON.stringify(signs);
    const seen = this.#kinds.has(kind);
    let answers = this.#kinds.get(kind);
    if (seen) this.#kinds.delete(kind);
    else if (this.#kinds.size >= maxKinds) this.#kinds.delete(this.#kinds.keys().next().value!);
    if (seen && answers?.nodes !== nodes) answers = new RememberedAnswers(nodes, this.#scorer(pod, snapshot));
    // At the end: asked for last.
    this.#kinds.set(kind, answers);
    return answers;
  }

  /** The weighted sum of the scores that are what they are, whatever the other nodes' are. */
  #scorer(pod: PodInfo, snapshot: Snapshot): (node: NodeInfo) => number {
    const { scorePrepared, scored } = this.#metrics;
    const scorers = this.#profile.score.flatMap(({ plugin, weight }, rank) => {
      if (!isAbsolute(plugin)) return [];
      const prepared = plugin.prepareScore?.(pod, [], snapshot);
      if (prepared?.skip === true) return [];
      scorePrepared[rank]!.value += 1;
      return [{ plugin, weight, state: prepared?.state, asked: scored[rank]! }];
    });
    return (node) => {
      let total = 0;
      for (const { plugin, weight, state, asked } of scorers) {
        asked.value += 1;
        total += weight * (plugin.score?.(pod, node, state) ?? 0);
      }
      return total;
    };
  }
}

/** Is a node's score remembered with the other answers? */
export const isAbsolute = ({ alike, score, normalize }: Profile['local'][number]): boolean => alike !== undefined && score !== undefined && normalize === undefined;
