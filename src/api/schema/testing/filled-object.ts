import type { Random } from '../../../base/random.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { ObjectSchema, ValueSchema } from '../schema.ts';

/** Recursive types end here. */
const maxDepth = 12;

/** An object with every field of its schema set, or about `share` of them (0 to 1), to values that chance gives. Nothing in it is empty or zero. */
export function filledObject(schema: ObjectSchema, random: Random, share = 1): KubeObject {
  const number = (below: number): number => 1 + Math.floor(random.float() * (below - 1));

  const value = (of: ValueSchema, depth: number): unknown => {
    switch (of.kind) {
      case 'object': return object(of, depth);
      case 'list': return depth > maxDepth ? [] : Array.from({ length: number(3) }, () => value(of.items, depth + 1));
      case 'map': return Object.fromEntries(Array.from({ length: number(3) }, () => [random.suffix(6), value(of.values, depth + 1)]));
      case 'string': return random.suffix(8);
      case 'bytes': return btoa(random.suffix(6));
      case 'int32': return number(1000);
      case 'int64': return number(1_000_000);
      case 'number': return number(100) + 0.5;
      case 'boolean': return true;
      case 'quantity': return `${number(1000)}m`;
      case 'int-or-string': return random.float() < 0.5 ? number(1000) : `${number(99)}%`;
      case 'time': return `2026-03-0${number(9)}T10:00:00Z`;
      case 'micro-time': return `2026-03-0${number(9)}T10:00:00.00000${number(9)}Z`;
      case 'duration': return `${number(60)}m0s`;
      case 'any': return { some: random.suffix(4) };
    }
  };

  const object = (of: ObjectSchema, depth: number): Record<string, unknown> => {
    const result: Record<string, unknown> = {};
    if (depth > maxDepth) return result;
    for (const { name, value: field } of of.fields.values()) {
      if (depth === 0 && (name === 'apiVersion' || name === 'kind')) continue;
      if (name === 'managedFields' || name === 'selfLink') continue;
      if (share < 1 && random.float() > share && !of.required.includes(name) && depth > 0) continue;
      result[name] = value(field, depth + 1);
    }
    return result;
  };

  const { group = '', version = '', kind = '' } = schema.kinds?.[0] ?? {};
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind, ...object(schema, 0) } as unknown as KubeObject;
}
