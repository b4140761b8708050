/**
 * Calls `attempt` with 0 up to `count` - 1, in batches of 1, 2, 4, …; a batch with a failure is the last. So that what
 * will fail a thousand times (a quota) fails once. Returns the successes and the first error.
 */
export async function slowStartBatches(count: number, attempt: (index: number) => Promise<void>): Promise<{ readonly successes: number; readonly error?: unknown }> {
  let started = 0;
  for (let batch = Math.min(count, 1); batch > 0; batch = Math.min(batch * 2, count - started)) {
    const results = await Promise.allSettled(Array.from({ length: batch }, (_, i) => attempt(started + i)));
    started += batch;
    const failures = results.filter((result) => result.status === 'rejected');
    if (failures.length > 0) return { successes: started - failures.length, error: failures[0]!.reason };
  }
  return { successes: started };
}
