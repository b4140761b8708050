import { cost as units } from '../runtime/costs.ts';
import type { EstimatedNode } from './estimated-node.ts';
import { add, exactly, multiply, scale, union, unknown, type Range } from './ranges.ts';

/** What a call can cost, without its arguments, and how large its result can be. */
export interface CallEstimate {
  readonly cost: Range;
  readonly size?: Range;
}

export interface EstimatedCall {
  readonly name: string;
  readonly id: string;
  readonly target: EstimatedNode | undefined;
  readonly args: readonly EstimatedNode[];
  sizeOf(node: EstimatedNode): Range;
  itemsOf(node: EstimatedNode): EstimatedNode | undefined;
}

type Estimate = (call: EstimatedCall) => CallEstimate | undefined;

const perCharacter = units.perCharacter;
const one = exactly(1);
const fixed = (value: number): Estimate => () => ({ cost: exactly(value) });
const ofTarget = (use: (size: Range) => CallEstimate): Estimate => ({ target, sizeOf }) => (target === undefined ? undefined : use(sizeOf(target)));
const ofFirst = (use: (size: Range) => CallEstimate): Estimate => ({ args: [first], sizeOf }) => (first === undefined ? undefined : use(sizeOf(first)));
const traversed = (factor: number): Estimate => ofFirst((size) => ({ cost: scale(size, factor) }));
const matched = (text: Range, pattern: Range): Range => multiply(scale(add(text, one), perCharacter), scale(pattern, units.perPatternCharacter));

const selector: Estimate = ofFirst((size) => ({ cost: add(add(exactly(units.list), scale(size, perCharacter)), scale(scale(size, 0.5), units.list + units.struct)) }));

const whole: Estimate = ({ target, sizeOf, itemsOf }) => {
  if (target === undefined) return undefined;
  const items = itemsOf(target);
  if (items === undefined) return { cost: scale(sizeOf(target), perCharacter) };
  const isText = items.type.kind === 'string' || items.type.kind === 'bytes';
  return { cost: multiply(sizeOf(target), isText ? add(one, scale(sizeOf(items), perCharacter)) : one) };
};

const replace: Estimate = ({ target, args: [old, by], sizeOf }) => {
  if (target === undefined || old === undefined || by === undefined) return undefined;
  const size = sizeOf(target);
  const [from, to] = [sizeOf(old), sizeOf(by)];
  const most = from.min === 0 ? { count: size.max + 1, kept: size.max } : to.max <= from.min ? { count: 0, kept: size.max } : { count: Math.ceil(size.max / from.min), kept: 0 };
  const least = from.max === 0 ? { count: size.min + 1, kept: size.min } : from.max <= to.min ? { count: 0, kept: size.min } : { count: Math.ceil(size.min / from.max), kept: 0 };
  const count = { min: least.count, max: most.count };
  return { cost: scale(size, 2 * perCharacter), size: add(multiply(count, to), { min: least.kept, max: most.kept }) };
};

const split: Estimate = ({ target, args: [, limit], sizeOf }) => {
  if (target === undefined) return undefined;
  const size = sizeOf(target);
  const most = limit?.expr?.kind === 'literal' && typeof limit.expr.value === 'bigint' ? Number(BigInt.asUintN(64, limit.expr.value)) : size.max;
  return { cost: scale(size, 2 * perCharacter), size: { min: 0, max: most } };
};

const join: Estimate = ({ target, args: [separator], sizeOf, itemsOf }) => {
  if (target === undefined) return undefined;
  const count = sizeOf(target);
  const items = itemsOf(target);
  let size = items === undefined ? exactly(0) : multiply(count, sizeOf(items));
  if (separator !== undefined) size = add(size, multiply(sizeOf(separator), { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) }));
  return { cost: scale(size, perCharacter), size };
};

const find: Estimate = ({ target, args: [pattern], sizeOf }) =>
  target === undefined || pattern === undefined ? undefined : { cost: matched(sizeOf(target), sizeOf(pattern)), size: { min: 0, max: sizeOf(target).max } };

/** Addresses have 4 or 16 bytes. */
const address: Range = { min: 4, max: 16 };

const containsIp: Estimate = ({ id, args: [inner], sizeOf }) => {
  const compared = scale(add(address, address), perCharacter);
  return { cost: inner !== undefined && id === 'cidr_contains_ip_string' ? add(compared, scale(sizeOf(inner), perCharacter)) : compared };
};

const containsCidr: Estimate = ({ id, args: [inner], sizeOf }) => {
  const compared = add(add(scale(add(address, address), perCharacter), scale(address, perCharacter)), one);
  return { cost: inner !== undefined && id === 'cidr_contains_cidr_string' ? add(compared, scale(sizeOf(inner), perCharacter)) : compared };
};

const simple = ['serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name', 'allowed', 'reason', 'error', 'errored', 'masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback', 'isLinkLocalMulticast',
  'isLinkLocalUnicast', 'isGlobalUnicast', 'format.named', 'sign', 'asInteger', 'isInteger', 'asApproximateFloat', 'isGreaterThan', 'isLessThan', 'compareTo', 'add', 'sub', 'major', 'minor', 'patch', 'getScheme', 'getHostname', 'getHost',
  'getPort', 'getEscapedPath', 'getQuery'];

const sameSize = ofTarget((size) => ({ cost: scale(size, perCharacter), size }));
const parsed = ofFirst((size) => ({ cost: scale(size, perCharacter), size }));

/** By the name of the function: what upstream's estimator for Kubernetes' libraries says. */
const byFunction: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  ...simple.map((name) => [name, fixed(1)] as const),
  ['check', fixed(units.authorizationCheck)],
  ['fieldSelector', selector], ['labelSelector', selector],
  ...['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'].map((name) => [name, whole] as const),
  ['url', parsed], ['jsonpatch.escapeKey', parsed],
  ...['lowerAscii', 'upperAscii', 'substring', 'trim'].map((name) => [name, sameSize] as const),
  ['replace', replace], ['split', split], ['join', join], ['find', find], ['findAll', find],
  ...['cidr', 'isIP', 'isCIDR', 'quantity', 'isQuantity', 'semver', 'isSemver'].map((name) => [name, traversed(perCharacter)] as const),
  ['ip', (call: EstimatedCall) => (call.id === 'cidr_ip' ? { cost: one } : traversed(perCharacter)(call))],
  ['ip.isCanonical', traversed(2 * perCharacter)],
  ['containsIP', containsIp], ['containsCIDR', containsCidr],
  ['validate', ofFirst((size) => ({ cost: scale(scale(size, perCharacter), 128 * units.perPatternCharacter) }))],
]);

const allocated = (size: Range, factor: number): CallEstimate => ({ cost: add(add(scale(size, factor), one), exactly(units.list)), size });
const literalInt = (node: EstimatedNode | undefined, otherwise: number): number => (node?.expr?.kind === 'literal' && typeof node.expr.value === 'bigint' ? Number(BigInt.asUintN(64, node.expr.value)) : otherwise);

const smaller: Estimate = ({ args: [a, b] }) => {
  const max = Math.min((a?.size ?? unknown).max, (b?.size ?? unknown).max);
  return { cost: scale({ min: max > 0 ? 1 : 0, max }, perCharacter) };
};

const sorted = (node: EstimatedNode | undefined, isText: boolean, { sizeOf }: EstimatedCall): CallEstimate | undefined => {
  if (node === undefined) return undefined;
  const size = sizeOf(node);
  return allocated(multiply(size, size), isText ? 2 + perCharacter : 2);
};

const setsCost = (factor: number): Estimate => ({ args: [a, b], sizeOf }) => (a === undefined || b === undefined ? undefined : { cost: add(scale(multiply(sizeOf(a), sizeOf(b)), factor), one) });

/** By the overload: cel-go's own. Sizes that were not computed are unknown to it, whatever the schema says. */
const byOverload: ReadonlyMap<string, Estimate> = new Map<string, Estimate>([
  ['string_format', ({ target }) => ({ cost: scale(target?.size ?? unknown, perCharacter) })],
  ['string_to_bytes', ({ args: [text] }) => ({ cost: scale(text?.size ?? unknown, perCharacter), size: multiply(text?.size ?? unknown, { min: 1, max: 4 }) })],
  ['bytes_to_string', ({ args: [bytes] }) => ({ cost: scale(bytes?.size ?? unknown, perCharacter), size: { min: Math.floor((bytes?.size ?? unknown).min / 4), max: (bytes?.size ?? unknown).max } })],
  ['strings_quote', ({ args: [text] }) => ({ cost: scale(text?.size ?? unknown, perCharacter), size: add(multiply(text?.size ?? unknown, { min: 1, max: 2 }), exactly(2)) })],
  ['starts_with_string', ({ args: [text] }) => ({ cost: scale(text?.size ?? unknown, perCharacter) })],
  ['ends_with_string', ({ args: [text] }) => ({ cost: scale(text?.size ?? unknown, perCharacter) })],
  ['in_list', ({ args: [, list] }) => ({ cost: list?.size ?? unknown })],
  ['matches_string', ({ target, args: [pattern] }) => ({ cost: matched(target?.size ?? unknown, pattern?.size ?? unknown) })],
  ['contains_string', ({ target, args: [part] }) => ({ cost: multiply(scale(target?.size ?? unknown, perCharacter), scale(part?.size ?? unknown, perCharacter)) })],
  ['equals', smaller], ['not_equals', smaller],
  ['list_slice', (call) => {
    const [start, end] = call.args;
    const size = call.target === undefined ? unknown : call.sizeOf(call.target);
    return allocated(exactly(Math.max(0, literalInt(end, size.max) - literalInt(start, 0))), 1);
  }],
  ['lists_range', ({ args: [size] }) => allocated(exactly(literalInt(size, unknown.max)), 1)],
  ['list_reverse', (call) => allocated(call.target === undefined ? unknown : call.sizeOf(call.target), 1)],
  ['list_flatten', (call) => allocated(call.target === undefined ? unknown : call.sizeOf(call.target), 1)],
  ['list_flatten_int', (call) => allocated(call.target === undefined ? unknown : call.sizeOf(call.target), literalInt(call.args[0], unknown.max))],
  ['list_sets_contains_list', setsCost(1)], ['list_sets_intersects_list', setsCost(1)], ['list_sets_equivalent_list', setsCost(2)],
  ['list_distinct', (call) => sorted(call.target, false, call)],
]);

/** The values of one kind of Kubernetes' own that are compared at a fixed price. */
const fixedEquality: ReadonlySet<string> = new Set(['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.authorization.Authorizer', 'kubernetes.authorization.PathCheck', 'kubernetes.authorization.GroupCheck', 'kubernetes.authorization.ResourceCheck', 'kubernetes.authorization.Decision']);

function equality({ args: [a, b] }: EstimatedCall): CallEstimate | undefined {
  if (a === undefined || b === undefined || a.type.name !== b.type.name) return undefined;
  if (fixedEquality.has(a.type.name)) return { cost: one };
  if (a.type.name === 'kubernetes.NamedFormat') return { cost: scale({ min: 1, max: 64 }, perCharacter) };
  if (a.type.name === 'kubernetes.URL') return { cost: scale({ min: 1, max: b.size === undefined ? 1 : union(b.size, b.size).max }, perCharacter) };
  return undefined;
}

/** What a call costs beyond its arguments. */
export function estimateCall(call: EstimatedCall): CallEstimate {
  const { name, id } = call;
  const own = byOverload.get(id);
  if (own !== undefined && id.startsWith('list')) return own(call) ?? { cost: one };
  if (/^list_.*_sort$/.test(id)) return sorted(call.target, id.includes('string') || id.includes('bytes'), call) ?? { cost: one };
  if (/^list_.*_sortByAssociatedKeys$/.test(id)) return sorted(call.args[0], id.includes('string') || id.includes('bytes'), call) ?? { cost: one };
  const kubernetes = name === '_==_' ? equality(call) : byFunction.get(name)?.(call);
  if (kubernetes !== undefined) return kubernetes;
  if (/^(less|greater)(_equals)?_(string|bytes)$/.test(id)) return smaller(call) ?? { cost: one };
  return own?.(call) ?? { cost: one };
}
