import { createHash } from 'node:crypto';
import type { KubeObject } from '../../src/api/meta/object.ts';
import { bytesOf } from '../../src/store/store.ts';
import type { Store, StoreEvent } from '../../src/store/store.ts';

/** One committed write, decoded. */
export interface Change {
  readonly revision: number;
  /** Simulated milliseconds since the start. */
  readonly atMs: number;
  readonly key: string;
  /** As the store's keys have it: `core/pods`, `apps/deployments`. */
  readonly resource: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

const decoder = new TextDecoder();
const empty: ReadonlyMap<string, KubeObject> = new Map();
/** Certificates are made anew in each process, and say nothing about what happened. */
const certificates = /-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs;
const traceLimit = 40_000;

/**
 * Everything that was ever written, seen at the store itself, where no fault reaches: what stands there now, a hash over
 * all of it, and the last of it as text.
 */
export class History {
  readonly #now: () => number;
  readonly #hash = createHash('sha256');
  readonly #resources = new Map<string, Map<string, KubeObject>>();
  readonly #observers: ((change: Change) => void)[] = [];
  readonly #trace: string[] = [];
  /** What each revision wrote: key and uid. */
  readonly #written = new Map<number, { readonly key: string; readonly uid: string | undefined }>();
  #revision = 0;
  writes = 0;
  /** Told of every line that is remembered. */
  onNote: ((line: string) => void) | undefined;

  /** `nowMs`: simulated time since the start. */
  constructor(nowMs: () => number) {
    this.#now = nowMs;
  }

  async follow(store: Store, signal: AbortSignal): Promise<void> {
    this.#revision = store.revision;
    await store.watch('/', { signal }, (events) => { for (const event of events) this.#take(event); });
  }

  /** Called for every write but those of leases and events, in order, after it stands in `objects`. */
  observe(observer: (change: Change) => void): void {
    this.#observers.push(observer);
  }

  /** What stands in the store now of one resource, by key; of leases and events, nothing. */
  objects<T extends KubeObject>(resource: string): ReadonlyMap<string, T> {
    return (this.#resources.get(resource) ?? empty) as ReadonlyMap<string, T>;
  }

  get resources(): Iterable<readonly [string, ReadonlyMap<string, KubeObject>]> {
    return this.#resources;
  }

  get revision(): number {
    return this.#revision;
  }

  writtenAt(revision: number): { readonly key: string; readonly uid: string | undefined } | undefined {
    return this.#written.get(revision);
  }

  /** Of all writes so far. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Remembers a line of what happened, for whoever looks for the cause of a failure. */
  note(line: string): void {
    const text = `${stamp(this.#now())} ${line}`;
    this.#trace.push(text);
    this.onNote?.(text);
    if (this.#trace.length > traceLimit) this.#trace.splice(0, traceLimit / 2);
  }

  /** The last lines that are about the keys that the text names, and what went wrong meanwhile; or, when it names none, all of the last. */
  tail(lines: number, text = ''): readonly string[] {
    const names = [...text.matchAll(/\/registry\/([\w.\-/]+)/g)].map(([, key]) => key!.split('/').at(-1)!);
    const about = names.length === 0 ? this.#trace.filter((line) => !/update \/registry\/core\/nodes/.test(line)) : this.#trace.filter((line) => line.includes(' == ') || names.some((name) => line.includes(name)));
    return about.slice(-lines);
  }

  #take(event: StoreEvent): void {
    const [key, revision] = event.type === 'put' ? [event.entry.key, event.entry.modRevision] : [event.key, event.revision];
    const text = event.type === 'put' ? decoder.decode(bytesOf(event.entry.value)) : '';
    this.#hash.update(`${this.#now()} ${revision} ${key} ${text.replace(certificates, '')}\n`);
    this.writes++;
    if (revision !== this.#revision + 1) throw new Error(`revision ${revision} follows ${this.#revision}`);
    this.#revision = revision;
    const resource = key.split('/', 4).slice(2).join('/');
    // Most writes are signs of life and events: nobody looks into them.
    if (!isTelling(resource)) return;
    let objects = this.#resources.get(resource);
    if (objects === undefined) this.#resources.set(resource, objects = new Map());
    const before = objects.get(key);
    const after = event.type === 'put' ? decode(text, revision) : undefined;
    if (after === undefined) objects.delete(key);
    else objects.set(key, after);
    this.#written.set(revision, { key, uid: (after ?? before)?.metadata.uid });
    const change: Change = { revision, atMs: this.#now(), key, resource, before, after };
    this.note(`#${revision} ${before === undefined ? 'create' : after === undefined ? 'delete' : 'update'} ${key} ${summary(after ?? before)}`);
    for (const observer of this.#observers) observer(change);
  }
}

const stamp = (ms: number): string => `${(ms / 1000).toFixed(3).padStart(10)}s`;
export const isTelling = (resource: string): boolean => resource !== 'coordination.k8s.io/leases' && !resource.endsWith('events');

function decode(text: string, revision: number): KubeObject {
  const object = JSON.parse(text) as KubeObject;
  object.metadata.resourceVersion = String(revision);
  return object;
}

interface Summarized extends KubeObject {
  readonly spec?: { readonly replicas?: number; readonly nodeName?: string };
  readonly status?: { readonly phase?: string; readonly replicas?: number; readonly readyReplicas?: number; readonly availableReplicas?: number; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

function summary(object: KubeObject | undefined): string {
  if (object === undefined) return '';
  const { metadata, spec, status } = object as Summarized;
  const parts: string[] = [];
  if (metadata.deletionTimestamp !== undefined) parts.push('deleting');
  if (metadata.finalizers !== undefined && metadata.finalizers.length > 0) parts.push(`finalizers=${metadata.finalizers.join()}`);
  if (spec?.replicas !== undefined) parts.push(`want=${spec.replicas}`);
  if (spec?.nodeName !== undefined) parts.push(`node=${spec.nodeName}`);
  if (status?.phase !== undefined) parts.push(status.phase);
  if (status?.replicas !== undefined) parts.push(`have=${status.replicas}/${status.readyReplicas ?? 0}/${status.availableReplicas ?? 0}`);
  const met = (Array.isArray(status?.conditions) ? status.conditions : []).filter((condition) => condition.status === 'True').map(({ type }) => type);
  if (met.length > 0) parts.push(met.join('+'));
  return parts.join(' ');
}
