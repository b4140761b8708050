import type { ContainerStatus, Pod, PodStatus } from '../../api/types/core/v1.ts';
import { isSidecar, specOf } from '../pods/pod-spec.ts';

const unknownEnd = { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container could not be located when the pod was terminated' } } as const;

/**
 * The status of a pod of which nothing will ever run, though no container of it has ended: one that was deleted before it
 * started. Whoever waits for its end must hear of it, so it has failed (upstream's TerminatePod).
 */
export function neverRan(pod: Pod, status: PodStatus): PodStatus {
  const { containerStatuses = [], initContainerStatuses = [] } = status;
  const ended = (one: ContainerStatus): ContainerStatus => (one.state?.terminated === undefined ? { ...one, state: unknownEnd } : one);
  const tried = attempted(initContainerStatuses);
  return {
    ...status,
    phase: 'Failed',
    containerStatuses: hasInitialized(pod, containerStatuses, initContainerStatuses) ? containerStatuses.map(ended) : containerStatuses,
    ...(initContainerStatuses.length > 0 && { initContainerStatuses: initContainerStatuses.map((one, i) => (i < tried ? ended(one) : one)) }),
  };
}

/** Had the pod come so far that its regular containers could start? */
function hasInitialized(pod: Pod, regular: readonly ContainerStatus[], init: readonly ContainerStatus[]): boolean {
  const [last] = (specOf(pod).initContainers ?? []).slice(-1);
  if (last === undefined || regular.some(({ state, lastState }) => lastState?.terminated !== undefined || state?.running !== undefined || state?.terminated !== undefined)) return true;
  const status = init.find(({ name }) => name === last.name);
  if (isSidecar(last)) return status?.state?.running !== undefined && status.started === true;
  return status?.state?.terminated?.exitCode === 0 || status?.lastState?.terminated?.exitCode === 0;
}

/** How many of the init containers, in their order, have been tried: the first at least. */
function attempted(init: readonly ContainerStatus[]): number {
  const last = init.findLastIndex(({ state, lastState }) => state?.waiting === undefined || lastState?.terminated !== undefined);
  return Math.max(last + 1, Math.min(1, init.length));
}
