/**
 * Built-in objects between JSON values and Kubernetes' protobuf: the messages by the tags of the schema table, inside
 * the envelope that starts with `k8s\0` (runtime.Unknown). A coder is compiled for every type once, when first met.
 */
import type { FieldSchema, ObjectSchema, ValueSchema } from '../schema/schema.ts';
import { builtinSchema } from '../schema/table.ts';
import { structNameOf } from './go-names.ts';
import { keepsZero } from './protobuf-pointers.ts';
import { readAny, readIntOrString, readOnlyField, readTime, writeAny, writeIntOrString, writeTime } from './protobuf-shapes.ts';
import { BackwardWriter, bytesType } from './wire.ts';
import { ProtobufError, WireReader } from './wire-reader.ts';

export { ProtobufError } from './wire-reader.ts';

const magic = Uint8Array.of(0x6b, 0x38, 0x73, 0);
const decoder = new TextDecoder();

type JsonObject = Record<string, unknown>;

/** Writes one value as the field with this number. */
type FieldWriter = (out: BackwardWriter, field: number, value: unknown) => void;
/** Reads one value that stands after its key. Undefined: nothing worth keeping. */
type FieldReader = (reader: WireReader) => unknown;

/** A message, or the part of one that JSON inlines. */
interface Level {
  /** Highest number first, as the backward writer needs it. */
  readonly members: readonly Member[];
  readonly byTag: ReadonlyMap<number, Member>;
}
type Member =
  | { readonly tag: number; readonly inlined: Level }
  | { readonly tag: number; readonly inlined?: undefined; readonly name: string; readonly shape: 'one' | 'list' | 'map'; readonly write: FieldWriter; readonly read: FieldReader; readonly keepZero: boolean; readonly missing: unknown };

const levels = new WeakMap<ObjectSchema, Level>();

function levelOf(schema: ObjectSchema): Level {
  let level = levels.get(schema);
  if (level === undefined) levels.set(schema, (level = buildLevel(schema, [...schema.fields.values()].filter((field) => field.tag !== undefined), 0)));
  return level;
}

/** `depth`: how many wrappers of the fields have been opened already. */
function buildLevel(schema: ObjectSchema, fields: readonly FieldSchema[], depth: number): Level {
  const members: Member[] = [];
  const wrapped = new Map<number, FieldSchema[]>();
  for (const field of fields) {
    const wrapper = field.wrappers?.[depth];
    if (wrapper === undefined) members.push(memberOf(schema, field));
    else wrapped.set(wrapper, [...(wrapped.get(wrapper) ?? []), field]);
  }
  for (const [tag, inner] of wrapped) members.push({ tag, inlined: buildLevel(schema, inner, depth + 1) });
  members.sort((a, b) => b.tag - a.tag);
  return { members, byTag: new Map(members.map((member) => [member.tag, member])) };
}

function memberOf(schema: ObjectSchema, field: FieldSchema): Member {
  const { value, name } = field;
  const type = structNameOf(schema.name);
  // The verbs of discovery are the one list that protobuf wraps outside of a map.
  const wrapsList = type === 'APIResource' && name === 'verbs';
  const shape = wrapsList ? 'one' : value.kind === 'list' ? 'list' : value.kind === 'map' ? 'map' : 'one';
  const item = shape === 'one' ? value : value.kind === 'list' ? value.items : value.kind === 'map' ? value.values : value;
  return { tag: field.tag!, name, shape, ...coderOf(item), keepZero: keepsZero(type, name, item.kind), missing: missingOf(item) };
}

/** What a map holds for an entry without a value: the zero of its type. */
function missingOf(schema: ValueSchema): unknown {
  switch (schema.kind) {
    case 'object': return {};
    case 'list': return [];
    case 'string': case 'bytes': return '';
    case 'quantity': return '0';
    case 'boolean': return false;
    case 'time': case 'micro-time': case 'any': case 'map': return null;
    default: return 0;
  }
}

interface Coder { readonly write: FieldWriter; readonly read: FieldReader }

function coderOf(schema: ValueSchema): Coder {
  switch (schema.kind) {
    case 'string': return { write: (out, field, value) => { out.stringField(field, String(value)); }, read: (reader) => reader.string() };
    case 'boolean': return { write: (out, field, value) => { out.boolField(field, value === true); }, read: (reader) => reader.varint() !== 0 };
    case 'int32': case 'int64': return { write: (out, field, value) => { out.integerField(field, Number(value)); }, read: (reader) => reader.varint() };
    case 'number': return { write: (out, field, value) => { out.doubleField(field, Number(value)); }, read: (reader) => reader.double() };
    case 'bytes': return { write: (out, field, value) => { out.bytesField(field, fromBase64(String(value))); }, read: (reader) => toBase64(reader.bytes()) };
    case 'quantity': return message((out, value) => { out.stringField(1, String(value)); }, (reader) => decoder.decode(readOnlyField(reader)) || '0');
    case 'int-or-string': return message(writeIntOrString, readIntOrString);
    case 'time': return message((out, value) => { writeTime(out, String(value), false); }, (reader) => readTime(reader, false));
    case 'micro-time': return message((out, value) => { writeTime(out, String(value), true); }, (reader) => readTime(reader, true));
    case 'duration': throw new ProtobufError('not supported: durations in protobuf');
    case 'any': return message((out, value) => { writeAny(out, schema, value, writeObject); }, (reader) => readAny(reader, schema, readObject));
    case 'object': return message((out, value) => { writeObject(out, schema, value); }, (reader) => readObject(reader, schema));
    case 'list': {
      // A list inside a map, or one that Go gave a type of its own: a message with the items in field 1.
      const item = coderOf(schema.items);
      return message((out, value) => { for (const one of (value as unknown[]).toReversed()) item.write(out, 1, one); }, (reader) => {
        const items: unknown[] = [];
        while (!reader.done) {
          const key = reader.key();
          if (key >>> 3 === 1) items.push(item.read(reader));
          else reader.skip(key & 7);
        }
        return items;
      });
    }
    case 'map': throw new ProtobufError('not supported: maps of maps in protobuf');
  }
}

function message(write: (out: BackwardWriter, value: unknown) => void, read: (inner: WireReader) => unknown): Coder {
  return {
    write: (out, field, value) => { out.messageField(field, () => { write(out, value); }); },
    read: (reader) => read(reader.message()),
  };
}

function writeObject(out: BackwardWriter, schema: ObjectSchema, value: unknown): void {
  writeLevel(out, levelOf(schema), value as JsonObject);
}

function writeLevel(out: BackwardWriter, level: Level, object: JsonObject): void {
  for (const member of level.members) {
    if (member.inlined !== undefined) {
      out.messageField(member.tag, () => { writeLevel(out, member.inlined, object); });
      continue;
    }
    const value = object[member.name];
    if (value === undefined || value === null) continue;
    if (member.shape === 'list') {
      const items = value as unknown[];
      for (let at = items.length - 1; at >= 0; at--) member.write(out, member.tag, items[at]);
    } else if (member.shape === 'map') {
      const map = value as JsonObject;
      // Go sorts the keys, so that equal objects have equal bytes.
      for (const key of Object.keys(map).sort().reverse()) {
        out.messageField(member.tag, () => {
          member.write(out, 2, map[key]);
          out.stringField(1, key);
        });
      }
    } else member.write(out, member.tag, value);
  }
}

function readObject(reader: WireReader, schema: ObjectSchema): JsonObject {
  const object: JsonObject = {};
  readLevel(reader, levelOf(schema), object);
  return object;
}

function readLevel(reader: WireReader, level: Level, object: JsonObject): void {
  while (!reader.done) {
    const key = reader.key();
    const member = level.byTag.get(key >>> 3);
    if (member === undefined) reader.skip(key & 7);
    else if (member.inlined !== undefined) readLevel(reader.message(), member.inlined, object);
    else if (member.shape === 'list') {
      const items = (object[member.name] ??= []) as unknown[];
      items.push(member.read(reader));
    } else if (member.shape === 'map') readEntry(reader.message(), member, (object[member.name] ??= {}) as JsonObject);
    else {
      const value = member.read(reader);
      if (value === undefined || (!member.keepZero && (value === '' || value === 0 || value === false))) continue;
      object[member.name] = value;
    }
  }
}

function readEntry(reader: WireReader, member: { readonly read: FieldReader; readonly missing: unknown }, map: JsonObject): void {
  let name = '';
  let value: unknown;
  while (!reader.done) {
    const key = reader.key();
    if (key === 10) name = reader.string();
    else if (key >>> 3 === 2) value = member.read(reader);
    else reader.skip(key & 7);
  }
  Object.defineProperty(map, name, { value: value ?? structuredClone(member.missing), enumerable: true, configurable: true, writable: true });
}

interface Typed { readonly apiVersion?: string; readonly kind?: string }

/** An object as `application/vnd.kubernetes.protobuf`. It must be valid for its schema; fields that it lacks are absent. */
export function encodeProtobuf(object: Typed, schema: ObjectSchema): Uint8Array<ArrayBuffer> {
  const out = new BackwardWriter();
  writeEnvelopeEnd(out);
  out.messageField(2, () => { writeObject(out, schema, object); });
  writeEnvelopeStart(out, object);
  return out.finish();
}

function writeEnvelopeStart(out: BackwardWriter, object: Typed): void {
  out.messageField(1, () => {
    out.stringField(2, object.kind ?? '');
    out.stringField(1, object.apiVersion ?? '');
  });
  out.raw(magic);
}

/** Content encoding and content type: always there, always empty. */
function writeEnvelopeEnd(out: BackwardWriter): void {
  out.stringField(4, '');
  out.stringField(3, '');
}

/** One item of a list, as a piece of the bytes between what `frameProtobufList` answers. `schema`: the list's. */
export function encodeProtobufItem(item: object, schema: ObjectSchema): Uint8Array<ArrayBuffer> {
  const out = new BackwardWriter();
  const items = memberNamed(schema, 'items');
  items.write(out, items.tag, item);
  return out.finish();
}

/** What stands before and after the items of a list, which were encoded one by one and have `itemsBytes` in all. */
export function frameProtobufList(list: Typed & { readonly metadata: object }, schema: ObjectSchema, itemsBytes: number): { readonly head: Uint8Array; readonly tail: Uint8Array } {
  const metadata = memberNamed(schema, 'metadata');
  const meta = new BackwardWriter();
  metadata.write(meta, metadata.tag, list.metadata);
  const metaFirst = metadata.tag < memberNamed(schema, 'items').tag;
  const end = new BackwardWriter();
  writeEnvelopeEnd(end);
  if (!metaFirst) end.raw(meta.finish());
  const start = new BackwardWriter();
  if (metaFirst) start.raw(meta.finish());
  start.varint(meta.length + itemsBytes);
  start.key(2, bytesType);
  writeEnvelopeStart(start, list);
  return { head: start.finish(), tail: end.finish() };
}

function memberNamed(schema: ObjectSchema, name: string): Exclude<Member, { readonly inlined: Level }> {
  for (const member of levelOf(schema).members) if (member.inlined === undefined && member.name === name) return member;
  throw new ProtobufError(`${schema.name} has no ${name}`);
}

/** Does the body start as Kubernetes' protobuf does? */
export function isProtobuf(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, at) => bytes[at] === byte);
}

/** A body that says to be of a kind which nobody knows. */
export class UnknownKindError extends ProtobufError {
  readonly apiVersion: string;
  readonly kind: string;

  constructor(apiVersion: string, kind: string) {
    super(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
    this.apiVersion = apiVersion;
    this.kind = kind;
  }
}

/**
 * Reads an `application/vnd.kubernetes.protobuf` body into a JSON value, `apiVersion` and `kind` set. A body that does
 * not say what it is is taken for `expected`. Throws ProtobufError for what is no message, and for kinds that `find`
 * does not know.
 */
export function decodeProtobuf(bytes: Uint8Array, find: (apiVersion: string, kind: string) => ObjectSchema | undefined = findBuiltin, expected: Typed = {}): JsonObject {
  if (!isProtobuf(bytes)) throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  if (bytes.length === magic.length) throw new ProtobufError('empty body');
  const reader = new WireReader(bytes, magic.length);
  let apiVersion = '';
  let kind = '';
  let raw: WireReader | undefined;
  while (!reader.done) {
    const key = reader.key();
    if (key === 10) {
      const type = reader.message();
      while (!type.done) {
        const inner = type.key();
        if (inner === 10) apiVersion = type.string();
        else if (inner === 18) kind = type.string();
        else type.skip(inner & 7);
      }
    } else if (key === 18) raw = reader.message();
    else reader.skip(key & 7);
  }
  if (kind === '') kind = expected.kind ?? '';
  if (apiVersion === '') apiVersion = expected.apiVersion ?? '';
  const schema = find(apiVersion, kind);
  if (schema === undefined) throw new UnknownKindError(apiVersion, kind);
  return { apiVersion, kind, ...(raw !== undefined && readObject(raw, schema)) };
}

function findBuiltin(apiVersion: string, kind: string): ObjectSchema | undefined {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? builtinSchema.kind('', apiVersion, kind) : builtinSchema.kind(apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind);
}

/**
 * One frame of a watch stream in protobuf (`;stream=watch`): four bytes of length, big-endian, then a bare
 * metav1.WatchEvent whose object is `encoded`, an object with its envelope.
 */
export function watchFrame(type: string, encoded: Uint8Array): Uint8Array<ArrayBuffer> {
  const out = new BackwardWriter(encoded.length + 64);
  out.messageField(2, () => { out.bytesField(1, encoded); });
  out.stringField(1, type);
  const { length } = out;
  out.raw(Uint8Array.of((length >>> 24) & 255, (length >>> 16) & 255, (length >>> 8) & 255, length & 255));
  return out.finish();
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

const chunkBytes = 8192;

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += chunkBytes) binary += String.fromCharCode(...bytes.subarray(at, at + chunkBytes));
  return btoa(binary);
}
