import type { Container, ContainerStatus, Pod } from '../../api/types/core/v1.ts';
import { isSidecar, shouldRestartAfter, specOf } from '../pods/pod-spec.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/**
 * The phase that follows from the containers' statuses (upstream's getPhase). `isTerminal`: nothing will be restarted
 * whatever the policy says. `hasInitialized`: regular containers have been started before.
 */
export function phaseOf(pod: Pod, statuses: readonly ContainerStatus[], options: { readonly isTerminal: boolean; readonly hasInitialized: boolean }): PodPhase {
  const spec = specOf(pod);
  const find = (container: Container): ContainerStatus | undefined => statuses.find(({ name }) => name === container.name);

  let pendingInit = 0;
  let pendingSidecars = 0;
  let unknown = 0;
  let running = 0;
  let waiting = 0;
  let stopped = 0;
  let stoppedForGood = 0;
  let succeeded = 0;

  for (const container of spec.initContainers ?? []) {
    const status = find(container);
    if (isSidecar(container)) {
      if (status === undefined) unknown++;
      else if (status.state?.running !== undefined) {
        if (status.started !== true) pendingSidecars++;
        running++;
      } else if (status.state?.terminated === undefined && status.lastState?.terminated === undefined) {
        pendingSidecars++;
        if (status.state?.waiting !== undefined) waiting++;
        else unknown++;
      }
      continue;
    }
    const terminated = status?.state?.terminated ?? (status?.state?.waiting !== undefined ? status.lastState?.terminated : undefined);
    if (terminated === undefined) pendingInit++;
    else if (terminated.exitCode !== 0 && (spec.restartPolicy === 'Never' || !shouldRestartAfter(container, spec, terminated.exitCode))) return 'Failed';
  }

  for (const container of spec.containers) {
    const status = find(container);
    if (status?.state?.running !== undefined) running++;
    else if (status?.state?.terminated !== undefined) {
      stopped++;
      const { exitCode } = status.state.terminated;
      if (!shouldRestartAfter(container, spec, exitCode)) stoppedForGood++;
      if (exitCode === 0) succeeded++;
    } else if (status?.state?.waiting !== undefined) {
      if (status.lastState?.terminated === undefined) waiting++;
      else {
        stopped++;
        if (!shouldRestartAfter(container, spec, status.lastState.terminated.exitCode)) stoppedForGood++;
      }
    } else unknown++;
  }

  if (pendingInit > 0 || (pendingSidecars > 0 && !options.hasInitialized) || waiting > 0) return 'Pending';
  if (running > 0 && unknown === 0) return 'Running';
  if (running === 0 && stopped > 0 && unknown === 0) {
    if (!options.isTerminal && stopped !== stoppedForGood) return 'Running';
    return stopped === succeeded ? 'Succeeded' : 'Failed';
  }
  return 'Pending';
}
