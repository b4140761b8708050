import { nameOf, type KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import type { ConfigMap, Secret } from '../api/types/core/v1.ts';
import { isReason } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client, ObjectRef } from '../client/client.ts';
import type { Informer } from '../client/informer/informer.ts';
import { createInformer } from '../client/informer/informer.ts';

interface Entry {
  readonly informer: Informer<KubeObject>;
  readonly stop: AbortController;
  readonly holders: Set<string>;
  /** The version that pods were last given; `''` for none. */
  seenVersion: string | undefined;
}

export interface ReferencedObjectsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** `watch`: each referenced object is watched, and pods that use it hear of changes. `get`: it is read when needed. */
  readonly mode: 'watch' | 'get';
  /** A pod should look again: something that it refers to has changed. */
  readonly onChange: (podUid: string) => void;
}

const keyOf = (type: ResourceType<KubeObject>, namespace: string, name: string | undefined): string => `${type.resource}/${namespace}/${name ?? ''}`;

/** The config maps and secrets that this node's pods refer to, and no others. */
export class ReferencedObjects {
  readonly #options: ReferencedObjectsOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: ReferencedObjectsOptions) {
    this.#options = options;
  }

  /** The object, or undefined when there is none. The pod is told of its changes from now on, until it is released. */
  async get<T extends KubeObject>(podUid: string, type: ResourceType<T>, namespace: string, name: string): Promise<T | undefined> {
    if (name === '') return undefined;
    const entry = this.#options.mode === 'watch' ? this.#hold(podUid, type, namespace, name) : undefined;
    const object = entry?.informer.hasSynced === true ? (entry.informer.lister.get(namespace, name) as T | undefined) : await this.read(type, { namespace, name });
    if (entry !== undefined) entry.seenVersion = object?.metadata.resourceVersion ?? '';
    return object;
  }

  /** All objects of a cluster-wide type; the pod is told of changes to any of them, until it is released. */
  async all<T extends KubeObject>(podUid: string, type: ResourceType<T>): Promise<readonly T[]> {
    const known = this.#entries.get(keyOf(type, '', undefined));
    if (known?.informer.hasSynced === true) {
      known.holders.add(podUid);
      return known.informer.lister.list() as readonly T[];
    }
    // A type that the API does not serve is refused here, and not watched.
    const { items } = await this.#options.client.list(type);
    if (this.#options.mode === 'watch') this.#hold(podUid, type, '', undefined).seenVersion = 'all';
    return items;
  }

  /** Asks for an object this once: of claims and volumes, nodes may read and not watch those of their pods. */
  async read<T extends KubeObject>(type: ResourceType<T>, where: ObjectRef): Promise<T | undefined> {
    try {
      return await this.#options.client.get(type, where);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      return undefined;
    }
  }

  /** The pod is gone: stops watching what it alone referred to. */
  release(podUid: string): void {
    for (const [key, entry] of this.#entries) {
      if (!entry.holders.delete(podUid) || entry.holders.size > 0) continue;
      entry.stop.abort();
      this.#entries.delete(key);
    }
  }

  stop(): void {
    for (const entry of this.#entries.values()) entry.stop.abort();
    this.#entries.clear();
  }

  /** Without a name: all objects of the type. */
  #hold<T extends KubeObject>(podUid: string, type: ResourceType<T>, namespace: string, name: string | undefined): Entry {
    const key = keyOf(type, namespace, name);
    const known = this.#entries.get(key);
    if (known !== undefined) {
      known.holders.add(podUid);
      return known;
    }
    const { client, clock, random, logger } = this.#options;
    const informer = createInformer(client, type, { ...(name !== undefined && { namespace, fieldSelector: `metadata.name=${name}` }), clock, random, logger });
    const entry: Entry = { informer: informer as unknown as Informer<KubeObject>, stop: new AbortController(), holders: new Set([podUid]), seenVersion: undefined };
    const changed = (version: string): void => {
      if (entry.seenVersion === undefined || entry.seenVersion === version) return;
      for (const holder of entry.holders) this.#options.onChange(holder);
    };
    const seen = (object: KubeObject): void => {
      changed(object.metadata.resourceVersion ?? '');
      // It will not change again (KEP-1412). Who deletes and makes it anew must make its pods anew.
      if (name !== undefined && (object as ConfigMap | Secret).immutable === true) entry.stop.abort();
    };
    informer.addHandler({
      add: (object) => { if (name === undefined || nameOf(object) === name) seen(object); },
      update: (_, object) => seen(object),
      delete: () => changed(''),
    });
    this.#entries.set(key, entry);
    informer.start(entry.stop.signal);
    return entry;
  }
}
