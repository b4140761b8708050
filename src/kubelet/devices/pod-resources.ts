import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Container, Pod } from '../../api/types/core/v1.ts';
import { GrpcError } from '../../runtime/grpc/channel.ts';
import type { ServedMethod } from '../../runtime/grpc/server.ts';
import { serveGrpc } from '../../runtime/grpc/server.ts';
import type { ClaimInfo } from '../dynamic-resources/claim-info.ts';
import type { MemoryBlock } from '../memory/memory-table.ts';
import type { Partly } from '../../runtime/grpc/calls.ts';
import type { ContainerDevices, ContainerMemory, ContainerResources, DynamicResource, GetPodResourcesRequest, PodResources } from '../plugins/generated/pod-resources.ts';
import { methods } from '../plugins/generated/pod-resources.ts';
import { containersOf } from '../pods/pod-spec.ts';
import type { Device } from './device-pool.ts';

/** What is asked of a kubelet by those who watch its devices (`pod-resources/kubelet.sock`, API v1). */
export interface PodResourcesSource {
  /** Pods that run, or are about to. */
  pods(): readonly Pod[];
  findPod(namespace: string, name: string): Pod | undefined;
  devicesOf(podUid: string, container: string): ResourceDevices;
  devices(): ResourceDevices;
  claimsOf(pod: Pod, container: Container): readonly ClaimInfo[];
  /** Processors that are a container's alone. */
  cpusOf(podUid: string, container: string): readonly number[];
  /** Processors that may become somebody's. */
  allocatableCpus(): readonly number[];
  /** Memory of which a container has its own. */
  memoryOf(podUid: string, container: string): readonly MemoryBlock[];
  allocatableMemory(): readonly MemoryBlock[];
}

type ResourceDevices = readonly { readonly resource: string; readonly devices: readonly Device[] }[];

/** One entry a device, as upstream's: they may differ in their topology. */
const devicesOf = (list: ResourceDevices): Partly<ContainerDevices>[] => list.flatMap(({ resource, devices }) => devices.map(({ id, numaNodes }) => ({ resourceName: resource, deviceIds: [id], ...(numaNodes.length > 0 && { topology: { nodes: numaNodes.map((ID) => ({ ID })) } }) })));

const memoryOf = (blocks: readonly MemoryBlock[]): ContainerMemory[] => blocks.map(({ type, nodes, bytes }) => ({ memoryType: type, size: bytes, topology: { nodes: nodes.map((ID) => ({ ID })) } }));

const dynamicResource = ({ name, namespace, drivers }: ClaimInfo): Partly<DynamicResource> => ({
  claimName: name, claimNamespace: namespace,
  claimResources: [...drivers].flatMap(([driverName, devices]) => devices.map(({ pool, device, shareId, cdiIds }) => ({ driverName, poolName: pool, deviceName: device, cdiDevices: cdiIds.map((id) => ({ name: id })), ...(shareId !== undefined && { shareId }) }))),
});

/** Serves the API on a socket whose file must not exist. */
export async function servePodResources(socketPath: string, source: PodResourcesSource): Promise<AsyncDisposable> {
  const resourcesOf = (pod: Pod): Partly<PodResources> => ({
    name: nameOf(pod),
    namespace: namespaceOf(pod),
    containers: containersOf(pod).filter(({ role }) => role === 'regular' || role === 'sidecar').map(({ container }): Partly<ContainerResources> => {
      const { name } = container;
      return { name, devices: devicesOf(source.devicesOf(uidOf(pod), name)), cpuIds: source.cpusOf(uidOf(pod), name), memory: memoryOf(source.memoryOf(uidOf(pod), name)), dynamicResources: source.claimsOf(pod, container).map(dynamicResource) };
    }),
  });
  const served: readonly ServedMethod[] = [
    { method: methods.List, handle: () => Promise.resolve({ podResources: source.pods().map(resourcesOf) }) },
    { method: methods.GetAllocatableResources, handle: () => Promise.resolve({ devices: devicesOf(source.devices()), cpuIds: source.allocatableCpus(), memory: memoryOf(source.allocatableMemory()) }) },
    {
      method: methods.Get,
      handle: ({ podNamespace, podName }: GetPodResourcesRequest) => {
        const pod = source.findPod(podNamespace, podName);
        return pod === undefined ? Promise.reject(new GrpcError('Unknown', `pod ${podName} in namespace ${podNamespace} not found`)) : Promise.resolve({ podResources: resourcesOf(pod) });
      },
    },
  ];
  const { podResourcesWire } = await import('../plugins/wires.ts');
  return serveGrpc(socketPath, { wire: podResourcesWire(), methods: served });
}
