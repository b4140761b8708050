import { accumulator, copyExpr, type Call, type Comprehension, type Expr } from './ast.ts';

/** What a macro becomes, what is wrong with its use, or undefined when the call is no use of it. */
export type Expansion = { readonly expr: Expr; readonly issue?: never } | { readonly issue: { readonly at: number; readonly message: string }; readonly expr?: never };

type Macro = (at: number, target: Expr, args: readonly Expr[]) => Expansion | undefined;

const failed = (at: number, message: string): Expansion => ({ issue: { at, message } });

/** What some environments have beyond the macros that all have. */
export interface MacroOptions {
  /** `cel.bind`. */
  readonly bindings?: boolean;
}

/** Expands `name(args)` or `target.name(args)`, as upstream's standard, optional, list and two-variable macros do. */
export function expandMacro(at: number, name: string, target: Expr | undefined, args: readonly Expr[], options: MacroOptions): Expansion | undefined {
  if (options.bindings === true && name === 'bind' && target?.kind === 'ident' && target.name === 'cel') return celBind(at, args);
  if (target === undefined) return name === 'has' && args.length === 1 ? has(at, args) : undefined;
  return memberMacros.get(`${name}:${args.length}`)?.(at, target, args);
}

function has(at: number, [operand]: readonly Expr[]): Expansion {
  if (operand?.kind !== 'select') return failed(operand?.at ?? at, 'invalid argument to has() macro');
  return { expr: { ...operand, at, test: true } };
}

/** Makes nodes that stand where the macro stands. */
function nodesAt(at: number): {
  call(name: string, ...args: readonly Expr[]): Call;
  literal(value: boolean | bigint): Expr;
  accu(): Expr;
  list(...items: readonly Expr[]): Expr;
  fold(parts: Omit<Comprehension, 'kind' | 'at' | 'accumulator'> & { readonly accumulator?: string }): Expr;
} {
  return {
    call: (name, ...args) => ({ kind: 'call', at, name, target: undefined, args }),
    literal: (value) => ({ kind: 'literal', at, value }),
    accu: () => ({ kind: 'ident', at, name: accumulator }),
    list: (...items) => ({ kind: 'list', at, items, optional: new Set() }),
    fold: (parts) => ({ kind: 'comprehension', at, accumulator, ...parts }),
  };
}

type Variables = { readonly variable: string; readonly variable2?: string };

/** The iteration variables, which the first arguments name. */
function variablesOf(args: readonly Expr[], count: 1 | 2, complaint: string): Variables | Expansion {
  const names: string[] = [];
  for (const arg of args.slice(0, count)) {
    if (arg.kind !== 'ident' || arg.name.startsWith('.')) return failed(arg.at, complaint);
    if (arg.name === '__result__') return failed(arg.at, 'iteration variable overwrites accumulator variable');
    names.push(arg.name);
  }
  const [variable = '', variable2] = names;
  if (variable2 === undefined) return { variable };
  return variable === variable2 ? failed(args[1]?.at ?? 0, `duplicate variable name: ${variable}`) : { variable, variable2 };
}

const isFailure = (found: Variables | Expansion): found is Expansion => 'issue' in found;

function quantifier(kind: 'all' | 'exists' | 'existsOne', count: 1 | 2): Macro {
  return (at, range, args) => {
    const variables = variablesOf(args, count, 'argument must be a simple name');
    if (isFailure(variables)) return variables;
    const predicate = args[count];
    if (predicate === undefined) return undefined;
    const { call, literal, accu, fold } = nodesAt(at);
    switch (kind) {
      case 'all':
        return { expr: fold({ range, ...variables, init: literal(true), condition: call('@not_strictly_false', accu()), step: call('_&&_', accu(), predicate), result: accu() }) };
      case 'exists':
        return { expr: fold({ range, ...variables, init: literal(false), condition: call('@not_strictly_false', call('!_', accu())), step: call('_||_', accu(), predicate), result: accu() }) };
      case 'existsOne':
        return {
          expr: fold({
            range, ...variables, init: literal(0n), condition: literal(true),
            step: call('_?_:_', predicate, call('_+_', accu(), literal(1n)), accu()),
            result: call('_==_', accu(), literal(1n)),
          }),
        };
    }
  };
}

/** `map`, `transformList`, `transformMap`, `transformMapEntry`: what is added to the accumulator, perhaps only for some. */
function transform(count: 1 | 2, grow: (nodes: ReturnType<typeof nodesAt>, transformed: Expr, variable: string) => Expr, into: 'list' | 'map'): Macro {
  return (at, range, args) => {
    const variables = variablesOf(args, count, 'argument is not an identifier');
    if (isFailure(variables)) return variables;
    const nodes = nodesAt(at);
    const filter = args.length > count + 1 ? args[count] : undefined;
    const transformed = args.at(-1);
    if (transformed === undefined) return undefined;
    const grown = grow(nodes, transformed, variables.variable);
    const step = filter === undefined ? grown : nodes.call('_?_:_', filter, grown, nodes.accu());
    const init: Expr = into === 'list' ? nodes.list() : { kind: 'map', at, entries: [] };
    return { expr: nodes.fold({ range, ...variables, init, condition: nodes.literal(true), step, result: nodes.accu() }) };
  };
}

const filter: Macro = (at, range, args) => {
  const variables = variablesOf(args, 1, 'argument is not an identifier');
  if (isFailure(variables)) return variables;
  const [, predicate] = args;
  if (predicate === undefined) return undefined;
  const { call, literal, accu, list, fold } = nodesAt(at);
  const item: Expr = { kind: 'ident', at: args[0]?.at ?? at, name: variables.variable };
  return { expr: fold({ range, ...variables, init: list(), condition: literal(true), step: call('_?_:_', predicate, call('_+_', accu(), list(item)), accu()), result: accu() }) };
};

/** What optMap, sortBy and `cel.bind` bind: a fold over nothing, whose result sees the accumulator. */
function bind(at: number, variable: string, init: Expr, result: Expr): Expr {
  const { list, literal, fold } = nodesAt(at);
  return fold({ range: list(), variable: '#unused', accumulator: variable, init, condition: literal(false), step: { kind: 'ident', at, name: variable }, result });
}

function celBind(at: number, [variable, init, result]: readonly Expr[]): Expansion | undefined {
  if (init === undefined || result === undefined) return undefined;
  if (variable?.kind !== 'ident') return failed(variable?.at ?? at, 'cel.bind() variable names must be simple identifiers');
  return { expr: bind(at, variable.name, init, result) };
}

function optMap(name: string, flat: boolean): Macro {
  return (at, target, [variable, result]) => {
    if (variable?.kind !== 'ident') return failed(variable?.at ?? at, `${name}() variable name must be a simple identifier`);
    if (result === undefined) return undefined;
    const { call } = nodesAt(at);
    const value: Expr = { kind: 'call', at, name: 'value', target: copyExpr(target), args: [] };
    const bound = bind(at, variable.name, value, result);
    const hasValue: Expr = { kind: 'call', at, name: 'hasValue', target, args: [] };
    return { expr: call('_?_:_', hasValue, flat ? bound : call('optional.of', bound), call('optional.none')) };
  };
}

/** `list.sortBy(x, key)`: the list of keys orders the list. */
const sortBy: Macro = (at, target, [variable, key]) => {
  if (variable?.kind !== 'ident' || key === undefined) return failed(variable?.at ?? at, 'argument is not an identifier');
  const bound = '@__sortBy_input__';
  const input = (): Expr => ({ kind: 'ident', at, name: bound });
  const mapped = transform(1, (nodes, item) => nodes.call('_+_', nodes.accu(), nodes.list(item)), 'list')(at, input(), [variable, key]);
  if (mapped?.expr === undefined) return mapped;
  return { expr: bind(at, bound, target, { kind: 'call', at, name: '@sortByAssociatedKeys', target: input(), args: [mapped.expr] }) };
};

const append = (nodes: ReturnType<typeof nodesAt>, item: Expr): Expr => nodes.call('_+_', nodes.accu(), nodes.list(item));
const insert = (nodes: ReturnType<typeof nodesAt>, value: Expr, variable: string): Expr => nodes.call('cel.@mapInsert', nodes.accu(), { kind: 'ident', at: value.at, name: variable }, value);
const insertEntry = (nodes: ReturnType<typeof nodesAt>, entry: Expr): Expr => nodes.call('cel.@mapInsert', nodes.accu(), entry);

const memberMacros: ReadonlyMap<string, Macro> = new Map<string, Macro>([
  ['all:2', quantifier('all', 1)],
  ['exists:2', quantifier('exists', 1)],
  ['exists_one:2', quantifier('existsOne', 1)],
  ['existsOne:2', quantifier('existsOne', 1)],
  ['map:2', transform(1, append, 'list')],
  ['map:3', transform(1, append, 'list')],
  ['filter:2', filter],
  ['all:3', quantifier('all', 2)],
  ['exists:3', quantifier('exists', 2)],
  ['exists_one:3', quantifier('existsOne', 2)],
  ['existsOne:3', quantifier('existsOne', 2)],
  ['transformList:3', transform(2, append, 'list')],
  ['transformList:4', transform(2, append, 'list')],
  ['transformMap:3', transform(2, insert, 'map')],
  ['transformMap:4', transform(2, insert, 'map')],
  ['transformMapEntry:3', transform(2, insertEntry, 'map')],
  ['transformMapEntry:4', transform(2, insertEntry, 'map')],
  ['optMap:2', optMap('optMap', false)],
  ['optFlatMap:2', optMap('optFlatMap', true)],
  ['sortBy:2', sortBy],
]);
