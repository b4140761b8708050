import { paramAt, type CelType } from '../language/types.ts';
import type { Overload } from '../language/declarations.ts';
import { noSuchOverload } from './failure.ts';
import { CelList, CelMap, CelObject, Duration, Optional, Timestamp, TypeValue, typeNameOf, Uint, type CelValue } from './values.ts';

/** Whether the value is of the type, as far as upstream looks at run time: of lists and maps, their first entry. */
export function isOfType(value: CelValue, type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
    case 'error':
      return true;
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'double':
      return typeof value === 'number';
    case 'null':
      return value === null;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'uint':
      return value instanceof Uint;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'type':
      return value instanceof TypeValue;
    case 'list': {
      if (!(value instanceof CelList)) return false;
      const first = value.at(0);
      return first === undefined || isOfType(first, paramAt(type, 0));
    }
    case 'map':
      return value instanceof CelMap && firstEntryIs(value, type);
    case 'object':
      return value instanceof CelObject && (value.typeName === type.name || value instanceof CelMap);
    case 'opaque':
      return value instanceof CelObject && (value instanceof Optional ? type.name === 'optional_type' : value.typeName === type.name);
  }
}

function firstEntryIs(map: CelMap, type: CelType): boolean {
  for (const key of map.keys()) return isOfType(key, paramAt(type, 0)) && isOfType(map.find(key) ?? null, paramAt(type, 1));
  return true;
}

/** The overload that the values fit; throws upstream's error when there is none. */
export function pickOverload(name: string, overloads: readonly Overload[], args: readonly CelValue[]): Overload {
  for (const one of overloads) {
    if (one.args.length === args.length && one.args.every((type, i) => isOfType(args[i] ?? null, type))) return one;
  }
  throw noSuchOverload(/^[@a-zA-Z]/.test(name) && name !== '@in' ? `${name}(${args.map(typeNameOf).join(', ')})` : undefined);
}
