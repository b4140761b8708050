import { flowschemas, prioritylevelconfigurations } from '../../api/resources.ts';
import { atEnd } from '../../base/at-end.ts';
import { formatTime } from '../../base/clock.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { nextTurn } from '../../base/next-turn.ts';
import type { LocalEndpoint } from '../../client/transports/local-endpoint.ts';
import type { Answer, Result } from '../answer.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { InFlight } from '../metrics/in-flight.ts';
import { isLongRunning } from '../pipeline/limit-in-flight.ts';
import { tooManyRequests } from '../pipeline/too-many-requests.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { Handler, Step } from '../pipeline/step.ts';
import { isReason } from '../../api/status.ts';
import type { ServedResources } from '../served-resources.ts';
import type { DanglingChange, FlowTarget } from './configuration.ts';
import { Configuration, flowOf } from './configuration.ts';
import type { Ticket } from './queue-set.ts';
import { estimateWork } from './work-estimate.ts';

const fieldManager = 'api-priority-and-fairness-config-consumer-v1';
/** Nobody waits longer than that, whatever time its request has. */
const maxWaitMs = 60_000;
/** A flow schema's status is written at most this often in a minute: servers that disagree must not fight. */
const maxStatusWritesPerMinute = 6;

export interface FlowControlParts {
  readonly reader: ObjectReader;
  readonly resources: ServedResources;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly inFlight: InFlight;
  /** For writing statuses, as the server itself. */
  readonly local: LocalEndpoint;
  /** Non-exempt requests that the server works on at a time, in all. */
  readonly serverSeats: number;
  /** How long a request may take; it may wait for a seat for a quarter of that. */
  readonly requestTimeoutMs: number;
}

/**
 * API priority and fairness (KEP-1040): decides which requests run now, which wait and which are shed, by the FlowSchema
 * and PriorityLevelConfiguration objects as they stand. A request that finds a free seat and is answered at once costs
 * a look at a few sets; seats are only counted for those that take their time.
 */
export class FlowControl implements Disposable {
  readonly configuration: Configuration;
  readonly #parts: FlowControlParts;
  readonly #undo: (() => void)[] = [];
  #stale = false;
  #disposed = false;
  #timer: Timer | undefined;
  #retry: Timer | undefined;
  #statusWrites: { readonly atMs: number; readonly name: string }[] = [];

  constructor(parts: FlowControlParts) {
    this.#parts = parts;
    this.configuration = new Configuration(parts.clock, parts.serverSeats);
  }

  /** Begins to follow the objects, from what there is now. */
  start(): void {
    const { reader } = this.#parts;
    const changed = (): void => this.#reload();
    this.#undo.push(reader.onChange(flowschemas, changed), reader.onChange(prioritylevelconfigurations, changed));
    this.#digest();
  }

  /** Once for all changes of a turn. */
  #reload(): void {
    if (this.#stale) return;
    this.#stale = true;
    nextTurn(() => {
      this.#stale = false;
      if (!this.#disposed) this.#digest();
    });
  }

  #digest(): void {
    const { reader } = this.#parts;
    const changes = this.configuration.digest(reader.list(prioritylevelconfigurations), reader.list(flowschemas));
    if (changes.length > 0) void this.#writeStatuses(changes);
  }

  async #writeStatuses(changes: readonly DanglingChange[]): Promise<void> {
    const { clock, local, logger } = this.#parts;
    const nowMs = clock.now();
    this.#statusWrites = this.#statusWrites.filter(({ atMs }) => nowMs - atMs < 60_000);
    await Promise.all(changes.map(async ({ schema, status, reason, message }) => {
      const name = schema.metadata.name!;
      if (this.#statusWrites.filter((write) => write.name === name).length >= maxStatusWritesPerMinute) {
        this.#later();
        return;
      }
      this.#statusWrites.push({ atMs: nowMs, name });
      const body = { status: { conditions: [{ type: 'Dangling', status, reason, message, lastTransitionTime: formatTime(nowMs) }] } };
      try {
        await local.request({ method: 'PATCH', path: `/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/${encodeURIComponent(name)}/status?fieldManager=${fieldManager}`, user: self, contentType: 'application/strategic-merge-patch+json', body });
      } catch (error) {
        if (this.#disposed || isReason(error, 'NotFound')) return;
        logger.warn('the status of a flow schema could not be written', { name, error });
        this.#later();
      }
    }));
  }

  #later(): void {
    this.#retry ??= this.#parts.clock.setTimer(30_000, () => {
      this.#retry = undefined;
      this.#digest();
    }, { unref: true });
  }

  readonly step: Step = (next) => (request) => {
    if (isLongRunning(request.info) && request.info.verb !== 'watch') return next(request);
    this.configuration.catchUp(this.#parts.clock.monotonicMs());
    const target = this.configuration.classify(request.user, request.info);
    const { level, stats } = target;
    request.flow = target.headers;
    const estimate = estimateWork(this.#parts.resources, request, level.maxSeats, stats);
    if (!level.set.hasRoom(estimate.initialSeats > estimate.finalSeats ? estimate.initialSeats : estimate.finalSeats)) return this.#wait(next, request, target);
    const result = next(request);
    if (result instanceof Promise) return this.#follow(level.set.occupy(flowOf(target, request.user, request.info), estimate), target, result, request);
    // What was answered at once held no seat beside another.
    stats.immediate += 1;
    if (request.info.verb === 'watch') stats.immediateWatches += 1;
    return result;
  };

  #follow(ticket: Ticket, { level, stats }: FlowTarget, result: Promise<Answer>, request: ServerRequest): Promise<Answer> {
    const { clock, inFlight } = this.#parts;
    const count = inFlight.enter('executing', request.info);
    stats.seats.observe(ticket.seats);
    this.configuration.begin();
    const end = (): void => {
      inFlight.leave(count);
      (request.info.verb === 'watch' ? stats.watchExecution : stats.execution).observe((clock.monotonicMs() - ticket.startedMs) / 1000);
      level.set.finish(ticket);
      if (level.quiescing && level.set.idle) this.#reload();
    };
    return atEnd(result, end);
  }

  #wait(next: Handler, request: ServerRequest, target: FlowTarget): Result {
    const { level, stats } = target;
    const { resources, requestTimeoutMs, clock, inFlight } = this.#parts;
    const estimate = estimateWork(resources, request, level.maxSeats, stats);
    const limitMs = Math.min((request.timeoutMs ?? requestTimeoutMs) / 4, maxWaitMs);
    const waiting = level.set.enqueue(flowOf(target, request.user, request.info), estimate, { maxWaitMs: limitMs, signal: request.signal });
    const shed = (): Answer => tooManyRequests(request, level.retryAfter.note(clock.now()));
    if (waiting === undefined) return shed();
    this.configuration.begin();
    this.#arm();
    const enqueuedMs = clock.monotonicMs();
    const count = inFlight.enter('waiting', request.info);
    return waiting.then((ticket) => {
      inFlight.leave(count);
      request.waitedMs = clock.monotonicMs() - enqueuedMs;
      if (ticket === undefined) return shed();
      const run = async (): Promise<Answer> => await next(request);
      return this.#follow(ticket, target, run(), request);
    });
  }

  /** Seats are moved when it is time as long as somebody waits for one; nobody else would notice. */
  #arm(): void {
    if (this.#timer !== undefined || this.#disposed || !this.configuration.waits) return;
    const { clock } = this.#parts;
    this.#timer = clock.setTimer(this.configuration.dueMs - clock.monotonicMs(), () => {
      this.#timer = undefined;
      this.configuration.catchUp(clock.monotonicMs());
      this.#arm();
    }, { unref: true });
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer?.cancel();
    this.#retry?.cancel();
    for (const undo of this.#undo) undo();
  }
}

const self = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
