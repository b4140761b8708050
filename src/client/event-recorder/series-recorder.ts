import type { KubeObject } from '../../api/meta/object.ts';
import { eventsV1 } from '../../api/resources.ts';
import { ApiError, isReason } from '../../api/status.ts';
import type { ObjectReference } from '../../api/types/core/v1.ts';
import type { Event } from '../../api/types/events/v1.ts';
import { formatMicroTime } from '../../base/clock.ts';
import { reactingTo } from '../cause.ts';
import type { Client } from '../client.ts';
import type { EventLinesOptions } from './event-lines.ts';
import { EventLines } from './event-lines.ts';
import type { Series } from './event-series.ts';
import { EventSeries, finishMs } from './event-series.ts';
import { referenceTo } from './reference.ts';

const retryDelayMs = 10_000;
/** Series that go on are written again at each fifth time that those which do not are finished: every half an hour. */
const refreshEvery = 5;

export interface SeriesRecorderOptions extends EventLinesOptions {
  /** `reportingController`: a profile of the scheduler, `kube-proxy`. */
  readonly controller: string;
  /** The machine's name, which `reportingInstance` ends with. */
  readonly host: string;
}

/** What there is to say of an object. */
export interface ToldEvent {
  readonly type: 'Normal' | 'Warning';
  /** Why it was done. */
  readonly reason: string;
  /** What was done: `Binding`, `Preempting`. */
  readonly action: string;
  /** At most 1024 bytes. */
  readonly note: string;
  /** What else it concerns: the pod that another was evicted for. */
  readonly related?: KubeObject;
}

export interface SeriesRecorder {
  /** Records an event on an object (which must say its kind) or on what a reference names. Never blocks, never throws. */
  event(on: KubeObject | ObjectReference, told: ToldEvent): void;
  /** Resolves when everything recorded so far has been written or given up; of series that go on, their first two. */
  flush(): Promise<void>;
}

/**
 * Writes Events of events.k8s.io/v1 as client-go's events package does: those that differ in their note alone become a
 * series, whose number is written when there are two, every half an hour, and when none has come for six minutes.
 */
export function createSeriesRecorder(client: Client, options: SeriesRecorderOptions): SeriesRecorder {
  const { clock, random, signal, logger, controller } = options;
  const reportingInstance = `${controller}-${options.host}`;
  const known = new EventSeries();
  let isAttending = false;

  const raise = async (series: Series): Promise<void> => {
    const { event, count } = series;
    const told = { count, lastObservedTime: formatMicroTime(series.lastMs) };
    try {
      await client.patch(eventsV1, { namespace: event.metadata.namespace ?? '', name: event.metadata.name ?? '' }, { type: 'strategic', value: { series: told } });
    } catch (error) {
      // Events expire.
      if (!isReason(error, 'NotFound')) throw error;
      await client.create(eventsV1, { ...event, series: told });
    }
    series.written = count;
  };

  /** Writes how many there are of a series. Never rejects; false: the server was not reached. */
  const settle = async (series: Series): Promise<boolean> => {
    try {
      if (series.count > series.written) await reactingTo('!time', () => raise(series));
      return true;
    } catch (error) {
      logger.debug('the number of events could not be written', { reason: series.event.reason, error });
      return error instanceof ApiError;
    }
  };

  /** Follows the series until there is none; never rejects. */
  const attend = async (): Promise<void> => {
    isAttending = true;
    for (let round = 1; known.hasSeries; round++) {
      try {
        await clock.sleep(finishMs, signal);
      } catch {
        return;
      }
      const nowMs = clock.now();
      for (const series of known.series()) {
        const isOver = series.lastMs < nowMs - finishMs;
        if ((isOver || round % refreshEvery === 0) && await settle(series) && isOver) known.finish(series);
      }
    }
    isAttending = false;
  };

  const lines = new EventLines<Event, Series>(options, {
    decide(event) {
      const series = known.observe(event, clock.now());
      if (known.hasSeries && !isAttending) void attend();
      return series;
    },
    async send(series) {
      if (series.count === 1) await client.create(eventsV1, series.event);
      else await raise(series);
    },
    retryDelayMs: () => retryDelayMs * (1 + random.float() / 4),
  });

  return {
    event(on, { type, reason, action, note, related }) {
      if (lines.isFull(reason)) return;
      const regarding = 'metadata' in on ? referenceTo(on) : on;
      const { namespace = '' } = regarding;
      const event: Event = {
        apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: lines.nameFor(regarding), namespace: namespace === '' ? 'default' : namespace },
        eventTime: formatMicroTime(clock.now()), reportingController: controller, reportingInstance, action, reason, regarding, note, type,
      };
      if (related !== undefined) event.related = referenceTo(related);
      lines.add(regarding, event);
    },
    flush: () => lines.flush(),
  };
}
