import { findCondition } from '../../api/meta/conditions.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { podgroups } from '../../api/resources.ts';
import type { PodGroup } from '../../api/types/scheduling/v1alpha2.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import { causeOf } from '../../client/cause.ts';
import type { Client } from '../../client/client.ts';
import type { GroupVerdict } from './place-group.ts';

const unschedulable = 'pod group is unschedulable';
const waiting = `${unschedulable}, pod group is waiting for preemption to complete`;

/** What is said of a group that is refused as a whole. */
export const refusalText = (waits: boolean): string => (waits ? waiting : unschedulable);

/** What is said to a pod of it that would have a place. */
export const heldBackText = (why: string): string => `${unschedulable}, ${why}`;

/** Says in the group's status what the last attempt came to; a group that was scheduled once stays that. Rejects with what the API says. */
export async function tellGroup(client: Client, clock: Clock, group: PodGroup, verdict: GroupVerdict): Promise<void> {
  const type = 'PodGroupScheduled';
  const wanted = verdict.kind === 'fits' ? { status: 'True', reason: 'Scheduled', message: '' } : { status: 'False', reason: verdict.kind === 'error' ? 'SchedulerError' : 'Unschedulable', message: verdict.kind === 'error' ? verdict.message : refusalText(verdict.waits) };
  const known = findCondition(group.status?.conditions, type);
  if (known?.status === 'True' && wanted.status !== 'True') return;
  const { generation } = group.metadata;
  if (known?.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message && known.observedGeneration === generation) return;
  const lastTransitionTime = known?.status === wanted.status ? known.lastTransitionTime : formatTime(clock.now());
  const condition = { type, ...wanted, lastTransitionTime, ...(generation !== undefined && { observedGeneration: generation }) };
  await client.because(causeOf(podgroups, group)).patch(podgroups, { namespace: namespaceOf(group), name: nameOf(group) }, { type: 'strategic', value: { status: { conditions: [condition] } } }, { subresource: 'status' });
}
