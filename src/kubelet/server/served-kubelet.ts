import type { Pod } from '../../api/types/core/v1.ts';
import type { ContainerStatus } from '../../runtime/runtime.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';
import type { MachineManagers } from '../resource-managers/machine-managers.ts';

/** What the server needs of a kubelet; one server may serve many. */
export interface ServedKubelet {
  readonly nodeName: string;
  readonly context: KubeletContext;
  /** Who gives parts of the machine, where somebody does. */
  readonly machineManagers?: MachineManagers;
  pods(): readonly Pod[];
  findPod(namespace: string, name: string, uid?: string): { readonly pod: Pod; readonly state: PodRuntimeState } | undefined;
}

export interface FoundPod { readonly kubelet: ServedKubelet; readonly pod: Pod; readonly state: PodRuntimeState }

/** An answer that is an error, as plain text. */
export class HttpError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
  }
}

/** The pod on whichever kubelet has it. Throws HttpError. */
export function findPod(kubelets: Iterable<ServedKubelet>, namespace: string, name: string, uid: string | undefined): FoundPod {
  for (const kubelet of kubelets) {
    const found = kubelet.findPod(namespace, name, uid);
    if (found !== undefined) return { kubelet, ...found };
  }
  throw new HttpError(404, 'pod does not exist');
}

/** The container of this name that runs now. Throws HttpError. */
export function runningContainer({ state }: FoundPod, name: string): ContainerStatus {
  const container = state.containers.find((candidate) => candidate.name === name && candidate.state === 'running');
  if (container === undefined) throw new HttpError(500, `container not found (${JSON.stringify(name)})`);
  return container;
}
