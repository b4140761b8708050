import { parseExactly } from '../../api/codec/exact-integers.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { decodeFull, encodeFull, fullLength, jsonLength, spliceResourceVersion, StoredObject } from '../../api/codec/stored.ts';
import { typeFirst } from '../../api/codec/type-first.ts';
import { sameStored } from '../../api/meta/equal.ts';
import { bytesOf } from '../../store/store.ts';
import type { Value } from '../../store/store.ts';
import { deepFreeze, freezeWeighing } from './freeze.ts';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Selectable fields of an object beside metadata.name and metadata.namespace. */
export type FieldsOf = (object: KubeObject) => Readonly<Record<string, string>>;

const noLabels: Readonly<Record<string, string>> = Object.freeze({});

/**
 * One object at one revision, as its encoded bytes. Decoding happens on demand; the decoded form is shared, deeply frozen
 * and held weakly, so that what no one looks at costs its bytes alone. The bytes are the store's own until somebody asks
 * for complete JSON, which is then kept in their place: what only components of this process see is never copied. Where
 * the store has asked for no bytes, there is the object alone until somebody asks for its JSON.
 */
export class CachedObject {
  /** Inside the resource: `namespace/name`, or `name`. */
  readonly key: string;
  readonly revision: number;
  /** About how much it is to handle: its size; without bytes, that of what it does not share with what was there before, and of its large parts. */
  readonly weight: number;
  readonly #fieldsOf: FieldsOf | undefined;
  /** The stored value, or the complete JSON; undefined for what was made of an object until somebody wants its JSON. */
  #value: Uint8Array | undefined;
  #isComplete = false;
  /** Held for as long as there are no bytes of it. */
  #made: KubeObject | undefined;
  /** What was made goes into bytes as the store has it. */
  #isStored = false;
  #size: number | undefined;
  #lent: KubeObject | undefined;
  #decoded: WeakRef<KubeObject> | undefined;
  #labels: Readonly<Record<string, string>> | undefined;
  #fields: Readonly<Record<string, string>> | undefined;

  private constructor(key: string, revision: number, value: Uint8Array | undefined, weight: number, fieldsOf: FieldsOf | undefined) {
    this.key = key;
    this.revision = revision;
    this.weight = weight;
    this.#value = value;
    this.#fieldsOf = fieldsOf;
  }

  /** From a stored value, which has no resourceVersion. The object of one that has no bytes gets it, and is frozen. */
  static fromStored(key: string, value: Value, revision: number, fieldsOf: FieldsOf | undefined): CachedObject {
    let cached: CachedObject;
    if (value instanceof StoredObject && !value.isEncoded) {
      const object = atRevision(value.object, revision);
      cached = new CachedObject(key, revision, undefined, freezeWeighing(object), fieldsOf);
      cached.#made = object;
    } else {
      const bytes = bytesOf(value);
      cached = new CachedObject(key, revision, bytes, fullLength(bytes, revision), fieldsOf);
    }
    cached.#isStored = true;
    return cached;
  }

  /** Of an object that is not in the store, e.g. the outcome of a dry run. The object is frozen. */
  static fromObject(key: string, object: KubeObject, revision: number, fieldsOf?: FieldsOf): CachedObject {
    const cached = new CachedObject(key, revision, undefined, freezeWeighing(object), fieldsOf);
    cached.#made = object;
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

  /** How long the complete JSON is; about how long, where there is none. */
  get size(): number {
    if (this.#value !== undefined) return this.#isComplete ? this.#value.length : fullLength(this.#value, this.revision);
    return (this.#size ??= jsonLength(this.#made));
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
    if (this.#value === undefined) return this.#isStored ? encodeFull(this.#made!, this.revision) : encoder.encode(JSON.stringify(typeFirst(this.#made!)));
    return this.#isComplete ? this.#value : spliceResourceVersion(this.#value, this.revision);
  }

  /**
   * The decoded form, when the writer still has it: saves decoding. `object` is frozen and gets its resourceVersion. Lent:
   * nobody but the writer will look at it; it is held until then, and costs the garbage collector nothing afterwards.
   */
  adopt(object: KubeObject, { lent = false }: { readonly lent?: boolean } = {}): void {
    const frozen = deepFreeze(atRevision(object, this.revision));
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

  /** Is this what is stored already, though its members may be in another order? Bytes are made only where they stand on both sides. */
  isStoredAs(stored: StoredObject): boolean {
    if (this.#value === undefined) return sameStored(stored.object, this.object);
    const value = stored.bytes;
    if (fullLength(value, this.revision) !== this.size) return false;
    return sameBytes(this.#isComplete ? spliceResourceVersion(value, this.revision) : value, this.#value) || sameStored(stored.object, this.object);
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
    const object = new CachedObject(this.key, this.revision, this.#value, this.weight, fieldsOf);
    object.#isComplete = this.#isComplete;
    object.#made = this.#made;
    object.#isStored = this.#isStored;
    object.#size = this.#size;
    object.#decoded = this.#decoded;
    object.#labels = this.#labels;
    return object;
  }

  /** The same content under another revision: what a watcher is shown when an object leaves its selection, or the store. */
  at(revision: number): CachedObject {
    const { key } = this;
    const known = this.#made ?? this.#lent ?? this.#decoded?.deref();
    if (this.#value === undefined || this.#isComplete) {
      const moved = CachedObject.fromObject(key, withRevision(known ?? this.object, revision), revision, this.#fieldsOf);
      moved.#isStored = this.#isStored;
      return moved;
    }
    const moved = CachedObject.fromStored(key, this.#value, revision, this.#fieldsOf);
    if (known !== undefined) moved.#decoded = new WeakRef(deepFreeze(withRevision(known, revision)));
    return moved;
  }
}

/** Shares all but the metadata itself. */
const withRevision = (object: KubeObject, revision: number): KubeObject => ({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });

/** The object itself under the revision that wrote it; a copy where it is at another already, and frozen. */
function atRevision(object: KubeObject, revision: number): KubeObject {
  const version = String(revision);
  const { metadata } = object;
  if (metadata.resourceVersion === version) return object;
  if (Object.isFrozen(metadata)) return withRevision(object, revision);
  metadata.resourceVersion = version;
  return object;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
