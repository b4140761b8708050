import { parseExactly } from '../../api/codec/exact-integers.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { decodeFull, fullLength, spliceResourceVersion } from '../../api/codec/stored.ts';
import { deepFreeze } from './freeze.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Selectable fields of an object beside metadata.name and metadata.namespace. */
export type FieldsOf = (object: KubeObject) => Readonly<Record<string, string>>;

const noLabels: Readonly<Record<string, string>> = Object.freeze({});

/**
 * One object at one revision, as its encoded bytes. Decoding happens on demand; the decoded form is shared, deeply frozen
 * and held weakly, so that what no one looks at costs its bytes alone. The bytes are the store's own until somebody asks
 * for complete JSON, which is then kept in their place: what only components of this process see is never copied.
 */
export class CachedObject {
  /** Inside the resource: `namespace/name`, or `name`. */
  readonly key: string;
  readonly revision: number;
  /** Bytes of the complete JSON; 0 for what was made of an object, and has never been in the store. */
  readonly size: number;
  readonly #fieldsOf: FieldsOf | undefined;
  /** The stored value, or the complete JSON; undefined for what was made of an object until somebody wants its JSON. */
  #value: Uint8Array | undefined;
  #isComplete = false;
  /** Held for as long as there are no bytes of it. */
  #made: KubeObject | undefined;
  #lent: KubeObject | undefined;
  #decoded: WeakRef<KubeObject> | undefined;
  #labels: Readonly<Record<string, string>> | undefined;
  #fields: Readonly<Record<string, string>> | undefined;

  private constructor(key: string, revision: number, value: Uint8Array | undefined, size: number, fieldsOf: FieldsOf | undefined) {
    this.key = key;
    this.revision = revision;
    this.size = size;
    this.#value = value;
    this.#fieldsOf = fieldsOf;
  }

  /** From a stored value, which has no resourceVersion. */
  static fromStored(key: string, value: Uint8Array, revision: number, fieldsOf: FieldsOf | undefined): CachedObject {
    return new CachedObject(key, revision, value, fullLength(value, revision), fieldsOf);
  }

  /** Of an object that is not in the store, e.g. the outcome of a dry run. The object is frozen. */
  static fromObject(key: string, object: KubeObject, revision: number, fieldsOf?: FieldsOf): CachedObject {
    const cached = new CachedObject(key, revision, undefined, 0, fieldsOf);
    cached.#made = deepFreeze(object);
    return cached;
  }

  /** Complete JSON, with resourceVersion, without a newline. Never changed. */
  get bytes(): Uint8Array {
    const complete = this.#complete();
    this.#value = complete;
    this.#isComplete = true;
    if (this.#made !== undefined) {
      this.#decoded = new WeakRef(this.#made);
      this.#made = undefined;
    }
    return complete;
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
    let object = this.#made ?? this.#lent ?? this.#decoded?.deref();
    if (object === undefined) {
      object = deepFreeze(decodeFull(this.#complete()));
      this.#decoded = new WeakRef(object);
    }
    return object;
  }

  /** Complete JSON, which is not kept. */
  #complete(): Uint8Array {
    if (this.#value === undefined) return encoder.encode(JSON.stringify(this.#made));
    return this.#isComplete ? this.#value : spliceResourceVersion(this.#value, this.revision);
  }

  /**
   * The decoded form, when the writer still has it: saves decoding. `object` is frozen and gets its resourceVersion. Lent:
   * nobody but the writer will look at it; it is held until then, and costs the garbage collector nothing afterwards.
   */
  adopt(object: KubeObject, { lent = false }: { readonly lent?: boolean } = {}): void {
    object.metadata.resourceVersion = String(this.revision);
    const frozen = deepFreeze(object);
    if (lent) this.#lent = frozen;
    else this.#decoded = new WeakRef(frozen);
  }

  /** The writer has had its answer: what was lent is let go of. */
  settle(): void {
    this.#lent = undefined;
  }

  /** A copy that the caller owns and may change. */
  copy(): KubeObject {
    return parseExactly(decoder.decode(this.#complete())) as KubeObject;
  }

  /** Is this what was stored? */
  isStoredAs(value: Uint8Array): boolean {
    if (fullLength(value, this.revision) !== this.size) return false;
    return this.#value !== undefined && !this.#isComplete ? sameBytes(value, this.#value) : sameBytes(spliceResourceVersion(value, this.revision), this.bytes);
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
    const object = new CachedObject(this.key, this.revision, this.#value, this.size, fieldsOf);
    object.#isComplete = this.#isComplete;
    object.#made = this.#made;
    object.#decoded = this.#decoded;
    object.#labels = this.#labels;
    return object;
  }

  /** The same content under another revision: what a watcher is shown when an object leaves its selection, or the store. */
  at(revision: number): CachedObject {
    const { key } = this;
    const known = this.#made ?? this.#lent ?? this.#decoded?.deref();
    if (this.#value === undefined || this.#isComplete) return CachedObject.fromObject(key, withRevision(known ?? this.object, revision), revision, this.#fieldsOf);
    const moved = CachedObject.fromStored(key, this.#value, revision, this.#fieldsOf);
    if (known !== undefined) moved.#decoded = new WeakRef(deepFreeze(withRevision(known, revision)));
    return moved;
  }
}

/** Shares all but the metadata itself. */
const withRevision = (object: KubeObject, revision: number): KubeObject => ({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
