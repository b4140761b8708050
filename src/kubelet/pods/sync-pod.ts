import type { Pod } from '../../api/types/core/v1.ts';
import { sandboxConfig } from '../containers/container-config.ts';
import { killContainer, killPodContainers } from '../containers/kill-container.ts';
import { startContainer } from '../containers/start-container.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { resizeContainers } from '../resources/resize.ts';
import { podCgroupParent } from '../resources/linux-resources.ts';
import { podCgroupResources } from '../resources/pod-cgroup.ts';
import type { PodSandboxConfig } from '../../runtime/runtime.ts';
import type { PodActions } from './actions.ts';
import { computeActions } from './actions.ts';
import type { Ending } from './ending.ts';
import { formatPod, specOf } from './pod-spec.ts';
import { sortPodIps } from './pod-ips.ts';
import type { PodRuntimeState } from './pod-runtime.ts';

export interface SyncInput {
  readonly pod: Pod;
  readonly state: PodRuntimeState;
  /** Waiting reasons by container; changed in place. */
  readonly failures: Map<string, { readonly reason: string; readonly message: string }>;
  readonly ending: Ending;
}

export interface SyncResult {
  /** Something was started or ended: look again at once. */
  readonly progress: boolean;
  /** Nothing was done to the runtime, and nothing tried. */
  readonly isAsBefore?: boolean;
  /** When to look again; undefined: when something happens. */
  readonly retryAfterMs: number | undefined;
  /** When volumes are to be looked at again, wall time; undefined: when something happens. */
  readonly refreshAtMs?: number | undefined;
  /** A failure that calls for a growing delay: of volumes or of the sandbox. */
  readonly failed: boolean;
  /** What keeps running containers from getting the resources that they were granted. */
  readonly resizeError?: string | undefined;
}

/** Takes a pod one step closer to what its spec asks for. */
export async function syncPod(context: KubeletContext, input: SyncInput): Promise<SyncResult> {
  const { pod, state, ending } = input;
  const spec = specOf(pod);
  const actions = computeActions(pod, state, context.probes);
  if (spec.hostNetwork !== true && actions.createSandbox) {
    const problem = context.networkProblem();
    if (problem !== undefined) {
      context.events.warning(pod, 'NetworkNotReady', `network is not ready: ${problem}`);
      return { progress: false, retryAfterMs: undefined, failed: true };
    }
  }
  if (!context.host.virtual && (actions.createSandbox || actions.start.length > 0)) await ensureCgroup(context, pod);

  const volumes = await context.volumes.setUp(pod);
  for (const { message, reason = 'FailedMount' } of volumes.failures) if (message !== '') context.events.warning(pod, reason, message);
  if (volumes.failures.length > 0 && (actions.createSandbox || actions.start.length > 0)) return { progress: false, retryAfterMs: undefined, failed: true };
  if (ending.hasBegun) return { progress: true, retryAfterMs: undefined, failed: false };

  let progress = false;
  if (actions.killPod) {
    if (state.sandboxes.length > 0 && actions.createSandbox) context.events.normal(pod, 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    await killPodContainers(context, pod, state);
    for (const sandbox of state.sandboxes) if (sandbox.ready) {
      await context.runtime.stopPodSandbox(sandbox.id);
      progress = true;
    }
    if (!actions.createSandbox) return { progress, retryAfterMs: undefined, failed: false };
  }
  for (const { container, status, message, cause } of actions.kill) {
    const probe = cause === 'liveness' ? container.livenessProbe : cause === 'startup' ? container.startupProbe : undefined;
    const graceSeconds = probe?.terminationGracePeriodSeconds;
    await killContainer(context, pod, status, { message, podIp: state.sandbox?.ips[0], ...(graceSeconds !== undefined && { graceSeconds }) });
    progress = true;
  }
  const resized = state.containers.length > 0 && await resizeContainers(context, pod, state).catch((error: unknown) => error as Error);
  if (resized === true) progress = true;
  const started = await startAll(context, input, actions, volumes);
  const isProgress = progress || started.progress;
  return {
    progress: isProgress,
    isAsBefore: !isProgress && resized === false && actions.start.length === 0 && !actions.createSandbox,
    resizeError: resized instanceof Error ? resized.message : undefined,
    failed: started.failed,
    retryAfterMs: started.retryAfterMs,
    refreshAtMs: volumes.refreshAtMs,
  };
}

/** Is there nothing that a pod in this state would be told to do? What its containers have of the machine is looked at elsewhere. */
export function isAsWanted(context: KubeletContext, pod: Pod, state: PodRuntimeState): boolean {
  const { killPod, createSandbox, kill, start } = computeActions(pod, state, context.probes);
  return !killPod && !createSandbox && kill.length === 0 && start.length === 0;
}

async function ensureCgroup(context: KubeletContext, pod: Pod): Promise<void> {
  const startMs = context.clock.monotonicMs();
  await context.qosCgroups.update();
  await context.host.cgroups.ensurePod(podCgroupParent(context.cgroupRoot, pod), podCgroupResources(context, pod), context.podPidsLimit === undefined ? {} : { pids: context.podPidsLimit });
  context.metrics.observe('kubelet_cgroup_manager_duration_seconds', (context.clock.monotonicMs() - startMs) / 1000, 'create');
}

/** Makes the sandbox; returns its id. Rejects with what the runtime says. */
async function runSandbox({ host, runtime, metrics, clock }: KubeletContext, sandbox: PodSandboxConfig): Promise<string> {
  const hasUsers = sandbox.linux.users !== undefined;
  const startMs = clock.monotonicMs();
  metrics.count('kubelet_started_pods_total');
  if (hasUsers) metrics.count('kubelet_started_user_namespaced_pods_total');
  try {
    if (!host.virtual) await host.files.ensureDirectory(sandbox.logDirectory, 0o755);
    return await runtime.runPodSandbox(sandbox);
  } catch (error) {
    metrics.count('kubelet_started_pods_errors_total');
    if (hasUsers) metrics.count('kubelet_started_user_namespaced_pods_errors_total');
    metrics.count('kubelet_run_podsandbox_errors_total', sandbox.runtimeHandler);
    throw error;
  } finally {
    metrics.observe('kubelet_run_podsandbox_duration_seconds', (clock.monotonicMs() - startMs) / 1000, sandbox.runtimeHandler);
  }
}

async function startAll(context: KubeletContext, input: SyncInput, actions: PodActions, volumes: Awaited<ReturnType<KubeletContext['volumes']['setUp']>>): Promise<SyncResult> {
  const { pod, failures, ending } = input;
  let { state } = input;
  if (actions.start.length === 0 && !actions.createSandbox) return { progress: false, retryAfterMs: undefined, failed: false };
  const noSandbox = (error: unknown): SyncResult => {
    context.logger.warn('sandbox could not be made', { pod: formatPod(pod), error });
    context.events.warning(pod, 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${(error as Error).message}`);
    return { progress: false, retryAfterMs: undefined, failed: true };
  };
  const sandbox = await sandboxConfig(context, pod, actions.attempt).catch((error: unknown) => error as Error);
  if (sandbox instanceof Error) return noSandbox(sandbox);
  if (actions.createSandbox) {
    const problem = await context.dynamicResources?.prepare(pod).then(() => undefined, (error: unknown) => error as Error);
    if (problem !== undefined) {
      context.events.warning(pod, 'FailedPrepareDynamicResources', `Failed to prepare dynamic resources: ${problem.message}`);
      return { progress: false, retryAfterMs: undefined, failed: true };
    }
  }
  let sandboxId = state.sandbox?.id ?? '';
  let podIps: readonly string[] = state.sandbox?.ips ?? [];
  if (actions.createSandbox) {
    try {
      sandboxId = await runSandbox(context, sandbox);
    } catch (error) {
      return noSandbox(error);
    }
    podIps = sortPodIps((await context.runtime.podSandboxStatus(sandboxId))?.ips ?? [], context.hostIps());
  } else if (state.containers.some(({ state: is }) => is === 'running')) {
    // What has just been killed is seen as it is now: its end counts for the back-off.
    const containers = await Promise.all(state.containers.map(async (status) => (status.state === 'running' ? (await context.runtime.containerStatus(status.id)) ?? status : status)));
    state = { ...state, containers };
  }
  if (specOf(pod).hostNetwork === true) podIps = context.hostIps();

  let progress = false;
  let retryAfterMs: number | undefined;
  for (const { container, role } of actions.start) {
    if (ending.hasBegun) return { progress: true, retryAfterMs: undefined, failed: false };
    if (!context.host.virtual) await context.host.files.ensureDirectory(`${sandbox.logDirectory}/${container.name}`, 0o755);
    const type = role === 'init' || role === 'sidecar' ? 'init_container' : role === 'ephemeral' ? 'ephemeral_container' : 'container';
    context.metrics.count('kubelet_started_containers_total', type);
    const result = await startContainer(context, { pod, container, role, state, sandboxId, sandbox, podIps, volumes, ending });
    if (result.ok) {
      failures.delete(container.name);
      progress = true;
    } else {
      context.metrics.count('kubelet_started_containers_errors_total', type, result.reason);
      failures.set(container.name, { reason: result.reason, message: result.message });
      if (result.retryAfterMs !== undefined) retryAfterMs = Math.min(retryAfterMs ?? Infinity, result.retryAfterMs);
    }
  }
  return { progress, retryAfterMs, failed: false };
}
