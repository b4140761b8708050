import { uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Container } from '../../runtime/runtime.ts';
import type { Refusal } from '../admission/verdict.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import { containersOf } from '../pods/pod-spec.ts';
import type { Alignment } from '../topology/alignment.ts';
import { anywhere } from '../topology/hints.ts';
import type { Hint } from '../topology/hints.ts';
import type { Claim, ContainerGrant, ResourceManager } from './grant.ts';
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
  readonly #metrics: MetricsSink;
  readonly #clock: Clock;
  readonly #managers: ResourceManager[] = [];
  #alignment: Alignment | undefined;
  /** Whoever is admitted before: hints hold only as long as nobody else takes what they speak of. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ metrics, clock }: { readonly metrics: MetricsSink; readonly clock: Clock }) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#managers.length === 0;
  }

  get fixed(): readonly NonNullable<ResourceManager['fixed']>[] {
    return this.#managers.flatMap(({ fixed }) => fixed ?? []);
  }

  /** In the order in which they choose. */
  add(manager: ResourceManager): void {
    this.#managers.push(manager);
  }

  /** Brings what all of them give together. Without, each gives what it likes. */
  align(alignment: Alignment): void {
    this.#alignment = alignment;
  }

  recover(containers: readonly Container[]): void {
    for (const manager of this.#managers) manager.recover(containers);
  }

  /** Gives the pod all that it asks for, or nothing and says why. What it has already it keeps. */
  async allocate(pod: Pod): Promise<Refusal | undefined> {
    if (this.#alignment === undefined) return this.#admit(pod);
    const startMs = this.#clock.monotonicMs();
    this.#metrics.count('kubelet_topology_manager_admission_requests_total');
    const admitting = this.#turn.then(() => this.#admit(pod));
    this.#turn = admitting;
    const refusal = await admitting;
    if (refusal !== undefined) this.#metrics.count('kubelet_topology_manager_admission_errors_total');
    this.#metrics.observe('kubelet_topology_manager_admission_duration_ms', this.#clock.monotonicMs() - startMs);
    return refusal;
  }

  /** What one container starts with. Rejects with what stands in the way. */
  async grantOf(pod: Pod, container: string): Promise<ContainerGrant> {
    const grants: Partial<ContainerGrant>[] = [];
    for (const manager of this.#managers) grants.push(await manager.grantOf(pod, container));
    return joinGrants(grants);
  }

  /** Is no quota to hold back the pod? See `ContainerGrant.isUnthrottled`. */
  isUnthrottled(podUid: string): boolean {
    return this.#managers.some((manager) => manager.isUnthrottled?.(podUid) === true);
  }

  release(podUid: string): void {
    for (const manager of this.#managers) manager.release(podUid);
  }

  async #admit(pod: Pod): Promise<Refusal | undefined> {
    try {
      const claims = this.#managers.map((manager) => manager.claim(pod));
      const ofPod = this.#alignment?.scope === 'pod' ? this.#merge(this.#alignment, claims.map((claim) => claim.hints())) : undefined;
      for (const placed of containersOf(pod)) {
        if (placed.role === 'ephemeral') continue;
        const hint = ofPod ?? (this.#alignment === undefined ? anywhere : this.#merge(this.#alignment, claims.map((claim) => claim.hints(placed))));
        for (const claim of claims) await claim.take(placed, hint);
        if (this.#alignment?.scope === 'container' && this.#alignment.isGuaranteed) this.#metrics.count('kubelet_container_aligned_compute_resources_count', 'container', 'numa_node');
      }
      if (this.#alignment?.scope === 'pod' && this.#alignment.isGuaranteed) this.#metrics.count('kubelet_container_aligned_compute_resources_count', 'pod', 'numa_node');
      return undefined;
    } catch (error) {
      this.release(uidOf(pod));
      const { message } = error as Error;
      return error instanceof AllocationError ? { reason: error.reason, message } : { reason: 'UnexpectedAdmissionError', message: `Allocate failed due to ${message}, which is unexpected` };
    }
  }

  #merge(alignment: Alignment, hints: readonly ReturnType<Claim['hints']>[]): Hint {
    const hint = alignment.merge(hints);
    if (hint === undefined && alignment.isGuaranteed) this.#metrics.count('kubelet_container_aligned_compute_resources_failure_count', alignment.scope, 'numa_node');
    if (hint === undefined) throw new AllocationError('TopologyAffinityError', 'Resources cannot be allocated with Topology locality');
    return hint;
  }
}
