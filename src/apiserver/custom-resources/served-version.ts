import type { CompiledVersion } from '../../api/custom-resources/compiled.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { CachedObject } from '../cache/cached-object.ts';
import type { CustomVersion } from './custom-version.ts';
import { decodeCustom } from './decode.ts';
import type { DefinitionFacts, VersionFacts } from './facts.ts';

/** What all versions of a definition share. */
export interface VersionHost {
  readonly facts: DefinitionFacts;
  readonly storedApiVersion: string;
  /** Undefined when it is compiled. */
  ready(): Promise<void> | undefined;
  /** Throws when it is not compiled. */
  version(name: string): CompiledVersion;
  isClean(object: CachedObject): boolean;
  written(object: CachedObject): void;
  decodeStored(object: CachedObject): KubeObject;
  convert(objects: readonly KubeObject[], apiVersion: string): readonly KubeObject[] | Promise<readonly KubeObject[]>;
  convertNow: CustomVersion['convertNow'];
  converting: CustomVersion['converting'];
}

const encoder = new TextEncoder();

/** One version of a definition: its view of what is stored, and the way back. */
export class ServedVersion implements CustomVersion {
  readonly replicasPath: readonly string[] | undefined;
  readonly #definition: VersionHost;
  readonly #name: string;
  readonly #apiVersion: string;
  /** What an object of this version begins with in the store. */
  readonly #head: Uint8Array;
  /** What is shown otherwise than it is stored, for as long as it stands there. */
  readonly #shown = new WeakMap<CachedObject, CachedObject>();

  constructor(definition: VersionHost, { name, scale }: VersionFacts) {
    const { group, names } = definition.facts;
    this.#definition = definition;
    this.#name = name;
    this.#apiVersion = `${group}/${name}`;
    this.#head = encoder.encode(`{"kind":"${names.kind}","apiVersion":"${this.#apiVersion}",`);
    this.replicasPath = scale?.split('.').map((part) => `f:${part}`);
  }

  get terminating(): boolean {
    return this.#definition.facts.terminating;
  }

  ready(): Promise<void> | undefined {
    return this.#definition.ready();
  }

  decode(...[body, context]: Parameters<CustomVersion['decode']>): KubeObject {
    const { group, names } = this.#definition.facts;
    return decodeCustom(body, { group, version: this.#name, kind: names.kind, compiled: this.#definition.version(this.#name) }, context);
  }

  view(object: CachedObject): CachedObject | Promise<CachedObject> {
    const known = this.#known(object);
    if (known !== undefined) return known;
    const all = this.viewAll([object]);
    return all instanceof Promise ? all.then(([shown]) => shown!) : all[0]!;
  }

  viewAll(objects: readonly CachedObject[]): readonly CachedObject[] | Promise<readonly CachedObject[]> {
    const strange = objects.filter((object) => this.#known(object) === undefined);
    if (strange.length === 0) return this.#shownOf(objects);
    const waiting = this.ready();
    if (waiting !== undefined) return waiting.then(() => this.viewAll(objects));
    const decoded = strange.map((object) => this.#definition.decodeStored(object));
    const remember = (converted: readonly KubeObject[]): readonly CachedObject[] => {
      strange.forEach((object, i) => this.#shown.set(object, this.#cached(object, converted[i]!)));
      return this.#shownOf(objects);
    };
    const converting = this.#definition.convert(decoded, this.#apiVersion);
    return converting instanceof Promise ? converting.then(remember) : remember(converting);
  }

  #shownOf(objects: readonly CachedObject[]): readonly CachedObject[] {
    return objects.map((object) => this.#known(object)!);
  }

  #known(object: CachedObject): CachedObject | undefined {
    if (this.#definition.isClean(object) && startsWith(object.bytes, this.#head)) return object;
    return this.#shown.get(object);
  }

  /** The stored bytes themselves where nothing came of pruning and defaulting them. */
  #cached(object: CachedObject, converted: KubeObject): CachedObject {
    const shown = CachedObject.fromObject(object.key, converted, object.revision);
    return shown.bytes.length === object.bytes.length && startsWith(shown.bytes, object.bytes) ? object : shown;
  }

  toStored(object: KubeObject): KubeObject | Promise<KubeObject> {
    if (this.#apiVersion === this.#definition.storedApiVersion) return object;
    const converted = this.#definition.convert([object], this.#definition.storedApiVersion);
    // Upstream leaves this to whoever reads; done here, what is written may be shown as it is.
    const withDefaults = (stored: KubeObject): KubeObject => {
      this.#definition.version(this.#definition.facts.storageVersion).definition.applyDefaults?.(stored);
      return stored;
    };
    return converted instanceof Promise ? converted.then(([stored]) => withDefaults(stored!)) : withDefaults(converted[0]!);
  }

  written(object: CachedObject): void {
    this.#definition.written(object);
  }

  convertNow(object: KubeObject, apiVersion: string): KubeObject | undefined {
    return this.#definition.convertNow(object, apiVersion);
  }

  converting<T>(work: () => T): T | Promise<T> {
    return this.#definition.converting(work);
  }
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  if (bytes.length < head.length) return false;
  for (let i = 0; i < head.length; i++) if (bytes[i] !== head[i]) return false;
  return true;
}
