import type { Entry, StoreEvent, Value, WriteResult } from '../store.ts';

/** One change that was decided on and awaits its commit. */
export interface Change {
  readonly key: string;
  readonly revision: number;
  /** 0: the key is deleted. */
  readonly createRevision: number;
  readonly value: Value | undefined;
  readonly event: StoreEvent;
  /** What stands at the key after this change. */
  readonly entry: Entry | undefined;
  readonly batch: Batch;
}

interface Waiter {
  readonly result: WriteResult;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: Error) => void;
}

/** Changes that become durable together, and those who wait for that. */
export class Batch {
  readonly changes: Change[] = [];
  bytes = 0;

  get events(): StoreEvent[] {
    return this.changes.map(({ event }) => event);
  }

  readonly #waiters: Waiter[] = [];

  /** Resolves with the result once the batch is durable. */
  outcome(result: WriteResult): Promise<WriteResult> {
    return new Promise((resolve, reject) => this.#waiters.push({ result, resolve, reject }));
  }

  resolve(): void {
    for (const { result, resolve } of this.#waiters) resolve(result);
  }

  reject(error: Error): void {
    for (const { reject } of this.#waiters) reject(error);
  }
}
