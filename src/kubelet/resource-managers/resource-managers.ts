import type { Pod } from '../../api/types/core/v1.ts';
import type { Container } from '../../runtime/runtime.ts';
import type { Refusal } from '../admission/verdict.ts';
import type { ContainerGrant, ResourceManager } from './grant.ts';
import { joinGrants } from './grant.ts';

/** A refusal with a reason of its own; all others are unexpected. */
export class AllocationError extends Error {
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.name = 'AllocationError';
    this.reason = reason;
  }
}

/** All managers of parts of the machine, asked as one. Without any it costs nothing. */
export class ResourceManagers {
  readonly #managers: ResourceManager[] = [];

  /** In the order in which they choose. */
  add(manager: ResourceManager): void {
    this.#managers.push(manager);
  }

  recover(containers: readonly Container[]): void {
    for (const manager of this.#managers) manager.recover(containers);
  }

  /** Gives the pod all that it asks for, or nothing and says why. What it has already it keeps. */
  async allocate(pod: Pod): Promise<Refusal | undefined> {
    const done: ResourceManager[] = [];
    for (const manager of this.#managers) {
      try {
        await manager.allocate(pod);
        done.push(manager);
      } catch (error) {
        for (const other of done) other.release(pod.metadata.uid ?? '');
        const { message } = error as Error;
        return error instanceof AllocationError ? { reason: error.reason, message } : { reason: 'UnexpectedAdmissionError', message: `Allocate failed due to ${message}, which is unexpected` };
      }
    }
    return undefined;
  }

  /** What one container starts with. Rejects with what stands in the way. */
  async grantOf(pod: Pod, container: string): Promise<ContainerGrant> {
    const grants: Partial<ContainerGrant>[] = [];
    for (const manager of this.#managers) grants.push(await manager.grantOf(pod, container));
    return joinGrants(grants);
  }

  release(podUid: string): void {
    for (const manager of this.#managers) manager.release(podUid);
  }
}
