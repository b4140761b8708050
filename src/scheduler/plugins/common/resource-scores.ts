import type { Node } from '../../../api/types/core/v1.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { DeviceCount, DeviceCounts } from '../../devices/device-counts.ts';
import type { Devices } from '../../devices/devices.ts';

/** A resource that counts when nodes are scored. */
export interface ResourceSpec { readonly name: string; readonly weight: number }

export const cpuAndMemory: readonly ResourceSpec[] = [{ name: 'cpu', weight: 1 }, { name: 'memory', weight: 1 }];

/** What is scored also for pods that ask for nothing of it; other resources only for those that do. */
const isNative = (name: string): boolean => name === 'cpu' || name === 'memory' || name === 'ephemeral-storage';

/** A resource that counts for a pod, and how much of it the pod would take. */
export interface WantedResource extends ResourceSpec {
  readonly amount: number;
  /** Pods without requests count as if they asked for a little. */
  readonly assumed: boolean;
  /** The devices that stand for it on nodes that have none of it themselves (KEP-5004); undefined where none do. */
  readonly devicesOn: ((node: Node) => DeviceCount | undefined) | undefined;
}

/** Those of the resources that count for the pod. `assumed`: as if it asked for a little where it asks for nothing. */
export function wantedResources(pod: PodInfo, specs: readonly ResourceSpec[], options: { readonly assumed: boolean; readonly devices: Devices }): WantedResource[] {
  const requests = options.assumed ? pod.scoringRequests : pod.requests;
  const { devices } = options;
  const wanted: WantedResource[] = [];
  let counts: DeviceCounts | undefined;
  for (const { name, weight } of specs) {
    const amount = requests[name] ?? 0;
    const native = isNative(name);
    if (amount === 0 && !native) continue;
    const deviceClass = native ? undefined : devices.classFor(name);
    if (deviceClass !== undefined) counts ??= devices.counts();
    // Only cpu and memory are assumed.
    wanted.push({ name, weight, amount, assumed: options.assumed && (name === 'cpu' || name === 'memory'), devicesOn: deviceClass && counts?.of(deviceClass) });
  }
  return wanted;
}

/** How much of the resource the node's pods take. */
export const allocatedOn = ({ name, assumed }: WantedResource, node: NodeInfo): number => (assumed ? node.scoringRequested : node.requested)[name] ?? 0;
