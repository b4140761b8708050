import type { CelValue } from '../runtime/values.ts';
import type { CelType } from './types.ts';

/** One way to call a function: its types, and what it does. */
export interface Overload {
  /** Upstream's id of it; costs are told apart by it. */
  readonly id: string;
  /** `x.f()` rather than `f(x)`; the first argument is what stands before the dot. */
  readonly member: boolean;
  readonly args: readonly CelType[];
  readonly result: CelType;
  /** Throws a CelFailure. Undefined for what the interpreter does itself because it does not evaluate every argument. */
  readonly call?: (...args: CelValue[]) => CelValue;
}

/** All functions of an environment, each with its overloads in order. */
export type Functions = ReadonlyMap<string, readonly Overload[]>;

/** What a library adds. */
export type Library = Readonly<Record<string, readonly Overload[]>>;

/** `f(x)` */
export const overload = (id: string, args: readonly CelType[], result: CelType, call?: (...args: CelValue[]) => CelValue): Overload => ({ id, member: false, args, result, ...(call !== undefined && { call }) });

/** `x.f()` */
export const member = (id: string, args: readonly CelType[], result: CelType, call?: (...args: CelValue[]) => CelValue): Overload => ({ id, member: true, args, result, ...(call !== undefined && { call }) });

/** Libraries put together: later overloads of a function follow earlier ones. */
export function functionsOf(...libraries: readonly Library[]): Functions {
  const functions = new Map<string, Overload[]>();
  for (const library of libraries) {
    for (const [name, overloads] of Object.entries(library)) {
      const known = functions.get(name);
      if (known === undefined) functions.set(name, [...overloads]);
      else known.push(...overloads);
    }
  }
  return functions;
}
