import type { FieldSchema, ObjectSchema, ValueSchema } from '../../src/api/schema/schema.ts';
import type { Chance } from './chance.ts';
import { hostileNumber, hostileString } from './chance.ts';

const quantities = ['0', '1', '100m', '1Gi', '-1', '1.5', '1e3', '5%', '', 'x', '9'.repeat(30), '1E', '0.0000000001', '+2Ki', '1e-9', '1Mi2'];
const times = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123456Z', '2026-02-30T00:00:00Z', '1970-01-01T00:00:00+23:59', '', 'now', '9999-12-31T23:59:59Z', '0000-00-00T00:00:00Z'];
const durations = ['0s', '1h', '-5m', '1.5h', '', '1', '9999999h', 'x'];
/** Names that few objects share, so that what is written is found, changed and deleted again. */
export const names = ['a', 'b', 'c-1', 'web', 'default'];

/** Something that is not what belongs there. */
export function anything(chance: Chance, depth: number): unknown {
  switch (chance.int(depth > 3 ? 5 : 8)) {
    case 0: return null;
    case 1: return chance.happens(0.5);
    case 2: return hostileNumber(chance);
    case 3: case 4: return hostileString(chance);
    case 5: return Array.from({ length: chance.int(4) }, () => anything(chance, depth + 1));
    case 6: return Object.fromEntries(Array.from({ length: chance.int(4) }, () => [hostileString(chance), anything(chance, depth + 1)]));
    default: return {};
  }
}

/** A value that has the form that the schema asks for, mostly, and hostile content. */
export function valueOf(schema: ValueSchema, chance: Chance, depth = 0): unknown {
  if (chance.happens(0.01)) return anything(chance, depth);
  switch (schema.kind) {
    case 'object': return objectOf(schema, chance, depth);
    case 'map': return Object.fromEntries(Array.from({ length: chance.int(3) }, () => [hostileString(chance), valueOf(schema.values, chance, depth + 1)]));
    case 'list': return Array.from({ length: chance.happens(0.02) ? 40 : chance.int(3) }, () => valueOf(schema.items, chance, depth + 1));
    case 'string': return hostileString(chance);
    case 'bytes': return chance.pick(['', 'Zm9v', 'AAAA', '*', 'Zm9', 'YQ==']);
    case 'int32': case 'int64': case 'number': return hostileNumber(chance);
    case 'boolean': return chance.happens(0.5);
    case 'quantity': return chance.happens(0.2) ? hostileNumber(chance) : chance.pick(quantities);
    case 'int-or-string': return chance.happens(0.5) ? hostileNumber(chance) : hostileString(chance);
    case 'time': case 'micro-time': return chance.pick(times);
    case 'duration': return chance.pick(durations);
    case 'any': return anything(chance, depth);
  }
}

function objectOf(schema: ObjectSchema, chance: Chance, depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const often = depth === 0 ? 0.9 : depth === 1 ? 0.4 : depth < 5 ? 0.2 : 0.05;
  for (const [name, field] of schema.fields) {
    if (!chance.happens(schema.required.includes(name) ? 0.95 : often) || depth > 9) continue;
    object[name] = name === 'metadata' && depth === 0 ? metadataOf(field, chance) : valueOf(field.value, chance, depth + 1);
  }
  return object;
}

function metadataOf(field: FieldSchema, chance: Chance): unknown {
  const wild = chance.happens(0.15) ? valueOf(field.value, chance, 1) : {};
  return typeof wild === 'object' && wild !== null && !Array.isArray(wild) && chance.happens(0.9) ? { ...wild, name: chance.pick(names) } : wild;
}

/** Breaks some bytes: changed, lost, doubled, moved. */
export function broken(bytes: Buffer, chance: Chance): Buffer {
  let result = Buffer.from(bytes);
  for (let times = 1 + chance.int(3); times > 0 && result.length > 0; times--) {
    const at = chance.int(result.length);
    const length = 1 + chance.int(Math.min(16, result.length - at));
    switch (chance.int(5)) {
      case 0: result[at] = chance.int(256); break;
      case 1: result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]); break;
      case 2: result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]); break;
      case 3: result = result.subarray(0, at); break;
      default: result = Buffer.concat([result.subarray(0, at), Buffer.from(hostileString(chance)), result.subarray(at)]);
    }
  }
  return result;
}
