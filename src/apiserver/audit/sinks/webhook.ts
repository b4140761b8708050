import type { Clock, Timer } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { AuditEvent, AuditSink } from '../audit.ts';

export interface WebhookSinkOptions {
  /** POSTs an audit.k8s.io/v1 EventList. Rejects when it was not accepted. */
  readonly send: (list: object) => Promise<unknown>;
  /** Events in one request, at most. */
  readonly maxBatch: number;
  /** How long the first event of a batch waits for others. */
  readonly maxWaitMs: number;
  /** Events that wait, at most; what comes beyond is dropped. */
  readonly bufferSize: number;
  /** Before the second try of a batch; doubles with each of the `maxAttempts`. */
  readonly initialBackoffMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** As upstream: 10 s, then a little longer each time, before a batch is given up. */
const maxAttempts = 5;

/** Sends events in batches to another server (upstream's batch mode); nobody waits for it. */
export class WebhookSink implements AuditSink {
  readonly name = 'webhook';
  readonly #options: WebhookSinkOptions;
  #queue: AuditEvent[] = [];
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #dropped = 0;

  constructor(options: WebhookSinkOptions) {
    this.#options = options;
  }

  write(event: AuditEvent): void {
    const { bufferSize, maxBatch, maxWaitMs, clock, logger } = this.#options;
    if (this.#queue.length >= bufferSize) {
      if (this.#dropped++ === 0) logger.error('the audit webhook cannot keep up: events are dropped');
      return;
    }
    this.#queue.push(event);
    if (this.#queue.length >= maxBatch) this.#start();
    else this.#timer ??= clock.setTimer(maxWaitMs, () => this.#start(), { unref: true });
  }

  #start(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => { this.#sending = undefined; });
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) await this.#sendBatch(this.#queue.splice(0, this.#options.maxBatch));
    if (this.#dropped > 0) this.#options.logger.error('the audit webhook dropped events', { count: this.#dropped });
    this.#dropped = 0;
  }

  async #sendBatch(items: readonly AuditEvent[]): Promise<void> {
    const { send, clock, logger, initialBackoffMs } = this.#options;
    const list = listOf(items);
    for (let attempt = 1; ; attempt++) {
      try {
        await send(list);
        return;
      } catch (error) {
        if (attempt >= maxAttempts) {
          logger.error('audit events could not be sent and are dropped', { count: items.length, error });
          return;
        }
        await clock.sleep(initialBackoffMs * 1.5 ** (attempt - 1));
      }
    }
  }

  /** Sends what is left, once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    await this.#sending;
    const rest = this.#queue.splice(0);
    const { maxBatch, send } = this.#options;
    for (let i = 0; i < rest.length; i += maxBatch) {
      await send(listOf(rest.slice(i, i + maxBatch))).catch(() => {});
    }
  }
}

const listOf = (events: readonly AuditEvent[]): object => ({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items: events.map(({ kind: _k, apiVersion: _v, ...event }) => event) });
