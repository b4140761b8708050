import type { Container, Pod } from '../../api/types/core/v1.ts';
import type { ContainerStatus, LinuxResources } from '../../runtime/runtime.ts';
import { ownsCpus } from '../cpus/own-cpus.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { containersOf } from '../pods/pod-spec.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';
import type { CgroupLimits } from './linux-resources.ts';
import { cgroupLimits, containerResources, podCgroupParent } from './linux-resources.ts';

/** Limits are kept in pages by the kernel. */
const pageBytes = 4096;

/** Has the container what it should, as far as a running one can be told otherwise? */
export function sameResources(a: LinuxResources, b: LinuxResources): boolean {
  return sameCpu(a, b) && sameMemory(a, b);
}

function sameCpu(a: CgroupLimits, b: CgroupLimits): boolean {
  return a.cpuShares === b.cpuShares && Math.max(0, a.cpuQuota) === Math.max(0, b.cpuQuota);
}

function sameMemory(a: CgroupLimits, b: CgroupLimits): boolean {
  return (a.memoryLimitBytes > 0) === (b.memoryLimitBytes > 0) && Math.abs(a.memoryLimitBytes - b.memoryLimitBytes) < pageBytes;
}

/** What a running container needs to get what its spec says: nothing, a change of its limits, or a new start (`resizePolicy`). */
export function resizeOf(container: Container, status: ContainerStatus): 'none' | 'update' | 'restart' {
  if (status.state !== 'running' || status.resources === undefined) return 'none';
  const limits = cgroupLimits(container.resources);
  const desired = ownsCpus(status) ? { ...limits, cpuQuota: status.resources.cpuQuota } : limits;
  const changed: string[] = [];
  if (!sameCpu(desired, status.resources)) changed.push('cpu');
  if (!sameMemory(desired, status.resources)) changed.push('memory');
  if (changed.length === 0) return 'none';
  return changed.some((name) => container.resizePolicy?.some(({ resourceName, restartPolicy }) => resourceName === name && restartPolicy === 'RestartContainer')) ? 'restart' : 'update';
}

/** Adds what running containers really have, where the runtime does not tell: it is read from their cgroups. */
export async function withActualResources(context: KubeletContext, pod: Pod, state: PodRuntimeState): Promise<PodRuntimeState> {
  if (context.host.virtual) return state;
  const wanting = new Map(containersOf(pod).filter(({ container: { resources } }) => resources?.requests !== undefined || resources?.limits !== undefined).map(({ container }) => [container.name, container]));
  if (wanting.size === 0) return state;
  const parent = podCgroupParent(context.cgroupRoot, pod);
  const containers = await Promise.all(state.containers.map(async (status) => {
    const container = wanting.get(status.name);
    if (container === undefined || status.state !== 'running' || status.resources !== undefined) return status;
    const resources = await context.host.cgroups.readContainer(parent, status.id, containerResources(pod, container, context.machine.memoryBytes));
    return resources === undefined ? status : { ...status, resources };
  }));
  return { ...state, containers };
}
