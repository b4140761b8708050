import type { Conversion } from '../api/conversions/conversion.ts';
import { conversionBetween } from '../api/conversions/conversion.ts';
import { sharedStorage, versionRules } from '../api/conversions/registry.ts';
import type { VersionRules } from '../api/conversions/version-rules.ts';
import type { ResourceDefinition } from '../api/groups/definition.ts';
import { definitionFor, definitionOf } from '../api/groups/registry.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { compareVersions } from '../api/custom-resources/version-order.ts';
import { apiVersionOf } from '../api/resource-type.ts';
import type { ResourceSchema } from '../api/schema/schema.ts';
import type { ResourceCache } from './cache/resource-cache.ts';
import type { WatchCache } from './cache/watch-cache.ts';
import type { CustomVersion } from './custom-resources/custom-version.ts';
import { deprecationOf } from './serving/deprecations.ts';

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
  /** Of custom resources alone: what is done otherwise than for built-in kinds. */
  readonly custom?: CustomVersion;
}

/** A served resource that is known to be stored. */
export interface StoredResource extends ServedResource {
  readonly storage: Storage;
  /**
   * The resource in the version that is stored: everything is written as that, by its rules. Every version of a custom
   * resource is its own home, for each has a schema of its own: it is converted on its way to the store and back.
   */
  readonly home: StoredResource;
}

export interface ServedResourcesOptions {
  /** Preferred version first inside its group. */
  readonly served: readonly ResourceSchema[];
  /**
   * Everything that could be served, in the same order: the first version of a resource is the one that is stored,
   * whether it is served or not. Default: what is served.
   */
  readonly known?: readonly ResourceSchema[];
  readonly cache: WatchCache;
  /** How versions differ, beside those of v1.36. */
  readonly moreRules?: Readonly<Record<string, VersionRules>>;
}

const keyOf = ({ group, version, resource }: { readonly group: string; readonly version: string; readonly resource: string }): string => `${group}/${version}/${resource}`;

/** The stored resource that a resource's objects belong to. */
const storageKey = (group: string, resource: string): string => {
  const shared = sharedStorage[`${group}/${resource}`];
  return shared === undefined ? `${group}/${resource}` : `${shared.group}/${shared.resource}`;
};

const isStored = ({ verbs }: ResourceSchema): boolean => verbs.includes('list') && verbs.includes('create');

/** A custom resource: its versions that are served, in the order of preference, and the one that is stored. */
export interface CustomServed {
  readonly versions: readonly StoredResource[];
  readonly home: StoredResource;
}

/**
 * What this server serves, by group, version and plural name. Built-in resources are there for good; custom ones come
 * and go, each as a whole: who looks twice may find something else.
 */
export class ServedResources {
  /** By plural name: few share one. */
  readonly #byName = new Map<string, ServedResource[]>();
  readonly #byKind = new Map<string, ServedResource>();
  /** By `group/resource`: the version that is stored, served or not. */
  readonly #homes = new Map<string, StoredResource>();
  /** What was asked for of them, by group and then by plural name. */
  readonly #asked = new Map<string, Map<string, StoredResource>>();
  readonly #storages = new Set<Storage>();
  readonly #groups = new Set<string>();
  readonly #options: ServedResourcesOptions;
  readonly #builtin: readonly ResourceSchema[];
  /** By `group/resource`. */
  readonly #custom = new Map<string, CustomServed>();
  #schemas: readonly ResourceSchema[] | undefined;

  constructor(options: ServedResourcesOptions) {
    this.#options = options;
    this.#builtin = options.served;
    for (const schema of options.served) {
      this.#groups.add(schema.group);
      this.#add(isStored(schema) ? this.#stored(schema) : { ...this.#described(schema), storage: undefined, conversion: undefined });
    }
  }

  #described(schema: ResourceSchema): Pick<ServedResource, 'schema' | 'definition' | 'apiVersion' | 'deprecation'> {
    const deprecation = deprecationOf(schema);
    return { schema, definition: definitionFor(schema), apiVersion: apiVersionOf(schema), ...(deprecation !== undefined && { deprecation }) };
  }

  /** One version of a stored resource; the version that is stored is opened with the first of them. */
  #stored(schema: ResourceSchema): StoredResource {
    const key = storageKey(schema.group, schema.resource);
    const home = this.#homes.get(key) ?? this.#open(key, schema);
    if (home.schema.group === schema.group && home.schema.version === schema.version) return home;
    const rulesKey = keyOf(schema);
    const conversion = conversionBetween(schema, home.schema, versionRules[rulesKey] ?? this.#options.moreRules?.[rulesKey]);
    const described = this.#described(schema);
    // An older name of a resource has its columns, too.
    const definition = schema.group === home.schema.group || definitionOf(schema.group, schema.resource) !== undefined ? described.definition : home.definition;
    return { ...described, definition, storage: home.storage, conversion, home };
  }

  #open(key: string, served: ResourceSchema): StoredResource {
    const { known = this.#options.served, cache } = this.#options;
    const schema = known.find((one) => `${one.group}/${one.resource}` === key) ?? served;
    const described = this.#described(schema);
    const { definition } = described;
    const resourceCache = cache.resource(schema.group, schema.resource);
    if (definition.selectableFields !== undefined) resourceCache.select((object) => definition.selectableFields!(object), definition.indexedFields ?? []);
    const storage: Storage = { group: schema.group, resource: schema.resource, schema, cache: resourceCache };
    this.#storages.add(storage);
    const home = { ...described, storage, conversion: undefined } as Omit<StoredResource, 'home'> & { home: StoredResource };
    home.home = home;
    this.#homes.set(key, home);
    return home;
  }

  #add(served: ServedResource): void {
    const { resource } = served.schema;
    this.#byKind.set(kindKey(served.schema), served);
    this.#byName.set(resource, [...(this.#byName.get(resource) ?? []), served]);
  }

  #remove(served: ServedResource): void {
    const { resource } = served.schema;
    const key = kindKey(served.schema);
    if (this.#byKind.get(key) === served) this.#byKind.delete(key);
    const left = (this.#byName.get(resource) ?? []).filter((other) => other !== served);
    if (left.length === 0) this.#byName.delete(resource);
    else this.#byName.set(resource, left);
  }

  /**
   * Serves a custom resource instead of what was served of it before, from one request to the next; undefined: no longer.
   * Answers false for the name of a built-in resource, which stays what it is.
   */
  setCustom(group: string, resource: string, custom: CustomServed | undefined): boolean {
    const key = `${group}/${resource}`;
    const before = this.#custom.get(key);
    this.#asked.clear();
    if (before === undefined && this.#homes.has(key)) return false;
    if (before !== undefined) {
      for (const served of before.versions) this.#remove(served);
      this.#storages.delete(before.home.storage);
      this.#homes.delete(key);
      this.#custom.delete(key);
    }
    if (custom !== undefined) {
      for (const served of custom.versions) this.#add(served);
      this.#storages.add(custom.home.storage);
      this.#homes.set(key, custom.home);
      this.#custom.set(key, custom);
    }
    this.#schemas = undefined;
    return true;
  }

  /**
   * Everything that is served, preferred versions first inside their group, custom resources after built-in ones by
   * group. The same array until something changes.
   */
  get schemas(): readonly ResourceSchema[] {
    if (this.#custom.size === 0) return this.#builtin;
    return (this.#schemas ??= [...this.#builtin, ...[...this.#custom.values()].flatMap(({ versions }) => versions.map(({ schema }) => schema)).sort(inDiscoveryOrder)]);
  }

  get storages(): Iterable<Storage> {
    return this.#storages;
  }

  find(group: string, version: string, resource: string): ServedResource | undefined {
    for (const served of this.#byName.get(resource) ?? []) if (served.schema.version === version && served.schema.group === group) return served;
    return undefined;
  }

  /** Everything of that plural name, in whatever group and version. */
  named(resource: string): readonly ServedResource[] {
    return this.#byName.get(resource) ?? [];
  }

  /** By what an object says of itself. */
  byKind(group: string, version: string, kind: string): ServedResource | undefined {
    return this.#byKind.get(kindKey({ group, version, kind }));
  }

  /** The stored kind of a resource, whatever version of it is named; undefined when no version of it is served. */
  storage(group: string, resource: string): Storage | undefined {
    return this.stored(group, resource)?.storage;
  }

  /** The resource in the version that is stored, though that may not be served itself. */
  stored(group: string, resource: string): StoredResource | undefined {
    const known = this.#asked.get(group)?.get(resource);
    if (known !== undefined) return known;
    const home = this.#homes.get(storageKey(group, resource));
    if (home === undefined) return undefined;
    let ofGroup = this.#asked.get(group);
    if (ofGroup === undefined) this.#asked.set(group, ofGroup = new Map<string, StoredResource>());
    ofGroup.set(resource, home);
    return home;
  }

  /** Whether built-in resources are served of the group. */
  hasGroup(group: string): boolean {
    return this.#groups.has(group);
  }
}

const kindKey = ({ group, version, kind }: { readonly group: string; readonly version: string; readonly kind: string }): string => `${group}/${version}/${kind}`;

const inDiscoveryOrder = (a: ResourceSchema, b: ResourceSchema): number => (a.group < b.group ? -1 : a.group > b.group ? 1 : compareVersions(a.version, b.version));
