import type { Pod } from '../../api/types/core/v1.ts';

/** What pods that come from elsewhere than the API carry. */
export const configHash = 'kubernetes.io/config.hash';
export const configSeen = 'kubernetes.io/config.seen';
export const configSource = 'kubernetes.io/config.source';

/** Does the pod come from a file? Its mirror in the API says so, too. */
export function isStatic(pod: Pod): boolean {
  const source = pod.metadata.annotations?.[configSource];
  return source !== undefined && source !== 'api';
}
