import { namespaceOf, nameOf, uidOf } from '../api/meta/object.ts';
import { findCondition } from '../api/meta/conditions.ts';
import { pods } from '../api/resources.ts';
import type { Pod, PodCondition } from '../api/types/core/v1.ts';
import type { Clock } from '../base/clock.ts';
import { formatTime } from '../base/clock.ts';
import { causeOf } from '../client/cause.ts';
import type { Client } from '../client/client.ts';

/** What the scheduler says of a pod in its status. */
export interface StatusChange {
  readonly condition?: Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;
  /** Empty: none any more. */
  readonly nominatedNodeName?: string;
}

/** Writes what is new in it; nothing, when nothing is. Rejects with what the API says. */
export async function patchPodStatus(client: Client, clock: Clock, pod: Pod, change: StatusChange): Promise<void> {
  const status: Record<string, unknown> = {};
  const condition = change.condition === undefined ? undefined : changedCondition(pod, change.condition, clock);
  if (condition !== undefined) status['conditions'] = [condition];
  if (change.nominatedNodeName !== undefined && change.nominatedNodeName !== (pod.status?.nominatedNodeName ?? '')) status['nominatedNodeName'] = change.nominatedNodeName === '' ? null : change.nominatedNodeName;
  if (Object.keys(status).length === 0) return;
  await client.because(causeOf(pods, pod)).patch(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }, { type: 'strategic', value: { metadata: { uid: uidOf(pod) }, status } }, { subresource: 'status' });
}

function changedCondition(pod: Pod, wanted: NonNullable<StatusChange['condition']>, clock: Clock): object | undefined {
  const known = findCondition(pod.status?.conditions, wanted.type);
  const { generation } = pod.metadata;
  if (known?.status === wanted.status && known.reason === wanted.reason && known.message === wanted.message && known.observedGeneration === generation) return undefined;
  const now = formatTime(clock.now());
  return {
    ...wanted,
    lastProbeTime: null,
    lastTransitionTime: known?.status === wanted.status ? (known.lastTransitionTime ?? now) : now,
    ...(generation !== undefined && { observedGeneration: generation }),
  };
}
