/** The kinds of CEL's types. `param` is a type variable, `error` the type of what did not check. */
export type TypeKind =
  | 'dyn' | 'error' | 'null' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration'
  | 'list' | 'map' | 'object' | 'opaque' | 'type' | 'param';

/** One type of CEL. Plain, shared and never changed; `name` tells objects, opaque types and type variables apart. */
export interface CelType {
  readonly kind: TypeKind;
  readonly name: string;
  readonly params: readonly CelType[];
  /** The fields of an object, by the names expressions use. Filled in once by whoever declares the type. */
  readonly fields?: ReadonlyMap<string, CelType>;
}

const simple = (kind: TypeKind, name: string = kind): CelType => ({ kind, name, params: [] });

export const DYN = simple('dyn');
export const ERROR = simple('error', '!error!');
export const NULL = simple('null');
export const BOOL = simple('bool');
export const INT = simple('int');
export const UINT = simple('uint');
export const DOUBLE = simple('double');
export const STRING = simple('string');
export const BYTES = simple('bytes');
export const TIMESTAMP = simple('timestamp', 'google.protobuf.Timestamp');
export const DURATION = simple('duration', 'google.protobuf.Duration');
/** The type of types, when it is not known of what. */
export const TYPE = simple('type');

export const listOf = (item: CelType): CelType => ({ kind: 'list', name: 'list', params: [item] });
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: 'map', name: 'map', params: [key, value] });
export const typeOf = (type: CelType): CelType => ({ kind: 'type', name: 'type', params: [type] });
export const param = (name: string): CelType => ({ kind: 'param', name, params: [] });
export const opaque = (name: string, ...params: readonly CelType[]): CelType => ({ kind: 'opaque', name, params });
export const optionalOf = (type: CelType): CelType => opaque('optional_type', type);
export const object = (name: string, fields: ReadonlyMap<string, CelType> = new Map()): CelType => ({ kind: 'object', name, params: [], fields });

export const isOptional = (type: CelType): boolean => type.kind === 'opaque' && type.name === 'optional_type';
export const isDyn = (type: CelType): boolean => type.kind === 'dyn';
export const isDynOrError = (type: CelType): boolean => type.kind === 'dyn' || type.kind === 'error';

/** What is in the optional, and whether it was one. */
export function unwrapOptional(type: CelType): readonly [CelType, boolean] {
  return isOptional(type) ? [paramAt(type, 0), true] : [type, false];
}

/** The parameter of a list, a map or an opaque type. */
export function paramAt(type: CelType, index: number): CelType {
  return type.params[index] ?? DYN;
}

const shortNames: Partial<Record<TypeKind, string>> = { timestamp: 'timestamp', duration: 'duration' };

/** As error messages print it: `list(string)`, `optional_type(int)`. */
export function formatType(type: CelType): string {
  const name = shortNames[type.kind] ?? type.name;
  return type.params.length === 0 ? name : `${name}(${type.params.map(formatType).join(', ')})`;
}

/** The very same type. */
export function sameType(a: CelType, b: CelType): boolean {
  return a === b || (a.kind === b.kind && a.name === b.name && a.params.length === b.params.length && a.params.every((one, i) => sameType(one, paramAt(b, i))));
}
