import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';

/** What each pod is told that waits for a volume which another node has. Names of pods stay inside their namespace. */
export function multiAttachMessages(title: string, waiting: readonly Pod[], blockers: readonly Pod[]): readonly [pod: Pod, message: string][] {
  return waiting.map((pod) => [pod, `Multi-Attach error for volume ${JSON.stringify(title)} ${why(pod, blockers)}`]);
}

function why(pod: Pod, blockers: readonly Pod[]): string {
  if (blockers.length === 0) return "Volume is already exclusively attached to one node and can't be attached to another";
  const near = blockers.filter((other) => namespaceOf(other) === namespaceOf(pod)).map(nameOf);
  const far = `${blockers.length - near.length} pod(s) in different namespaces`;
  if (near.length === 0) return `Volume is already used by ${far}`;
  return `Volume is already used by pod(s) ${near.join(', ')}${near.length < blockers.length ? ` and ${far}` : ''}`;
}
