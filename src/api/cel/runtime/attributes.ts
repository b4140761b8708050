import type { Expr } from '../language/ast.ts';
import { cost } from './costs.ts';
import { CelFailure, noSuchKey, noSuchOverload } from './failure.ts';
import { charge, type Frame, type Step } from './frame.ts';
import { CelList, CelMap, Optional, Uint, optionalNone, type CelValue } from './values.ts';

/**
 * A variable and what is selected from it. Upstream plans such a chain as one thing, which costs one for the whole and
 * one for each selection; a conditional costs nothing itself, and neither do variables that are its branches.
 */
export interface Attribute {
  /** Resolves it, and pays for its selections. */
  readonly resolve: Step;
  readonly conditional: boolean;
}

interface Parts {
  step(expr: Expr): Step;
  constant(expr: Expr): CelValue | undefined;
  root(name: string): Step;
}

const selections: ReadonlySet<string> = new Set(['_[_]', '_[?_]', '_?._']);

/** Whether the node is part of such a chain. */
function isOne(expr: Expr): boolean {
  return expr.kind === 'ident' || (expr.kind === 'select' && !expr.test) || (expr.kind === 'call' && (selections.has(expr.name) || expr.name === '_?_:_'));
}

function plan(expr: Expr, parts: Parts): Attribute {
  if (expr.kind === 'ident') return { resolve: parts.root(expr.name), conditional: false };
  if (expr.kind === 'select' && !expr.test) {
    if (expr.qualifiedName !== undefined) return { resolve: parts.root(expr.qualifiedName), conditional: false };
    return selectedFrom(plan(expr.operand, parts), expr.field);
  }
  const [first, second, third] = expr.kind === 'call' && isOne(expr) ? expr.args : [];
  if (expr.kind !== 'call' || first === undefined || second === undefined) return { resolve: parts.step(expr), conditional: false };
  if (expr.name === '_?_:_' && third !== undefined) return conditional(parts.step(first), plan(second, parts).resolve, plan(third, parts).resolve);
  return indexed(plan(first, parts), keyOf(second, parts), expr.name !== '_[_]');
}

/** The key: if it is an attribute itself, it costs its selections only. */
function keyOf(expr: Expr, parts: Parts): Step {
  const constant = parts.constant(expr);
  if (constant !== undefined) return () => constant;
  return isOne(expr) ? plan(expr, parts).resolve : parts.step(expr);
}

function conditional(condition: Step, yes: Step, no: Step): Attribute {
  return {
    conditional: true,
    resolve: (frame) => {
      const value = condition(frame);
      if (typeof value !== 'boolean') throw noSuchOverload();
      return value ? yes(frame) : no(frame);
    },
  };
}

function selectedFrom(from: Attribute, field: string): Attribute {
  const { resolve } = from;
  return {
    conditional: from.conditional,
    resolve: (frame) => {
      const operand = resolve(frame);
      charge(frame, cost.identifier);
      if (operand instanceof CelMap) {
        const value = operand.find(field);
        if (value === undefined) throw noSuchKey(field);
        return value;
      }
      if (operand instanceof Optional) return maybe(operand.value, field);
      throw noSuchOverload();
    },
  };
}

function indexed(from: Attribute, key: Step, optional: boolean): Attribute {
  const { resolve } = from;
  return {
    conditional: from.conditional,
    resolve: (frame: Frame) => {
      const operand = resolve(frame);
      const index = key(frame);
      if (optional) {
        const found = maybe(operand instanceof Optional ? operand.value : operand, index);
        if (found !== optionalNone) charge(frame, cost.identifier);
        return found;
      }
      charge(frame, cost.identifier);
      return operand instanceof Optional ? maybe(operand.value, index) : at(operand, index);
    },
  };
}

function at(operand: CelValue, key: CelValue): CelValue {
  if (operand instanceof CelMap) {
    const value = operand.find(key);
    if (value === undefined) throw noSuchKey(show(key));
    return value;
  }
  if (!(operand instanceof CelList)) throw noSuchOverload();
  const index = listIndex(key);
  const value = operand.at(index);
  if (value === undefined) throw new CelFailure(`index out of bounds: ${index}`);
  return value;
}

function maybe(operand: CelValue | undefined, key: CelValue): Optional {
  if (operand === undefined) return optionalNone;
  let value: CelValue | undefined;
  if (operand instanceof CelMap) value = operand.find(key);
  else if (operand instanceof CelList) value = operand.at(listIndex(key));
  else throw noSuchOverload();
  return value === undefined ? optionalNone : new Optional(value);
}

function listIndex(key: CelValue): number {
  if (typeof key === 'bigint') return Number(key);
  if (key instanceof Uint) return Number(key.value);
  if (typeof key === 'number' && Number.isInteger(key)) return key;
  throw noSuchOverload();
}

function has(operand: CelValue, field: string): boolean {
  if (operand instanceof CelMap) return operand.find(field) !== undefined;
  if (operand instanceof Optional) return operand.value !== undefined && has(operand.value, field);
  throw noSuchOverload();
}

const show = (key: CelValue): string => (key instanceof Uint ? String(key.value) : String(key));

/** How attributes are planned and tested. */
export const attributes = { isOne, plan, has };
