import type { CachedObject } from './cached-object.ts';

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

const encoder = new TextEncoder();
const heads: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'].map((type) => [type, encoder.encode(`{"type":"${type}","object":`)]),
);
const tail = encoder.encode('}\n');

/** One line of a JSON watch stream. */
export function encodeEventLine(type: ChangeType | 'BOOKMARK' | 'ERROR', object: Uint8Array): Uint8Array {
  const head = heads[type]!;
  const line = new Uint8Array(head.length + object.length + tail.length);
  line.set(head);
  line.set(object, head.length);
  line.set(tail, head.length + object.length);
  return line;
}

/** One committed change to one object, shared by all who watch. */
export class Change {
  readonly type: ChangeType;
  readonly revision: number;
  /** The object after the change; for DELETED, its last state under the revision of the deletion. */
  readonly object: CachedObject;
  /** The object before the change; undefined for ADDED. */
  readonly previous: CachedObject | undefined;
  #departed: CachedObject | undefined;
  #encoded: Map<string, Uint8Array> | undefined;

  constructor(type: ChangeType, revision: number, object: CachedObject, previous: CachedObject | undefined) {
    this.type = type;
    this.revision = revision;
    this.object = object;
    this.previous = previous;
  }

  /** What a watcher sees whose selection the object has left: its previous content under the change's revision. */
  get departed(): CachedObject {
    if (this.type === 'DELETED' || this.previous === undefined) return this.object;
    return (this.#departed ??= this.previous.at(this.revision));
  }

  /** One event of this change in one encoding, made once for all watchers. `key` names type and encoding. */
  encoded(key: string, make: () => Uint8Array): Uint8Array {
    this.#encoded ??= new Map();
    let bytes = this.#encoded.get(key);
    if (bytes === undefined) this.#encoded.set(key, (bytes = make()));
    return bytes;
  }

  /** Forgets the encodings: those who replay the change later make them again. */
  release(): void {
    this.#encoded = undefined;
    this.#departed = undefined;
  }
}
