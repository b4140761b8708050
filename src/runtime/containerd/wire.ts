import protobuf from 'protobufjs/minimal.js';
import { enums, messages } from './generated/cri.ts';

/**
 * Protocol buffers by table, for the few messages of CRI: an order of magnitude less to load than full reflection.
 * Encoding leaves out what is undefined or the field's default; decoding fills scalars, lists and maps with their
 * defaults and leaves absent messages undefined. 64-bit integers become numbers (nanoseconds lose their last digits).
 */

const { Reader, Writer } = protobuf;
type ProtoReader = InstanceType<typeof Reader>;
type ProtoWriter = InstanceType<typeof Writer>;

type Plain = Record<string, unknown>;

interface FieldPlan { readonly name: string; readonly number: number; readonly type: string; readonly rule: 'one' | 'repeated' | 'map' }

const plans = new Map<string, { readonly fields: readonly FieldPlan[]; readonly byNumber: ReadonlyMap<number, FieldPlan> }>();

function planOf(type: string): { readonly fields: readonly FieldPlan[]; readonly byNumber: ReadonlyMap<number, FieldPlan> } {
  let plan = plans.get(type);
  if (plan === undefined) {
    const rows = messages[type];
    if (rows === undefined) throw new Error(`no message ${type}`);
    const fields = Object.entries(rows).map(([name, row]): FieldPlan => ({ name, number: row[0], type: row[1], rule: row[2] ?? 'one' }));
    plan = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
    plans.set(type, plan);
  }
  return plan;
}

const lengthDelimited = 2;
const varint = 0;
const fixed64 = 1;

function wireTypeOf(type: string): number {
  if (type === 'double') return fixed64;
  return type === 'string' || type === 'bytes' || messages[type] !== undefined ? lengthDelimited : varint;
}

function writeValue(writer: ProtoWriter, type: string, value: unknown): void {
  switch (type) {
    case 'string': writer.string(value as string); return;
    case 'bytes': writer.bytes(value as Uint8Array); return;
    case 'bool': writer.bool(value as boolean); return;
    case 'int32': writer.int32(value as number); return;
    case 'uint32': writer.uint32(value as number); return;
    case 'int64': writer.int64(value as number); return;
    case 'uint64': writer.uint64(value as number); return;
    case 'double': writer.double(value as number); return;
    default: {
      const values = enums[type];
      if (values !== undefined) {
        writer.int32(values[value as string] ?? 0);
        return;
      }
      writer.fork();
      writeMessage(writer, type, value as Plain);
      writer.ldelim();
    }
  }
}

function isDefault(type: string, value: unknown): boolean {
  if (enums[type] !== undefined) return (enums[type][value as string] ?? 0) === 0;
  return value === '' || value === 0 || value === false || (type === 'bytes' && (value as Uint8Array).length === 0);
}

function writeMessage(writer: ProtoWriter, type: string, message: Plain): void {
  for (const field of planOf(type).fields) {
    const value = message[field.name];
    if (value === undefined) continue;
    const tag = (field.number << 3) | wireTypeOf(field.type);
    if (field.rule === 'repeated') {
      for (const item of value as readonly unknown[]) {
        writer.uint32(tag);
        writeValue(writer, field.type, item);
      }
    } else if (field.rule === 'map') {
      for (const [key, item] of Object.entries(value as Plain)) {
        writer.uint32((field.number << 3) | lengthDelimited).fork();
        writer.uint32((1 << 3) | lengthDelimited).string(key);
        writer.uint32((2 << 3) | wireTypeOf(field.type));
        writeValue(writer, field.type, item);
        writer.ldelim();
      }
    } else if (!isDefault(field.type, value)) {
      writer.uint32(tag);
      writeValue(writer, field.type, value);
    }
  }
}

function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : Number(value as { toString(): string });
}

function readValue(reader: ProtoReader, type: string): unknown {
  switch (type) {
    case 'string': return reader.string();
    case 'bytes': return Uint8Array.from(reader.bytes());
    case 'bool': return reader.bool();
    case 'int32': return reader.int32();
    case 'uint32': return reader.uint32();
    case 'int64': return toNumber(reader.int64());
    case 'uint64': return toNumber(reader.uint64());
    case 'double': return reader.double();
    default: {
      const values = enums[type];
      if (values === undefined) return readMessage(reader, type, reader.uint32());
      const number = reader.int32();
      return Object.keys(values).find((name) => values[name] === number) ?? String(number);
    }
  }
}

function defaultOf(field: FieldPlan): unknown {
  if (field.rule === 'repeated') return [];
  if (field.rule === 'map') return {};
  const values = enums[field.type];
  if (values !== undefined) return Object.keys(values).find((name) => values[name] === 0) ?? '0';
  if (messages[field.type] !== undefined) return undefined;
  if (field.type === 'string') return '';
  if (field.type === 'bytes') return new Uint8Array();
  return field.type === 'bool' ? false : 0;
}

function readMapEntry(reader: ProtoReader, type: string): [string, unknown] {
  const end = reader.uint32() + reader.pos;
  let key = '';
  let value: unknown = type === 'string' ? '' : undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = reader.string();
    else if (tag >>> 3 === 2) value = readValue(reader, type);
    else reader.skipType(tag & 7);
  }
  return [key, value];
}

function readMessage(reader: ProtoReader, type: string, length: number): Plain {
  const plan = planOf(type);
  const message: Plain = {};
  for (const field of plan.fields) {
    const value = defaultOf(field);
    if (value !== undefined) message[field.name] = value;
  }
  const end = reader.pos + length;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = plan.byNumber.get(tag >>> 3);
    if (field === undefined) reader.skipType(tag & 7);
    else if (field.rule === 'map') {
      const [key, value] = readMapEntry(reader, field.type);
      (message[field.name] as Plain)[key] = value;
    } else if (field.rule === 'one') message[field.name] = readValue(reader, field.type);
    else {
      const list = message[field.name] as unknown[];
      if ((tag & 7) === lengthDelimited && wireTypeOf(field.type) !== lengthDelimited) {
        const packedEnd = reader.uint32() + reader.pos;
        while (reader.pos < packedEnd) list.push(readValue(reader, field.type));
      } else list.push(readValue(reader, field.type));
    }
  }
  return message;
}

/** The wire form of a message of the table. */
export function encode(type: string, message: object): Uint8Array {
  const writer = Writer.create();
  writeMessage(writer, type, message as Plain);
  return writer.finish();
}

/** Throws on bytes that are not this message. */
export function decode(type: string, bytes: Uint8Array): unknown {
  return readMessage(Reader.create(bytes), type, bytes.length);
}
