import { canonicalQuantity, formatQuantity, quantityOf } from '../../api/meta/quantity.ts';
import type { ContainerImage, NodeAddress, NodeCondition, NodeStatus } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { Image, RuntimeStatus } from '../../runtime/runtime.ts';
import type { Pressure } from '../eviction/thresholds.ts';
import type { MachineInfo } from '../host.ts';
import { hugePageCapacity } from '../resources/huge-pages.ts';

const maxImages = 50;
const maxNamesPerImage = 5;

export interface NodeStatusInput {
  readonly machine: MachineInfo;
  readonly pressures: readonly Pressure[];
  /** What pods do not get: reserved for the system, and the room that eviction keeps free. */
  readonly heldBack: Readonly<Record<string, number>>;
  readonly maxPods: number;
  readonly addresses: readonly string[];
  readonly hostname: string;
  /** Undefined: nobody serves this kubelet's API. */
  readonly servingPort: number | undefined;
  /** `v1.36.0`. */
  readonly version: string;
  /** `containerd://1.7.0`. */
  readonly runtimeVersion: string;
  readonly images: readonly Image[];
  /** Why the node is not ready; undefined when it is. */
  readonly problem: string | undefined;
  /** Undefined when it could not be asked. */
  readonly runtime: RuntimeStatus | undefined;
  readonly old: readonly NodeCondition[];
  readonly nowMs: number;
}

/** The node's status as upstream's kubelet reports it. Heartbeats carry the time of now. */
export function generateNodeStatus(input: NodeStatusInput): NodeStatus {
  const { machine, nowMs } = input;
  const capacity = capacityOf(machine, input.maxPods);
  // What is kept ready as huge pages cannot be used as anything else.
  const inHugePages = Object.values(hugePageCapacity(machine.hugePages)).reduce((sum, bytes) => sum + bytes, 0);
  return {
    capacity,
    allocatable: canonical({
      ...capacity,
      cpu: `${Math.max(0, machine.cores * 1000 - (input.heldBack['cpu'] ?? 0))}m`,
      memory: formatQuantity(quantityOf(Math.max(0, machine.memoryBytes - (input.heldBack['memory'] ?? 0) - inHugePages), 'BinarySI')),
      'ephemeral-storage': String(Math.max(0, machine.ephemeralStorageBytes - (input.heldBack['ephemeral-storage'] ?? 0))),
    }),
    conditions: conditionsOf(input).map((condition): NodeCondition => {
      const before = input.old.find(({ type }) => type === condition.type);
      const lastTransitionTime = before?.status === condition.status && before.lastTransitionTime !== undefined ? before.lastTransitionTime : formatTime(nowMs);
      return { ...condition, lastHeartbeatTime: formatTime(nowMs), lastTransitionTime };
    }),
    addresses: [...input.addresses.map((address): NodeAddress => ({ type: 'InternalIP', address })), { type: 'Hostname', address: input.hostname }],
    ...(input.servingPort !== undefined && { daemonEndpoints: { kubeletEndpoint: { Port: input.servingPort } } }),
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.systemUuid,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.osImage,
      containerRuntimeVersion: input.runtimeVersion,
      kubeletVersion: input.version,
      kubeProxyVersion: '',
      operatingSystem: machine.operatingSystem,
      architecture: machine.architecture,
    },
    images: imagesOf(input.images),
    ...runtimeFeatures(input.runtime),
  };
}

function runtimeFeatures(runtime: RuntimeStatus | undefined): Pick<NodeStatus, 'runtimeHandlers' | 'features'> {
  if (runtime === undefined) return {};
  const handlers = runtime.handlers.map(({ name, ...features }) => ({ name, features }));
  return { ...(handlers.length > 0 && { runtimeHandlers: handlers }), features: { supplementalGroupsPolicy: runtime.supplementalGroupsPolicy } };
}

function capacityOf(machine: MachineInfo, maxPods: number): Record<string, string> {
  return canonical({
    cpu: String(machine.cores),
    'ephemeral-storage': `${Math.floor(machine.ephemeralStorageBytes / 1024)}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    ...Object.fromEntries(Object.entries(hugePageCapacity(machine.hugePages)).map(([resource, bytes]) => [resource, formatQuantity(quantityOf(bytes, 'BinarySI'))])),
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(maxPods),
  });
}

/** As the API will show them, so that what is written can be compared with what is there. */
function canonical(list: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(list).map(([name, quantity]) => [name, canonicalQuantity(quantity)]));
}

function conditionsOf({ pressures, problem }: NodeStatusInput): Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>[] {
  const choose = (type: string, bad: boolean, ifBad: readonly [string, string], ifGood: readonly [string, string]): Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'> => {
    const [reason, message] = bad ? ifBad : ifGood;
    return { type, status: bad ? 'True' : 'False', reason, message };
  };
  return [
    choose('MemoryPressure', pressures.includes('MemoryPressure'), ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'], ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available']),
    choose('DiskPressure', pressures.includes('DiskPressure'), ['KubeletHasDiskPressure', 'kubelet has disk pressure'], ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure']),
    choose('PIDPressure', pressures.includes('PIDPressure'), ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'], ['KubeletHasSufficientPID', 'kubelet has sufficient PID available']),
    problem === undefined
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: problem },
  ];
}

function imagesOf(images: readonly Image[]): ContainerImage[] {
  return images
    .map((image): ContainerImage => ({ names: [...image.repoDigests, ...image.repoTags].slice(0, maxNamesPerImage), sizeBytes: image.sizeBytes }))
    .filter(({ names }) => names !== undefined && names.length > 0)
    .sort((a, b) => (b.sizeBytes ?? 0) - (a.sizeBytes ?? 0) || (a.names![0]! < b.names![0]! ? -1 : 1))
    .slice(0, maxImages);
}
