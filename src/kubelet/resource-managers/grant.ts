import type { Pod } from '../../api/types/core/v1.ts';
import type { Container, ContainerConfig, Mount } from '../../runtime/runtime.ts';
import type { PlacedContainer } from '../pods/pod-spec.ts';
import type { Hint, Hints } from '../topology/hints.ts';

/** What a container gets beside its limits: parts of the machine that are its own. */
export interface ContainerGrant {
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly devices: ContainerConfig['devices'];
  /** As `ContainerConfig.cdiDevices`. */
  readonly cdiDevices: readonly string[];
  /** Some of these tell a later kubelet what was granted: no file has to. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Processors and memory nodes, as cgroups write them; undefined: whatever the pod may use. */
  readonly cpus?: string;
  readonly memoryNodes?: string;
  /** The processors are its alone: no quota holds it back on them. */
  readonly isUnthrottled?: boolean;
}

/**
 * Who gives parts of the machine to containers. A pod's are chosen when it is admitted, are its own until it has ended, and
 * are found again on its containers after a restart.
 */
export interface ResourceManager {
  /** What of guaranteed pods cannot be changed once it is chosen, and by whom. */
  readonly fixed?: { readonly resource: string; readonly by: string };
  /** What containers of an earlier kubelet have, before any pod is admitted. */
  recover(containers: readonly Container[]): void;
  /** Begins to choose for a pod that is to be admitted. */
  claim(pod: Pod): Claim;
  /** What one container starts with; asked each time that it starts. Rejects with what stands in the way. */
  grantOf(pod: Pod, container: string): Promise<Partial<ContainerGrant>>;
  /** Has a container of the pod a grant that is unthrottled? */
  isUnthrottled?(podUid: string): boolean;
  release(podUid: string): void;
}

/** One pod's admission, container by container in their order: what earlier ones have used is free for later ones. */
export interface Claim {
  /** From where the container, or all of the pod, could be given what it asks for. */
  hints(placed?: PlacedContainer): Hints;
  /** Chooses for the container, near where the hint says. What it has already it keeps. Throws, or rejects with, an Error that says why not. */
  take(placed: PlacedContainer, hint: Hint): void | Promise<void>;
}

export const noGrant: ContainerGrant = { env: {}, mounts: [], devices: [], cdiDevices: [], annotations: {} };

/** Several grants as one. */
export function joinGrants(grants: readonly Partial<ContainerGrant>[]): ContainerGrant {
  return grants.reduce<ContainerGrant>((sum, { env, mounts = [], devices = [], cdiDevices = [], annotations, ...more }) => ({
    ...sum,
    ...more,
    env: { ...sum.env, ...env },
    mounts: [...sum.mounts, ...mounts],
    devices: [...sum.devices, ...devices],
    cdiDevices: [...new Set([...sum.cdiDevices, ...cdiDevices])],
    annotations: { ...sum.annotations, ...annotations },
  }), noGrant);
}
