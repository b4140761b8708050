import { accumulator, type Call, type Comprehension, type Expr, type ListExpr, type MapExpr, type Select, type StructExpr } from '../language/ast.ts';
import type { Environment } from '../language/environment.ts';
import { compilePattern } from '../library/regex.ts';
import { add } from './arithmetic.ts';
import { attributes, type Attribute } from './attributes.ts';
import { cost } from './costs.ts';
import { pickOverload } from './dispatch.ts';
import { CelFailure, noSuchOverload } from './failure.ts';
import { charge, type Step } from './frame.ts';
import { emptyAccumulator, GrowingList, GrowingMap } from './growing.ts';
import { addPresent, asCondition, attempt, bindingStep, callStep, iterate, localStep, logicalStep, notStrictlyFalse, orStep } from './steps.ts';
import { CelList, CelMap, TypeValue, ValueList, ValueMap, type CelObject, type CelValue } from './values.ts';

/** Makes a value of a struct literal; the fields are those that were named. */
export type StructMaker = (typeName: string, fields: ReadonlyMap<string, CelValue>) => CelObject;

/** Turns a checked tree into a closure. Throws a CelFailure for constants that cannot be converted. */
export function plan(expr: Expr, environment: Environment, makeStruct: StructMaker): Step {
  return new Planner(environment, makeStruct).step(expr);
}

const conversions: ReadonlySet<string> = new Set(['bool', 'bytes', 'double', 'duration', 'dyn', 'int', 'string', 'timestamp', 'type', 'uint']);

interface LocalScope {
  readonly names: ReadonlyMap<string, number>;
  readonly outer: LocalScope | undefined;
}

class Planner {
  readonly #environment: Environment;
  readonly #makeStruct: StructMaker;
  #scope: LocalScope | undefined;
  #slots = 0;

  constructor(environment: Environment, makeStruct: StructMaker) {
    this.#environment = environment;
    this.#makeStruct = makeStruct;
  }

  step(expr: Expr): Step {
    const constant = this.#constant(expr);
    if (constant !== undefined) return () => constant;
    switch (expr.kind) {
      case 'literal': {
        const { value } = expr;
        return () => value;
      }
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return this.#struct(expr);
      case 'comprehension':
        return this.#comprehension(expr);
      case 'select':
        return expr.test ? this.#presence(expr) : this.#attributeStep(expr);
      case 'ident':
        return this.#attributeStep(expr);
      case 'call':
        return attributes.isOne(expr) ? this.#attributeStep(expr) : this.#call(expr);
    }
  }

  /** The value, when the node is constant: upstream computes those while it plans, and charges nothing. */
  #constant(expr: Expr): CelValue | undefined {
    switch (expr.kind) {
      case 'literal':
        return expr.value;
      case 'ident':
        return this.#isTypeName(expr.name) ? new TypeValue(expr.name.replace(/^\./, '')) : undefined;
      case 'select':
        return expr.qualifiedName !== undefined && this.#isTypeName(expr.qualifiedName) ? new TypeValue(expr.qualifiedName) : undefined;
      case 'list': {
        if (expr.optional.size > 0) return undefined;
        const items = expr.items.map((one) => this.#constant(one));
        return items.every((one) => one !== undefined) ? new ValueList(items) : undefined;
      }
      case 'map': {
        const entries = expr.entries.map(({ key, value, optional }) => (optional ? [] : [this.#constant(key), this.#constant(value)]));
        if (entries.some(([key, value]) => key === undefined || value === undefined)) return undefined;
        return new ValueMap(entries.map(([key = null, value = null]) => [key, value]));
      }
      case 'call': {
        const [arg] = expr.args;
        if (expr.target !== undefined || arg === undefined || expr.args.length !== 1 || !conversions.has(expr.name)) return undefined;
        const value = this.#constant(arg);
        const call = value === undefined ? undefined : expr.overloads?.[0]?.call;
        return value === undefined || call === undefined ? undefined : this.#invoke(expr)(value);
      }
      default:
        return undefined;
    }
  }

  #isTypeName(name: string): boolean {
    return this.#local(name) === undefined && !this.#environment.variables.has(name.replace(/^\./, ''));
  }

  #local(name: string): number | undefined {
    for (let scope = this.#scope; scope !== undefined; scope = scope.outer) {
      const slot = scope.names.get(name);
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  /** What finds the overload, if that is still open, and calls it. */
  #invoke({ name, overloads = [] }: Call): (...args: CelValue[]) => CelValue {
    const call = overloads[0]?.call;
    if (call === undefined) throw new CelFailure(`no such overload: ${name}`);
    if (overloads.every((one) => one.call === call)) return call;
    return (...args) => (pickOverload(name, overloads, args).call ?? call)(...args);
  }

  #attributeStep(expr: Expr): Step {
    const { resolve, conditional } = this.#attribute(expr);
    if (conditional) return resolve;
    return (frame) => {
      charge(frame, cost.identifier);
      return resolve(frame);
    };
  }

  #attribute(expr: Expr): Attribute {
    return attributes.plan(expr, {
      step: (one) => this.step(one),
      constant: (one) => this.#constant(one),
      root: (one) => this.#root(one),
    });
  }

  /** A local or a variable. */
  #root(name: string): Step {
    const slot = this.#local(name);
    if (slot !== undefined) return localStep(slot);
    const plain = name.startsWith('.') ? name.slice(1) : name;
    return (frame) => {
      const value = frame.input(plain, frame);
      if (value === undefined) throw new CelFailure(`no such attribute(s): ${plain}`);
      return value;
    };
  }

  #presence(expr: Select): Step {
    const { resolve } = this.#attribute(expr.operand);
    const { field } = expr;
    return (frame) => {
      const value = resolve(frame);
      charge(frame, cost.identifier);
      return attributes.has(value, field);
    };
  }

  #list(expr: ListExpr): Step {
    const steps = expr.items.map((one) => this.step(one));
    const { optional } = expr;
    return (frame) => {
      charge(frame, cost.list);
      const items: CelValue[] = [];
      for (let i = 0; i < steps.length; i++) {
        const value = steps[i]?.(frame) ?? null;
        if (!optional.has(i)) items.push(value);
        else addPresent(value, (present) => items.push(present));
      }
      return new ValueList(items);
    };
  }

  #map(expr: MapExpr): Step {
    const entries = expr.entries.map(({ key, value, optional }) => ({ key: this.step(key), value: this.step(value), optional }));
    return (frame) => {
      charge(frame, cost.map);
      const found: (readonly [CelValue, CelValue])[] = [];
      for (const { key, value, optional } of entries) {
        const name = key(frame);
        const its = value(frame);
        if (!optional) found.push([name, its]);
        else addPresent(its, (present) => found.push([name, present]));
      }
      return new ValueMap(found);
    };
  }

  #struct(expr: StructExpr): Step {
    const fields = expr.fields.map(({ name, value, optional }) => ({ name, value: this.step(value), optional }));
    const typeName = expr.type?.name ?? expr.typeName;
    return (frame) => {
      charge(frame, cost.struct);
      const found = new Map<string, CelValue>();
      for (const { name, value, optional } of fields) {
        const its = value(frame);
        if (!optional) found.set(name, its);
        else addPresent(its, (present) => found.set(name, present));
      }
      return this.#makeStruct(typeName, found);
    };
  }

  #call(expr: Call): Step {
    const all = expr.target === undefined ? expr.args : [expr.target, ...expr.args];
    const [first, second] = all;
    if (first !== undefined && second !== undefined) {
      if (expr.name === '_&&_' || expr.name === '_||_') return logicalStep(this.step(first), this.step(second), expr.name === '_||_');
      if (expr.name === 'or' || expr.name === 'orValue') return orStep(this.step(first), this.step(second), expr.name === 'orValue');
      if (expr.name === '@in') return this.#membership(expr, first, second);
    }
    const pattern = (expr.name === 'find' || expr.name === 'findAll') && second !== undefined ? this.#constant(second) : undefined;
    // Upstream compiles constant patterns while it plans.
    if (typeof pattern === 'string') compilePattern(pattern);
    if (expr.name === '@not_strictly_false' && first !== undefined) return notStrictlyFalse(this.step(first));
    return callStep(expr, this.#invoke(expr), all.map((one) => this.step(one)));
  }

  /** Being in a constant list of plain values costs nothing upstream: it looks it up in a set. */
  #membership(expr: Call, item: Expr, list: Expr): Step {
    const constant = this.#constant(list);
    if (constant instanceof CelList && [...constant].every((one) => typeof one === 'string' || typeof one === 'bigint' || typeof one === 'boolean' || typeof one === 'number')) {
      if (constant.length === 0) return () => false;
      const step = this.step(item);
      return (frame) => constant.has(step(frame));
    }
    return callStep(expr, this.#invoke(expr), [this.step(item), this.step(list)]);
  }

  #comprehension(expr: Comprehension): Step {
    const range = this.step(expr.range);
    const init = this.step(expr.init);
    const [slot, first, second] = [this.#slots++, this.#slots++, this.#slots++];
    const outer = this.#scope;
    const folded: LocalScope = { names: new Map([[expr.accumulator, slot]]), outer };
    this.#scope = { names: new Map([[expr.variable, first], ...(expr.variable2 === undefined ? [] : [[expr.variable2, second] as const])]), outer: folded };
    const condition = this.step(expr.condition);
    const step = this.#growing(expr.step, slot) ?? this.step(expr.step);
    this.#scope = folded;
    const result = this.step(expr.result);
    this.#scope = outer;
    const isBinding = expr.range.kind === 'list' && expr.range.items.length === 0 && expr.accumulator !== accumulator;
    if (isBinding) return bindingStep(slot, init, result);
    const starts = emptyAccumulator(expr.init) ?? init;
    const pairs = expr.variable2 !== undefined;
    return (frame) => {
      const over = range(frame);
      frame.locals[slot] = starts(frame);
      const advance = (key: CelValue, value: CelValue): boolean => {
        frame.locals[first] = key;
        frame.locals[second] = value;
        if (attempt(condition, frame) === false) return false;
        frame.locals[slot] = attempt(step, frame);
        return true;
      };
      iterate(over, pairs, advance);
      return result(frame);
    };
  }

  /** `accumulator + [item]`, perhaps for some items only: grown in place, or n items would cost n² to copy. */
  #growing(step: Expr, slot: number): Step | undefined {
    if (step.kind !== 'call') return undefined;
    const [a, b, c] = step.args;
    if (step.name === '_?_:_' && a !== undefined && b !== undefined && isAccumulator(c)) {
      const grow = this.#growing(b, slot);
      if (grow === undefined) return undefined;
      const when = this.step(a);
      const same = localStep(slot);
      return (frame) => (asCondition(when(frame)) ? grow(frame) : same(frame));
    }
    if (!isAccumulator(a)) return undefined;
    if (step.name === '_+_' && b?.kind === 'list' && b.items.length === 1 && b.optional.size === 0) return this.#appending(b, slot);
    if (step.name === 'cel.@mapInsert' && b !== undefined) return this.#inserting(b, c, slot);
    return undefined;
  }

  #appending(list: ListExpr, slot: number): Step {
    const item = this.#constant(list) === undefined ? list.items[0] : undefined;
    const step = this.step(item ?? list);
    const own = localStep(slot);
    return (frame) => {
      const into = own(frame);
      charge(frame, cost.identifier);
      const value = step(frame);
      charge(frame, item === undefined ? 1 : cost.list + 1);
      if (!(into instanceof GrowingList)) return add(into, item === undefined ? value : new ValueList([value]));
      for (const one of item === undefined && value instanceof CelList ? value : [value]) into.push(one);
      return into;
    };
  }

  #inserting(keyOrEntries: Expr, value: Expr | undefined, slot: number): Step {
    const first = this.step(keyOrEntries);
    const second = value === undefined ? undefined : this.step(value);
    const own = localStep(slot);
    return (frame) => {
      const into = own(frame);
      charge(frame, cost.identifier);
      const key = first(frame);
      const entries: (readonly [CelValue, CelValue])[] = [];
      if (second !== undefined) entries.push([key, second(frame)]);
      else if (key instanceof CelMap) for (const one of key.keys()) entries.push([one, key.find(one) ?? null]);
      charge(frame, 1);
      if (!(into instanceof GrowingMap)) throw noSuchOverload();
      for (const [name, its] of entries) into.insert(name, its);
      return into;
    };
  }
}

const isAccumulator = (expr: Expr | undefined): boolean => expr?.kind === 'ident' && expr.name === accumulator;
