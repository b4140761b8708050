import type { Container, ContainerState, ContainerStateTerminated, ContainerStatus as ApiContainerStatus, Pod, VolumeMount } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { resolveRecursiveReadOnly } from '../containers/recursive-read-only.ts';
import type { ContainerStatus } from '../../runtime/runtime.ts';
import { shouldBeRestarted } from '../pods/actions.ts';
import { isSidecar, specOf } from '../pods/pod-spec.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';
import { newestContainer } from '../pods/pod-runtime.ts';
import { actualRequirements, limitsAndRequests } from '../resources/linux-resources.ts';

/** Why a container could not be started, by its name: shown as the waiting reason. */
export type StartFailures = ReadonlyMap<string, { readonly reason: string; readonly message: string }>;

export interface ContainerStatusInput {
  readonly pod: Pod;
  readonly state: PodRuntimeState;
  readonly failures: StartFailures;
  /** `containerd` in `containerd://ID`. */
  readonly runtimeName: string;
  /** Can the runtime make what is mounted below a read-only mount read-only, too? */
  readonly mountsRecursively: boolean;
  /** What the container wrote to its termination log; undefined for nothing. */
  terminationMessage(containerId: string): string | undefined;
}

/**
 * The API's statuses of one of the pod's container lists, in spec order for init containers and by name for the others,
 * following upstream's convertToAPIContainerStatuses. `old`: what was reported before. Readiness is added later, by the
 * caller, whose the statuses are.
 */
export function containerStatuses(input: ContainerStatusInput, containers: readonly Container[] = [], old: readonly ApiContainerStatus[] = [], kind: 'init' | 'regular' | 'ephemeral'): ApiContainerStatus[] {
  if (containers.length === 0) return [];
  const hasInit = (specOf(input.pod).initContainers ?? []).length > 0;
  const result = containers.map((container) => statusOf(input, container, old.find(({ name }) => name === container.name), kind, hasInit));
  return kind === 'init' || result.length < 2 ? result : result.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function statusOf(input: ContainerStatusInput, container: Container, old: ApiContainerStatus | undefined, kind: 'init' | 'regular' | 'ephemeral', hasInit: boolean): ApiContainerStatus {
  const { pod, state } = input;
  const seen = state.containers.filter(({ name }) => name === container.name);
  let status = seen[0] === undefined ? withoutContainer(input, container, old, hasInit) : withContainer(input, container, seen, old);

  if (kind === 'init') {
    const newest = newestContainer(state, container.name);
    if (newest?.state === 'exited' && newest.exitCode === 0) return status;
    const regularCreated = specOf(pod).containers.some(({ name }) => newestContainer(state, name) !== undefined);
    if (newest === undefined && regularCreated && !isSidecar(container) && status.state?.waiting !== undefined) {
      const message = 'Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally';
      return { ...status, state: { terminated: { exitCode: 0, reason: 'Completed', message } } };
    }
  }
  const failure = input.failures.get(container.name);
  if (failure === undefined || !shouldBeRestarted(container, pod, state)) return status;
  if (status.state?.terminated !== undefined) status = { ...status, lastState: status.state };
  return { ...status, state: { waiting: { reason: failure.reason, ...(failure.message !== '' && { message: failure.message }) } } };
}

function addMounts(status: ApiContainerStatus, container: Container, mountsRecursively: boolean): void {
  const { volumeMounts = [] } = container;
  if (volumeMounts.length === 0) return;
  status.volumeMounts = volumeMounts.map((mount) => {
    const { name, mountPath } = mount;
    return mount.readOnly !== true ? { name, mountPath } : { name, mountPath, readOnly: true, recursiveReadOnly: isRecursive(mount, mountsRecursively) ? 'Enabled' : 'Disabled' };
  });
}

function withoutContainer({ pod, mountsRecursively }: ContainerStatusInput, container: Container, old: ApiContainerStatus | undefined, hasInit: boolean): ApiContainerStatus {
  if (old?.state?.terminated !== undefined) return { ...old };
  const status: ApiContainerStatus = {
    name: container.name,
    state: { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } },
    lastState: old?.lastState ?? {},
    ready: false,
    restartCount: old?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: '',
  };
  addMounts(status, container, mountsRecursively);
  if (old?.state?.running === undefined || status.lastState?.terminated !== undefined) return status;
  // It ran, and the runtime has forgotten it: it cannot have ended well.
  const message = 'The container could not be located when the pod was deleted.  The container used to be Running';
  return {
    ...status,
    lastState: { terminated: { reason: 'ContainerStatusUnknown', message, exitCode: 137 } },
    restartCount: status.restartCount + (pod.metadata.deletionTimestamp === undefined ? 1 : 0),
  };
}

/** What became of the mount's wish; one that cannot be granted keeps its container from starting, and is told there. */
function isRecursive(mount: VolumeMount, mountsRecursively: boolean): boolean {
  try {
    return resolveRecursiveReadOnly(mount, mountsRecursively);
  } catch {
    return false;
  }
}

function withContainer(input: ContainerStatusInput, container: Container, seen: readonly ContainerStatus[], old: ApiContainerStatus | undefined): ApiContainerStatus {
  const newest = seen[0]!;
  const previous = seen[1];
  const containerId = `${input.runtimeName}://${newest.id}`;
  const state = stateOf(input, newest);
  let lastState: ContainerState = {};
  if (previous !== undefined) lastState = stateOf(input, previous);
  else if (old !== undefined && old.containerID !== containerId && old.state?.terminated !== undefined) lastState = { terminated: old.state.terminated };
  else if (old?.lastState?.terminated !== undefined) lastState = { terminated: old.lastState.terminated };
  const resources = container.resources ?? {};
  const status: ApiContainerStatus = {
    name: container.name,
    state,
    lastState,
    ready: false,
    restartCount: Math.max(newest.attempt, newest.state === 'running' ? newest.attempt : old?.restartCount ?? 0),
    image: newest.image,
    imageID: newest.imageRef,
    containerID: containerId,
    started: false,
  };
  if (resources.requests !== undefined) status.allocatedResources = resources.requests;
  status.resources = newest.state === 'running' && newest.resources !== undefined ? actualRequirements(resources, newest.resources) : limitsAndRequests(resources);
  addMounts(status, container, input.mountsRecursively);
  return status;
}

function stateOf(input: ContainerStatusInput, status: ContainerStatus): ContainerState {
  switch (status.state) {
    case 'running':
      return { running: { startedAt: formatTime(status.startedAtMs) } };
    case 'exited': {
      const message = input.terminationMessage(status.id) ?? status.message;
      const terminated: ContainerStateTerminated = { exitCode: status.exitCode, reason: status.reason !== '' ? status.reason : status.exitCode === 0 ? 'Completed' : 'Error' };
      if (message !== '') terminated.message = message;
      terminated.startedAt = status.startedAtMs > 0 ? formatTime(status.startedAtMs) : null as unknown as string;
      terminated.finishedAt = status.finishedAtMs > 0 ? formatTime(status.finishedAtMs) : null as unknown as string;
      terminated.containerID = `${input.runtimeName}://${status.id}`;
      return { terminated };
    }
    case 'created':
    case 'unknown':
      return { waiting: { reason: (specOf(input.pod).initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating' } };
  }
}
