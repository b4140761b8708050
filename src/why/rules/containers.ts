import type { Container, ContainerStatus, Pod } from '../../api/types/core/v1.ts';

/** A container with its status, as rules look at it. */
export interface Looked { readonly container: Container; readonly status: ContainerStatus; readonly init: boolean }

/** Containers of the pod that have a status, init containers first, as they are started. */
export function containersOf({ spec, status }: Pod): Looked[] {
  const pair = (containers: readonly Container[] | undefined, statuses: readonly ContainerStatus[] | undefined, init: boolean): Looked[] => (containers ?? []).flatMap((container) => {
    const found = statuses?.find(({ name }) => name === container.name);
    return found === undefined ? [] : [{ container, status: found, init }];
  });
  return [...pair(spec?.initContainers, status?.initContainerStatuses, true), ...pair(spec?.containers, status?.containerStatuses, false)];
}

/** Kubelets' events of what a pod's containers wait for, and what that is. */
export const obstacles: Readonly<Record<string, string>> = { FailedMount: 'its volumes', FailedAttachVolume: 'its volumes', FailedPrepareDynamicResources: 'the devices of its claims', FailedCreatePodSandBox: 'its sandbox' };

/** `container web of pod web-1`. */
export const containerText = ({ container, init }: Looked, pod: Pod): string => `${init ? 'Init container' : 'Container'} ${container.name} of pod ${pod.metadata.name}`;
