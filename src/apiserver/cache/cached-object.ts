import type { KubeObject } from '../../api/meta/object.ts';
import { decodeFull, spliceResourceVersion } from '../../api/codec/stored.ts';
import { deepFreeze } from './freeze.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Selectable fields of an object beside metadata.name and metadata.namespace. */
export type FieldsOf = (object: KubeObject) => Readonly<Record<string, string>>;

const noLabels: Readonly<Record<string, string>> = Object.freeze({});

/**
 * One object at one revision, as its complete JSON bytes. Decoding happens on demand; the decoded form is shared,
 * deeply frozen and held weakly, so that what no one looks at costs its bytes alone.
 */
export class CachedObject {
  /** Inside the resource: `namespace/name`, or `name`. */
  readonly key: string;
  readonly revision: number;
  /** Complete JSON, with resourceVersion, without a newline. Never changed. */
  readonly bytes: Uint8Array;
  readonly #fieldsOf: FieldsOf | undefined;
  #decoded: WeakRef<KubeObject> | undefined;
  #labels: Readonly<Record<string, string>> | undefined;
  #fields: Readonly<Record<string, string>> | undefined;

  constructor(options: { key: string; revision: number; bytes: Uint8Array; fieldsOf: FieldsOf | undefined }) {
    this.key = options.key;
    this.revision = options.revision;
    this.bytes = options.bytes;
    this.#fieldsOf = options.fieldsOf;
  }

  /** From a stored value, which has no resourceVersion. */
  static fromStored(key: string, value: Uint8Array, revision: number, fieldsOf: FieldsOf | undefined): CachedObject {
    return new CachedObject({ key, revision, bytes: spliceResourceVersion(value, revision), fieldsOf });
  }

  /** Of an object that is not in the store, e.g. the outcome of a dry run. The object is frozen. */
  static fromObject(key: string, object: KubeObject, revision: number, fieldsOf?: FieldsOf): CachedObject {
    const cached = new CachedObject({ key, revision, bytes: encoder.encode(JSON.stringify(object)), fieldsOf });
    cached.#decoded = new WeakRef(deepFreeze(object));
    return cached;
  }

  get namespace(): string {
    const slash = this.key.indexOf('/');
    return slash < 0 ? '' : this.key.slice(0, slash);
  }

  get name(): string {
    return this.key.slice(this.key.indexOf('/') + 1);
  }

  /** Decoded, shared and deeply frozen. */
  get object(): KubeObject {
    let object = this.#decoded?.deref();
    if (object === undefined) {
      object = deepFreeze(decodeFull(this.bytes));
      this.#decoded = new WeakRef(object);
    }
    return object;
  }

  /** The decoded form, when the writer still has it: saves decoding. `object` is frozen and gets its resourceVersion. */
  adopt(object: KubeObject): void {
    object.metadata.resourceVersion = String(this.revision);
    this.#decoded = new WeakRef(deepFreeze(object));
  }

  /** A copy that the caller owns and may change. */
  copy(): KubeObject {
    return JSON.parse(decoder.decode(this.bytes)) as KubeObject;
  }

  get labels(): Readonly<Record<string, string>> {
    return (this.#labels ??= this.object.metadata.labels ?? noLabels);
  }

  /** Selectable fields, metadata.name and metadata.namespace among them. */
  get fields(): Readonly<Record<string, string>> {
    return (this.#fields ??= {
      'metadata.name': this.name,
      ...(this.namespace !== '' && { 'metadata.namespace': this.namespace }),
      ...this.#fieldsOf?.(this.object),
    });
  }

  /** One selectable field, empty where the object has none. Name and namespace are known without decoding; nothing is kept. */
  field(name: string): string {
    if (name === 'metadata.name') return this.name;
    if (name === 'metadata.namespace') return this.namespace;
    return (this.#fields ?? this.#fieldsOf?.(this.object))?.[name] ?? '';
  }

  /** The same object for the cache of another server, whose fields are read its way. Shares the bytes, and the decoded form while that is there. */
  under(fieldsOf: FieldsOf | undefined): CachedObject {
    const { key, revision, bytes } = this;
    const object = new CachedObject({ key, revision, bytes, fieldsOf });
    object.#decoded = this.#decoded;
    object.#labels = this.#labels;
    return object;
  }

  /** The same content under another revision: what a watcher is shown when an object leaves its selection. */
  at(revision: number): CachedObject {
    const object = this.copy();
    object.metadata.resourceVersion = String(revision);
    return CachedObject.fromObject(this.key, object, revision, this.#fieldsOf);
  }
}
