import { findCondition } from '../../api/meta/conditions.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';

/** Says of pods that were ready that they are not, because nothing is heard of their node. */
export async function markNotReady(client: Client, recorder: EventRecorder, of: readonly Pod[], nowMs: number): Promise<void> {
  const now = formatTime(nowMs);
  for (const pod of of) {
    if (findCondition(pod.status?.conditions, 'Ready')?.status !== 'True') continue;
    try {
      await client.patch(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }, {
        type: 'strategic', value: { metadata: { uid: pod.metadata.uid }, status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: now }] } },
      }, { subresource: 'status' });
      recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
}
