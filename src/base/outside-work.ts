/** What the platform does on threads of its own, and no clock can see. */
const pending = new Set<Promise<unknown>>();

/**
 * Tells virtual clocks of work that goes on outside the event loop (signing, hashing): they let no time pass until it is
 * done, so that it takes no virtual time, however busy the machine is. For short work only. Returns the promise given.
 */
export function outside<T>(work: Promise<T>): Promise<T> {
  pending.add(work);
  const done = (): void => { pending.delete(work); };
  work.then(done, done);
  return work;
}

/** Settles when all work that goes on outside now has; undefined when there is none. */
export function outsideWork(): Promise<unknown> | undefined {
  return pending.size === 0 ? undefined : Promise.allSettled(pending);
}
