import type { Container, Pod } from '../../api/types/core/v1.ts';
import type { ContainerStatus } from '../../runtime/runtime.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { runHook } from './hooks.ts';
import { containersOf, findContainer, gracePeriodSecondsOf } from '../pods/pod-spec.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';

/** Containers get at least so long between SIGTERM and SIGKILL. */
const minGraceSeconds = 2;

export interface KillOptions {
  /** The event's text; default `Stopping container x`. */
  readonly message?: string;
  /** Instead of the pod's own grace period. */
  readonly graceSeconds?: number;
  readonly podIp?: string | undefined;
}

/** Ends one container: preStop hook, SIGTERM, and SIGKILL when its time is over. Resolves when it has ended. */
export async function killContainer(context: KubeletContext, pod: Pod, status: ContainerStatus, options: KillOptions = {}): Promise<void> {
  const container = findContainer(pod, status.name)?.container;
  const graceSeconds = options.graceSeconds ?? gracePeriodSecondsOf(pod);
  context.events.container(pod, status.name, 'Normal', 'Killing', options.message ?? `Stopping container ${status.name}`);
  let remainingSeconds = graceSeconds;
  if (container?.lifecycle?.preStop !== undefined && graceSeconds > 0) remainingSeconds -= await preStop(context, pod, container, status, graceSeconds, options.podIp);
  await context.runtime.stopContainer(status.id, Math.max(minGraceSeconds, Math.ceil(remainingSeconds)));
}

/** Runs the hook, no longer than the grace period; returns the seconds that it took. */
async function preStop(context: KubeletContext, pod: Pod, container: Container, status: ContainerStatus, graceSeconds: number, podIp: string | undefined): Promise<number> {
  const { clock } = context;
  const startMs = clock.monotonicMs();
  const tooLate = new AbortController();
  const hook = runHook(context, { handler: container.lifecycle!.preStop!, container, containerId: status.id, podIp, timeoutMs: graceSeconds * 1000 }).catch((error: unknown) => {
    context.logger.warn('preStop hook failed', { container: container.name, error });
    context.events.container(pod, container.name, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
  });
  await Promise.race([hook, clock.sleep(graceSeconds * 1000, tooLate.signal).catch(() => {})]);
  tooLate.abort();
  return (clock.monotonicMs() - startMs) / 1000;
}

/**
 * Ends all containers of a pod that run: regular ones at once, then sidecars, the last one first. Rejects with the first
 * error after all have been tried.
 */
export async function killPodContainers(context: KubeletContext, pod: Pod, state: PodRuntimeState, options: KillOptions = {}): Promise<void> {
  const deadlineMs = context.clock.monotonicMs() + (options.graceSeconds ?? gracePeriodSecondsOf(pod)) * 1000;
  const running = state.containers.filter((status) => status.state === 'running' || status.state === 'unknown');
  const sidecars = containersOf(pod).filter(({ role }) => role === 'sidecar').map(({ container }) => container.name);
  const first = running.filter((status) => !sidecars.includes(status.name));
  const failures: unknown[] = [];
  const kill = async (status: ContainerStatus): Promise<void> => {
    const leftSeconds = Math.max(0, (deadlineMs - context.clock.monotonicMs()) / 1000);
    try {
      await killContainer(context, pod, status, { ...options, graceSeconds: leftSeconds });
    } catch (error) {
      failures.push(error);
    }
  };
  await Promise.all(first.map(kill));
  for (const name of sidecars.toReversed()) for (const status of running.filter((candidate) => candidate.name === name)) await kill(status);
  if (failures.length > 0) throw failures[0];
}
