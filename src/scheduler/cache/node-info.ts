import type { HostPort } from '../../api/pod/host-ports.ts';
import { amountsOf } from '../../api/pod/resources.ts';
import type { Amounts } from '../../api/pod/resources.ts';
import type { Node } from '../../api/types/core/v1.ts';
import type { PodInfo } from './pod-info.ts';

/** A node with the sums over its pods, kept current pod by pod. */
export class NodeInfo {
  readonly name: string;
  node: Node;
  allocatable: Amounts;
  readonly requested: Record<string, number> = {};
  scoringMilliCpu = 0;
  scoringMemoryBytes = 0;
  readonly pods = new Map<string, PodInfo>();
  /** Those with pod affinity or anti-affinity of any kind, and those that require anti-affinity: looked at for every new pod. */
  readonly affinityPods = new Map<string, PodInfo>();
  readonly antiAffinityPods = new Map<string, PodInfo>();
  readonly usedPorts = new Map<string, readonly HostPort[]>();
  /** Image name -> bytes. */
  images = new Map<string, number>();

  constructor(node: Node) {
    this.name = node.metadata.name ?? '';
    this.node = node;
    this.allocatable = amountsOf(node.status?.allocatable);
    this.setNode(node);
  }

  setNode(node: Node): void {
    this.node = node;
    this.allocatable = amountsOf(node.status?.allocatable);
    this.images = new Map((node.status?.images ?? []).flatMap((image) => (image.names ?? []).map((name) => [name, image.sizeBytes ?? 0] as const)));
  }

  addPod(info: PodInfo): void {
    if (this.pods.has(info.uid)) this.removePod(info.uid);
    this.pods.set(info.uid, info);
    this.#count(info, 1);
    const { podAffinity, podAntiAffinity } = info.pod.spec?.affinity ?? {};
    if (podAffinity !== undefined || podAntiAffinity !== undefined) this.affinityPods.set(info.uid, info);
    if ((podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0) this.antiAffinityPods.set(info.uid, info);
    if (info.hostPorts.length > 0) this.usedPorts.set(info.uid, info.hostPorts);
  }

  removePod(uid: string): void {
    const info = this.pods.get(uid);
    if (info === undefined) return;
    this.pods.delete(uid);
    this.affinityPods.delete(uid);
    this.antiAffinityPods.delete(uid);
    this.usedPorts.delete(uid);
    this.#count(info, -1);
  }

  #count(info: PodInfo, sign: 1 | -1): void {
    for (const resource in info.requests) this.requested[resource] = (this.requested[resource] ?? 0) + sign * info.requests[resource]!;
    this.scoringMilliCpu += sign * info.scoringMilliCpu;
    this.scoringMemoryBytes += sign * info.scoringMemoryBytes;
  }
}
