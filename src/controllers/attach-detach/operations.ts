import type { Attachable } from './attachable.ts';

const firstBackoffMs = 500;
const maxBackoffMs = 122_000;
/** So long the driver has; csi's default. */
const timeoutMs = 120_000;
/** What the driver said of an earlier attempt is believed only after this: it may be about to say more. */
const settleMs = 500;

export interface Operation {
  readonly kind: 'attach' | 'detach';
  readonly name: string;
  readonly node: string;
  readonly attachable: Attachable | undefined;
  readonly startedMs: number;
  /** The request stands in the API; until then only `error` may be looked at. */
  requested: boolean;
  /** Why the request could not be made. */
  error: string | undefined;
}

interface Backoff { readonly name: string; readonly node: string; readonly failedMs: number; readonly delayMs: number }

/** What is under way, at most one for a volume (or for a volume on a node, where several may have it), and what failed lately. */
export class Operations {
  readonly #running = new Map<string, Operation>();
  readonly #backoffs = new Map<string, Backoff>();

  get running(): Operation[] { return [...this.#running.values()]; }

  /** `shared`: volumes that several nodes may have at once. */
  static key(name: string, node: string, shared: boolean): string {
    return shared ? `${name} ${node}` : name;
  }

  isRunning(name: string, node: string): boolean {
    return this.#running.has(Operations.key(name, node, false)) || this.#running.has(Operations.key(name, node, true));
  }

  /** May it be tried (again) now? */
  mayStart(key: string, nowMs: number): boolean {
    const backoff = this.#backoffs.get(key);
    return !this.#running.has(key) && (backoff === undefined || nowMs >= backoff.failedMs + backoff.delayMs);
  }

  start(key: string, operation: Operation): void {
    this.#running.set(key, operation);
  }

  succeed(operation: Operation): void {
    const key = this.#keyOf(operation);
    this.#running.delete(key);
    this.#backoffs.delete(key);
  }

  fail(operation: Operation, nowMs: number): void {
    const key = this.#keyOf(operation);
    this.#running.delete(key);
    const before = this.#backoffs.get(key);
    this.#backoffs.set(key, { name: operation.name, node: operation.node, failedMs: nowMs, delayMs: before === undefined ? firstBackoffMs : Math.min(maxBackoffMs, before.delayMs * 2) });
  }

  /** Forgets failures of what nobody wants any more. */
  forget(isWanted: (name: string, node: string) => boolean): void {
    for (const [key, { name, node }] of this.#backoffs) if (!this.#running.has(key) && !isWanted(name, node)) this.#backoffs.delete(key);
  }

  #keyOf({ name, node }: Operation): string {
    return [Operations.key(name, node, false), Operations.key(name, node, true)].find((key) => this.#running.get(key)?.node === node) ?? name;
  }

  static isSettled = ({ startedMs }: Operation, nowMs: number): boolean => nowMs >= startedMs + settleMs;
  static isLate = ({ startedMs }: Operation, nowMs: number): boolean => nowMs >= startedMs + timeoutMs;

  /** The next time after `nowMs` at which something may be decided though nothing happens. */
  nextMs(nowMs: number): number | undefined {
    const times = [
      ...this.running.flatMap(({ startedMs }) => [startedMs + settleMs, startedMs + timeoutMs]),
      ...[...this.#backoffs.values()].map(({ failedMs, delayMs }) => failedMs + delayMs),
    ].filter((ms) => ms > nowMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }
}
