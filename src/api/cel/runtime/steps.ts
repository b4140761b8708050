/** What the nodes of a tree come to when it is evaluated: steps that are made of steps. */
import type { Call } from '../language/ast.ts';
import { callCost, isFlatCost, type CallCost } from './costs.ts';
import { CelFailure, noSuchOverload } from './failure.ts';
import { charge, type Frame, type Step } from './frame.ts';
import { CelList, CelMap, Optional, optionalNone, type CelValue } from './values.ts';

/** The value of a local; its failure, if that is what it has. */
export function localStep(slot: number): Step {
  return (frame) => {
    const value = frame.locals[slot];
    if (value instanceof CelFailure) throw value;
    if (value === undefined) throw new CelFailure('no such attribute(s)');
    return value;
  };
}

/** The initial value is computed when it is first asked for, and paid for then. */
export function bindingStep(slot: number, init: Step, result: Step): Step {
  return (frame) => {
    frame.locals[slot] = init(frame);
    return result(frame);
  };
}

/** The value, or the failure: what accumulates may be one, until something absorbs it. */
export function attempt(step: Step, frame: Frame): CelValue | CelFailure {
  try {
    return step(frame);
  } catch (error) {
    if (error instanceof CelFailure) return error;
    throw error;
  }
}

/** Goes through a list or a map until it is told to stop. */
export function iterate(over: CelValue, pairs: boolean, advance: (key: CelValue, value: CelValue) => boolean): void {
  if (over instanceof CelList) {
    const { length } = over;
    for (let i = 0; i < length; i++) {
      const item = over.at(i) ?? null;
      if (!(pairs ? advance(BigInt(i), item) : advance(item, null))) return;
    }
  } else if (over instanceof CelMap) {
    for (const key of over.keys()) if (!advance(key, pairs ? (over.find(key) ?? null) : null)) return;
  } else {
    throw noSuchOverload();
  }
}

/** Calls a function with the values of its arguments, and pays for it. */
export function callStep(expr: Call, invoke: (...args: CelValue[]) => CelValue, steps: readonly Step[]): Step {
  const { name, overloads = [] } = expr;
  const price = callCost(name, overloads.length === 1 ? overloads[0]?.id : undefined);
  const isFlat = isFlatCost(price);
  const [first, second] = steps;
  if (steps.length === 2 && first !== undefined && second !== undefined) {
    return (frame) => {
      const a = attempt(first, frame);
      const b = attempt(second, frame);
      if (a instanceof CelFailure) return failCall(frame, price([null, asPriced(b)], null), a);
      if (b instanceof CelFailure) return failCall(frame, price([a, null], null), b);
      let result: CelValue;
      try {
        result = invoke(a, b);
      } catch (error) {
        if (error instanceof CelFailure) charge(frame, price([a, b], null));
        throw error;
      }
      charge(frame, isFlat ? 1 : price([a, b], result));
      return result;
    };
  }
  return (frame) => {
    const args: CelValue[] = [];
    for (const step of steps) {
      const value = attempt(step, frame);
      // Upstream charges for a call whose last argument failed, and for none that it did not get that far with.
      if (value instanceof CelFailure) return failCall(frame, args.length + 1 === steps.length ? price([...args, null], null) : 0, value);
      args.push(value);
    }
    return finishCall(frame, price, args, () => invoke(...args));
  };
}

/** A failure is as large as any value that has no size. */
const asPriced = (value: CelValue | CelFailure): CelValue => (value instanceof CelFailure ? null : value);

function failCall(frame: Frame, price: number, failure: CelFailure): never {
  charge(frame, price);
  throw failure;
}

function finishCall(frame: Frame, price: CallCost, args: readonly CelValue[], call: () => CelValue): CelValue {
  let result: CelValue;
  try {
    result = call();
  } catch (error) {
    if (error instanceof CelFailure) charge(frame, price(args, null));
    throw error;
  }
  charge(frame, price(args, result));
  return result;
}

/** A side that decides makes up for one that failed. */
export function logicalStep(left: Step, right: Step, decides: boolean): Step {
  return (frame) => {
    const a = attempt(left, frame);
    if (a === decides) return decides;
    const b = attempt(right, frame);
    if (b === decides) return decides;
    if (a instanceof CelFailure) throw a;
    if (b instanceof CelFailure) throw b;
    if (typeof a !== 'boolean' || typeof b !== 'boolean') throw noSuchOverload();
    return !decides;
  };
}

/** `or` and `orValue` of an optional: the other side is computed only where there is nothing. */
export function orStep(left: Step, right: Step, unwrap: boolean): Step {
  return (frame) => {
    const value = left(frame);
    if (!(value instanceof Optional)) return value;
    if (value.value === undefined) return right(frame);
    return unwrap ? value.value : value;
  };
}

/** Whether a loop goes on: a failure does not end it. */
export function notStrictlyFalse(inner: Step): Step {
  return (frame) => {
    const value = attempt(inner, frame);
    charge(frame, 1);
    return value !== false;
  };
}

/** Throws a CelFailure for what is no boolean. */
export function asCondition(value: CelValue): boolean {
  if (typeof value === 'boolean') return value;
  throw noSuchOverload();
}

/** Adds what an optional holds, if anything. */
export function addPresent(value: CelValue, add: (present: CelValue) => void): void {
  if (!(value instanceof Optional)) throw new CelFailure(`cannot initialize optional list element from non-optional value`);
  if (value !== optionalNone && value.value !== undefined) add(value.value);
}
