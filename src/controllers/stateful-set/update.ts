import { scaledValue } from '../../api/meta/int-or-string.ts';
import { nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { ControllerRevision, StatefulSet } from '../../api/types/apps/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { atRevision } from '../common/history/history.ts';
import { slowStartBatches } from '../common/slow-start.ts';
import { identityMatches, inOrdinalRange, newPod, ordinalOf, replicasOf, revisionOf, startOrdinal, storageMatches } from './identity.ts';
import type { StatefulPodControl } from './pod-control.ts';
import type { Counts, Instant } from './status.ts';
import { countPods, isAvailable, isBeingDeleted, isCreated, isRunningAndReady, isUnavailable } from './status.ts';

export interface UpdateOptions extends Instant {
  readonly control: StatefulPodControl;
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  /** All that were claimed for the set. */
  readonly pods: readonly Pod[];
}

/** What the pods add up to, what went wrong on the way, if anything did, and when a pod can be replaced that failed. */
export interface UpdateResult { readonly counts: Counts; readonly failure?: { readonly error: unknown }; readonly retryAfterMs?: number }

/** A pod that fails is replaced no sooner than this after it was made: one that always fails must not keep the cluster busy. */
const shortestLifeMs = 1000;

/** What one pod lets the set do next. */
type Step = 'go on' | 'wait';

/** One step of a stateful set towards what it asks for: pods are made, deleted and replaced in order, or at once. */
export async function updatePods(options: UpdateOptions): Promise<UpdateResult> {
  return new PodsUpdate(options).run();
}

class PodsUpdate {
  readonly #options: UpdateOptions;
  readonly #set: StatefulSet;
  readonly #updateSet: StatefulSet;
  readonly #ordered: boolean;
  /** By ordinal; those without a phase are to be created. */
  readonly #replicas: readonly Pod[];
  /** Out of range, the highest ordinal first. */
  readonly #condemned: readonly Pod[];
  #retryAfterMs: number | undefined;

  constructor(options: UpdateOptions) {
    const { set, pods, current, update } = options;
    this.#options = options;
    this.#set = set;
    this.#updateSet = atRevision(set, update);
    this.#ordered = set.spec?.podManagementPolicy !== 'Parallel';
    const present = new Map(pods.filter((pod) => inOrdinalRange(set, pod)).map((pod) => [ordinalOf(pod), pod]));
    const currentSet = atRevision(set, current);
    this.#replicas = Array.from({ length: replicasOf(set) }, (_, index) => {
      const ordinal = startOrdinal(set) + index;
      const existing = present.get(ordinal);
      if (existing !== undefined) return existing;
      return isOfCurrentRevision(set, ordinal) ? newPod(currentSet, nameOf(current), ordinal) : newPod(this.#updateSet, nameOf(update), ordinal);
    });
    this.#condemned = pods.filter((pod) => ordinalOf(pod) >= 0 && !inOrdinalRange(set, pod)).toSorted((a, b) => ordinalOf(b) - ordinalOf(a));
  }

  async run(): Promise<UpdateResult> {
    const result = await this.#run();
    return this.#retryAfterMs === undefined ? result : { ...result, retryAfterMs: this.#retryAfterMs };
  }

  async #run(): Promise<UpdateResult> {
    if (this.#set.metadata.deletionTimestamp !== undefined) return { counts: this.#count(this.#options.pods) };
    const { control } = this.#options;
    const phases: readonly [readonly Pod[], (pod: Pod) => Promise<Step>][] = [
      [this.#replicas, (pod) => this.#processReplica(pod)],
      [this.#condemned, async (pod) => {
        if (!control.claimOwnersMatch(this.#updateSet, pod)) await control.updateClaimOwners(this.#updateSet, pod);
        return 'go on';
      }],
      [this.#condemned, (pod) => this.#processCondemned(pod)],
    ];
    for (const [pods, process] of phases) {
      const outcome = await this.#forAll(pods, process);
      if (outcome !== 'go on') return { counts: this.#count([...this.#replicas, ...this.#condemned]), ...(outcome !== 'wait' && { failure: outcome }) };
    }
    const counts = this.#count([...this.#replicas, ...this.#condemned]);
    if (this.#set.spec?.updateStrategy?.type === 'OnDelete') return { counts };
    try {
      for (const pod of this.#podsToReplace()) {
        await control.delete(this.#set, pod);
        counts.currentReplicas--;
      }
    } catch (error) {
      return { counts, failure: { error } };
    }
    return { counts };
  }

  #count(pods: readonly Pod[]): Counts {
    const { current, update } = this.#options;
    return countPods(pods, { current: nameOf(current), update: nameOf(update) }, this.#options);
  }

  async #forAll(pods: readonly Pod[], process: (pod: Pod) => Promise<Step>): Promise<Step | { readonly error: unknown }> {
    if (!this.#ordered) {
      const outcome = await slowStartBatches(pods.length, async (index) => { await process(pods[index]!); });
      return 'error' in outcome ? { error: outcome.error } : 'go on';
    }
    for (const pod of pods) {
      try {
        if ((await process(pod)) === 'wait') return 'wait';
      } catch (error) {
        return { error };
      }
    }
    return 'go on';
  }

  async #processReplica(pod: Pod): Promise<Step> {
    const { control } = this.#options;
    const phase = pod.status?.phase;
    if (phase === 'Failed' || phase === 'Succeeded') {
      // Whatever its exit code: a node that restarts ends pods, too. Its successor is made when it is gone.
      if (isBeingDeleted(pod)) return 'wait';
      const earlyMs = (parseTime(pod.metadata.creationTimestamp ?? '') ?? 0) + shortestLifeMs - this.#options.nowMs;
      if (earlyMs > 0) this.#retryAfterMs = Math.max(earlyMs, this.#retryAfterMs ?? 0);
      else await control.delete(this.#set, pod);
      return 'wait';
    }
    if (!isCreated(pod)) {
      if (control.hasStaleClaim(this.#set, pod)) return 'wait';
      await control.create(this.#set, pod);
      if (this.#ordered) return 'wait';
    }
    if (phase === 'Pending') await control.createMissingClaims(this.#set, pod);
    if (this.#ordered && (isBeingDeleted(pod) || !isRunningAndReady(pod) || !isAvailable(pod, this.#options))) return 'wait';
    if (!identityMatches(this.#set, pod) || !storageMatches(this.#set, pod) || !control.claimOwnersMatch(this.#updateSet, pod)) await control.update(this.#updateSet, pod);
    return 'go on';
  }

  async #processCondemned(pod: Pod): Promise<Step> {
    if (isBeingDeleted(pod)) return this.#ordered ? 'wait' : 'go on';
    const healthy = isRunningAndReady(pod) && isAvailable(pod, this.#options);
    if (this.#ordered && !healthy && pod !== this.#firstUnavailable()) return 'wait';
    await this.#options.control.delete(this.#set, pod);
    return 'wait';
  }

  #firstUnavailable(): Pod | undefined {
    return [...this.#replicas, ...this.#condemned.toReversed()].find((pod) => isUnavailable(pod, this.#options));
  }

  /** Pods of older revisions that a rolling update may delete now. */
  #podsToReplace(): Pod[] {
    const rolling = this.#set.spec?.updateStrategy?.rollingUpdate;
    const descending = this.#replicas.slice(rolling?.partition ?? 0).toReversed();
    const isOld = (pod: Pod): boolean => revisionOf(pod) !== nameOf(this.#options.update) && !isBeingDeleted(pod);
    // The field is only there where the feature is on that upstream leaves off.
    if (rolling?.maxUnavailable !== undefined) {
      const allowed = Math.max(1, scaledValue(rolling.maxUnavailable, this.#replicas.length, 'down'));
      const unavailable = this.#replicas.filter((pod) => isUnavailable(pod, this.#options)).length;
      return descending.filter(isOld).slice(0, Math.max(0, allowed - unavailable));
    }
    for (const pod of descending) {
      if (isOld(pod)) return [pod];
      if (isUnavailable(pod, this.#options)) return [];
    }
    return [];
  }
}

/** Below the partition, or while the former revision's pods are not replaced yet, a lost pod comes back as it was. */
function isOfCurrentRevision(set: StatefulSet, ordinal: number): boolean {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  const index = ordinal - startOrdinal(set);
  if (rollingUpdate !== undefined) return index < (rollingUpdate.partition ?? 0);
  return type === 'RollingUpdate' && index < (set.status?.currentReplicas ?? 0);
}
