import type { Pod } from '../../api/types/core/v1.ts';
import type { ContainerStatus, LinuxResources } from '../../runtime/runtime.ts';
import { ownsCpus } from '../cpus/own-cpus.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { containersOf } from '../pods/pod-spec.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';
import { newestContainer } from '../pods/pod-runtime.ts';
import { resizeOf } from './actual.ts';
import { containerResources, podCgroupParent, unthrottled } from './linux-resources.ts';
import { podCgroupResources } from './pod-cgroup.ts';

interface Change { readonly name: string; readonly status: ContainerStatus; readonly current: LinuxResources; readonly desired: LinuxResources }

/** Is a running container of the pod not yet what was granted? */
export function isResizing(pod: Pod, state: PodRuntimeState): boolean {
  return containersOf(pod).some(({ container }) => {
    const status = newestContainer(state, container.name);
    return status !== undefined && resizeOf(container, status) !== 'none';
  });
}

/**
 * Gives running containers the limits that they were granted (KEP-1287): those that lose before those that win, and the
 * pod's own cgroup wide enough for both meanwhile. Resolves with whether anything was changed. Rejects with what is in the
 * way; calling it again goes on.
 */
export async function resizeContainers(context: KubeletContext, pod: Pod, state: PodRuntimeState): Promise<boolean> {
  const changes = containersOf(pod).flatMap(({ container }): Change[] => {
    const status = newestContainer(state, container.name);
    if (status?.resources === undefined || resizeOf(container, status) !== 'update') return [];
    const limits = containerResources(pod, container, context.machine.memoryBytes);
    return [{ name: container.name, status, current: status.resources, desired: ownsCpus(status) ? unthrottled(limits) : limits }];
  });
  if (changes.length === 0) return false;
  await refuseStarvation(context, pod, changes);
  const parent = podCgroupParent(context.cgroupRoot, pod);
  const desired = podCgroupResources(context, pod);
  const growth = { cpuShares: 0, cpuQuota: 0, memoryLimitBytes: 0 };
  for (const change of changes) for (const field of ['cpuShares', 'cpuQuota', 'memoryLimitBytes'] as const) growth[field] += Math.max(0, change.current[field] - change.desired[field]);
  const unlimitedOr = (limit: number, more: number): number => (limit <= 0 ? limit : limit + more);
  if (!context.host.virtual) await context.host.cgroups.ensurePod(parent, { ...desired, cpuShares: desired.cpuShares + growth.cpuShares, cpuQuota: unlimitedOr(desired.cpuQuota, growth.cpuQuota), memoryLimitBytes: unlimitedOr(desired.memoryLimitBytes, growth.memoryLimitBytes) });
  for (const { status, desired: wanted } of changes.sort((a, b) => rank(a) - rank(b))) {
    await context.runtime.updateContainerResources(status.id, wanted);
  }
  if (!context.host.virtual) await context.host.cgroups.ensurePod(parent, desired);
  return true;
}

/** Negative for containers that lose more than they win. */
function rank({ current, desired }: Change): number {
  const order = (from: number, to: number): number => (from === to ? 0 : to === 0 || (from !== 0 && to > from) ? 1 : -1);
  return order(current.memoryLimitBytes, desired.memoryLimitBytes) + order(current.cpuQuota, desired.cpuQuota);
}

/** A limit below what is in use would make the kernel kill. */
async function refuseStarvation(context: KubeletContext, pod: Pod, changes: readonly Change[]): Promise<void> {
  if (context.host.virtual) return;
  const errors: string[] = [];
  for (const { name, status, current, desired } of changes) {
    if (desired.memoryLimitBytes === 0 || (current.memoryLimitBytes > 0 && desired.memoryLimitBytes >= current.memoryLimitBytes)) continue;
    const usage = await context.host.cgroups.memoryUsage(`${podCgroupParent(context.cgroupRoot, pod)}/${status.id}`);
    if (usage === undefined) errors.push(`missing container ${JSON.stringify(name)} memory usage`);
    else if (usage >= desired.memoryLimitBytes) errors.push(`attempting to set container ${JSON.stringify(name)} memory limit (${desired.memoryLimitBytes}) below current usage (${usage})`);
  }
  if (errors.length > 0) throw new Error(`cannot decrease memory limits: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`);
}
