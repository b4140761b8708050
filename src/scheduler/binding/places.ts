import type { ClusterCache } from '../cache/cluster-cache.ts';
import type { PodGroupStates } from '../cache/pod-group-states.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { PodCycle } from '../cycle/pod-cycle.ts';
import type { Failure } from '../failure.ts';
import { refusedOne } from '../failure.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import { codeOf } from '../profile-metrics.ts';
import type { Nominator } from '../queue/nominator.ts';
import type { SideWork } from '../side-work.ts';

export interface PlacesParts {
  readonly cache: ClusterCache;
  readonly nominator: Nominator;
  /** Undefined: pods are scheduled each alone. */
  readonly groups: PodGroupStates | undefined;
  readonly work: SideWork;
  readonly metrics: SchedulerMetrics;
}

/** The places of pods that are not bound yet: taken when a node was chosen, given back when nothing comes of it. */
export class Places {
  readonly #parts: PlacesParts;

  constructor(parts: PlacesParts) {
    this.#parts = parts;
  }

  /** Takes room for the pod, and what plug-ins want of the node; a failure says why that is not to be had, and nothing is taken. */
  take(info: PodInfo, nodeName: string, cycle: PodCycle): Failure | undefined {
    const { cache, nominator, groups } = this.#parts;
    const metrics = this.#parts.metrics.of(cycle.profile);
    const startMs = metrics.now();
    cache.assume(info, nodeName);
    groups?.assume(info.pod);
    nominator.forget(info.uid);
    for (const plugin of cycle.profile.reserve) {
      const refusal = plugin.reserve?.(info, nodeName, cycle.stateOf(plugin));
      if (refusal === undefined) continue;
      metrics.passed('Reserve', codeOf(refusal), startMs);
      this.giveBack(info, nodeName, cycle);
      return refusedOne(plugin.name, refusal.reasons.join(', '));
    }
    metrics.passed('Reserve', 'Success', startMs);
    return undefined;
  }

  /** Gives back what was taken for a pod that is not bound after all. */
  giveBack(info: PodInfo, nodeName: string, cycle: PodCycle): void {
    const { cache, groups, work } = this.#parts;
    const metrics = this.#parts.metrics.of(cycle.profile);
    const startMs = metrics.now();
    for (const plugin of cycle.profile.reserve.toReversed()) {
      const writing = plugin.unreserve?.(info, nodeName, cycle.stateOf(plugin));
      if (writing !== undefined) work.trackFor(info, writing, 'giving back what was taken for a pod failed');
    }
    metrics.passed('Unreserve', 'Success', startMs);
    if (cache.isAssumed(info.uid)) cache.forget(info.uid);
    groups?.forget(info.pod);
  }
}
