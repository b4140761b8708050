import { uidOf } from '../../api/meta/object.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { findContainer } from '../pods/pod-spec.ts';
import type { PodWorkers } from '../pods/pod-workers.ts';
import { containerResources } from '../resources/linux-resources.ts';
import type { CpuManager } from './cpu-manager.ts';
import { formatCpuSet } from './cpu-set.ts';

/** As `cpuManagerReconcilePeriod`: in case a container started while the others' processors changed. */
export const cpuReconcileMs = 10_000;

/** Keeps running containers that have no processors of their own to those that are shared now. */
export async function shareCpus({ runtime, machine, logger }: KubeletContext, workers: PodWorkers, manager: CpuManager): Promise<void> {
  for (const { allocated: pod, state } of workers) {
    for (const status of state.containers) {
      const found = findContainer(pod, status.name);
      const cpus = formatCpuSet(manager.shared);
      if (found === undefined || status.state !== 'running' || manager.cpusOf(uidOf(pod), status.name).length > 0) continue;
      // Of where a container may run the runtime does not always tell: asking for the same again costs nothing.
      await runtime.updateContainerResources(status.id, { ...containerResources(pod, found.container, machine.memoryBytes), cpus }).catch((error: unknown) => logger.warn('a container could not be moved to the shared processors', { container: status.id, error }));
    }
  }
}
