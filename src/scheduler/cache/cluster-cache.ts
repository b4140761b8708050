import type { Node } from '../../api/types/core/v1.ts';
import type { Snapshot } from '../framework/plugin.ts';
import { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/**
 * What the scheduler believes of the cluster: nodes, the pods bound to them, and the pods that it has just placed and
 * whose binding is under way ("assumed"), so that the next pod sees their room taken.
 */
export class ClusterCache implements Snapshot {
  readonly #byName = new Map<string, NodeInfo>();
  #list: NodeInfo[] = [];
  /** uid -> node, for every pod that takes room. */
  readonly #placed = new Map<string, string>();
  readonly #assumed = new Set<string>();
  /** Pods bound to nodes that are not known (yet). */
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  readonly #imageNodes = new Map<string, number>();
  readonly #namespaces = new Map<string, Readonly<Record<string, string>>>();

  get nodes(): readonly NodeInfo[] {
    return this.#list;
  }

  get(name: string): NodeInfo | undefined {
    return this.#byName.get(name);
  }

  imageSpread(name: string): number {
    return this.#imageNodes.get(name) ?? 0;
  }

  namespaceLabels(name: string): Readonly<Record<string, string>> {
    return this.#namespaces.get(name) ?? {};
  }

  setNamespace(name: string, labels: Readonly<Record<string, string>>): void {
    this.#namespaces.set(name, labels);
  }

  removeNamespace(name: string): void {
    this.#namespaces.delete(name);
  }

  setNode(node: Node): void {
    const name = node.metadata.name ?? '';
    const known = this.#byName.get(name);
    if (known !== undefined) {
      const before = known.images;
      known.setNode(node);
      this.#countImages(before, -1);
      this.#countImages(known.images, 1);
      return;
    }
    const info = new NodeInfo(node);
    this.#byName.set(name, info);
    this.#list.push(info);
    this.#countImages(info.images, 1);
    for (const pod of this.#homeless.get(name)?.values() ?? []) info.addPod(pod);
    this.#homeless.delete(name);
  }

  removeNode(name: string): void {
    const info = this.#byName.get(name);
    if (info === undefined) return;
    this.#byName.delete(name);
    this.#list = this.#list.filter((one) => one !== info);
    this.#countImages(info.images, -1);
    if (info.pods.size > 0) this.#homeless.set(name, info.pods);
  }

  /** Takes room for a pod that is about to be bound. */
  assume(pod: PodInfo, nodeName: string): void {
    this.#assumed.add(pod.uid);
    this.place(pod, nodeName);
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  /** A pod that the API says is bound. Confirms an assumption; moves the pod if it went elsewhere. */
  confirm(pod: PodInfo, nodeName: string): void {
    this.#assumed.delete(pod.uid);
    this.place(pod, nodeName);
  }

  /** Gives the room back. */
  forget(uid: string): void {
    this.#assumed.delete(uid);
    const nodeName = this.#placed.get(uid);
    if (nodeName === undefined) return;
    this.#placed.delete(uid);
    this.#byName.get(nodeName)?.removePod(uid);
    this.#homeless.get(nodeName)?.delete(uid);
  }

  nodeOf(uid: string): string | undefined {
    return this.#placed.get(uid);
  }

  private place(pod: PodInfo, nodeName: string): void {
    const before = this.#placed.get(pod.uid);
    if (before !== undefined && before !== nodeName) this.#byName.get(before)?.removePod(pod.uid);
    this.#placed.set(pod.uid, nodeName);
    const info = this.#byName.get(nodeName);
    if (info !== undefined) info.addPod(pod);
    else {
      const waiting = this.#homeless.get(nodeName) ?? new Map<string, PodInfo>();
      waiting.set(pod.uid, pod);
      this.#homeless.set(nodeName, waiting);
    }
  }

  #countImages(images: ReadonlyMap<string, number>, sign: 1 | -1): void {
    for (const name of images.keys()) {
      const count = (this.#imageNodes.get(name) ?? 0) + sign;
      if (count <= 0) this.#imageNodes.delete(name);
      else this.#imageNodes.set(name, count);
    }
  }
}
