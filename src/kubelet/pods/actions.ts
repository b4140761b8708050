import type { Container, Pod } from '../../api/types/core/v1.ts';
import type { ContainerStatus } from '../../runtime/runtime.ts';
import type { ProbeVerdicts } from '../probes/probe-verdicts.ts';
import type { ContainerRole } from './pod-spec.ts';
import { isSidecar, shouldRestartAfter, specOf } from './pod-spec.ts';
import type { PodRuntimeState } from './pod-runtime.ts';
import { resizeOf } from '../resources/actual.ts';
import { annotations, hashOf, newestContainer, sandboxChanged } from './pod-runtime.ts';

export interface ContainerToStart { readonly container: Container; readonly role: ContainerRole }
export interface ContainerToKill { readonly container: Container; readonly status: ContainerStatus; readonly message: string; readonly cause: 'liveness' | 'startup' | 'changed' | 'resize' | 'unknown' }

/** What must be done so that a pod's containers become what its spec asks for. */
export interface PodActions {
  /** Stop the sandbox and everything in it; before a new one is made, or for good when `createSandbox` is false. */
  readonly killPod: boolean;
  readonly createSandbox: boolean;
  readonly attempt: number;
  readonly kill: readonly ContainerToKill[];
  readonly start: readonly ContainerToStart[];
}

/** Should a container that is not running be started (again)? */
export function shouldBeRestarted(container: Container, pod: Pod, state: PodRuntimeState): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  const status = newestContainer(state, container.name);
  if (status === undefined || status.state === 'created' || status.state === 'unknown') return true;
  if (status.state === 'running') return false;
  return shouldRestartAfter(container, specOf(pod), status.exitCode);
}

/** Pure: the next step for a pod that shall run. */
export function computeActions(pod: Pod, state: PodRuntimeState, probes: ProbeVerdicts): PodActions {
  const spec = specOf(pod);
  const { changed, attempt } = sandboxChanged(spec.hostNetwork === true, state);
  if (changed) return actionsForNewSandbox(pod, state, attempt);

  const kill: ContainerToKill[] = [];
  const start: ContainerToStart[] = [];
  const done = (killPod: boolean): PodActions => ({ killPod, createSandbox: false, attempt, kill: killPod ? [] : kill, start: killPod ? [] : start });

  for (const container of spec.ephemeralContainers ?? []) if (newestContainer(state, container.name) === undefined) start.push({ container, role: 'ephemeral' });

  const init = initActions(pod, state, probes, kill, start);
  if (init === 'failed') return done(true);
  if (init === 'waiting') return done(false);

  let kept = 0;
  for (const container of spec.containers) {
    const status = newestContainer(state, container.name);
    if (status?.state !== 'running') {
      if (shouldBeRestarted(container, pod, state)) {
        if (status?.state === 'unknown') kill.push({ container, status, message: `Container is in ${JSON.stringify('unknown')} state, try killing it before restart`, cause: 'unknown' });
        start.push({ container, role: 'regular' });
      }
      continue;
    }
    const failure = failureOf(container, status, probes);
    if (failure === undefined) {
      kept++;
      continue;
    }
    const restart = failure.cause === 'changed' || failure.cause === 'resize' || (container.restartPolicy ?? spec.restartPolicy) !== 'Never';
    kill.push({ container, status, cause: failure.cause, message: restart && failure.cause !== 'resize' ? `${failure.message}, will be restarted` : failure.message });
    if (restart) start.push({ container, role: 'regular' });
  }
  const working = kept + start.filter(({ role }) => role === 'regular').length;
  return done(working === 0);
}

function actionsForNewSandbox(pod: Pod, state: PodRuntimeState, attempt: number): PodActions {
  const spec = specOf(pod);
  const nothing: PodActions = { killPod: true, createSandbox: false, attempt, kill: [], start: [] };
  // A pod that never restarts has had its run.
  if (spec.restartPolicy === 'Never' && attempt !== 0 && state.containers.length > 0) return nothing;
  const regular = spec.containers.filter((container) => {
    const status = newestContainer(state, container.name);
    return !(status?.state === 'exited' && !shouldRestartAfter(container, spec, status.exitCode));
  });
  if (regular.length === 0) return nothing;
  const first = spec.initContainers?.[0];
  const start: ContainerToStart[] = first !== undefined
    ? [{ container: first, role: isSidecar(first) ? 'sidecar' : 'init' }]
    : regular.map((container) => ({ container, role: 'regular' as const }));
  return { killPod: true, createSandbox: true, attempt, kill: [], start };
}

function failureOf(container: Container, status: ContainerStatus, probes: ProbeVerdicts): { readonly message: string; readonly cause: 'liveness' | 'startup' | 'changed' | 'resize' } | undefined {
  const hash = status.annotations[annotations.hash];
  if (hash !== undefined && hash !== hashOf(container)) return { message: `Container ${container.name} definition changed`, cause: 'changed' };
  if (probes.liveness(status.id) === false) return { message: `Container ${container.name} failed liveness probe`, cause: 'liveness' };
  if (probes.startup(status.id) === false) return { message: `Container ${container.name} failed startup probe`, cause: 'startup' };
  if (resizeOf(container, status) === 'restart') return { message: `Container ${container.name} resize requires restart`, cause: 'resize' };
  return undefined;
}

/** Init containers, one after the other; sidecars are kept running for ever. */
function initActions(pod: Pod, state: PodRuntimeState, probes: ProbeVerdicts, kill: ContainerToKill[], start: ContainerToStart[]): 'done' | 'waiting' | 'failed' {
  const spec = specOf(pod);
  const sandboxId = state.sandbox?.id;
  const initialized = spec.containers.some((container) => state.containers.some((status) => status.name === container.name && status.sandboxId === sandboxId));
  for (const container of spec.initContainers ?? []) {
    const newest = newestContainer(state, container.name);
    const status = newest?.sandboxId === sandboxId ? newest : undefined;
    if (isSidecar(container)) {
      if (status?.state === 'running') {
        const failure = failureOf(container, status, probes);
        if (failure !== undefined) {
          kill.push({ container, status, cause: failure.cause, message: failure.cause === 'resize' ? failure.message : `${failure.message}, will be restarted` });
          start.push({ container, role: 'sidecar' });
        } else if (initialized || probes.started(status.id)) continue;
      } else start.push({ container, role: 'sidecar' });
      if (!initialized) return 'waiting';
      continue;
    }
    if (initialized) continue;
    if (status === undefined) {
      start.push({ container, role: 'init' });
      return 'waiting';
    }
    if (status.state === 'exited' && status.exitCode === 0) continue;
    if (status.state === 'exited' && !shouldRestartAfter(container, { ...spec, ...(spec.restartPolicy !== 'Never' && { restartPolicy: 'OnFailure' }) }, status.exitCode)) return 'failed';
    if (status.state !== 'running') start.push({ container, role: 'init' });
    return 'waiting';
  }
  return 'done';
}
