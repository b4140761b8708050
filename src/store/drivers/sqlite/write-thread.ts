import { SHARE_ENV, Worker } from 'node:worker_threads';
import { assert } from '../../../base/assert.ts';
import { fromPlain } from './failure.ts';
import type { Answer, Request, WorkerSettings } from './messages.ts';

interface Waiter {
  readonly resolve: (more: boolean) => void;
  readonly reject: (error: Error) => void;
}

/** The worker's file: the source where the source runs, `sqlite-worker.js` beside the bundle where that runs. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './sqlite-worker.js', import.meta.url);
}

/** The main thread's end of the writing thread. Keeps the process alive only while something is asked of it. */
export class WriteThread {
  readonly #worker: Worker;
  /** Those who wait for an answer, in order of asking; the first one ever waits for the start. */
  readonly #waiters: Waiter[] = [];
  #failure: Error | undefined;
  /** Set to 1 by the thread when it can work: seen at once, even while the main thread never returns to its event loop. */
  readonly #flag = new Int32Array(new SharedArrayBuffer(4));

  readonly #ready: Promise<void>;

  constructor(settings: Omit<WorkerSettings, 'started'>) {
    this.#worker = new Worker(workerUrl(), {
      name: 'store',
      workerData: { ...settings, started: this.#flag } satisfies WorkerSettings,
      execArgv: [],
      env: SHARE_ENV,
      // Values travel outside of the heap: it holds little more than the keys of one batch.
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128, stackSizeMb: 1 },
    });
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#answered(answer));
    this.#worker.on('error', (error) => this.#died(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', (code) => this.#died(new Error(`the store's thread ended with code ${code}`)));
    this.#ready = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ resolve: () => resolve(), reject });
    });
    // Whoever asks for something hears of a failed start; nobody may be asking.
    this.#ready.catch(() => {});
  }

  /** Whether it has started, well or not: from now on `ask` is answered, or fails, without delay. */
  get hasStarted(): boolean {
    return Atomics.load(this.#flag, 0) === 1 || this.#failure !== undefined;
  }

  /** Resolves when the thread can work; rejects when it could not start. */
  async ready(): Promise<void> {
    if (!this.hasStarted) this.#worker.ref();
    await this.#ready;
  }

  /** Asks for one thing. Resolves with whether there is more to do; rejects with what SQLite said. */
  async ask(request: Request): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#worker.ref();
    return await new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#worker.postMessage(request, request.type === 'commit' ? [request.rows.values.buffer, request.rows.numbers.buffer] : []);
    });
  }

  /** Waits for what was asked for, closes the thread's connection and ends it. */
  async close(): Promise<void> {
    if (Atomics.load(this.#flag, 0) === 1 && this.#failure === undefined) await this.ask({ type: 'close' }).catch(() => {});
    this.#failure ??= new Error("the store's thread was closed");
    this.#worker.ref();
    await this.#worker.terminate();
  }

  #answered(answer: Answer): void {
    const waiter = this.#waiters.shift();
    assert(waiter !== undefined, 'the worker answers once for each request');
    if (this.#waiters.length === 0) this.#worker.unref();
    if (answer.ok) waiter.resolve(answer.more);
    else waiter.reject(fromPlain(answer.error));
  }

  #died(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiters.splice(0)) reject(this.#failure);
  }
}
