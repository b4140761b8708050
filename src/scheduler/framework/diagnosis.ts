import type { NodeInfo } from '../cache/node-info.ts';
import type { Refusal } from './verdict.ts';

/** Who refused a node, and why. */
export interface NodeRefusal {
  readonly plugin: string;
  readonly refusal: Refusal;
}

/**
 * Why a pod found no node: a refusal for each node that was looked at, two bytes each, so that it can be kept for as
 * long as the pod waits.
 */
export class Diagnosis {
  readonly nodes: readonly NodeInfo[];
  /** Names of the plug-ins whose events may help. */
  readonly refusedBy = new Set<string>();
  /** Of nodes that were not looked at. */
  absent: NodeRefusal | undefined;
  /** A plug-in refused the pod before any node was looked at. */
  preFilterMessage = '';
  /** What preemption said. */
  postFilterMessage = '';
  /** How many nodes were looked at. */
  looked = 0;
  /** Made with the first refusal: most pods fit where they are looked for. */
  #codes: Uint16Array | undefined;
  readonly #kinds: NodeRefusal[] = [];

  constructor(nodes: readonly NodeInfo[]) {
    this.nodes = nodes;
  }

  /** `slot`: the node's place in `nodes`. */
  set(slot: number, plugin: string, refusal: Refusal): void {
    let code = this.#kinds.length;
    while (code > 0 && (this.#kinds[code - 1]?.refusal !== refusal || this.#kinds[code - 1]?.plugin !== plugin)) code--;
    if (code === 0) {
      code = Math.min(this.#kinds.length + 1, 0xffff);
      this.#kinds[code - 1] = { plugin, refusal };
      this.refusedBy.add(plugin);
    }
    this.#codes ??= new Uint16Array(this.nodes.length);
    if (this.#codes[slot] === 0) this.looked++;
    this.#codes[slot] = code;
  }

  at(slot: number): NodeRefusal | undefined {
    const code = this.#codes?.[slot] ?? 0;
    return code === 0 ? this.absent : this.#kinds[code - 1];
  }

  /** Nodes that could take the pod if others left them. */
  *resolvable(): Iterable<NodeInfo> {
    for (let slot = 0; slot < this.nodes.length; slot++) if (this.at(slot)?.refusal.retry === true) yield this.nodes[slot]!;
  }

  /** `0/5 nodes are available: 2 Insufficient cpu, 3 node(s) were unschedulable. no new claims to deallocate, preemption: …` */
  get message(): string {
    let text = `0/${this.nodes.length} nodes are available:`;
    if (this.preFilterMessage !== '') text += ` ${this.preFilterMessage}.`;
    else {
      const reasons = this.#histogram();
      if (reasons.length > 0) text += ` ${reasons.join(', ')}.`;
    }
    return this.postFilterMessage === '' ? text : `${text} ${this.postFilterMessage}`;
  }

  #histogram(): string[] {
    const byKind = new Uint32Array(this.#kinds.length + 1);
    for (const code of this.#codes ?? []) byKind[code]!++;
    byKind[0] = this.nodes.length - this.looked;
    const byReason = new Map<string, number>();
    const count = (refusal: Refusal | undefined, times: number): void => {
      for (const reason of refusal?.reasons ?? []) if (times > 0) byReason.set(reason, (byReason.get(reason) ?? 0) + times);
    };
    count(this.absent?.refusal, byKind[0]!);
    for (const [i, { refusal }] of this.#kinds.entries()) count(refusal, byKind[i + 1]!);
    return [...byReason].map(([reason, times]) => `${times} ${reason}`).sort();
  }
}
