import type { PodInfo } from '../cache/pod-info.ts';

/**
 * Pods that wait for the room that was made for them on a node. The scheduler knows before the API does: a nomination
 * counts from the moment of preemption, whatever `status.nominatedNodeName` says meanwhile.
 */
export class Nominator {
  readonly #byNode = new Map<string, Map<string, PodInfo>>();
  readonly #nodeOf = new Map<string, string>();

  get empty(): boolean {
    return this.#nodeOf.size === 0;
  }

  /** An empty name takes the nomination away. */
  nominate(pod: PodInfo, nodeName: string): void {
    this.forget(pod.uid);
    if (nodeName === '') return;
    this.#nodeOf.set(pod.uid, nodeName);
    let pods = this.#byNode.get(nodeName);
    if (pods === undefined) this.#byNode.set(nodeName, (pods = new Map()));
    pods.set(pod.uid, pod);
  }

  /** The pod as the API has it now. What is known here alone stays, unless the API had a nomination that it lost. */
  update(old: PodInfo | undefined, pod: PodInfo): void {
    const before = old?.pod.status?.nominatedNodeName ?? '';
    const now = pod.pod.status?.nominatedNodeName ?? '';
    const nodeName = before === '' && now === '' ? this.#nodeOf.get(pod.uid) ?? '' : now;
    if (nodeName !== '' || this.#nodeOf.has(pod.uid)) this.nominate(pod, nodeName);
  }

  forget(uid: string): void {
    const nodeName = this.#nodeOf.get(uid);
    if (nodeName === undefined) return;
    this.#nodeOf.delete(uid);
    const pods = this.#byNode.get(nodeName);
    pods?.delete(uid);
    if (pods?.size === 0) this.#byNode.delete(nodeName);
  }

  nodeOf(uid: string): string | undefined {
    return this.#nodeOf.get(uid);
  }

  on(nodeName: string): readonly PodInfo[] {
    return [...(this.#byNode.get(nodeName)?.values() ?? [])];
  }

  has(nodeName: string): boolean {
    return this.#byNode.has(nodeName);
  }
}
