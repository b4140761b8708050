import type { Domains } from './domain-counts.ts';
import type { NodeInfo } from './node-info.ts';

/** The domains that a node label makes, numbered, so that counts by domain are plain arrays. */
export class Topology implements Domains {
  readonly #domains: Int32Array;
  /** The label's value by domain. */
  readonly values: readonly string[];

  constructor(key: string, nodes: readonly NodeInfo[]) {
    this.#domains = new Int32Array(nodes.length).fill(-1);
    const numbers = new Map<string, number>();
    for (const [slot, { node }] of nodes.entries()) {
      const value = node.metadata.labels?.[key];
      if (value === undefined) continue;
      let number = numbers.get(value);
      if (number === undefined) numbers.set(value, (number = numbers.size));
      this.#domains[slot] = number;
    }
    this.values = [...numbers.keys()];
  }

  /** How many domains there are. */
  get size(): number {
    return this.values.length;
  }

  /** The node's domain; -1 when it lacks the label. */
  of({ slot }: NodeInfo): number {
    return this.#domains[slot] ?? -1;
  }
}
