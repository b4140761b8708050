import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import { alreadyExistsError, conflictError, notFoundError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Client, WatchEvent } from '../../client/client.ts';

type Listener = (event: WatchEvent<KubeObject>) => void;

/** As much of an API as a kubelet asks for, for its tests: objects in memory, watches, graceful deletion of pods. */
export class FakeApi {
  readonly objects = new Map<string, KubeObject>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Every write, as `verb resource/name subresource`. */
  readonly writes: string[] = [];
  #version = 1;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  readonly client: Client = {
    get: async (type, ref) => this.#find(type, ref) as never,
    list: async (type, scope, options) => ({ items: this.#select(type, scope?.namespace, options?.fieldSelector) as never, resourceVersion: String(this.#version), continue: undefined, remainingItemCount: undefined }),
    watch: (type, scope, options) => this.#watch(type, scope?.namespace, options.fieldSelector, options.signal) as never,
    create: async (type, object) => this.create(type, object),
    update: async (type, object) => {
      const old = this.#find(type, { namespace: object.metadata.namespace, name: object.metadata.name! });
      if (object.metadata.resourceVersion !== undefined && object.metadata.resourceVersion !== old.metadata.resourceVersion) throw conflictError(type, object.metadata.name!, 'the object has been modified');
      this.writes.push(`update ${type.resource}/${object.metadata.name!}`);
      return this.#store(type, structuredClone(object), 'MODIFIED') as never;
    },
    patch: async (type, ref, patch, options) => {
      const old = this.#find(type, ref);
      if (patch.type !== 'strategic') throw new Error('not supported: patches of this type in tests');
      const schema = builtinSchema.resources.find((resource) => resource.resource === type.resource && resource.group === type.group && resource.version === type.version)!.schema;
      const next = applyStrategicMergePatch(structuredClone(old), structuredClone(patch.value), schema) as KubeObject;
      if (next.metadata.uid !== old.metadata.uid) throw conflictError(type, ref.name, 'Precondition failed: UID in precondition');
      this.writes.push(`patch ${type.resource}/${ref.name}${options?.subresource === undefined ? '' : ` ${options.subresource}`}`);
      return this.#store(type, next, 'MODIFIED') as never;
    },
    delete: async (type, ref, options) => {
      const old = this.#find(type, ref);
      if (options?.preconditions?.uid !== undefined && options.preconditions.uid !== old.metadata.uid) throw conflictError(type, ref.name, 'Precondition failed: UID in precondition');
      this.writes.push(`delete ${type.resource}/${ref.name}`);
      const phase = (old as { status?: { phase?: string } }).status?.phase;
      const seconds = type.resource === 'pods' && phase !== 'Succeeded' && phase !== 'Failed' ? options?.gracePeriodSeconds ?? (old as { spec?: { terminationGracePeriodSeconds?: number } }).spec?.terminationGracePeriodSeconds ?? 30 : 0;
      if (seconds > 0) {
        const deletionTimestamp = old.metadata.deletionTimestamp ?? formatTime(this.#clock.now() + seconds * 1000);
        return this.#store(type, { ...structuredClone(old), metadata: { ...old.metadata, deletionTimestamp, deletionGracePeriodSeconds: seconds } }, 'MODIFIED') as never;
      }
      this.objects.delete(keyOf(type, ref.namespace, ref.name));
      this.#emit(type, { type: 'DELETED', object: { ...old, metadata: { ...old.metadata, resourceVersion: String(++this.#version) } } });
      return old as never;
    },
    deleteCollection: async () => { throw new Error('not supported in tests'); },
    createSubresource: async (_type, ref, subresource) => ({
      apiVersion: 'v1', kind: 'TokenRequest', metadata: {},
      status: { token: `${subresource} of ${ref.name} at ${this.#clock.now()}`, expirationTimestamp: formatTime(this.#clock.now() + 3_600_000) },
    }) as never,
    getSubresource: async () => { throw new Error('not supported in tests'); },
    raw: async () => { throw new Error('not supported in tests'); },
  };

  create<T extends KubeObject>(type: ResourceType<T>, object: T): T {
    const { namespace, name } = object.metadata;
    if (this.objects.has(keyOf(type, namespace, name!))) throw alreadyExistsError(type, name!);
    this.writes.push(`create ${type.resource}/${name!}`);
    const metadata = { ...object.metadata, uid: this.#random.uuid(), generation: 1, creationTimestamp: formatTime(this.#clock.now()) };
    return this.#store(type, { ...structuredClone(object), metadata }, 'ADDED') as T;
  }

  /** Changes an object behind everyone's back, as another client would. */
  change<T extends KubeObject>(type: ResourceType<T>, ref: { namespace?: string; name: string }, edit: (object: T) => void): T {
    const next = structuredClone(this.#find(type, ref)) as T;
    edit(next);
    return this.#store(type, next, 'MODIFIED') as T;
  }

  read<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): T | undefined {
    return this.objects.get(keyOf(type, namespace, name)) as T | undefined;
  }

  list<T extends KubeObject>(type: ResourceType<T>): T[] {
    return this.#select(type, undefined, undefined) as T[];
  }

  #find(type: ResourceType<KubeObject>, ref: { readonly namespace?: string | undefined; readonly name: string }): KubeObject {
    const object = this.objects.get(keyOf(type, ref.namespace, ref.name));
    if (object === undefined) throw notFoundError(type, ref.name);
    return object;
  }

  #store(type: ResourceType<KubeObject>, object: KubeObject, event: 'ADDED' | 'MODIFIED'): KubeObject {
    const stored: KubeObject = JSON.parse(JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } })) as KubeObject;
    this.objects.set(keyOf(type, stored.metadata.namespace, stored.metadata.name!), stored);
    this.#emit(type, { type: event, object: stored });
    return stored;
  }

  #emit(type: ResourceType<KubeObject>, event: WatchEvent<KubeObject>): void {
    for (const listener of this.#listeners.get(type.resource) ?? []) listener(event);
  }

  #select(type: ResourceType<KubeObject>, namespace: string | undefined, fieldSelector: string | undefined): KubeObject[] {
    return [...this.objects].filter(([key, object]) => key.startsWith(`${type.group}/${type.resource}/`) && matches(object, namespace, fieldSelector)).map(([, object]) => object);
  }

  async *#watch(type: ResourceType<KubeObject>, namespace: string | undefined, fieldSelector: string | undefined, signal: AbortSignal): AsyncIterable<WatchEvent<KubeObject>> {
    const queue: WatchEvent<KubeObject>[] = [];
    let wake: (() => void) | undefined;
    const listener: Listener = (event) => {
      if (!matches(event.object, namespace, fieldSelector)) return;
      queue.push(event);
      wake?.();
    };
    const listeners = this.#listeners.get(type.resource) ?? new Set();
    this.#listeners.set(type.resource, listeners.add(listener));
    signal.addEventListener('abort', () => wake?.(), { once: true });
    try {
      while (!signal.aborted) {
        const event = queue.shift();
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => { wake = resolve; });
      }
    } finally {
      listeners.delete(listener);
    }
  }
}

function keyOf(type: ResourceType<KubeObject>, namespace: string | undefined, name: string): string {
  return `${type.group}/${type.resource}/${namespace ?? ''}/${name}`;
}

function matches(object: KubeObject, namespace: string | undefined, fieldSelector: string | undefined): boolean {
  if (namespace !== undefined && namespace !== '' && object.metadata.namespace !== namespace) return false;
  if (fieldSelector === undefined) return true;
  const [path, value] = fieldSelector.split('=');
  const actual = path === 'spec.nodeName' ? (object as { spec?: { nodeName?: string } }).spec?.nodeName : object.metadata.name;
  return actual === value;
}
