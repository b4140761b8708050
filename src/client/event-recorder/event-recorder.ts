import type { KubeObject } from '../../api/meta/object.ts';
import { events } from '../../api/resources.ts';
import { ApiError, isReason } from '../../api/status.ts';
import type { Event, EventSource, ObjectReference } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import { Gate } from '../../base/gate.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Cause } from '../cause.ts';
import { currentCause, namedCause, reactingTo } from '../cause.ts';
import type { Client } from '../client.ts';
import type { Correlated } from './correlator.ts';
import { EventCorrelator, objectKeyOf } from './correlator.ts';

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
  const { kind, apiVersion, metadata: { namespace, name, uid, resourceVersion } } = object;
  const reference: ObjectReference = {};
  if (kind !== undefined) reference.kind = kind;
  if (namespace !== undefined) reference.namespace = namespace;
  if (name !== undefined) reference.name = name;
  if (uid !== undefined) reference.uid = uid;
  if (apiVersion !== undefined) reference.apiVersion = apiVersion;
  if (resourceVersion !== undefined) reference.resourceVersion = resourceVersion;
  return reference;
}

/** An event that is to be written, and what it reacts to. */
interface Recorded { readonly event: Event; readonly cause: Cause }

/** What is still to be said of one object, after what is being written; `told` resolves when nothing is. */
interface Line { readonly waiting: Recorded[]; readonly told: Promise<void> }

/** Writes core/v1 Events, correlated as client-go's record package does, those of an object in order. */
export function createEventRecorder(client: Client, options: EventRecorderOptions): EventRecorder {
  const { clock, logger } = options;
  const correlator = new EventCorrelator(clock);
  let queued = 0;
  /** Of the objects of which something is being written. */
  const lines = new Map<string, Line>();
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

  const source: EventSource = { component: options.component };
  if (options.host !== undefined) source.host = options.host;

  const eventOn = (reference: ObjectReference, type: string, reason: string, message: string, { annotations, action, related }: EventDetails): Event => {
    const now = formatTime(clock.now());
    const { name = '', namespace = '' } = reference;
    const metadata: Event['metadata'] = { name: `${name}.${stamp()}`, namespace: namespace === '' ? 'default' : namespace };
    if (annotations !== undefined) metadata.annotations = { ...annotations };
    const event: Event = {
      apiVersion: 'v1', kind: 'Event', metadata, involvedObject: reference, reason, message, type, source, firstTimestamp: now, lastTimestamp: now, count: 1,
    };
    if (action !== undefined) event.action = action;
    if (related !== undefined) event.related = related;
    event.reportingComponent = options.component;
    event.reportingInstance = options.host ?? '';
    return event;
  };

  /** Never rejects. */
  const write = async (event: Event, objectKey: string): Promise<void> => {
    const correlated = correlator.correlate(event, objectKey);
    if (correlated.action === 'drop') return;
    for (let attempt = 1; ; attempt++) {
      try {
        if (correlated.action === 'create') await client.create(events, correlated.event);
        else await raise(correlated);
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
      }
      try {
        await clock.sleep(attempt === 1 ? retryDelayMs * options.random.float() : retryDelayMs, options.signal);
      } catch {
        return;
      }
    }
  };

  /** Says of the last of a series how many there are. */
  const raise = async ({ event, renamed }: Extract<Correlated, { action: 'patch' }>): Promise<void> => {
    const { metadata, count, lastTimestamp, message, firstTimestamp } = event;
    try {
      await client.patch(events, { namespace: metadata.namespace ?? '', name: metadata.name ?? '' }, { type: 'strategic', value: { count, firstTimestamp, lastTimestamp, message } });
    } catch (error) {
      // Events expire: the next of a series starts a new object.
      if (!isReason(error, 'NotFound')) throw error;
      const name = `${event.involvedObject.name ?? ''}.${stamp()}`;
      await client.create(events, { ...event, metadata: { ...metadata, name } });
      renamed(name);
    }
  };

  /** Writes what is said of an object, one after the other, until nothing is left. Never rejects. */
  const follow = async (objectKey: string, waiting: Recorded[], first: Recorded): Promise<void> => {
    for (let next: Recorded | undefined = first; next !== undefined; next = waiting.shift()) {
      const { event, cause } = next;
      const turn = gate.enter();
      if (turn !== undefined) await turn;
      await reactingTo(cause, () => write(event, objectKey));
      gate.leave();
      queued--;
    }
    lines.delete(objectKey);
  };

  return {
    event(on, type, reason, message, details = {}) {
      if (queued >= maxQueued) {
        logger.warn('event dropped: too many wait to be written', { reason });
        return;
      }
      const reference = 'metadata' in on ? referenceTo(on) : on;
      const recorded: Recorded = { event: eventOn(reference, type, reason, message, details), cause: currentCause() || namedCause(reference) };
      queued++;
      const objectKey = objectKeyOf(reference);
      const line = lines.get(objectKey);
      if (line !== undefined) {
        line.waiting.push(recorded);
        return;
      }
      const waiting: Recorded[] = [];
      lines.set(objectKey, { waiting, told: follow(objectKey, waiting, recorded) });
    },
    async flush() {
      await Promise.all(Array.from(lines.values(), ({ told }) => told));
    },
  };
}
