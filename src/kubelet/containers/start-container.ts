import { uidOf } from '../../api/meta/object.ts';
import type { Container, EphemeralContainer, Pod, Secret } from '../../api/types/core/v1.ts';
import type { ContainerStatus, PodSandboxConfig } from '../../runtime/runtime.ts';
import { ContainerConfigError } from '../environment/environment.ts';
import { formatGoDuration } from '../../base/go-duration.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import type { Ending } from '../pods/ending.ts';
import type { ContainerRole } from '../pods/pod-spec.ts';
import { formatPod, specOf } from '../pods/pod-spec.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';
import { newestContainer } from '../pods/pod-runtime.ts';
import type { PodVolumes } from '../volumes/volume-manager.ts';
import { ensureImages } from '../volumes/image-volumes.ts';
import { containerConfig } from './container-config.ts';
import { runHook } from './hooks.ts';
import { countImageVolumes } from './image-volume-counts.ts';
import { killContainer } from './kill-container.ts';

/** When to try again what failed for a reason that may go away by itself. */
const retryMs = 10_000;

export type StartResult =
  | { readonly ok: true; readonly containerId: string }
  | { readonly ok: false; readonly reason: string; readonly message: string; readonly retryAfterMs: number | undefined };

export interface StartInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly role: ContainerRole;
  readonly state: PodRuntimeState;
  readonly sandboxId: string;
  readonly sandbox: PodSandboxConfig;
  readonly podIps: readonly string[];
  readonly volumes: PodVolumes;
  /** When it begins, nothing new is started, and what takes long is no longer waited for. */
  readonly ending: Ending;
}

const interrupted: StartResult = { ok: false, reason: 'ContainerCreating', message: '', retryAfterMs: undefined };

/** Pulls, creates and starts one container and runs its postStart hook. What goes wrong becomes its waiting reason. */
export async function startContainer(context: KubeletContext, input: StartInput): Promise<StartResult> {
  const { pod, container, state, ending } = input;
  const previous = newestContainer(state, container.name);
  const waiting = crashLoop(context, pod, container, state);
  if (waiting !== undefined) return waiting;

  const failed = (reason: string, message: string, retryAfterMs: number | undefined = retryMs): StartResult => ({ ok: false, reason, message, retryAfterMs });
  const event = (text: string): void => context.events.container(pod, container.name, 'Warning', 'Failed', `Error: ${text}`);

  const images = await ending.until(ensureImages(context.images, { pod, container, volumes: input.volumes, secrets: specOf(pod).imagePullSecrets === undefined ? [] : await pullSecrets(context, pod) }));
  if (images === undefined) return interrupted;
  if (!images.ok) {
    event(images.reason);
    return failed(images.reason, images.message, images.retryAfterMs);
  }
  const target = targetOf(container, state);
  if (target.missing !== undefined) {
    const message = `unable to find target container ${target.missing}`;
    event(message);
    return failed('CreateContainerConfigError', message);
  }
  const attempt = previous === undefined ? restartsBefore(context, pod, container) : previous.attempt + 1;
  let config;
  try {
    config = await containerConfig(context, { ...input, volumes: images.volumes, attempt, image: images.image, targetContainerId: target.id });
  } catch (error) {
    if (!(error instanceof ContainerConfigError)) context.logger.warn('container could not be configured', { pod: formatPod(pod), container: container.name, error });
    event((error as Error).message);
    return failed('CreateContainerConfigError', (error as Error).message);
  }
  if (ending.hasBegun) return interrupted;
  let containerId: string;
  try {
    containerId = await context.runtime.createContainer(input.sandboxId, config, input.sandbox);
    countImageVolumes(context.metrics, pod, container);
  } catch (error) {
    countImageVolumes(context.metrics, pod, container, error as Error);
    event((error as Error).message);
    return failed('CreateContainerError', (error as Error).message);
  }
  context.events.container(pod, container.name, 'Normal', 'Created', 'Container created');
  try {
    await context.runtime.startContainer(containerId);
  } catch (error) {
    event((error as Error).message);
    return failed('RunContainerError', (error as Error).message, 1000);
  }
  context.events.container(pod, container.name, 'Normal', 'Started', 'Container started');

  const postStart = container.lifecycle?.postStart;
  if (postStart === undefined) return { ok: true, containerId };
  try {
    await ending.until(runHook(context, { handler: postStart, pod, container, containerId, podIp: input.podIps[0], timeoutMs: 3_600_000 }));
  } catch (error) {
    context.events.container(pod, container.name, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
    const status = await context.runtime.containerStatus(containerId);
    if (status !== undefined) await killContainer(context, pod, status, { message: 'FailedPostStartHook', podIp: input.podIps[0] });
    return failed('PostStartHookError', (error as Error).message, 0);
  }
  return { ok: true, containerId };
}

/** A container that has just ended waits before it is started again, longer each time. */
function crashLoop(context: KubeletContext, pod: Pod, container: Container, state: PodRuntimeState): StartResult | undefined {
  const ended: ContainerStatus | undefined = state.containers.find((status) => status.name === container.name && status.state === 'exited');
  if (ended === undefined) return undefined;
  const key = `${uidOf(pod)}_${container.name}_${container.image ?? ''}`;
  const { crashBackOff, events } = context;
  const waitMs = crashBackOff.remainingMs(key, ended.finishedAtMs);
  if (waitMs <= 0) {
    crashBackOff.next(key, ended.finishedAtMs);
    return undefined;
  }
  events.container(pod, container.name, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${formatPod(pod)}`);
  return { ok: false, reason: 'CrashLoopBackOff', message: `back-off ${formatGoDuration(crashBackOff.delayMs(key))} restarting failed container=${container.name} pod=${formatPod(pod)}`, retryAfterMs: waitMs };
}

/** The container whose processes an ephemeral one shall see; `missing`: it was named and is not there. */
function targetOf(container: Container, state: PodRuntimeState): { readonly id?: string; readonly missing?: string } {
  const { targetContainerName: name = '' } = container as EphemeralContainer;
  if (name === '') return {};
  const found = newestContainer(state, name);
  return found === undefined ? { missing: name } : { id: found.id };
}

/** The runtime may have forgotten the container; the API has not. */
function restartsBefore(context: KubeletContext, pod: Pod, container: Container): number {
  const status = context.statuses.get(pod);
  const before = status.containerStatuses?.find(({ name }) => name === container.name) ?? status.initContainerStatuses?.find(({ name }) => name === container.name);
  return before?.containerID === undefined ? before?.restartCount ?? 0 : before.restartCount + 1;
}

async function pullSecrets(context: KubeletContext, pod: Pod): Promise<Secret[]> {
  const secrets: Secret[] = [];
  for (const { name } of specOf(pod).imagePullSecrets ?? []) {
    const secret = name === undefined ? undefined : await context.secret(pod, name);
    if (secret === undefined) context.events.warning(pod, 'FailedToRetrieveImagePullSecret', `Unable to retrieve some image pull secrets (${name ?? ''}); attempting to pull the image may not succeed.`);
    else secrets.push(secret);
  }
  return secrets;
}
