import type { Pod } from '../../api/types/core/v1.ts';
import type { Container, ContainerConfig, Mount } from '../../runtime/runtime.ts';

/** What a container gets beside its limits: parts of the machine that are its own. */
export interface ContainerGrant {
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly devices: ContainerConfig['devices'];
  /** Some of these tell a later kubelet what was granted: no file has to. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Processors and memory nodes, as cgroups write them; undefined: whatever the pod may use. */
  readonly cpus?: string;
  readonly memoryNodes?: string;
}

/**
 * Who gives parts of the machine to containers. A pod's are chosen when it is admitted, are its own until it has ended, and
 * are found again on its containers after a restart.
 */
export interface ResourceManager {
  /** What containers of an earlier kubelet have, before any pod is admitted. */
  recover(containers: readonly Container[]): void;
  /** Chooses for all containers of the pod. Rejects with an Error that says why not; nothing is taken then. */
  allocate(pod: Pod): Promise<void>;
  /** What one container starts with; asked each time that it starts. Rejects with what stands in the way. */
  grantOf(pod: Pod, container: string): Promise<Partial<ContainerGrant>>;
  release(podUid: string): void;
}

export const noGrant: ContainerGrant = { env: {}, mounts: [], devices: [], annotations: {} };

/** Several grants as one. */
export function joinGrants(grants: readonly Partial<ContainerGrant>[]): ContainerGrant {
  return grants.reduce<ContainerGrant>((sum, { env, mounts = [], devices = [], annotations, cpus, memoryNodes }) => ({
    ...sum,
    env: { ...sum.env, ...env },
    mounts: [...sum.mounts, ...mounts],
    devices: [...sum.devices, ...devices],
    annotations: { ...sum.annotations, ...annotations },
    ...(cpus !== undefined && { cpus }),
    ...(memoryNodes !== undefined && { memoryNodes }),
  }), noGrant);
}
