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
  /** By volume, then by node; and the other way about. */
  readonly #byVolume = new Map<string, Map<string, OnNode>>();
  readonly #byNode = new Map<string, Map<string, OnNode>>();
  readonly #inUse = new Map<string, ReadonlySet<string>>();
  /** Nodes whose status does not say yet what stands here. */
  readonly #stale = new Set<string>();

  all(): OnNode[] {
    return [...this.#byVolume.values()].flatMap((entries) => [...entries.values()]);
  }

  get(name: string, node: string): OnNode | undefined {
    return this.#byVolume.get(name)?.get(node);
  }

  /** The nodes that surely have it. */
  nodesOf(name: string): string[] {
    return [...this.#byVolume.get(name)?.values() ?? []].filter(({ confirmed }) => confirmed).map(({ node }) => node);
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
    drop(this.#byVolume, name, node);
    drop(this.#byNode, node, name);
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
    return [...this.#byNode.get(node)?.values() ?? []].filter(({ reported }) => reported).map(({ name, devicePath }) => ({ name, devicePath }));
  }

  #ensure(name: string, node: string, attachable: Attachable | undefined): OnNode {
    const known = this.get(name, node);
    if (known !== undefined) {
      known.attachable = attachable ?? known.attachable;
      return known;
    }
    const entry: OnNode = { name, node, attachable, confirmed: false, reported: false, devicePath: '', detachRequestedMs: undefined };
    put(this.#byVolume, name, node, entry);
    put(this.#byNode, node, name, entry);
    return entry;
  }
}

type Table = Map<string, Map<string, OnNode>>;

function put(table: Table, outer: string, inner: string, entry: OnNode): void {
  const row = table.get(outer) ?? new Map<string, OnNode>();
  row.set(inner, entry);
  table.set(outer, row);
}

function drop(table: Table, outer: string, inner: string): void {
  const row = table.get(outer);
  row?.delete(inner);
  if (row?.size === 0) table.delete(outer);
}
