import type { Job } from '../../api/types/batch/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { pods as podType } from '../../api/resources.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import type { Expectations } from '../common/expectations.ts';
import type { PodControl } from '../common/pod-control.ts';
import type { WrittenVersions } from '../common/written-versions.ts';
import type { BackoffRecord } from './backoff.ts';
import type { JobMetrics } from './job-metrics.ts';
import { hasTrackingFinalizer, trackingFinalizer } from './job-state.ts';

/** What the parts of the controller share. */
export interface JobParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly podControl: PodControl<Job>;
  readonly jobs: Informer<Job>;
  readonly pods: Informer<Pod>;
  readonly written: WrittenVersions;
  readonly expectations: Expectations;
  readonly removals: FinalizerRemovals;
  readonly backoffs: Map<string, BackoffRecord>;
  readonly metrics: JobMetrics;
  /** Uids of jobs that were written as finished, and not yet seen so. */
  readonly finished: Set<string>;
  /** Syncs the job again after a while; pod failures are looked at in batches of a second. */
  readonly syncAfter: (key: string, delayMs: number) => void;
}

const none: ReadonlySet<string> = new Set();

/** Pods whose finalizer was taken away, and which the cache still shows with it. */
export class FinalizerRemovals {
  readonly #expected = new Map<string, Set<string>>();

  /** As it is now: what is seen later does not change it. */
  of(key: string): ReadonlySet<string> {
    const expected = this.#expected.get(key);
    return expected === undefined ? none : new Set(expected);
  }

  expect(key: string, uids: readonly string[]): void {
    const expected = this.#expected.get(key) ?? new Set();
    for (const uid of uids) expected.add(uid);
    if (expected.size > 0) this.#expected.set(key, expected);
  }

  /** Seen, or never going to be. */
  observed(key: string, uid: string): void {
    const expected = this.#expected.get(key);
    expected?.delete(uid);
    if (expected?.size === 0) this.#expected.delete(key);
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }
}

/** Takes the tracking finalizer off a pod. Resolves with undefined when there is none. */
export async function removeTrackingFinalizer(client: Client, pod: Pod): Promise<Pod | undefined> {
  if (!hasTrackingFinalizer(pod)) return undefined;
  return client.patch(podType, { namespace: namespaceOf(pod), name: nameOf(pod) }, {
    type: 'strategic', value: { metadata: { '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } },
  });
}
