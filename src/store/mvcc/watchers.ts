import type { StoreEvent } from '../store.ts';

/** The revision of an event. */
export function revisionOf(event: StoreEvent): number {
  return event.type === 'put' ? event.entry.modRevision : event.revision;
}

function keyOf(event: StoreEvent): string {
  return event.type === 'put' ? event.entry.key : event.key;
}

interface Watcher {
  readonly prefix: string;
  readonly fromRevision: number;
  readonly listener: (events: readonly StoreEvent[], revision: number) => void;
}

/** Those who listen to committed events. */
export class Watchers {
  readonly #watchers = new Set<Watcher>();

  /** Delivers events under the prefix from `fromRevision` on, until the signal aborts. */
  add(watcher: Watcher, signal: AbortSignal): void {
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => this.#watchers.delete(watcher), { once: true });
  }

  /** Hands a committed batch to each watcher that it concerns. A listener that throws is a bug and crashes. */
  deliver(events: readonly StoreEvent[], revision: number): void {
    // A copy: one that a listener adds now has had this batch in its replay.
    for (const watcher of Array.from(this.#watchers)) {
      if (!this.#watchers.has(watcher)) continue;
      const concerned = events.filter((event) => keyOf(event).startsWith(watcher.prefix) && revisionOf(event) >= watcher.fromRevision);
      if (concerned.length === 0) continue;
      try {
        watcher.listener(concerned, revision);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#watchers.clear();
  }
}
