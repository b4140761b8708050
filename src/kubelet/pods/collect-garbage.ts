import type { KubeletContext } from '../kubelet-context.ts';
import type { PodRuntimeState } from './pod-runtime.ts';

/** Ended containers that are kept of each name beside the newest: for their logs and last state. */
const keptOfEachName = 1;

/** Removes what a running pod has left behind: old runs of its containers and sandboxes that were replaced. */
export async function removeLeftovers(context: KubeletContext, state: PodRuntimeState): Promise<void> {
  if (state.containers.length <= keptOfEachName && state.sandboxes.length <= 1) return;
  const seen = new Map<string, number>();
  const removed = new Set<string>();
  for (const container of state.containers) {
    const count = seen.get(container.name) ?? 0;
    seen.set(container.name, count + 1);
    if (count <= keptOfEachName || container.state === 'running') continue;
    await context.runtime.removeContainer(container.id);
    removed.add(container.id);
  }
  for (const sandbox of state.sandboxes.slice(1)) {
    if (sandbox.ready || state.containers.some((container) => container.sandboxId === sandbox.id && !removed.has(container.id))) continue;
    await context.runtime.removePodSandbox(sandbox.id);
  }
}

/** Removes everything of a pod that is gone. Idempotent. */
export async function removePod(context: KubeletContext, state: PodRuntimeState): Promise<void> {
  for (const container of state.containers) await context.runtime.removeContainer(container.id);
  for (const sandbox of state.sandboxes) {
    await context.runtime.stopPodSandbox(sandbox.id);
    await context.runtime.removePodSandbox(sandbox.id);
  }
}
