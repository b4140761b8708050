import type { AttachedVolume } from '../../api/types/core/v1.ts';
import type { Attachable } from './attachable.ts';

/** One volume on one node, as far as the controller knows. */
export interface OnNode {
  readonly name: string;
  readonly node: string;
  /** What is known of the volume; undefined after a restart, for volumes that no pod uses. */
  attachable: Attachable | undefined;
  /** False: an attempt to attach or to detach failed, and nobody knows. */
  confirmed: boolean;
  /** The node may rely on it: it is in `status.volumesAttached`. */
  reported: boolean;
  devicePath: string;
  /** Since when it is to be detached; undefined while a pod wants it. */
  detachRequestedMs: number | undefined;
}

/** Which volumes are attached to which nodes, which nodes still mount them, and what nodes are to be told. */
export class AttachedVolumes {
  readonly #entries = new Map<string, OnNode>();
  readonly #inUse = new Map<string, ReadonlySet<string>>();
  /** Nodes whose status does not say yet what stands here. */
  readonly #stale = new Set<string>();

  all(): OnNode[] {
    return [...this.#entries.values()];
  }

  get(name: string, node: string): OnNode | undefined {
    return this.#entries.get(keyOf(name, node));
  }

  /** The nodes that surely have it. */
  nodesOf(name: string): string[] {
    return this.all().filter((entry) => entry.name === name && entry.confirmed).map(({ node }) => node);
  }

  markAttached(name: string, node: string, { attachable, devicePath = '' }: { readonly attachable?: Attachable | undefined; readonly devicePath?: string } = {}): void {
    const entry = this.#ensure(name, node, attachable);
    entry.confirmed = true;
    entry.devicePath = devicePath;
    entry.detachRequestedMs = undefined;
    this.report(entry, true);
  }

  markUncertain(name: string, node: string, attachable: Attachable | undefined): void {
    const entry = this.#ensure(name, node, attachable);
    entry.confirmed = false;
    this.report(entry, false);
  }

  markDetached(name: string, node: string): void {
    const entry = this.get(name, node);
    if (entry === undefined) return;
    this.report(entry, false);
    this.#entries.delete(keyOf(name, node));
  }

  report(entry: OnNode, reported: boolean): void {
    if (entry.reported === reported) return;
    entry.reported = reported;
    this.#stale.add(entry.node);
  }

  setInUse(node: string, names: readonly string[]): void {
    this.#inUse.set(node, new Set(names));
  }

  isInUse(name: string, node: string): boolean {
    return this.#inUse.get(node)?.has(name) === true;
  }

  /** What the node says is to be compared again. */
  touch(node: string): void {
    this.#stale.add(node);
  }

  takeStale(): string[] {
    const nodes = [...this.#stale];
    this.#stale.clear();
    return nodes;
  }

  reportedTo(node: string): AttachedVolume[] {
    return this.all().filter((entry) => entry.node === node && entry.reported).map(({ name, devicePath }) => ({ name, devicePath }));
  }

  #ensure(name: string, node: string, attachable: Attachable | undefined): OnNode {
    const key = keyOf(name, node);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.attachable = attachable ?? known.attachable;
      return known;
    }
    const entry: OnNode = { name, node, attachable, confirmed: false, reported: false, devicePath: '', detachRequestedMs: undefined };
    this.#entries.set(key, entry);
    return entry;
  }
}

/** Names of nodes have no spaces. */
const keyOf = (name: string, node: string): string => `${node} ${name}`;
