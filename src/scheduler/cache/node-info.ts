import type { HostPort } from '../../api/pod/host-ports.ts';
import { amountsOf } from '../../api/pod/resources.ts';
import type { Amounts } from '../../api/pod/resources.ts';
import type { Node } from '../../api/types/core/v1.ts';
import type { PodInfo } from './pod-info.ts';

/** A node with the sums over its pods, kept current pod by pod. */
export class NodeInfo {
  readonly name: string;
  /** Its place in the snapshot's list of nodes. */
  slot = -1;
  /** Another number whenever the node, or what its pods take of it, has changed. */
  generation = 0;
  node: Node;
  allocatable: Amounts;
  readonly requested: Record<string, number> = {};
  /** For scoring: with what pods without requests are assumed to take. */
  readonly scoringRequested: Record<string, number> = {};
  readonly pods = new Map<string, PodInfo>();
  readonly usedPorts = new Map<string, readonly HostPort[]>();
  /** Image name -> bytes. */
  images: ReadonlyMap<string, number> = new Map();
  /** Has it taints that only discourage? */
  discourages = false;

  /** `as`: a copy of that one, as it is. */
  constructor(node: Node, as?: NodeInfo) {
    this.name = node.metadata.name ?? '';
    this.node = node;
    this.allocatable = {};
    if (as === undefined) {
      this.setNode(node);
      return;
    }
    this.slot = as.slot;
    this.allocatable = as.allocatable;
    this.images = as.images;
    this.discourages = as.discourages;
    Object.assign(this.requested, as.requested);
    Object.assign(this.scoringRequested, as.scoringRequested);
    for (const [uid, pod] of as.pods) this.pods.set(uid, pod);
    for (const [uid, ports] of as.usedPorts) this.usedPorts.set(uid, ports);
  }

  setNode(node: Node): void {
    this.generation++;
    this.node = node;
    this.discourages = node.spec?.taints?.some(({ effect }) => effect === 'PreferNoSchedule') === true;
    this.allocatable = amountsOf(node.status?.allocatable);
    this.images = new Map((node.status?.images ?? []).flatMap((image) => (image.names ?? []).map((name) => [name, image.sizeBytes ?? 0] as const)));
  }

  /** A copy that pods can be put on and taken off in thought. */
  imagined(): NodeInfo {
    return new NodeInfo(this.node, this);
  }

  addPod(info: PodInfo): void {
    if (this.pods.has(info.uid)) this.removePod(info.uid);
    this.pods.set(info.uid, info);
    this.#count(info, 1);
    if (info.hostPorts.length > 0) this.usedPorts.set(info.uid, info.hostPorts);
  }

  removePod(uid: string): void {
    const info = this.pods.get(uid);
    if (info === undefined) return;
    this.pods.delete(uid);
    this.usedPorts.delete(uid);
    this.#count(info, -1);
  }

  #count({ requests, scoringRequests }: PodInfo, sign: 1 | -1): void {
    this.generation++;
    for (const resource in requests) this.requested[resource] = (this.requested[resource] ?? 0) + sign * requests[resource]!;
    for (const resource in scoringRequests) this.scoringRequested[resource] = (this.scoringRequested[resource] ?? 0) + sign * scoringRequests[resource]!;
  }
}
