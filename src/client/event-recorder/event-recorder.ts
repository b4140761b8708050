import type { KubeObject } from '../../api/meta/object.ts';
import { events } from '../../api/resources.ts';
import { ApiError, isReason } from '../../api/status.ts';
import type { Event, ObjectReference } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import { Gate } from '../../base/gate.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { currentCause, namedCause, reactingTo } from '../cause.ts';
import type { Client } from '../client.ts';
import { EventCorrelator } from './correlator.ts';

/** Events that wait to be written; more are dropped: upstream's broadcaster holds as many, and its sink as many again. */
const maxQueued = 2000;
/** Objects whose events are written at the same time; those of one object are written one after the other. */
const maxConcurrent = 8;
const maxAttempts = 12;
const retryDelayMs = 10_000;

export interface EventRecorderOptions {
  /** `source.component`: `kubelet`, `deployment-controller`, `default-scheduler`. */
  readonly component: string;
  /** `source.host`: the node's name, for kubelets and proxies. */
  readonly host?: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
}

export interface EventDetails {
  readonly annotations?: Readonly<Record<string, string>>;
  /** What was done: `Binding`, `Preempting`. */
  readonly action?: string;
  /** What else it concerns: the pod that another was evicted for. */
  readonly related?: ObjectReference;
}

export interface EventRecorder {
  /** Records an event on an object (which must say its kind) or on what a reference names. Never blocks, never throws. */
  event(on: KubeObject | ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string, options?: EventDetails): void;
  /** Resolves when everything recorded so far has been written or given up. */
  flush(): Promise<void>;
}

/** The reference by which events and endpoints point at an object. */
export function referenceTo(object: KubeObject): ObjectReference {
  const { kind, apiVersion, metadata } = object;
  return {
    ...(kind !== undefined && { kind }),
    ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    ...(metadata.name !== undefined && { name: metadata.name }),
    ...(metadata.uid !== undefined && { uid: metadata.uid }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(metadata.resourceVersion !== undefined && { resourceVersion: metadata.resourceVersion }),
  };
}

/** Writes core/v1 Events, correlated as client-go's record package does, those of an object in order. */
export function createEventRecorder(client: Client, options: EventRecorderOptions): EventRecorder {
  const { clock, logger } = options;
  const correlator = new EventCorrelator(clock);
  let queued = 0;
  /** What is last to be written of each object. */
  const tails = new Map<string, Promise<void>>();
  const gate = new Gate(maxConcurrent);
  let lastStampNs = 0n;
  /** Where in the millisecond this recorder stands: two that speak of one object at once take different names. */
  const withinMs = BigInt(Math.floor(options.random.float() * 1_000_000));

  /** Nanoseconds for the event's name; never the same twice, also when time stands still. */
  const stamp = (): string => {
    const nowNs = BigInt(Math.floor(clock.now())) * 1_000_000n + withinMs;
    lastStampNs = nowNs > lastStampNs ? nowNs : lastStampNs + 1n;
    return lastStampNs.toString(16);
  };

  const write = async (event: Event): Promise<void> => {
    const correlated = correlator.correlate(event);
    if (correlated.action === 'drop') return;
    for (let attempt = 1; ; attempt++) {
      try {
        correlated.written(await put(correlated.action, correlated.event));
        return;
      } catch (error) {
        if (options.signal?.aborted === true) return;
        if (error instanceof ApiError) {
          // The server said no (often: the namespace is terminating); asking again would not help.
          if (!isReason(error, 'AlreadyExists')) logger.debug('event rejected', { reason: event.reason, error });
          return;
        }
        if (attempt >= maxAttempts) {
          logger.warn('event could not be written', { reason: event.reason, error });
          return;
        }
        await clock.sleep(attempt === 1 ? retryDelayMs * options.random.float() : retryDelayMs, options.signal);
      }
    }
  };

  const put = async (action: 'create' | 'patch', event: Event): Promise<string> => {
    const ref = { namespace: event.metadata.namespace!, name: event.metadata.name! };
    if (action === 'patch') {
      try {
        const { count, lastTimestamp, message, firstTimestamp } = event;
        await client.patch(events, ref, { type: 'strategic', value: { count, firstTimestamp, lastTimestamp, message } });
        return ref.name;
      } catch (error) {
        // Events expire: the next of a series starts a new object.
        if (!isReason(error, 'NotFound')) throw error;
      }
    }
    const name = action === 'create' ? ref.name : `${event.involvedObject.name ?? ''}.${stamp()}`;
    await client.create(events, { ...event, metadata: { ...event.metadata, name } });
    return name;
  };

  /** Never rejects. */
  const inTurn = async (before: Promise<void> | undefined, work: () => Promise<void>, reason: string): Promise<void> => {
    if (before !== undefined) await before;
    const waiting = gate.enter();
    if (waiting !== undefined) await waiting;
    try {
      await work();
    } catch (error) {
      if (options.signal?.aborted !== true) logger.warn('event could not be written', { reason, error });
    } finally {
      gate.leave();
    }
  };

  return {
    event(on, type, reason, message, { annotations, action, related } = {}) {
      const reference = 'metadata' in on ? referenceTo(on) : on;
      if (queued >= maxQueued) {
        logger.warn('event dropped: too many wait to be written', { reason });
        return;
      }
      const now = formatTime(clock.now());
      const event: Event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {
          name: `${reference.name ?? ''}.${stamp()}`,
          namespace: reference.namespace === undefined || reference.namespace === '' ? 'default' : reference.namespace,
          ...(annotations !== undefined && { annotations: { ...annotations } }),
        },
        involvedObject: reference,
        reason,
        message,
        type,
        source: { component: options.component, ...(options.host !== undefined && { host: options.host }) },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
        ...(action !== undefined && { action }),
        ...(related !== undefined && { related }),
        reportingComponent: options.component,
        reportingInstance: options.host ?? '',
      };
      const key = `${reference.kind ?? ''}/${reference.namespace ?? ''}/${reference.name ?? ''}/${reference.uid ?? ''}`;
      const cause = currentCause() || namedCause(reference);
      queued++;
      const written = inTurn(tails.get(key), () => reactingTo(cause, () => write(event)), reason).finally(() => {
        queued--;
        if (tails.get(key) === written) tails.delete(key);
      });
      tails.set(key, written);
    },
    async flush() {
      await Promise.all(tails.values());
    },
  };
}
