import { pathOf, type Environment } from './environment.ts';
import type { Call, Comprehension, Expr, ListExpr, MapExpr, Select, StructExpr } from './ast.ts';
import type { Overload } from './declarations.ts';
import type { Issue } from './issues.ts';
import { BOOL, DYN, ERROR, formatType, INT, isDyn, isDynOrError, listOf, mapOf, optionalOf, param, paramAt, sameType, unwrapOptional, type CelType } from './types.ts';
import { assign, assignAll, mostGeneral, substitute, type Substitutions } from './unify.ts';

/** Writes types and overloads into the tree; answers what does not fit. `expr.type` is then the type of the whole. */
export function check(expr: Expr, environment: Environment): Issue[] {
  const checker = new Checker(environment);
  checker.check(expr);
  checker.settle(expr);
  return checker.issues;
}

interface Scope {
  readonly variables: ReadonlyMap<string, CelType>;
  readonly outer: Scope | undefined;
}

class Checker {
  readonly issues: Issue[] = [];
  readonly #environment: Environment;
  #known: Substitutions = new Map();
  #scope: Scope | undefined;
  #variables = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  check(expr: Expr): CelType {
    expr.type = this.#typeOf(expr);
    return expr.type;
  }

  #typeOf(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return this.#environment.typeOfValue(expr.value);
      case 'ident':
        return this.#ident(expr.name, expr.at);
      case 'select':
        return this.#select(expr);
      case 'call':
        return this.#call(expr);
      case 'list':
        return this.#list(expr);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return this.#struct(expr);
      case 'comprehension':
        return this.#comprehension(expr);
    }
  }

  #report(at: number, message: string): CelType {
    this.issues.push({ at, message });
    return ERROR;
  }

  #undeclared(at: number, name: string): CelType {
    return this.#report(at, `undeclared reference to '${name}' (in container '')`);
  }

  #mismatch(at: number, expected: CelType, found: CelType): CelType {
    return this.#report(at, `expected type '${formatType(expected)}' but found '${formatType(found)}'`);
  }

  #assign(from: CelType, to: CelType): boolean {
    const learned = assign(this.#known, from, to);
    if (learned !== undefined) this.#known = learned;
    return learned !== undefined;
  }

  #freeVariable(): CelType {
    return param(`_var${this.#variables++}`);
  }

  #local(name: string): CelType | undefined {
    for (let scope = this.#scope; scope !== undefined; scope = scope.outer) {
      const found = scope.variables.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #ident(name: string, at: number): CelType {
    const plain = name.startsWith('.') ? name.slice(1) : name;
    return (name === plain ? this.#local(name) : undefined) ?? this.#environment.identifier(plain) ?? this.#undeclared(at, name);
  }

  #select(expr: Select): CelType {
    const path = expr.test ? undefined : pathOf(expr);
    const first = path?.[0];
    if (path !== undefined && first !== undefined && this.#local(first) === undefined) {
      const name = path.join('.');
      const found = this.#environment.identifier(name);
      if (found !== undefined) {
        expr.qualifiedName = name;
        return found;
      }
    }
    const type = this.#field(expr.at, expr.operand, expr.field, false);
    return expr.test ? BOOL : substitute(this.#known, type, false);
  }

  #field(at: number, operand: Expr, field: string, optional: boolean): CelType {
    const [target, wasOptional] = unwrapOptional(substitute(this.#known, this.check(operand), false));
    const type = this.#fieldOf(at, target, field);
    return wasOptional || optional ? optionalOf(type) : type;
  }

  #fieldOf(at: number, target: CelType, field: string): CelType {
    switch (target.kind) {
      case 'map':
        return paramAt(target, 1);
      case 'object':
        return this.#environment.fieldsOf(target)?.get(field) ?? this.#report(at, `undefined field '${field}'`);
      case 'param':
        this.#assign(DYN, target);
        return DYN;
      default:
        if (!isDynOrError(target)) this.#report(at, `type '${formatType(target)}' does not support field selection`);
        return DYN;
    }
  }

  #call(expr: Call): CelType {
    const [operand, field] = expr.args;
    if (expr.name === '_?._' && operand !== undefined && field?.kind === 'literal' && typeof field.value === 'string') {
      this.check(field);
      expr.overloads = this.#environment.functions.get(expr.name) ?? [];
      return substitute(this.#known, this.#field(expr.at, operand, field.value, true), false);
    }
    for (const arg of expr.args) this.check(arg);
    if (expr.target === undefined) {
      const name = expr.name.startsWith('.') ? expr.name.slice(1) : expr.name;
      const overloads = this.#environment.functions.get(name);
      if (overloads === undefined) return this.#undeclared(expr.at, expr.name);
      expr.name = name;
      return this.#resolve(expr, overloads);
    }
    const prefix = pathOf(expr.target);
    if (prefix !== undefined) {
      const name = `${prefix.join('.')}.${expr.name}`;
      const overloads = this.#environment.functions.get(name);
      if (overloads !== undefined) {
        expr.name = name;
        expr.target = undefined;
        return this.#resolve(expr, overloads);
      }
    }
    this.check(expr.target);
    const overloads = this.#environment.functions.get(expr.name);
    if (overloads === undefined) return this.#undeclared(expr.at, expr.name);
    return this.#resolve(expr, overloads);
  }

  #resolve(expr: Call, overloads: readonly Overload[]): CelType {
    const all = expr.target === undefined ? expr.args : [expr.target, ...expr.args];
    const args = all.map((one) => one.type ?? ERROR);
    if (expr.name === '_&&_' || expr.name === '_||_') return this.#logical(expr, args, overloads);
    const matching: Overload[] = [];
    let result: CelType | undefined;
    for (const one of overloads) {
      if (one.member !== (expr.target !== undefined)) continue;
      const fresh = this.#instantiate(one);
      const learned = assignAll(this.#known, args, fresh.params.slice(1));
      if (learned === undefined) continue;
      this.#known = learned;
      matching.push(one);
      const type = substitute(learned, paramAt(fresh, 0), false);
      if (result === undefined) result = type;
      else if (!isDyn(result) && !sameType(type, result)) result = DYN;
    }
    if (result === undefined) return this.#noOverload(expr, args);
    expr.overloads = matching;
    return result;
  }

  #logical(expr: Call, args: readonly CelType[], overloads: readonly Overload[]): CelType {
    let good = true;
    for (const [i, type] of args.entries()) {
      if (this.#assign(type, BOOL)) continue;
      good = false;
      this.#mismatch(expr.args[i]?.at ?? expr.at, BOOL, type);
    }
    expr.overloads = overloads;
    return good ? BOOL : ERROR;
  }

  #noOverload(expr: Call, args: readonly CelType[]): CelType {
    const types = args.map((one) => formatType(substitute(this.#known, one, true)));
    const signature = expr.target === undefined ? `(${types.join(', ')})` : `${types[0] ?? ''}.(${types.slice(1).join(', ')})`;
    return this.#report(expr.at, `found no matching overload for '${expr.name}' applied to '${signature}'`);
  }

  /** The overload's result and arguments, with type variables of its own. */
  #instantiate(one: Overload): CelType {
    const shape: CelType = { kind: 'opaque', name: 'function', params: [one.result, ...one.args] };
    const names = new Set<string>();
    collectVariables(shape, names);
    if (names.size === 0) return shape;
    return substitute(new Map([...names].map((name) => [name, this.#freeVariable()])), shape, false);
  }

  #list(expr: ListExpr): CelType {
    let items: CelType | undefined;
    for (const [i, item] of expr.items.entries()) {
      const type = this.#maybeOptional(item, expr.optional.has(i));
      items = this.#join(items, type);
    }
    return listOf(items ?? this.#freeVariable());
  }

  #map(expr: MapExpr): CelType {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const { key, value, optional } of expr.entries) {
      keys = this.#join(keys, this.check(key));
      values = this.#join(values, this.#maybeOptional(value, optional));
    }
    return mapOf(keys ?? this.#freeVariable(), values ?? this.#freeVariable());
  }

  #maybeOptional(expr: Expr, optional: boolean): CelType {
    const type = this.check(expr);
    if (!optional) return type;
    const [inner, was] = unwrapOptional(type);
    if (!was && !isDyn(inner)) this.#mismatch(expr.at, optionalOf(inner), inner);
    return inner;
  }

  #join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current;
    // That literals are of one type is looked at later: the arguments of `format` need not be.
    return this.#assign(previous, current) ? mostGeneral(previous, current) : DYN;
  }

  #struct(expr: StructExpr): CelType {
    const name = expr.typeName.startsWith('.') ? expr.typeName.slice(1) : expr.typeName;
    const type = this.#environment.typeNamed(name);
    if (type === undefined) return this.#undeclared(expr.at, expr.typeName);
    if (type.kind !== 'object') return this.#report(expr.at, `'${name}' is not a message type`);
    const fields = this.#environment.fieldsOf(type);
    for (const { name: field, at, value, optional } of expr.fields) {
      const found = this.#maybeOptional(value, optional);
      const wanted = fields?.get(field);
      if (wanted === undefined) this.#report(at, `undefined field '${field}'`);
      else if (!this.#assign(wanted, found)) this.#report(at, `expected type of field '${field}' is '${formatType(wanted)}' but provided type is '${formatType(found)}'`);
    }
    return type;
  }

  #comprehension(expr: Comprehension): CelType {
    this.check(expr.range);
    const accumulated = this.check(expr.init);
    const outer = this.#scope;
    const folded: Scope = { variables: new Map([[expr.accumulator, accumulated]]), outer };
    this.#scope = { variables: this.#iterationVariables(expr), outer: folded };
    this.check(expr.condition);
    this.#expectType(expr.condition, BOOL);
    this.check(expr.step);
    this.#expectType(expr.step, accumulated);
    this.#scope = folded;
    const type = this.check(expr.result);
    this.#scope = outer;
    return substitute(this.#known, type, false);
  }

  #iterationVariables({ range, variable, variable2 }: Comprehension): Map<string, CelType> {
    const type = substitute(this.#known, range.type ?? ERROR, false);
    let [first, second]: [CelType, CelType] = [DYN, DYN];
    switch (type.kind) {
      case 'list':
        [first, second] = variable2 === undefined ? [paramAt(type, 0), DYN] : [INT, paramAt(type, 0)];
        break;
      case 'map':
        [first, second] = [paramAt(type, 0), paramAt(type, 1)];
        break;
      case 'dyn':
      case 'error':
      case 'param':
        this.#assign(DYN, type);
        break;
      default:
        this.#report(range.at, `expression of type '${formatType(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`);
        [first, second] = [ERROR, ERROR];
    }
    const variables = new Map([[variable, first]]);
    if (variable2 !== undefined) variables.set(variable2, second);
    return variables;
  }

  #expectType(expr: Expr, type: CelType): void {
    const found = expr.type ?? ERROR;
    if (!this.#assign(type, found)) this.#mismatch(expr.at, type, found);
  }

  /** Replaces the type variables in the tree by what they turned out to stand for. */
  settle(expr: Expr): void {
    expr.type = substitute(this.#known, expr.type ?? ERROR, true);
    for (const part of partsOf(expr)) this.settle(part);
  }
}

/** The direct parts of a node. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return [];
    case 'select':
      return expr.qualifiedName === undefined ? [expr.operand] : [];
    case 'call':
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args];
    case 'list':
      return expr.items;
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expr.fields.map(({ value }) => value);
    case 'comprehension':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result];
  }
}

function collectVariables(type: CelType, names: Set<string>): void {
  if (type.kind === 'param') names.add(type.name);
  for (const one of type.params) collectVariables(one, names);
}

