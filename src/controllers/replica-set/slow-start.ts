/**
 * Calls `attempt` up to `count` times in batches of 1, 2, 4, …; a batch with a failure is the last. So that what will
 * fail a thousand times (a quota) fails once. Returns the successes and the first error.
 */
export async function slowStartBatches(count: number, attempt: () => Promise<void>): Promise<{ readonly successes: number; readonly error?: unknown }> {
  let successes = 0;
  for (let batch = Math.min(count, 1); batch > 0; batch = Math.min(batch * 2, count - successes)) {
    const results = await Promise.allSettled(Array.from({ length: batch }, attempt));
    const failed = results.find((result) => result.status === 'rejected');
    successes += results.filter((result) => result.status === 'fulfilled').length;
    if (failed !== undefined) return { successes, error: failed.reason };
  }
  return { successes };
}
