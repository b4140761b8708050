import type { Container, ContainerStatus, Pod, PodStatus, ResourceStatus } from '../../api/types/core/v1.ts';
import { specOf } from '../pods/pod-spec.ts';

/** What is known of the devices of a container, by what it asked for. */
export type DevicesOfContainer = (pod: Pod, container: Container) => ResourceStatus[];

/** The status with what regular containers have of devices, and how well these are (KEP-4680). */
export function withAllocatedResources(pod: Pod, status: PodStatus, devicesOf: readonly DevicesOfContainer[]): PodStatus {
  const containerStatuses = status.containerStatuses?.map((one): ContainerStatus => {
    const container = specOf(pod).containers.find(({ name }) => name === one.name);
    const resources = container === undefined ? [] : devicesOf.flatMap((devices) => devices(pod, container));
    return resources.length === 0 ? one : { ...one, allocatedResourcesStatus: resources };
  });
  return containerStatuses === undefined ? status : { ...status, containerStatuses };
}
