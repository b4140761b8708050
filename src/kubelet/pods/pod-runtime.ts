import type { Container } from '../../api/types/core/v1.ts';
import type { ContainerStatus, PodSandbox, PodSandboxStatus, Runtime } from '../../runtime/runtime.ts';
import { sortPodIps } from './pod-ips.ts';

/** Labels and annotations that the kubelet puts on what it makes, so that it finds it again after a restart. */
export const labels = {
  podName: 'io.kubernetes.pod.name',
  podNamespace: 'io.kubernetes.pod.namespace',
  podUid: 'io.kubernetes.pod.uid',
  containerName: 'io.kubernetes.container.name',
} as const;
export const annotations = {
  hash: 'io.kubernetes.container.hash',
  restartCount: 'io.kubernetes.container.restartCount',
  terminationMessagePath: 'io.kubernetes.container.terminationMessagePath',
  terminationMessagePolicy: 'io.kubernetes.container.terminationMessagePolicy',
  gracePeriod: 'io.kubernetes.pod.terminationGracePeriod',
} as const;

/** What the runtime knows of one pod; newest first. */
export interface PodRuntimeState {
  readonly sandboxes: readonly PodSandbox[];
  /** Status of the newest sandbox. */
  readonly sandbox: PodSandboxStatus | undefined;
  readonly containers: readonly ContainerStatus[];
}

export const emptyRuntimeState: PodRuntimeState = { sandboxes: [], sandbox: undefined, containers: [] };

/**
 * Asks the runtime for one pod. `ended`: statuses of ended containers seen before, which cannot change; kept up to date.
 * `hostIps`: the node's own, in whose order the pod's are told.
 */
export async function readPodState(runtime: Runtime, podUid: string, { ended, hostIps }: { readonly ended: Map<string, ContainerStatus>; readonly hostIps: readonly string[] }): Promise<PodRuntimeState> {
  const filter = { podUid };
  const [allSandboxes, allContainers] = await Promise.all([runtime.listPodSandboxes(filter), runtime.listContainers(filter)]);
  const sandboxes = allSandboxes.filter((sandbox) => sandbox.uid === podUid).sort(newestFirst);
  const listed = allContainers.filter((container) => container.labels[labels.podUid] === podUid);
  if (sandboxes[0] === undefined && listed.length === 0) {
    ended.clear();
    return emptyRuntimeState;
  }
  const sandboxRequest = sandboxes[0] === undefined ? undefined : runtime.podSandboxStatus(sandboxes[0].id);
  const statuses = await Promise.all(listed.map(({ id }) => {
    const known = ended.get(id);
    return known === undefined ? runtime.containerStatus(id) : Promise.resolve(known);
  }));
  const containers = statuses.filter((status) => status !== undefined).sort(newestFirst);
  for (const id of ended.keys()) if (!containers.some((container) => container.id === id)) ended.delete(id);
  for (const container of containers) if (container.state === 'exited') ended.set(container.id, container);
  const sandbox = await sandboxRequest;
  return { sandboxes, sandbox: sandbox === undefined || sandbox.ips.length < 2 ? sandbox : { ...sandbox, ips: sortPodIps(sandbox.ips, hostIps) }, containers };
}

function newestFirst(a: PodSandbox | ContainerStatus, b: PodSandbox | ContainerStatus): number {
  return b.createdAtMs - a.createdAtMs || b.attempt - a.attempt;
}

/** The newest container of this name. */
export function newestContainer(state: PodRuntimeState, name: string): ContainerStatus | undefined {
  return state.containers.find((container) => container.name === name);
}

const hashes = new WeakMap<Container, string>();

/** Changes when a container must be made anew: name and image, as upstream. */
export function hashOf(container: Container): string {
  let hash = hashes.get(container);
  if (hash === undefined) hashes.set(container, hash = computeHash(container));
  return hash;
}

function computeHash(container: Container): string {
  const text = JSON.stringify([container.name, container.image ?? '']);
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16);
}

/** Does the pod need a new sandbox? `attempt`: the number that it would get. */
export function sandboxChanged(hostNetwork: boolean, state: PodRuntimeState): { readonly changed: boolean; readonly attempt: number } {
  const newest = state.sandboxes[0];
  if (newest === undefined) return { changed: true, attempt: 0 };
  const ready = state.sandboxes.filter((sandbox) => sandbox.ready).length;
  if (ready > 1 || !newest.ready) return { changed: true, attempt: newest.attempt + 1 };
  if (!hostNetwork && state.sandbox !== undefined && state.sandbox.ips.length === 0) return { changed: true, attempt: newest.attempt + 1 };
  return { changed: false, attempt: newest.attempt };
}
