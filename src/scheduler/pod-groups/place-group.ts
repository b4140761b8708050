import type { PodInfo } from '../cache/pod-info.ts';
import type { PodCycle } from '../cycle/pod-cycle.ts';
import type { Failure } from '../failure.ts';
import { errorFailure } from '../failure.ts';
import type { QueuedPod } from '../queue/queued-pod.ts';
import type { Permissions } from './permissions.ts';

/** What was found for one pod: a place, or why there is none. One with a nominated node gets its place when others have left. */
export interface Found { readonly nodeName?: string; readonly cycle?: PodCycle | undefined; readonly failure?: Failure }

/** What placing a group asks of the scheduler. All but `giveBack` may throw: an error of the moment. */
export interface GroupParts {
  find(queued: QueuedPod, startMs: number): Found | Promise<Found>;
  /** Takes room for the pod, and what plug-ins want of the node; nothing where it answers with a failure. */
  take(pod: PodInfo, nodeName: string, cycle: PodCycle): Failure | undefined;
  giveBack(pod: PodInfo, nodeName: string, cycle: PodCycle): void;
  permissions(pod: PodInfo, nodeName: string, cycle: PodCycle): Permissions | undefined;
  nowMs(): number;
}

/** What became of one pod of the group. */
export interface MemberResult {
  readonly queued: QueuedPod;
  readonly startMs: number;
  /** Where it would run. */
  readonly place?: { readonly nodeName: string; readonly cycle: PodCycle };
  /** Why it cannot run there now, or nowhere. */
  readonly failure?: Failure;
  /** What it would have to wait for there. */
  readonly permissions?: Permissions | undefined;
}

/** `waits`: the group fits once those have left who are being evicted. */
export type GroupVerdict = { readonly kind: 'fits' } | { readonly kind: 'refused'; readonly waits: boolean } | { readonly kind: 'error'; readonly message: string };

/** Less is known of the group where something went wrong: then not all members have a result. */
export interface GroupPlacement { readonly verdict: GroupVerdict; readonly members: readonly MemberResult[] }

/**
 * Looks for places for pods of one group, one after the other, each seeing the room that those before it take; at the end
 * nothing is taken. The group fits when one of them has a place that it need not wait at (upstream's
 * podGroupSchedulingDefaultAlgorithm). Waits for nobody unless `find` does.
 */
export async function placeGroup(pods: readonly QueuedPod[], parts: GroupParts): Promise<GroupPlacement> {
  const members: MemberResult[] = [];
  let verdict: GroupVerdict = { kind: 'refused', waits: false };
  let evicts = false;
  try {
    for (const queued of pods) {
      const result = resultFor(queued, parts);
      const member = result instanceof Promise ? await result : result;
      members.push(member);
      if (member.failure?.reason === 'SchedulerError') return { verdict: { kind: 'error', message: `failed to schedule other pod from a pod group: ${member.failure.message}` }, members };
      if (member.place === undefined) continue;
      evicts ||= member.failure !== undefined;
      if (member.permissions === undefined) verdict = evicts ? { kind: 'refused', waits: true } : { kind: 'fits' };
    }
    return { verdict, members };
  } finally {
    for (const { queued, place } of members.toReversed()) if (place !== undefined) parts.giveBack(queued.info, place.nodeName, place.cycle);
  }
}

/** What becomes of one pod; a promise only where `find` returns one. */
function resultFor(queued: QueuedPod, parts: GroupParts): MemberResult | Promise<MemberResult> {
  const startMs = parts.nowMs();
  const failed = (error: unknown): MemberResult => ({ queued, startMs, failure: errorFailure((error as Error).message) });
  try {
    const finding = parts.find(queued, startMs);
    return finding instanceof Promise ? finding.then((found) => takenBy(queued, startMs, found, parts)).catch(failed) : takenBy(queued, startMs, finding, parts);
  } catch (error) {
    return failed(error);
  }
}

function takenBy(queued: QueuedPod, startMs: number, found: Found, parts: GroupParts): MemberResult {
  const { failure, cycle } = found;
  const { info } = queued;
  const nodeName = found.nodeName ?? failure?.nominatedNodeName ?? '';
  if (nodeName === '' || cycle === undefined) return { queued, startMs, ...(failure !== undefined && { failure }) };
  try {
    const refused = parts.take(info, nodeName, cycle);
    if (refused !== undefined) return { queued, startMs, failure: refused };
    return { queued, startMs, place: { nodeName, cycle }, permissions: parts.permissions(info, nodeName, cycle), ...(failure !== undefined && { failure }) };
  } catch (error) {
    parts.giveBack(info, nodeName, cycle);
    throw error;
  }
}
