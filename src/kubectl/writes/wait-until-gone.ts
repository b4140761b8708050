import { isReason } from '../../api/status.ts';
import { pathOf } from '../discovery/resource.ts';
import { KubectlError } from '../errors.ts';
import type { Item } from '../resources/item.ts';
import { shownName } from '../resources/item.ts';
import type { Session } from '../session.ts';

/** As long as upstream waits when nobody says how long. */
const defaultTimeoutMs = 7 * 24 * 3600 * 1000;
/** Between looks, growing. */
const [firstPauseMs, longestPauseMs] = [50, 1000];

/** Resolves when the objects are gone, or others of the same name have taken their place. Whoever may not look is not made to wait. */
export async function waitUntilGone(session: Session, deleted: readonly { readonly item: Item; readonly uid: string | undefined }[], timeoutMs = defaultTimeoutMs): Promise<void> {
  const { clock, signal } = session.io;
  const connection = await session.connection();
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  for (const { item, uid } of deleted) {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
      try {
        const { metadata } = await connection.json<{ readonly metadata?: { readonly uid?: string } }>({ method: 'GET', path: pathOf(item.resource!, item) });
        if (uid !== undefined && metadata?.uid !== uid) break;
      } catch (error) {
        if (isReason(error, 'NotFound') || isReason(error, 'Forbidden') || isReason(error, 'MethodNotAllowed')) break;
        throw error;
      }
      if (clock.monotonicMs() >= deadlineMs) throw new KubectlError(`timed out waiting for the condition on ${shownName(item).replace(/^[^/]+/, item.resource!.resource)}`);
      await clock.sleep(pauseMs, signal);
    }
  }
}
