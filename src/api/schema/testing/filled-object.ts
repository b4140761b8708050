import type { Random } from '../../../base/random.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { ObjectSchema, ValueSchema } from '../schema.ts';

function innermost(schema: ValueSchema): ValueSchema {
  if (schema.kind === 'list') return innermost(schema.items);
  return schema.kind === 'map' ? innermost(schema.values) : schema;
}

/** An object with every field of its schema set, or about `share` of them (0 to 1), to values that chance gives. Nothing in it is empty or zero; a type stands inside itself no more than once. */
export function filledObject(schema: ObjectSchema, random: Random, share = 1): KubeObject {
  const number = (below: number): number => 1 + Math.floor(random.float() * (below - 1));

  const value = (of: ValueSchema, within: readonly ObjectSchema[]): unknown => {
    switch (of.kind) {
      case 'object': return object(of, within);
      case 'list': return Array.from({ length: number(3) }, () => value(of.items, within));
      case 'map': return Object.fromEntries(Array.from({ length: number(3) }, () => [random.suffix(6), value(of.values, within)]));
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

  const object = (of: ObjectSchema, within: readonly ObjectSchema[]): Record<string, unknown> => {
    const result: Record<string, unknown> = {};
    const inside = [...within, of];
    for (const { name, value: field } of of.fields.values()) {
      if (within.length === 0 && (name === 'apiVersion' || name === 'kind')) continue;
      if (name === 'managedFields' || name === 'selfLink') continue;
      if (share < 1 && random.float() > share && !of.required.includes(name) && within.length > 0) continue;
      const type = innermost(field);
      if (type.kind === 'object' && inside.includes(type)) continue;
      result[name] = value(field, inside);
    }
    return result;
  };

  const { group = '', version = '', kind = '' } = schema.kinds?.[0] ?? {};
  return { apiVersion: group === '' ? version : `${group}/${version}`, kind, ...object(schema, []) } as unknown as KubeObject;
}
