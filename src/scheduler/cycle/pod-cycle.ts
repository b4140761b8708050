import type { Counter } from '../../base/metric-vector.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import type { Plugin, Preparation } from '../framework/plugin.ts';
import type { Profile } from '../framework/profile.ts';
import type { Refusal } from '../framework/verdict.ts';
import { refuseForGood } from '../framework/verdict.ts';
import type { ProfileMetrics } from '../profile-metrics.ts';
import type { Nominator } from '../queue/nominator.ts';
import type { AskLocal, RememberedAnswers } from './remembered-answers.ts';
import { nobody } from './remembered-answers.ts';

/** `rank`: its place among the profile's filters; `asked`: how often it was. */
interface Prepared { readonly plugin: Plugin; readonly state: unknown; readonly rank: number; readonly asked: Counter }

/** Errors name who made them, in upstream's words. */
function preparationOf(plugin: Plugin, pod: PodInfo, snapshot: Snapshot): Preparation<unknown> | undefined {
  try {
    return plugin.prepare?.(pod, snapshot);
  } catch (error) {
    throw new Error(`running PreFilter plugin ${JSON.stringify(plugin.name)}: ${(error as Error).message}`, { cause: error });
  }
}

function verdictOf({ plugin, state, asked }: Prepared, pod: PodInfo, node: NodeInfo): Refusal | undefined {
  asked.value += 1;
  try {
    return plugin.filter?.(pod, node, state);
  } catch (error) {
    throw new Error(`running ${JSON.stringify(plugin.name)} filter plugin: ${(error as Error).message}`, { cause: error });
  }
}

/** One attempt at one pod: what the plug-ins prepared, and their filters over it. */
export class PodCycle {
  readonly pod: PodInfo;
  readonly profile: Profile;
  /** A plug-in refused the pod as a whole; the last to say so. */
  readonly refused: { readonly plugin: string; readonly refusal: Refusal } | undefined;
  /** Only these nodes come into question, say these plug-ins. */
  readonly allowed: { readonly nodes: ReadonlySet<string>; readonly by: readonly string[] } | undefined;
  /** Who refused at the last call of `objection`. */
  refusedBy = '';
  readonly #nominator: Nominator;
  /** Those that were asked to prepare; after a refusal for good no other is. */
  readonly #asked = new Set<Plugin>();
  readonly #states = new Map<Plugin, unknown>();
  readonly #filters: readonly Prepared[];
  /** Those filters that look at pod and node alone, and those that do not. */
  readonly #local: readonly Prepared[];
  readonly #others: readonly Prepared[];
  readonly #askLocal: AskLocal;
  readonly #imaginers: readonly { readonly plugin: Plugin; readonly state: unknown }[];

  constructor(pod: PodInfo, options: { readonly profile: Profile; readonly snapshot: Snapshot; readonly nominator: Nominator; readonly metrics: ProfileMetrics }) {
    this.pod = pod;
    this.profile = options.profile;
    this.#nominator = options.nominator;
    const skipped = new Set<Plugin>();
    let nodes: ReadonlySet<string> | undefined;
    const by: string[] = [];
    let refused: PodCycle['refused'];
    const { prepared: askedToPrepare, filtered } = options.metrics;
    for (const [i, plugin] of this.profile.prepare.entries()) {
      this.#asked.add(plugin);
      const prepared = preparationOf(plugin, pod, options.snapshot);
      // One that has nothing to say of the pod does not count as asked.
      if (prepared?.skip === true) skipped.add(plugin);
      else askedToPrepare[i]!.value += 1;
      if (prepared === undefined) continue;
      if (prepared.state !== undefined) this.#states.set(plugin, prepared.state);
      if (prepared.refused !== undefined) {
        refused = { plugin: plugin.name, refusal: prepared.refused };
        // One that preemption may lift does not stop the others: preemption needs what they prepare.
        if (!prepared.refused.retry) break;
      }
      if (prepared.nodes === undefined) continue;
      by.push(plugin.name);
      nodes = nodes === undefined ? prepared.nodes : nodes.intersection(prepared.nodes);
      if (nodes.size > 0) continue;
      const names = by.toSorted();
      refused = { plugin: plugin.name, refusal: refuseForGood(names.length === 1 ? `node(s) didn't satisfy plugin ${names[0]}` : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`) };
      break;
    }
    this.refused = refused;
    this.allowed = nodes === undefined ? undefined : { nodes, by };
    this.#filters = this.profile.filter.map((plugin, rank) => ({ plugin, rank, state: this.#states.get(plugin), asked: filtered[rank]! })).filter(({ plugin }) => !skipped.has(plugin));
    this.#local = this.#filters.filter(({ plugin }) => plugin.alike !== undefined);
    this.#others = this.#filters.filter(({ plugin }) => plugin.alike === undefined);
    this.#askLocal = (node) => {
      for (const { plugin, state, rank, asked } of this.#local) {
        asked.value += 1;
        const refusal = plugin.filter?.(pod, node, state);
        if (refusal !== undefined) return { rank, refusal };
      }
      return undefined;
    };
    this.#imaginers = this.profile.prepare.filter((plugin) => plugin.imagine !== undefined && !skipped.has(plugin) && this.#states.has(plugin)).map((plugin) => ({ plugin, state: this.#states.get(plugin) }));
  }

  /** Had the plug-in its say before nodes were looked at? */
  isPrepared(plugin: Plugin): boolean {
    return this.#asked.has(plugin);
  }

  stateOf(plugin: Plugin): unknown {
    return this.#states.get(plugin);
  }

  /** What speaks against the node; `refusedBy` says who said so. */
  objection(node: NodeInfo): Refusal | undefined {
    for (const one of this.#filters) {
      const refusal = verdictOf(one, this.pod, node);
      if (refusal === undefined) continue;
      this.refusedBy = one.plugin.name;
      return refusal;
    }
    return undefined;
  }

  /** The same, where the answers of local plug-ins to pods like this one are remembered. The node is one of the snapshot. */
  #rememberedObjection(node: NodeInfo, answers: RememberedAnswers): Refusal | undefined {
    const rank = answers.rankOf(node, this.#askLocal);
    for (const other of this.#others) {
      if (other.rank > rank) break;
      const refusal = verdictOf(other, this.pod, node);
      if (refusal === undefined) continue;
      this.refusedBy = other.plugin.name;
      return refusal;
    }
    if (rank === nobody) return undefined;
    this.refusedBy = this.profile.filter[rank]?.name ?? '';
    return answers.refusalOf(node);
  }

  /**
   * The same, with the pods that are nominated to the node taken as running there, as far as they are as important. They
   * may also not come: without them the pod must fit, too, or it would wait for what never starts.
   */
  objectionWithNominated(node: NodeInfo, answers?: RememberedAnswers): Refusal | undefined {
    if (this.#nominator.empty || !this.#nominator.has(node.name)) return this.#asItIs(node, answers);
    const others = this.#nominator.on(node.name).filter((other) => other.priority >= this.pod.priority && other.uid !== this.pod.uid);
    if (others.length === 0) return this.#asItIs(node, answers);
    const imagined = new ImaginedNode(this, node.imagined());
    for (const other of others) imagined.add(other);
    const refusal = this.objection(imagined.node);
    imagined.undo();
    return refusal ?? this.#asItIs(node, answers);
  }

  #asItIs(node: NodeInfo, answers: RememberedAnswers | undefined): Refusal | undefined {
    return answers === undefined ? this.objection(node) : this.#rememberedObjection(node, answers);
  }

  /** Tells the plug-ins that the pod ran on the node, or not. */
  imagine(other: { readonly pod: PodInfo; readonly node: NodeInfo; readonly amount: 1 | -1 }): void {
    for (const { plugin, state } of this.#imaginers) plugin.imagine?.(state, this.pod, other);
  }
}

/** A copy of a node on which pods come and go in thought; `undo` makes the plug-ins forget it. */
export class ImaginedNode {
  readonly node: NodeInfo;
  readonly #cycle: PodCycle;
  readonly #done: { readonly pod: PodInfo; readonly amount: 1 | -1 }[] = [];

  /** `node` is the caller's own copy. */
  constructor(cycle: PodCycle, node: NodeInfo) {
    this.#cycle = cycle;
    this.node = node;
  }

  add(pod: PodInfo): void {
    this.node.addPod(pod);
    this.#tell(pod, 1);
  }

  remove(pod: PodInfo): void {
    this.node.removePod(pod.uid);
    this.#tell(pod, -1);
  }

  undo(): void {
    for (const { pod, amount } of this.#done.splice(0).reverse()) this.#cycle.imagine({ pod, node: this.node, amount: amount === 1 ? -1 : 1 });
  }

  #tell(pod: PodInfo, amount: 1 | -1): void {
    this.#done.push({ pod, amount });
    this.#cycle.imagine({ pod, node: this.node, amount });
  }
}
