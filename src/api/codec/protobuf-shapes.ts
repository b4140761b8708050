/** How the scalars that are more than a protobuf scalar look inside: quantities, times, int-or-string, raw JSON. */
import { parseTime } from '../meta/time.ts';
import type { AnySchema, ObjectSchema } from '../schema/schema.ts';
import { builtinSchema } from '../schema/table.ts';
import type { BackwardWriter } from './wire.ts';
import { ProtobufError } from './wire-reader.ts';
import type { WireReader } from './wire-reader.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function writeTime(out: BackwardWriter, text: string, micros: boolean): void {
  const ms = parseTime(text);
  if (ms === undefined) return;
  const fraction = micros ? /\.(\d{1,6})/.exec(text)?.[1] : undefined;
  out.integerField(2, fraction === undefined ? 0 : Number(fraction.padEnd(6, '0')) * 1000);
  out.integerField(1, Math.floor(ms / 1000));
}

/** Undefined for the empty message, which is Go's zero time. */
export function readTime(reader: WireReader, micros: boolean): string | undefined {
  let seconds: number | undefined;
  let nanos = 0;
  while (!reader.done) {
    const key = reader.key();
    if (key === 8) seconds = reader.varint();
    else if (key === 16) nanos = reader.varint();
    else reader.skip(key & 7);
  }
  if (seconds === undefined) return undefined;
  if (!(Math.abs(seconds) < 253_402_300_800)) throw new ProtobufError('time is out of range');
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return micros ? `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${whole}Z`;
}

export function writeIntOrString(out: BackwardWriter, value: unknown): void {
  out.stringField(3, typeof value === 'string' ? value : '');
  out.integerField(2, typeof value === 'number' ? value : 0);
  out.integerField(1, typeof value === 'string' ? 1 : 0);
}

export function readIntOrString(reader: WireReader): string | number {
  let type = 0;
  let number = 0;
  let text = '';
  while (!reader.done) {
    const key = reader.key();
    if (key === 8) type = reader.varint();
    else if (key === 16) number = reader.varint();
    else if (key === 26) text = reader.string();
    else reader.skip(key & 7);
  }
  return type === 1 ? text : number;
}

/** Quantity, RawExtension, JSON, FieldsV1: one length-delimited field, number 1. */
export function readOnlyField(reader: WireReader): Uint8Array | undefined {
  let bytes: Uint8Array | undefined;
  while (!reader.done) {
    const key = reader.key();
    if (key === 10) bytes = reader.bytes();
    else reader.skip(key & 7);
  }
  return bytes;
}

type MessageWriter = (out: BackwardWriter, schema: ObjectSchema, value: unknown) => void;
type MessageReader = (reader: WireReader, schema: ObjectSchema) => unknown;

const schemaProps = (): ObjectSchema => builtinSchema.definition('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')!;
const isUnion = (schema: AnySchema): boolean => schema.definition?.includes('.JSONSchemaPropsOr') === true;

export function writeAny(out: BackwardWriter, schema: AnySchema, value: unknown, writeMessage: MessageWriter): void {
  if (!isUnion(schema)) {
    out.bytesField(1, encoder.encode(JSON.stringify(value)));
    return;
  }
  const props = schemaProps();
  const ofSchema = (field: number, item: unknown): void => { out.messageField(field, () => { writeMessage(out, props, item); }); };
  if (schema.definition!.endsWith('OrBool')) {
    if (typeof value === 'object') ofSchema(2, value);
    out.boolField(1, value !== false);
  } else if (Array.isArray(value)) {
    const items: unknown[] = value;
    for (const item of items.toReversed()) {
      if (typeof item === 'string') out.stringField(2, item);
      else ofSchema(2, item);
    }
  } else ofSchema(1, value);
}

export function readAny(reader: WireReader, schema: AnySchema, readMessage: MessageReader): unknown {
  if (!isUnion(schema)) {
    const raw = readOnlyField(reader);
    if (raw === undefined || raw.length === 0) return undefined;
    try {
      return JSON.parse(decoder.decode(raw)) as unknown;
    } catch {
      throw new ProtobufError('not supported: an embedded object that is not JSON');
    }
  }
  const props = schemaProps();
  const strings = schema.definition!.endsWith('OrStringArray');
  let allows: boolean | undefined;
  let one: unknown;
  const many: unknown[] = [];
  while (!reader.done) {
    const key = reader.key();
    if (schema.definition!.endsWith('OrBool')) {
      if (key === 8) allows = reader.varint() !== 0;
      else if (key === 18) one = readMessage(reader.message(), props);
      else reader.skip(key & 7);
    } else if (key === 10) one = readMessage(reader.message(), props);
    else if (key === 18) many.push(strings ? reader.string() : readMessage(reader.message(), props));
    else reader.skip(key & 7);
  }
  return one ?? allows ?? (many.length > 0 ? many : undefined);
}
