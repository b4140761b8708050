import { parseExactly } from '../../api/codec/exact-integers.ts';
import type { CompiledDefinition, CompiledVersion } from '../../api/custom-resources/compiled.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceDefinition } from '../../api/groups/definition.ts';
import type { ResourceSchema } from '../../api/schema/schema.ts';
import { ApiError, internalError } from '../../api/status.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import type { Logger } from '../../base/logger.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { ResourceCache } from '../cache/resource-cache.ts';
import type { CustomServed, Storage, StoredResource } from '../served-resources.ts';
import { ConversionNeeded } from './custom-version.ts';
import { describeVersion } from './descriptor.ts';
import type { DefinitionFacts, VersionFacts } from './facts.ts';
import type { VersionHost } from './served-version.ts';
import { ServedVersion } from './served-version.ts';
import type { ConverterParts } from './webhook-converter.ts';
import { convertByWebhook } from './webhook-converter.ts';

export interface DefinitionParts extends ConverterParts {
  readonly cache: ResourceCache;
  readonly logger: Logger;
  /** The definition as it stands, frozen; undefined once it is gone. */
  definition(): CustomResourceDefinition | undefined;
  compile(definition: CustomResourceDefinition): Promise<CompiledDefinition>;
}

/** How often work that compares versions is run again for conversions that it turned out to need. */
const maxConversions = 100;
const decoder = new TextDecoder();

/**
 * One CustomResourceDefinition as it stood from one change of its spec to the next, served in all its versions. It is
 * compiled when objects are first read in a way that needs the schema, or written.
 */
export class ServedDefinition implements VersionHost {
  readonly facts: DefinitionFacts;
  readonly served: CustomServed;
  readonly #parts: DefinitionParts;
  /** What was written after this revision was pruned and defaulted by this very schema. */
  readonly #cleanAfter: number;
  /** What was written later all the same by a request that went by an earlier schema. */
  #unclean: WeakSet<CachedObject> | undefined;
  /** What is served instead of this one. */
  #successor: ServedDefinition | undefined;
  #compiled: CompiledDefinition | undefined;
  #compiling: Promise<void> | undefined;
  #converted: Map<string, KubeObject> | undefined;

  /** `before`: the same definition with another status, whose work is gone on with. */
  constructor(parts: DefinitionParts, facts: DefinitionFacts, before?: ServedDefinition) {
    this.#parts = parts;
    this.facts = facts;
    this.#cleanAfter = before === undefined ? facts.revision : before.#cleanAfter;
    this.#compiled = before === undefined ? undefined : before.#compiled;
    this.#unclean = before === undefined ? undefined : before.#unclean;
    const storage: Storage = { group: facts.group, resource: facts.names.plural, schema: this.#describe(this.#factsOf(facts.storageVersion)), cache: parts.cache };
    const versions = facts.versions.map((version) => this.#serve(version, storage));
    const home = versions.find(({ schema }) => schema.version === facts.storageVersion)!;
    this.served = { versions: versions.filter((_, i) => facts.versions[i]!.served), home };
  }

  #factsOf(name: string): VersionFacts {
    return this.facts.versions.find((version) => version.name === name)!;
  }

  #describe(version: VersionFacts): ResourceSchema {
    return describeVersion(this.facts, version, { schemaOf: () => this.version(version.name).resource.schema, definition: () => this.#parts.definition() });
  }

  #serve(version: VersionFacts, storage: Storage): StoredResource {
    const { facts } = this;
    const definition = (): ResourceDefinition<KubeObject> => this.version(version.name).definition;
    const schema = version.name === facts.storageVersion ? storage.schema : this.#describe(version);
    const served: StoredResource = {
      schema, storage, conversion: undefined, apiVersion: `${facts.group}/${version.name}`, custom: new ServedVersion(this, version),
      ...(version.deprecation !== undefined && { deprecation: version.deprecation }),
      get definition(): ResourceDefinition<KubeObject> { return definition(); },
      get home(): StoredResource { return served; },
    };
    return served;
  }

  /** Undefined when it is compiled. Rejects with InternalError when it cannot be. */
  ready(): Promise<void> | undefined {
    if (this.#compiled !== undefined) return undefined;
    return (this.#compiling ??= this.#compile().finally(() => { this.#compiling = undefined; }));
  }

  async #compile(): Promise<void> {
    const definition = this.#parts.definition();
    if (definition === undefined || definition.metadata.uid !== this.facts.uid) throw new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });
    try {
      this.#compiled = await this.#parts.compile(definition);
    } catch (error) {
      this.#parts.logger.error('a custom resource definition cannot be served', { definition: this.facts.name, error });
      throw internalError(new Error('error resolving resource', { cause: error }));
    }
  }

  /** Throws when it is not compiled, or has no such version. */
  version(name: string): CompiledVersion {
    const version = this.#compiled?.versions.find((one) => one.name === name);
    if (version === undefined) throw new Error(`version ${name} of ${this.facts.name} is used before it is compiled`);
    return version;
  }

  #versionOf(apiVersion: string): CompiledVersion | undefined {
    const slash = apiVersion.lastIndexOf('/');
    return apiVersion.slice(0, slash) === this.facts.group ? this.#compiled?.versions.find(({ name }) => name === apiVersion.slice(slash + 1)) : undefined;
  }

  get storedApiVersion(): string {
    return `${this.facts.group}/${this.facts.storageVersion}`;
  }

  get #byWebhook(): boolean {
    return this.facts.conversion?.strategy === 'Webhook' && this.facts.conversion.webhook !== undefined;
  }

  /** Was this written under this very schema? */
  isClean(object: CachedObject): boolean {
    return object.revision > this.#cleanAfter && this.#unclean?.has(object) !== true;
  }

  /** Another definition is served from now on. Requests that have begun go on with this one. */
  replaceBy(successor: ServedDefinition): void {
    this.#successor = successor;
  }

  /** Told of what was written by this schema. */
  written(object: CachedObject): void {
    let latest: ServedDefinition | undefined;
    for (let next = this.#successor; next !== undefined; next = next.#successor) latest = next;
    if (latest !== undefined) (latest.#unclean ??= new WeakSet()).add(object);
  }

  /** What the store holds, as the version says that it was written in: pruned and defaulted. The caller owns it. */
  decodeStored(object: CachedObject): KubeObject {
    const decoded = parseExactly(decoder.decode(object.bytes)) as KubeObject;
    const version = this.#versionOf(decoded.apiVersion ?? '');
    if (version === undefined) throw new ApiError('', `request to convert CR from an invalid group/version: ${decoded.apiVersion ?? ''}`);
    version.prune(decoded, { dropInvalid: true });
    version.definition.applyDefaults?.(decoded);
    return decoded;
  }

  /** Objects of any version in another. They stay as they are; the answer is the caller's, but for what was of the version already. */
  convert(objects: readonly KubeObject[], apiVersion: string): readonly KubeObject[] | Promise<readonly KubeObject[]> {
    const foreign = objects.filter((object) => object.apiVersion !== apiVersion);
    if (foreign.length === 0) return objects;
    const target = this.#versionOf(apiVersion)!;
    for (const { apiVersion: from = '' } of foreign) if (this.#versionOf(from) === undefined) throw new ApiError('', `request to convert CR from an invalid group/version: ${from}`);
    const place = (converted: readonly KubeObject[]): readonly KubeObject[] => {
      let next = 0;
      return objects.map((object) => {
        if (object.apiVersion === apiVersion) return object;
        const result = converted[next++]!;
        target.prune(result);
        return result;
      });
    };
    if (!this.#byWebhook) return place(foreign.map((object) => ({ ...structuredClone(object), apiVersion })));
    return convertByWebhook(this.#parts, { definition: this.facts.name, webhook: this.facts.conversion!.webhook! }, foreign, apiVersion).then(place);
  }

  /** See CustomVersion. */
  convertNow(object: KubeObject, apiVersion: string): KubeObject | undefined {
    if (object.apiVersion === apiVersion) return object;
    if (this.#versionOf(apiVersion) === undefined) return undefined;
    const key = this.#byWebhook ? `${apiVersion} ${JSON.stringify(object)}` : '';
    const known = this.#converted?.get(key);
    if (known !== undefined) return known;
    if (this.#byWebhook) throw new ConversionNeeded(key, object, apiVersion);
    return (this.convert([object], apiVersion) as readonly KubeObject[])[0];
  }

  /** See CustomVersion. */
  converting<T>(work: () => T): T | Promise<T> {
    const converted = new Map<string, KubeObject>();
    const attempt = (): T => {
      this.#converted = converted;
      try {
        return work();
      } finally {
        this.#converted = undefined;
      }
    };
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof ConversionNeeded)) throw error;
      return this.#convertThenTry(error, converted, attempt);
    }
  }

  async #convertThenTry<T>(first: ConversionNeeded, converted: Map<string, KubeObject>, attempt: () => T): Promise<T> {
    let needed = first;
    for (let i = 0; i < maxConversions; i++) {
      const [result] = await this.convert([needed.object], needed.apiVersion);
      converted.set(needed.key, result!);
      try {
        return attempt();
      } catch (error) {
        if (!(error instanceof ConversionNeeded)) throw error;
        needed = error;
      }
    }
    throw new ApiError('', `more than ${maxConversions} conversions of one object`);
  }
}
