import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import type { Plugin } from '../framework/plugin.ts';
import type { Profile } from '../framework/profile.ts';
import type { Refusal } from '../framework/verdict.ts';
import { refuseForGood } from '../framework/verdict.ts';
import type { Nominator } from '../queue/nominator.ts';

interface Prepared { readonly plugin: Plugin; readonly state: unknown }

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
  readonly #states = new Map<Plugin, unknown>();
  readonly #filters: readonly Prepared[];
  readonly #imaginers: readonly Prepared[];

  constructor(pod: PodInfo, options: { readonly profile: Profile; readonly snapshot: Snapshot; readonly nominator: Nominator }) {
    this.pod = pod;
    this.profile = options.profile;
    this.#nominator = options.nominator;
    const skipped = new Set<Plugin>();
    let nodes: ReadonlySet<string> | undefined;
    const by: string[] = [];
    let refused: PodCycle['refused'];
    for (const plugin of this.profile.prepare) {
      const prepared = plugin.prepare?.(pod, options.snapshot);
      if (prepared === undefined) continue;
      if (prepared.skip === true) skipped.add(plugin);
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
    const filters = this.profile.filter.filter((plugin) => !skipped.has(plugin)).map((plugin) => ({ plugin, state: this.#states.get(plugin) }));
    this.#filters = filters;
    this.#imaginers = this.profile.prepare.filter((plugin) => plugin.imagine !== undefined && !skipped.has(plugin) && this.#states.has(plugin)).map((plugin) => ({ plugin, state: this.#states.get(plugin) }));
  }

  stateOf(plugin: Plugin): unknown {
    return this.#states.get(plugin);
  }

  /** What speaks against the node; `refusedBy` says who said so. */
  objection(node: NodeInfo): Refusal | undefined {
    for (const { plugin, state } of this.#filters) {
      const refusal = plugin.filter?.(this.pod, node, state);
      if (refusal === undefined) continue;
      this.refusedBy = plugin.name;
      return refusal;
    }
    return undefined;
  }

  /**
   * The same, with the pods that are nominated to the node taken as running there, as far as they are as important. They
   * may also not come: without them the pod must fit, too, or it would wait for what never starts.
   */
  objectionWithNominated(node: NodeInfo): Refusal | undefined {
    if (this.#nominator.empty || !this.#nominator.has(node.name)) return this.objection(node);
    const others = this.#nominator.on(node.name).filter((other) => other.priority >= this.pod.priority && other.uid !== this.pod.uid);
    if (others.length === 0) return this.objection(node);
    const imagined = new ImaginedNode(this, node.imagined());
    for (const other of others) imagined.add(other);
    const refusal = this.objection(imagined.node);
    imagined.undo();
    return refusal ?? this.objection(node);
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
