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
  /** Another list whenever somebody comes or goes: one that a listener adds has had the batch under way in its replay. */
  #watchers: readonly Watcher[] = [];

  /** Delivers events under the prefix from `fromRevision` on, until the signal aborts. */
  add(watcher: Watcher, signal: AbortSignal): void {
    this.#watchers = [...this.#watchers, watcher];
    signal.addEventListener('abort', () => { this.#watchers = this.#watchers.filter((other) => other !== watcher); }, { once: true });
  }

  /** Hands a committed batch to each watcher that it concerns. A listener that throws is a bug and crashes. */
  deliver(events: readonly StoreEvent[], revision: number): void {
    for (const watcher of this.#watchers) {
      if (!this.#watchers.includes(watcher)) continue;
      const concerns = (event: StoreEvent): boolean => keyOf(event).startsWith(watcher.prefix) && revisionOf(event) >= watcher.fromRevision;
      const concerned = events.every(concerns) ? events : events.filter(concerns);
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
    this.#watchers = [];
  }
}
