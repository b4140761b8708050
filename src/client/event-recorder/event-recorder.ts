import type { KubeObject } from '../../api/meta/object.ts';
import { events } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Event, EventSource, ObjectReference } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { Client } from '../client.ts';
import type { Correlated } from './correlator.ts';
import { EventCorrelator } from './correlator.ts';
import type { EventLinesOptions } from './event-lines.ts';
import { EventLines } from './event-lines.ts';
import { referenceTo } from './reference.ts';

const retryDelayMs = 10_000;

export interface EventRecorderOptions extends EventLinesOptions {
  /** `source.component`: `kubelet`, `deployment-controller`. */
  readonly component: string;
  /** `source.host`: the node's name, for kubelets. */
  readonly host?: string;
}

export interface EventDetails {
  readonly annotations?: Readonly<Record<string, string>>;
  /** What was done: `IPAddressAllocation`. */
  readonly action?: string;
}

export interface EventRecorder {
  /** Records an event on an object (which must say its kind) or on what a reference names. Never blocks, never throws. */
  event(on: KubeObject | ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string, options?: EventDetails): void;
  /** Resolves when everything recorded so far has been written or given up. */
  flush(): Promise<void>;
}

/** Writes core/v1 Events, correlated as client-go's record package does, those of an object in order. */
export function createEventRecorder(client: Client, options: EventRecorderOptions): EventRecorder {
  const { clock, random } = options;
  const correlator = new EventCorrelator(clock);
  const source: EventSource = { component: options.component };
  if (options.host !== undefined) source.host = options.host;

  /** Says of the last of a series how many there are. */
  const raise = async ({ event, renamed }: Extract<Correlated, { action: 'patch' }>): Promise<void> => {
    const { metadata, count, lastTimestamp, message, firstTimestamp } = event;
    try {
      await client.patch(events, { namespace: metadata.namespace ?? '', name: metadata.name ?? '' }, { type: 'strategic', value: { count, firstTimestamp, lastTimestamp, message } });
    } catch (error) {
      // Events expire: the next of a series starts a new object.
      if (!isReason(error, 'NotFound')) throw error;
      const name = lines.nameFor(event.involvedObject);
      await client.create(events, { ...event, metadata: { ...metadata, name } });
      renamed(name);
    }
  };

  const lines = new EventLines<Event, Exclude<Correlated, { action: 'drop' }>>(options, {
    decide(event, objectKey) {
      const correlated = correlator.correlate(event, objectKey);
      return correlated.action === 'drop' ? undefined : correlated;
    },
    async send(correlated) {
      if (correlated.action === 'create') await client.create(events, correlated.event);
      else await raise(correlated);
    },
    retryDelayMs: (attempt) => (attempt === 1 ? retryDelayMs * random.float() : retryDelayMs),
  });

  return {
    event(on, type, reason, message, { annotations, action } = {}) {
      if (lines.isFull(reason)) return;
      const reference = 'metadata' in on ? referenceTo(on) : on;
      const now = formatTime(clock.now());
      const { namespace = '' } = reference;
      const metadata: Event['metadata'] = { name: lines.nameFor(reference), namespace: namespace === '' ? 'default' : namespace };
      if (annotations !== undefined) metadata.annotations = { ...annotations };
      const event: Event = {
        apiVersion: 'v1', kind: 'Event', metadata, involvedObject: reference, reason, message, type, source, firstTimestamp: now, lastTimestamp: now, count: 1,
      };
      if (action !== undefined) event.action = action;
      event.reportingComponent = options.component;
      event.reportingInstance = options.host ?? '';
      lines.add(reference, event);
    },
    flush: () => lines.flush(),
  };
}
