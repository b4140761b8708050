import type { ResourceDefinition } from '../api/groups/definition.ts';
import { definitionFor } from '../api/groups/registry.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { apiVersionOf } from '../api/resource-type.ts';
import type { ResourceSchema } from '../api/schema/schema.ts';
import type { ResourceCache } from './cache/resource-cache.ts';
import type { WatchCache } from './cache/watch-cache.ts';
import type { Conversion } from './conversion.ts';
import { conversionBetween } from './conversion.ts';

/** One kind of object as it is stored, whatever versions of it are served. */
export interface Storage {
  readonly group: string;
  readonly resource: string;
  /** The version that is stored. */
  readonly schema: ResourceSchema;
  readonly cache: ResourceCache;
}

/** One resource in one version, as clients see it. */
export interface ServedResource {
  readonly schema: ResourceSchema;
  /** Its columns are shown; the rules for writing are those of the stored version (see `home`). */
  readonly definition: ResourceDefinition<KubeObject>;
  /** Undefined where nothing is stored: reviews, bindings, component statuses. */
  readonly storage: Storage | undefined;
  /** Between this version and the stored one; undefined when they are the same. */
  readonly conversion: Conversion | undefined;
  readonly apiVersion: string;
  /** Told to whoever uses it. */
  readonly deprecation?: string;
}

/** What upstream warns of, by group, version and resource. */
const deprecations: Readonly<Record<string, string>> = {
  '/v1/componentstatuses': 'v1 ComponentStatus is deprecated in v1.19+',
  '/v1/endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
};

/** A served resource that is known to be stored. */
export interface StoredResource extends ServedResource {
  readonly storage: Storage;
  /** The resource in the version that is stored: everything is written as that, by its rules. */
  readonly home: StoredResource;
}

/** Resources of two groups that are one and the same in the store: the older name is the stored one. */
const sharedStorage: Readonly<Record<string, { readonly group: string; readonly resource: string }>> = {
  'events.k8s.io/events': { group: '', resource: 'events' },
};

/** What this server serves, by group, version and plural name. */
export class ServedResources {
  readonly #served = new Map<string, ServedResource>();
  /** By plural name: few share one. */
  readonly #byName = new Map<string, ServedResource[]>();
  readonly #storages = new Map<string, Storage>();
  readonly #groupVersions = new Set<string>();
  readonly #groups = new Set<string>();

  /** `schemas`: preferred version first inside its group; that one is stored. */
  constructor(schemas: readonly ResourceSchema[], cache: WatchCache) {
    const homes = new Map<Storage, StoredResource>();
    // Homes first, so that others can point at them.
    const isShared = (schema: ResourceSchema): boolean => `${schema.group}/${schema.resource}` in sharedStorage;
    for (const schema of [...schemas].sort((a, b) => Number(isShared(a)) - Number(isShared(b)))) {
      this.#groups.add(schema.group);
      this.#groupVersions.add(`${schema.group}/${schema.version}`);
      const definition = definitionFor(schema);
      const apiVersion = apiVersionOf(schema);
      const key = `${schema.group}/${schema.version}/${schema.resource}`;
      const deprecated = deprecations[key] === undefined ? {} : { deprecation: deprecations[key] };
      if (!schema.verbs.includes('list') || !schema.verbs.includes('create')) {
        this.#add(key, { schema, definition, storage: undefined, conversion: undefined, apiVersion, ...deprecated });
        continue;
      }
      const storage = this.storage(schema.group, schema.resource) ?? this.#open(schema, definition, cache);
      const home = homes.get(storage);
      const conversion = conversionBetween(schema, storage.schema);
      const served: Omit<StoredResource, 'home'> & { home?: StoredResource } = { schema, definition, storage, conversion, apiVersion, ...deprecated };
      const complete = served as StoredResource & { home: StoredResource };
      complete.home = home ?? complete;
      if (home === undefined) homes.set(storage, complete);
      this.#add(key, complete);
    }
  }

  #add(key: string, served: ServedResource): void {
    this.#served.set(key, served);
    const { resource } = served.schema;
    this.#byName.set(resource, [...(this.#byName.get(resource) ?? []), served]);
  }

  #open(home: ResourceSchema, definition: ResourceDefinition<KubeObject>, cache: WatchCache): Storage {
    const resourceCache = cache.resource(home.group, home.resource);
    if (definition.selectableFields !== undefined) resourceCache.fieldsOf = (object) => definition.selectableFields!(object);
    const storage: Storage = { group: home.group, resource: home.resource, schema: home, cache: resourceCache };
    this.#storages.set(`${home.group}/${home.resource}`, storage);
    return storage;
  }

  get storages(): Iterable<Storage> {
    return this.#storages.values();
  }

  find(group: string, version: string, resource: string): ServedResource | undefined {
    for (const served of this.#byName.get(resource) ?? []) if (served.schema.version === version && served.schema.group === group) return served;
    return undefined;
  }

  /** By what an object says of itself. */
  byKind(group: string, version: string, kind: string): ServedResource | undefined {
    for (const served of this.#served.values()) if (served.schema.kind === kind && served.schema.group === group && served.schema.version === version) return served;
    return undefined;
  }

  /** The stored kind of a resource, whatever version of it is named. */
  storage(group: string, resource: string): Storage | undefined {
    const shared = sharedStorage[`${group}/${resource}`];
    return this.#storages.get(shared === undefined ? `${group}/${resource}` : `${shared.group}/${shared.resource}`);
  }

  /** The resource in the version that is stored. */
  stored(group: string, resource: string): StoredResource | undefined {
    const storage = this.storage(group, resource);
    return storage === undefined ? undefined : (this.find(storage.group, storage.schema.version, storage.resource) as StoredResource);
  }

  hasGroup(group: string): boolean {
    return this.#groups.has(group);
  }

  hasGroupVersion(group: string, version: string): boolean {
    return this.#groupVersions.has(`${group}/${version}`);
  }
}
