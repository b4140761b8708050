import type { Labels } from '../../api/meta/labels.ts';
import { mapsEqual, semanticEqual } from '../../api/meta/equal.ts';
import type { Node } from '../../api/types/core/v1.ts';
import type { CountsByDomain, Domains } from './domain-counts.ts';
import { NodeInfo } from './node-info.ts';
import { zoneOf, zonesInTurn } from './node-order.ts';
import type { PodQuestion } from './pod-counters.ts';
import { PodCounters } from './pod-counters.ts';
import type { PodInfo } from './pod-info.ts';
import { claimsOf } from './pod-info.ts';
import { PodsByLabel } from './pods-by-label.ts';
import type { Snapshot } from './snapshot.ts';
import { TermIndex } from './term-index.ts';
import { Topology } from './topology.ts';

/** Domains are made again when nodes change; so many are remembered. */
const maxDomains = 64;

/**
 * What the scheduler believes of the cluster: nodes, the pods bound to them, and the pods that it has just placed and
 * whose binding is under way ("assumed"), so that the next pod sees their room taken.
 */
export class ClusterCache implements Snapshot {
  readonly #byName = new Map<string, NodeInfo>();
  #ordered: NodeInfo[] | undefined = [];
  /** uid -> where it is, for every pod that takes room. */
  readonly #placed = new Map<string, { readonly pod: PodInfo; readonly nodeName: string }>();
  readonly #assumed = new Set<string>();
  /** Pods bound to nodes that are not known (yet). */
  readonly #homeless = new Map<string, Map<string, PodInfo>>();
  readonly #imageNodes = new Map<string, number>();
  readonly #namespaces = new Map<string, Labels>();
  readonly #domains = new Map<string, Domains>();
  readonly #counters = new PodCounters();
  readonly #byLabel = new PodsByLabel();
  readonly #claims = new Map<string, number>();
  readonly antiAffinity = new TermIndex();
  readonly affinity = new TermIndex();
  readonly preferredAffinity = new TermIndex();

  get nodes(): readonly NodeInfo[] {
    if (this.#ordered === undefined) {
      this.#ordered = zonesInTurn(this.#byName.values());
      for (const [slot, info] of this.#ordered.entries()) info.slot = slot;
    }
    return this.#ordered;
  }

  get(name: string): NodeInfo | undefined {
    return this.#byName.get(name);
  }

  get podCount(): number {
    return this.#placed.size;
  }

  get assumedCount(): number {
    return this.#assumed.size;
  }

  imageSpread(name: string): number {
    return this.#imageNodes.get(name) ?? 0;
  }

  namespaceLabels(name: string): Labels {
    return this.#namespaces.get(name) ?? {};
  }

  topology(key: string): Topology {
    return this.domains(`label ${key}`, () => new Topology(key, this.nodes));
  }

  domains<T extends Domains>(key: string, make: () => T): T {
    let domains = this.#domains.get(key);
    if (domains !== undefined) this.#domains.delete(key);
    else {
      domains = make();
      if (this.#domains.size >= maxDomains) this.#forgetOldestDomains();
    }
    // At the end: asked for last.
    this.#domains.set(key, domains);
    // Whoever asks under the same key makes the same.
    return domains as T;
  }

  podCounts(question: PodQuestion, domains: Domains): CountsByDomain {
    return this.#counters.get(question, domains, (asked) => this.#candidates(asked));
  }

  *#candidates({ scope }: PodQuestion): Iterable<readonly [PodInfo, NodeInfo]> {
    const uids = scope === undefined ? undefined : this.#byLabel.among(scope, () => this.#pods());
    if (uids === undefined) {
      for (const node of this.#byName.values()) for (const pod of node.pods.values()) yield [pod, node];
      return;
    }
    for (const uid of uids) {
      const placed = this.#placed.get(uid);
      const node = placed === undefined ? undefined : this.#byName.get(placed.nodeName);
      if (placed !== undefined && node !== undefined) yield [placed.pod, node];
    }
  }

  *#pods(): Iterable<PodInfo> {
    for (const { pod } of this.#placed.values()) yield pod;
  }

  isClaimUsed(key: string): boolean {
    return this.#claims.has(key);
  }

  setNamespace(name: string, labels: Labels): void {
    const known = this.#namespaces.get(name);
    if (known !== undefined && mapsEqual(known, labels)) return;
    this.#namespaces.set(name, labels);
    // Which pods a namespace selector speaks of may have changed.
    if (known !== undefined) this.#counters.clear();
  }

  removeNamespace(name: string): void {
    this.#namespaces.delete(name);
  }

  setNode(node: Node): void {
    const name = node.metadata.name ?? '';
    const known = this.#byName.get(name);
    if (known !== undefined) {
      const { images, node: old } = known;
      if (!mapsEqual(old.metadata.labels, node.metadata.labels)) {
        this.#regroup();
        if (zoneOf(old) !== zoneOf(node)) this.#ordered = undefined;
      } else if (!semanticEqual(old.spec?.taints, node.spec?.taints)) this.#regroup();
      known.setNode(node);
      this.#countImages(images, -1);
      this.#countImages(known.images, 1);
      return;
    }
    const info = new NodeInfo(node);
    this.#byName.set(name, info);
    this.#nodesChanged();
    this.#countImages(info.images, 1);
    for (const pod of this.#homeless.get(name)?.values() ?? []) this.#put(pod, info);
    this.#homeless.delete(name);
  }

  removeNode(name: string): void {
    const info = this.#byName.get(name);
    if (info === undefined) return;
    const pods = [...info.pods.values()];
    for (const pod of pods) this.#take(pod, info);
    this.#byName.delete(name);
    this.#nodesChanged();
    this.#countImages(info.images, -1);
    if (pods.length > 0) this.#homeless.set(name, new Map(pods.map((pod) => [pod.uid, pod])));
  }

  /** Takes room for a pod that is about to be bound. */
  assume(pod: PodInfo, nodeName: string): void {
    this.#assumed.add(pod.uid);
    this.#place(pod, nodeName);
  }

  isAssumed(uid: string): boolean {
    return this.#assumed.has(uid);
  }

  /** A pod that the API says is bound. Confirms an assumption; moves the pod if it went elsewhere. */
  confirm(pod: PodInfo, nodeName: string): void {
    this.#assumed.delete(pod.uid);
    this.#place(pod, nodeName);
  }

  /** The API has the pod where it was assumed to be. */
  settle(uid: string): void {
    this.#assumed.delete(uid);
  }

  /** The same pod with another status, which changes nothing that is counted. */
  refresh(pod: PodInfo): void {
    const before = this.#placed.get(pod.uid);
    if (before === undefined) return;
    this.#placed.set(pod.uid, { pod, nodeName: before.nodeName });
    const pods = this.#byName.get(before.nodeName)?.pods ?? this.#homeless.get(before.nodeName);
    pods?.set(pod.uid, pod);
  }

  /** Gives the room back. */
  forget(uid: string): void {
    this.#assumed.delete(uid);
    const before = this.#placed.get(uid);
    if (before === undefined) return;
    this.#placed.delete(uid);
    this.#byLabel.change(before.pod, -1);
    this.#countClaims(before.pod, -1);
    const info = this.#byName.get(before.nodeName);
    if (info !== undefined) this.#take(before.pod, info);
    this.#homeless.get(before.nodeName)?.delete(uid);
  }

  /** What is known of a pod that takes room. */
  placed(uid: string): { readonly pod: PodInfo; readonly nodeName: string } | undefined {
    return this.#placed.get(uid);
  }

  #place(pod: PodInfo, nodeName: string): void {
    const before = this.#placed.get(pod.uid);
    if (before !== undefined) {
      // What an assumption is confirmed with is the same pod.
      if (before.nodeName === nodeName && before.pod === pod) return;
      const assumed = this.#assumed.has(pod.uid);
      this.forget(pod.uid);
      if (assumed) this.#assumed.add(pod.uid);
    }
    this.#placed.set(pod.uid, { pod, nodeName });
    this.#byLabel.change(pod, 1);
    this.#countClaims(pod, 1);
    const info = this.#byName.get(nodeName);
    if (info !== undefined) {
      this.#put(pod, info);
      return;
    }
    let waiting = this.#homeless.get(nodeName);
    if (waiting === undefined) this.#homeless.set(nodeName, (waiting = new Map()));
    waiting.set(pod.uid, pod);
  }

  #put(pod: PodInfo, info: NodeInfo): void {
    info.addPod(pod);
    this.#index(pod, info, 1);
  }

  #take(pod: PodInfo, info: NodeInfo): void {
    info.removePod(pod.uid);
    this.#index(pod, info, -1);
  }

  #index(pod: PodInfo, info: NodeInfo, sign: 1 | -1): void {
    this.#counters.change(pod, info, sign);
    const { antiAffinity, affinity, preferred } = pod.terms;
    for (const term of antiAffinity) this.antiAffinity.add(term, info, { weight: 1, sign });
    for (const term of affinity) this.affinity.add(term, info, { weight: 1, sign });
    for (const { term, weight } of preferred) this.preferredAffinity.add(term, info, { weight, sign });
  }

  #countClaims({ pod, namespace }: PodInfo, sign: 1 | -1): void {
    if (pod.spec?.volumes === undefined) return;
    for (const { name } of claimsOf(pod)) {
      const key = `${namespace}/${name}`;
      const count = (this.#claims.get(key) ?? 0) + sign;
      if (count <= 0) this.#claims.delete(key);
      else this.#claims.set(key, count);
    }
  }

  #nodesChanged(): void {
    this.#ordered = undefined;
    this.#regroup();
  }

  #forgetOldestDomains(): void {
    for (const [key, domains] of this.#domains) {
      this.#domains.delete(key);
      this.#counters.forget(domains);
      return;
    }
  }

  /** Domains may be others than they were. */
  #regroup(): void {
    this.#domains.clear();
    this.#counters.regroup();
    for (const index of [this.antiAffinity, this.affinity, this.preferredAffinity]) index.regroup();
  }

  #countImages(images: ReadonlyMap<string, number>, sign: 1 | -1): void {
    for (const name of images.keys()) {
      const count = (this.#imageNodes.get(name) ?? 0) + sign;
      if (count <= 0) this.#imageNodes.delete(name);
      else this.#imageNodes.set(name, count);
    }
  }
}
