import { DYN, isDyn, isDynOrError, paramAt, sameType, type CelType } from './types.ts';

/** What type variables stand for so far. */
export type Substitutions = ReadonlyMap<string, CelType>;

/** The substitutions under which `from` may stand where `to` is wanted, or undefined. Neither input is changed. */
export function assign(known: Substitutions, from: CelType, to: CelType): Substitutions | undefined {
  return assignAll(known, [from], [to]);
}

/** `assign` for each pair, with what the earlier ones taught. */
export function assignAll(known: Substitutions, from: readonly CelType[], to: readonly CelType[]): Substitutions | undefined {
  const learned = new Map(known);
  return allAssignable(learned, from, to) ? learned : undefined;
}

function allAssignable(known: Map<string, CelType>, from: readonly CelType[], to: readonly CelType[]): boolean {
  return from.length === to.length && from.every((one, i) => assignable(known, one, to[i] ?? DYN));
}

function assignable(known: Map<string, CelType>, from: CelType, to: CelType): boolean {
  if (to.kind === 'param') {
    const verdict = substitutable(known, from, to);
    if (verdict !== undefined) return verdict;
  }
  if (from.kind === 'param') return substitutable(known, to, from) ?? false;
  if (isDynOrError(from) || isDynOrError(to)) return true;
  if (from.kind === 'null') return nullable(to);
  if (to.kind === 'null') return nullable(from);
  switch (from.kind) {
    case 'type':
      return to.kind === 'type';
    case 'opaque':
    case 'list':
    case 'map':
      return from.kind === to.kind && from.name === to.name && allAssignable(known, from.params, to.params);
    default:
      return from.kind === to.kind && from.name === to.name;
  }
}

/** Whether the variable can stand for the type; undefined when it is free but occurs in it. */
function substitutable(known: Map<string, CelType>, type: CelType, variable: CelType): boolean | undefined {
  if (sameType(type, variable)) return true;
  const current = known.get(variable.name);
  if (current !== undefined) {
    if (sameType(type, current)) return true;
    if (!assignable(known, type, current)) return false;
    const general = mostGeneral(type, current);
    if (!occursIn(known, variable, general)) known.set(variable.name, general);
    return true;
  }
  if (occursIn(known, variable, type)) return undefined;
  known.set(variable.name, type);
  return true;
}

const nullable = (type: CelType): boolean => type.kind === 'null' || type.kind === 'opaque' || type.kind === 'object' || type.kind === 'duration' || type.kind === 'timestamp';

function occursIn(known: Substitutions, variable: CelType, type: CelType): boolean {
  if (sameType(variable, type)) return true;
  if (type.kind === 'param') {
    const current = known.get(type.name);
    return current !== undefined && occursIn(known, variable, current);
  }
  return type.params.some((one) => occursIn(known, variable, one));
}

/** The wider of two types that agree. */
export function mostGeneral(a: CelType, b: CelType): CelType {
  return equalOrLessSpecific(a, b) ? a : b;
}

function equalOrLessSpecific(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'param') return true;
  if (isDyn(b) || b.kind === 'param') return false;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'opaque':
    case 'list':
    case 'map':
      return a.name === b.name && a.params.length === b.params.length && a.params.every((one, i) => equalOrLessSpecific(one, paramAt(b, i)));
    case 'type':
      return true;
    default:
      return sameType(a, b);
  }
}

/** The type with its variables replaced by what they stand for; those that stand for nothing are dyn when `freeIsDyn`. */
export function substitute(known: Substitutions, type: CelType, freeIsDyn: boolean): CelType {
  if (type.kind === 'param') {
    const current = known.get(type.name);
    if (current !== undefined) return substitute(known, current, freeIsDyn);
    return freeIsDyn ? DYN : type;
  }
  return type.params.length === 0 ? type : { ...type, params: type.params.map((one) => substitute(known, one, freeIsDyn)) };
}
