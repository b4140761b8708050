/**
 * Selectors of devices, in device classes and resource claims (KEP-4381): what `device` is, and whether one matches.
 * Loaded when the first claim is looked at, never at start.
 */
import { parseQuantity } from '../meta/quantity.ts';
import type { Device, DeviceAttribute } from '../types/resource/v1.ts';
import { checkExpression, makeProgram, type Program } from './language/compile.ts';
import { environment } from './language/environment.ts';
import { BOOL, DYN, mapOf, object, STRING } from './language/types.ts';
import { baseFunctions, baseTypes } from './library/base.ts';
import { SemverValue } from './library/semvers.ts';
import { QUANTITY, QuantityValue } from './library/values.ts';
import { CelFailure } from './runtime/failure.ts';
import { ValueMap, type CelValue } from './runtime/values.ts';
import { estimateCost, type SizeOf } from './schema/cost-estimate.ts';
import type { DeclType } from './schema/decl-type.ts';
import { sizesOf } from './schema/sizes.ts';

/** The most that looking at one device may cost. */
const maxCost = 1_000_000;

const maxEntries = 32;
const text = (maxElements: number): DeclType => ({ type: STRING, maxElements, minBytes: 2 });
const map = (keys: DeclType, items: DeclType): DeclType => ({ type: mapOf(STRING, items.type), keys, items, maxElements: maxEntries, minBytes: 2 });
const [domain, id] = [text(63), text(32)];
const fields = new Map<string, DeclType>([
  ['driver', text(63)],
  ['allowMultipleAllocations', { type: BOOL, maxElements: 1, minBytes: 4 }],
  ['attributes', map(domain, map(id, { type: DYN, maxElements: 64, minBytes: 1 }))],
  ['capacity', map(domain, map(id, { type: QUANTITY, maxElements: 0, minBytes: 8 }))],
]);
const deviceType = object('kubernetes.DRADevice', new Map([...fields].map(([name, { type }]) => [name, type])));
const deviceSizes = sizesOf({ type: deviceType, fields, maxElements: 0, minBytes: 2 });
const deviceEnvironment = environment(baseFunctions, baseTypes, new Map([['device', deviceType]]), { macros: { bindings: true } });

/** The size of what is reached in a device: the names of attributes are not known, but all are alike. */
const sizeOf: SizeOf = (path) => deviceSizes(path) ?? (path[1] === 'attributes' ? deviceSizes(path.map((step, i) => (i === 3 ? '@values' : step))) : undefined);

/** A domain that a device says nothing of is an empty one. */
class Domains extends ValueMap {
  override find(key: CelValue): CelValue | undefined {
    return super.find(key) ?? (typeof key === 'string' ? new ValueMap([]) : undefined);
  }
}

/** By the domains of their names; a name without one is of the driver's. */
function byDomain<T>(values: Readonly<Record<string, T>> | undefined, driver: string, convert: (value: T, name: string) => CelValue): Domains {
  const domains = new Map<string, [CelValue, CelValue][]>();
  for (const [name, value] of Object.entries(values ?? {})) {
    const slash = name.indexOf('/');
    const domain = slash < 0 ? driver : name.slice(0, slash);
    const entries = domains.get(domain) ?? [];
    entries.push([name.slice(slash + 1), convert(value, name)]);
    domains.set(domain, entries);
  }
  return new Domains([...domains].map(([domain, entries]) => [domain, new ValueMap(entries)] as const));
}

function attributeValue({ int, bool, string, version }: DeviceAttribute, name: string): CelValue {
  if (int !== undefined) return BigInt(int);
  if (bool !== undefined) return bool;
  if (string !== undefined) return string;
  if (version === undefined) throw new Error(`attribute ${name}: unsupported attribute value`);
  const [core = '', ...prerelease] = version.split('+')[0]!.split('-');
  return new SemverValue(core.split('.').map(BigInt), prerelease.length === 0 ? [] : prerelease.join('-').split('.'));
}

/** Does the device of this driver match? Throws an Error of one line when that cannot be told. */
export type DeviceMatcher = (device: Device, driver: string) => boolean;

/** The program, or upstream's message of why there is none. */
function compile(expression: string): { readonly program: Program; readonly maxCost: number } | string {
  const checked = checkExpression(expression, deviceEnvironment);
  if ('error' in checked) return `compilation failed: ${checked.error}`;
  if (checked.type.kind !== 'bool' && checked.type.kind !== 'dyn') return `must evaluate to bool or the unknown type, not ${checked.type.name}`;
  try {
    return { program: makeProgram(checked, deviceEnvironment), maxCost: estimateCost(checked.expr, sizeOf).max };
  } catch (error) {
    if (error instanceof CelFailure) return `program instantiation failed: ${error.message}`;
    throw error;
  }
}

/** What is wrong with a selector that is being defined; undefined when nothing is. */
export function checkDeviceSelector(expression: string): { readonly error: string; readonly costly: boolean } | undefined {
  const compiled = compile(expression);
  if (typeof compiled === 'string') return { error: compiled, costly: false };
  return compiled.maxCost > maxCost ? { error: 'too complex, exceeds cost limit', costly: true } : undefined;
}

/** Compiles a selector. Throws an Error whose message is upstream's. */
export function compileDeviceSelector(expression: string): DeviceMatcher {
  const compiled = compile(expression);
  if (typeof compiled === 'string') throw new Error(compiled);
  const { program } = compiled;
  return (device, driver) => {
    const value = new ValueMap([
      ['driver', driver],
      ['allowMultipleAllocations', device.allowMultipleAllocations === true],
      ['attributes', byDomain(device.attributes, driver, attributeValue)],
      ['capacity', byDomain(device.capacity, driver, ({ value: amount }) => new QuantityValue(parseQuantity(amount)))],
    ]);
    const outcome = program.run((name) => (name === 'device' ? value : undefined), maxCost);
    if (outcome.error !== undefined) throw new Error(outcome.error);
    if (typeof outcome.value !== 'boolean') throw new Error('CEL result could not be converted to bool');
    return outcome.value;
  };
}
