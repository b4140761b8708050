import type { PodGroup } from '../../api/types/scheduling/v1alpha2.ts';
import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { Lister } from '../../client/informer/store.ts';
import type { PodGroupStates } from '../cache/pod-group-states.ts';
import { groupNameOf } from '../cache/pod-group-states.ts';
import type { Failure } from '../failure.ts';
import { errorFailure, heldBack } from '../failure.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import type { QueuedPod } from '../queue/queued-pod.ts';
import type { SchedulingQueue } from '../queue/scheduling-queue.ts';
import { heldBackText, refusalText, tellGroup } from './group-condition.ts';
import { permissionsOf, permissionsText } from './permissions.ts';
import type { GroupParts, GroupVerdict, MemberResult } from './place-group.ts';
import { placeGroup } from './place-group.ts';

export interface GroupSchedulerParts extends Pick<GroupParts, 'find' | 'take' | 'giveBack'> {
  readonly client: Client;
  readonly clock: Clock;
  readonly queue: SchedulingQueue;
  readonly states: PodGroupStates;
  readonly metrics: SchedulerMetrics;
  /** The pod has a place, and goes there. */
  placed(queued: QueuedPod, place: NonNullable<MemberResult['place']>, startMs: number): void;
  /** The pod waits again, and is told why. */
  failed(queued: QueuedPod, failure: Failure, startMs: number): void;
  /** Something is being written about the group. */
  write(group: PodGroup, work: Promise<void>): void;
}

const resultOf = (verdict: GroupVerdict): Parameters<SchedulerMetrics['groupAttempted']>[0] => {
  if (verdict.kind === 'refused') return verdict.waits ? 'waiting_on_preemption' : 'unschedulable';
  return verdict.kind === 'fits' ? 'scheduled' : 'error';
};

/** Schedules the pods of a group in one cycle (KEP-4671, v1.36's scheduleOnePodGroup). */
export class GroupScheduler {
  readonly #parts: GroupSchedulerParts;

  constructor(parts: GroupSchedulerParts) {
    this.#parts = parts;
  }

  /** Tries all pods of the group of this one that wait. The first was taken from the queue. */
  async schedule(first: QueuedPod, groups: Lister<PodGroup>): Promise<void> {
    const { client, clock, metrics } = this.#parts;
    const startMs = clock.monotonicMs();
    const { namespace, pod } = first.info;
    const name = groupNameOf(pod) ?? '';
    const members = this.#membersOf(first, name);
    const { profile } = members[0] ?? first;
    const stranger = members.find((member) => member.profile !== profile);
    if (stranger !== undefined) {
      const failure = errorFailure(`all pods in a single pod group should have the same .spec.schedulerName set, got: ${JSON.stringify(stranger.profile.schedulerName)} and ${JSON.stringify(profile.schedulerName)}`);
      for (const member of members) this.#parts.failed(member, failure, startMs);
      return;
    }
    const { find, take, giveBack } = this.#parts;
    const { verdict, members: found } = await placeGroup(members, { find, take, giveBack, permissions: (info, nodeName) => permissionsOf(profile.permit, info, nodeName), nowMs: () => clock.monotonicMs() });
    metrics.groupAlgorithm((clock.monotonicMs() - startMs) / 1000);
    for (const [i, queued] of members.entries()) this.#settle(found[i] ?? { queued, startMs }, verdict);
    metrics.groupAttempted(resultOf(verdict), profile.schedulerName, (clock.monotonicMs() - startMs) / 1000);
    const group = groups.get(namespace, name);
    if (group !== undefined) this.#parts.write(group, tellGroup(client, clock, group, verdict));
  }

  /** The most important first, then who was ready first. */
  #membersOf(first: QueuedPod, name: string): QueuedPod[] {
    const { queue, states } = this.#parts;
    const members = [first];
    for (const uid of states.of(first.info.namespace, name)?.uids('unscheduled') ?? []) {
      const member = uid === first.info.uid ? undefined : queue.takeMember(uid);
      if (member !== undefined) members.push(member);
    }
    return members.sort((a, b) => b.info.priority - a.info.priority || (a.initialAttemptMs ?? 0) - (b.initialAttemptMs ?? 0) || a.order - b.order);
  }

  /** Something may be in the way now that was not while it was only found out. */
  #send(queued: QueuedPod, place: NonNullable<MemberResult['place']>, startMs: number): void {
    const { placed, giveBack, failed } = this.#parts;
    try {
      placed(queued, place, startMs);
    } catch (error) {
      giveBack(queued.info, place.nodeName, place.cycle);
      failed(queued, errorFailure((error as Error).message), startMs);
    }
  }

  /** What the group's verdict means for one of its pods. */
  #settle({ queued, startMs, place, failure, permissions }: MemberResult, verdict: GroupVerdict): void {
    const { failed } = this.#parts;
    if (verdict.kind === 'error') failed(queued, failure?.reason === 'SchedulerError' ? failure : errorFailure(verdict.message), startMs);
    else if (place === undefined) failed(queued, failure ?? heldBack(refusalText(false)), startMs);
    else if (verdict.kind === 'fits') this.#send(queued, place, startMs);
    else if (verdict.waits) failed(queued, failure ?? heldBack(refusalText(true), place.nodeName), startMs);
    // What evicting others would have come to is of no use: the group does not fit all the same.
    else failed(queued, heldBack(heldBackText(permissions === undefined ? '' : permissionsText(permissions))), startMs);
  }
}
