import { CelList, CelMap, Duration, Optional, Timestamp, TypeValue, Uint, type CelValue } from '../runtime/values.ts';
import type { Expr } from './ast.ts';
import type { Functions } from './declarations.ts';
import type { MacroOptions } from './macros.ts';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, NULL, optionalOf, STRING, TIMESTAMP, TYPE, typeOf, UINT, type CelType } from './types.ts';

/** What an expression may name: functions, types and variables. Made once and shared; extended by making another. */
export interface Environment {
  readonly functions: Functions;
  readonly variables: ReadonlyMap<string, CelType>;
  readonly macros: MacroOptions;
  /** The type of a variable, or of the name of a type (`type(int)`); a name may have dots. */
  identifier(name: string): CelType | undefined;
  /** The type of this name, for literals of it. */
  typeNamed(name: string): CelType | undefined;
  fieldsOf(type: CelType): FieldTypes | undefined;
  typeOfValue(value: CelValue): CelType;
}

/** The types of an object's fields; undefined for what is no field. */
export interface FieldTypes {
  get(name: string): CelType | undefined;
}

/** What finds types beyond the standard ones, by their names. */
export interface NamedTypes {
  get(name: string): CelType | undefined;
}

/** Types that every expression may name. */
export const standardTypes: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['bool', BOOL], ['bytes', BYTES], ['double', DOUBLE], ['int', INT], ['uint', UINT], ['string', STRING], ['null_type', NULL], ['type', TYPE],
  ['list', listOf(DYN)], ['map', mapOf(DYN, DYN)], ['google.protobuf.Timestamp', TIMESTAMP], ['google.protobuf.Duration', DURATION], ['optional_type', optionalOf(DYN)],
]);

export interface EnvironmentOptions {
  /** The fields of objects, where they are not those that their types hold. */
  readonly fieldsOf?: (type: CelType) => FieldTypes | undefined;
  readonly macros?: MacroOptions;
}

/** An environment with these functions, types beyond the standard ones, and variables. */
export function environment(functions: Functions, types: NamedTypes, variables: ReadonlyMap<string, CelType>, options: EnvironmentOptions = {}): Environment {
  const known = (name: string): CelType | undefined => types.get(name) ?? standardTypes.get(name);
  return {
    functions,
    variables,
    macros: options.macros ?? {},
    identifier: (name) => variables.get(name) ?? (known(name) === undefined ? undefined : typeOf(known(name) ?? DYN)),
    typeNamed: (name) => types.get(name),
    fieldsOf: options.fieldsOf ?? ((type) => type.fields),
    typeOfValue,
  };
}

function typeOfValue(value: CelValue): CelType {
  switch (typeof value) {
    case 'string':
      return STRING;
    case 'bigint':
      return INT;
    case 'number':
      return DOUBLE;
    case 'boolean':
      return BOOL;
    default:
      if (value === null) return NULL;
      if (value instanceof Uint8Array) return BYTES;
      if (value instanceof Uint) return UINT;
      if (value instanceof Timestamp) return TIMESTAMP;
      if (value instanceof Duration) return DURATION;
      if (value instanceof CelList) return listOf(DYN);
      if (value instanceof CelMap) return mapOf(DYN, DYN);
      if (value instanceof Optional) return optionalOf(DYN);
      return value instanceof TypeValue ? TYPE : DYN;
  }
}

/** `a.b.c`, when that is all the expression is. */
export function pathOf(expr: Expr): string[] | undefined {
  if (expr.kind === 'ident') return [expr.name];
  if (expr.kind !== 'select' || expr.test) return undefined;
  const path = pathOf(expr.operand);
  path?.push(expr.field);
  return path;
}
