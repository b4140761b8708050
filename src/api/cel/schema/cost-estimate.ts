import type { Call, Comprehension, Expr } from '../language/ast.ts';
import { accumulator } from '../language/ast.ts';
import { paramAt, type CelType } from '../language/types.ts';
import { cost as units } from '../runtime/costs.ts';
import { codePoints } from '../runtime/values.ts';
import { estimateCall, type CallEstimate } from './call-estimates.ts';
import type { EstimatedNode } from './estimated-node.ts';
import { add, exactly, multiply, scale, union, unknown, type Range } from './ranges.ts';

/** How large the values at a path may be (`self`, `spec`, `@items`); undefined when nothing is known. */
export type SizeOf = (path: readonly string[]) => Range | undefined;

interface Entries {
  readonly container: 'list' | 'map';
  readonly key: Range;
  readonly value: Range;
}

interface Local {
  readonly path: readonly string[] | undefined;
  readonly size: Range | undefined;
  readonly entries: Entries | undefined;
}

/** The least and the most a checked expression can cost, as upstream estimates it. */
export function estimateCost(expr: Expr, sizeOf: SizeOf): Range {
  return new Estimator(sizeOf).cost(expr);
}

const none = exactly(0);
const one = exactly(1);

class Estimator {
  readonly #sizeOf: SizeOf;
  readonly #paths = new Map<Expr, readonly string[] | undefined>();
  readonly #sizes = new Map<Expr, Range>();
  readonly #entries = new Map<Expr, Entries>();
  readonly #locals = new Map<string, Local[]>();

  constructor(sizeOf: SizeOf) {
    this.#sizeOf = sizeOf;
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return none;
      case 'ident':
        this.#paths.set(expr, this.#local(expr.name)?.path ?? (this.#local(expr.name) === undefined ? [expr.name] : undefined));
        return one;
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return expr.fields.reduce((sum, { value }) => add(sum, this.cost(value)), exactly(units.struct));
      case 'comprehension':
        return expr.range.kind === 'list' && expr.range.items.length === 0 && expr.accumulator !== accumulator ? this.#binding(expr) : this.#comprehension(expr);
    }
  }

  #local(name: string): Local | undefined {
    return this.#locals.get(name)?.at(-1);
  }

  #push(name: string, local: Local): void {
    const stack = this.#locals.get(name);
    if (stack === undefined) this.#locals.set(name, [local]);
    else stack.push(local);
  }

  #pop(name: string): void {
    this.#locals.get(name)?.pop();
  }

  #path(expr: Expr): readonly string[] | undefined {
    const local = expr.kind === 'ident' ? this.#local(expr.name) : undefined;
    return local === undefined ? this.#paths.get(expr) : local.path;
  }

  #extend(expr: Expr, step: string): readonly string[] {
    return [...(this.#path(expr) ?? []), step];
  }

  #select(expr: Extract<Expr, { kind: 'select' }>): Range {
    if (expr.qualifiedName !== undefined) {
      this.#paths.set(expr, [expr.qualifiedName]);
      return one;
    }
    const operand = this.cost(expr.operand);
    if (expr.test) return operand;
    this.#paths.set(expr, this.#extend(expr.operand, expr.field));
    const kind = expr.operand.type?.kind;
    return kind === 'map' || kind === 'object' || kind === 'param' ? add(operand, one) : operand;
  }

  node(expr: Expr): EstimatedNode {
    const path = this.#path(expr);
    return { expr, type: typeOf(expr), path: path?.[0] === accumulator || path?.[0] === '__result__' ? undefined : path, size: this.#size(expr) };
  }

  /** The size of a node that no expression stands for: the items of a list. */
  #sizeAt(path: readonly string[] | undefined): Range | undefined {
    return path === undefined || path.length === 0 ? undefined : this.#sizeOf(path);
  }

  #size(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr);
    if (known !== undefined) return known;
    const inherent = inherentSize(expr);
    if (inherent !== undefined) return inherent;
    const asked = this.#sizeAt(this.#path(expr));
    if (asked !== undefined) {
      this.#sizes.set(expr, asked);
      return asked;
    }
    if (isScalar(typeOf(expr))) return one;
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined;
  }

  #sizeOrUnknown(expr: Expr): Range {
    return this.#size(expr) ?? unknown;
  }

  #entriesOf(expr: Expr): Entries | undefined {
    return this.#entries.get(expr) ?? (expr.kind === 'ident' ? this.#local(expr.name)?.entries : undefined);
  }

  #call(expr: Call): Range {
    const [first] = expr.args;
    if (expr.name === 'dyn' && first !== undefined) {
      const inner = this.cost(first);
      this.#copySizes(expr, first);
      return add(one, inner);
    }
    const argCosts = expr.args.map((arg) => this.cost(arg));
    const args = expr.args.map((arg) => this.node(arg));
    const before = expr.target === undefined ? none : this.cost(expr.target);
    const target = expr.target === undefined ? undefined : this.node(expr.target);
    const overloads = expr.overloads ?? [];
    if (overloads.length === 0) return none;
    let total: Range | undefined;
    let size: Range | undefined;
    for (const { id } of overloads) {
      const estimate = this.#overload(expr, id, target, args, argCosts);
      total = total === undefined ? estimate.cost : union(total, estimate.cost);
      if (estimate.size !== undefined) size = size === undefined ? estimate.size : union(size, estimate.size);
      if (first !== undefined && (id === 'index_list' || id === 'index_map')) {
        size = this.#entriesOf(first)?.value;
        this.#paths.set(expr, this.#extend(first, id === 'index_list' ? '@items' : '@values'));
      }
      size ??= this.#size(expr);
    }
    if (size !== undefined) this.#sizes.set(expr, size);
    return add(before, total ?? none);
  }

  #overload(expr: Call, id: string, target: EstimatedNode | undefined, args: readonly EstimatedNode[], argCosts: readonly Range[]): CallEstimate {
    const [a = none, b = none, c = none] = argCosts;
    const [x, y, z] = expr.args;
    const all = argCosts.reduce((sum, each) => add(sum, each), none);
    if (id === 'logical_and' || id === 'logical_or') return { cost: { min: a.min, max: add(a, b).max } };
    if (id === 'conditional' && y !== undefined && z !== undefined) {
      const entries = unionEntries(this.#entriesOf(y), this.#entriesOf(z));
      if (entries !== undefined) this.#entries.set(expr, entries);
      return { cost: add(a, union(b, c)), size: union(this.#sizeOrUnknown(y), this.#sizeOrUnknown(z)) };
    }
    if ((id === 'add_string' || id === 'add_bytes' || id === 'add_list') && x !== undefined && y !== undefined) {
      const size = add(this.#sizeOrUnknown(x), this.#sizeOrUnknown(y));
      const entries = unionEntries(this.#entriesOf(x), this.#entriesOf(y));
      if (entries !== undefined) this.#entries.set(expr, entries);
      return { cost: add(id === 'add_list' ? one : scale(size, units.perCharacter), all), size };
    }
    const estimate = estimateCall({
      name: expr.name, id, target, args,
      sizeOf: (node) => node.size ?? this.#sizeAt(node.path) ?? unknown,
      itemsOf: (node) => this.#itemsNode(node),
    });
    return { cost: add(estimate.cost, all), ...(estimate.size !== undefined && { size: estimate.size }) };
  }

  #itemsNode({ type, path }: EstimatedNode): EstimatedNode | undefined {
    const item = type.params[0];
    if (item === undefined) return undefined;
    return { expr: undefined, type: item, path: path === undefined ? undefined : [...path, '@items'], size: undefined };
  }

  #list(expr: Extract<Expr, { kind: 'list' }>): Range {
    let total = exactly(units.list);
    let value: Range | undefined;
    for (const item of expr.items) {
      total = add(total, this.cost(item));
      value = widen(value, this.#sizeOrUnknown(item));
    }
    this.#entries.set(expr, { container: 'list', key: one, value: value ?? none });
    return total;
  }

  #map(expr: Extract<Expr, { kind: 'map' }>): Range {
    let total = exactly(units.map);
    let keys: Range | undefined;
    let values: Range | undefined;
    for (const { key, value } of expr.entries) {
      total = add(add(total, this.cost(key)), this.cost(value));
      keys = widen(keys, this.#sizeOrUnknown(key));
      values = widen(values, this.#sizeOrUnknown(value));
    }
    this.#entries.set(expr, { container: 'map', key: keys ?? none, value: values ?? none });
    return total;
  }

  #copySizes(to: Expr, from: Expr): void {
    const size = this.#size(from);
    const entries = this.#entriesOf(from);
    if (size !== undefined) this.#sizes.set(to, size);
    if (entries !== undefined) this.#entries.set(to, entries);
  }

  #binding(expr: Comprehension): Range {
    const before = add(this.cost(expr.range), this.cost(expr.init));
    this.#push(expr.accumulator, { path: this.#path(expr.init), size: this.#size(expr.init), entries: this.#entriesOf(expr.init) });
    const result = this.cost(expr.result);
    this.#pop(expr.accumulator);
    this.#copySizes(expr, expr.result);
    return add(before, result);
  }

  #comprehension(expr: Comprehension): Range {
    const before = add(this.cost(expr.range), this.cost(expr.init));
    this.#push(expr.accumulator, { path: this.#path(expr.init), size: this.#size(expr.init), entries: this.#entriesOf(expr.init) });
    const entries = this.#entriesOf(expr.range);
    const isList = (entries?.container ?? typeOf(expr.range).kind) === 'list';
    const key: Local = { path: this.#extend(expr.range, isList ? '@indices' : '@keys'), size: entries?.key, entries: undefined };
    const value: Local = { path: this.#extend(expr.range, isList ? '@items' : '@values'), size: entries?.value, entries: undefined };
    const pairs = expr.variable2 !== undefined;
    this.#push(expr.variable, pairs || !isList ? key : value);
    if (expr.variable2 !== undefined) this.#push(expr.variable2, value);
    const loop = add(this.cost(expr.condition), this.cost(expr.step));
    this.#pop(expr.variable);
    if (expr.variable2 !== undefined) this.#pop(expr.variable2);
    const result = this.cost(expr.result);
    this.#pop(expr.accumulator);
    const count = this.#sizeOrUnknown(expr.range);
    if (expr.init.kind === 'literal') this.#sizes.set(expr, this.#sizeOrUnknown(expr.init));
    else if (expr.init.kind === 'list' || expr.init.kind === 'map') {
      this.#sizes.set(expr, count);
      const grown = this.#entriesOf(expr.step);
      if (grown !== undefined) this.#entries.set(expr, grown);
    }
    return add(add(before, result), multiply(count, loop));
  }
}

function typeOf(expr: Expr): CelType {
  return expr.type ?? { kind: 'dyn', name: 'dyn', params: [] };
}

const widen = (range: Range | undefined, more: Range): Range => (range === undefined ? more : union(range, more));

function unionEntries(a: Entries | undefined, b: Entries | undefined): Entries | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { container: a.container, key: union(a.key, b.key), value: union(a.value, b.value) };
}

/** The size that an expression states itself. */
function inherentSize(expr: Expr): Range | undefined {
  switch (expr.kind) {
    case 'literal':
      if (typeof expr.value === 'string') return exactly(codePoints(expr.value));
      return expr.value instanceof Uint8Array ? exactly(expr.value.length) : one;
    case 'list':
      return exactly(expr.items.length);
    case 'map':
      return exactly(expr.entries.length);
    default:
      return undefined;
  }
}

function isScalar(type: CelType): boolean {
  switch (type.kind) {
    case 'bool':
    case 'double':
    case 'duration':
    case 'int':
    case 'timestamp':
    case 'uint':
      return true;
    case 'opaque':
      return type.name === 'optional_type' && isScalar(paramAt(type, 0));
    default:
      return false;
  }
}
