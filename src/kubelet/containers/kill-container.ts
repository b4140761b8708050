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
  /** Resolves when it is this container's turn to be told to end; not waited for longer than its time. */
  readonly turn?: Promise<unknown>;
}

/** Ends one container: preStop hook, SIGTERM, and SIGKILL when its time is over. Resolves when it has ended. */
export async function killContainer(context: KubeletContext, pod: Pod, status: ContainerStatus, options: KillOptions = {}): Promise<void> {
  const container = findContainer(pod, status.name)?.container;
  const graceSeconds = options.graceSeconds ?? gracePeriodSecondsOf(pod);
  context.events.container(pod, status.name, 'Normal', 'Killing', options.message ?? `Stopping container ${status.name}`);
  let remainingSeconds = graceSeconds;
  if (container?.lifecycle?.preStop !== undefined && graceSeconds > 0) remainingSeconds -= await preStop(context, pod, container, status, graceSeconds, options.podIp);
  if (options.turn !== undefined && remainingSeconds > 0) remainingSeconds -= await secondsUntil(context, options.turn, remainingSeconds);
  await context.runtime.stopContainer(status.id, Math.max(minGraceSeconds, Math.ceil(remainingSeconds)));
}

/** Runs the hook, no longer than the grace period; returns the seconds that it took. */
function preStop(context: KubeletContext, pod: Pod, container: Container, status: ContainerStatus, graceSeconds: number, podIp: string | undefined): Promise<number> {
  const hook = runHook(context, { handler: container.lifecycle!.preStop!, pod, container, containerId: status.id, podIp, timeoutMs: graceSeconds * 1000 }).catch((error: unknown) => {
    context.logger.warn('preStop hook failed', { container: container.name, error });
    context.events.container(pod, container.name, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
  });
  return secondsUntil(context, hook, graceSeconds);
}

/** Waits for the work, no longer than so many seconds; returns how long it was. */
async function secondsUntil({ clock }: KubeletContext, work: Promise<unknown>, maxSeconds: number): Promise<number> {
  const startMs = clock.monotonicMs();
  const done = new AbortController();
  await Promise.race([work, clock.sleep(maxSeconds * 1000, done.signal).catch(() => {})]);
  done.abort();
  return (clock.monotonicMs() - startMs) / 1000;
}

/**
 * Ends all containers of a pod that run. Their preStop hooks run at once; then regular containers end, and when they have,
 * sidecars one by one, the last one first. Rejects with the first error after all have been tried.
 */
export async function killPodContainers(context: KubeletContext, pod: Pod, state: PodRuntimeState, options: KillOptions = {}): Promise<void> {
  const running = state.containers.filter((status) => status.state === 'running' || status.state === 'unknown');
  if (running.length === 0) return;
  const sidecars = containersOf(pod).filter(({ role }) => role === 'sidecar').map(({ container }) => container.name);
  const failures: unknown[] = [];
  const kill = (status: ContainerStatus, turn?: Promise<unknown>): Promise<void> => killContainer(context, pod, status, { ...options, ...(turn !== undefined && { turn }) }).catch((error: unknown) => void failures.push(error));
  let before: Promise<unknown> = Promise.all(running.filter((status) => !sidecars.includes(status.name)).map((status) => kill(status)));
  for (const name of sidecars.toReversed()) {
    const turn = before;
    const own = running.filter((status) => status.name === name).map((status) => kill(status, turn));
    before = Promise.all([turn, ...own]);
  }
  await before;
  if (failures.length > 0) throw failures[0];
}
