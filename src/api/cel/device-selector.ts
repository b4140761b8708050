/**
 * Selectors of devices, in device classes and resource claims (KEP-4381): what `device` is, and whether one matches.
 * Loaded when the first claim is looked at, never at start.
 */
import { parseQuantity } from '../meta/quantity.ts';
import type { Device, DeviceAttribute } from '../types/resource/v1.ts';
import { checkExpression, makeProgram } from './language/compile.ts';
import { environment } from './language/environment.ts';
import { BOOL, DYN, mapOf, object, STRING } from './language/types.ts';
import { baseFunctions, baseTypes } from './library/base.ts';
import { SemverValue } from './library/semvers.ts';
import { QUANTITY, QuantityValue } from './library/values.ts';
import { ValueMap, type CelValue } from './runtime/values.ts';

/** The most that looking at one device may cost. */
const maxCost = 1_000_000;

const deviceType = object('kubernetes.DRADevice', new Map([
  ['driver', STRING],
  ['allowMultipleAllocations', BOOL],
  ['attributes', mapOf(STRING, mapOf(STRING, DYN))],
  ['capacity', mapOf(STRING, mapOf(STRING, QUANTITY))],
]));
const deviceEnvironment = environment(baseFunctions, new Map([...baseTypes, [deviceType.name, deviceType]]), new Map([['device', deviceType]]));

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

/** Compiles a selector. Throws an Error whose message is upstream's. */
export function compileDeviceSelector(expression: string): DeviceMatcher {
  const checked = checkExpression(expression, deviceEnvironment);
  if ('error' in checked) throw new Error(`compilation failed: ${checked.error}`);
  if (checked.type.kind !== 'bool' && checked.type.kind !== 'dyn') throw new Error(`must evaluate to bool or the unknown type, not ${checked.type.name}`);
  const program = makeProgram(checked, deviceEnvironment);
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
