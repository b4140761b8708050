import { as, asBool, asString } from '../runtime/arguments.ts';
import { CelFailure } from '../runtime/failure.ts';
import { CelObject, type CelValue } from '../runtime/values.ts';
import { member, overload, type Library } from '../language/declarations.ts';
import { BOOL, INT, STRING } from '../language/types.ts';
import { SEMVER } from './values.ts';

/** What `semver('1.2.3-rc.1')` makes. */
export class SemverValue extends CelObject {
  readonly typeName = SEMVER.name;
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly string[];
  constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    super();
    this.numbers = numbers;
    this.prerelease = prerelease;
  }
  override equals(other: CelObject): boolean {
    return other instanceof SemverValue && compareVersions(this, other) === 0;
  }
}

const number = '(?:0|[1-9][0-9]*)';
const shape = new RegExp(`^(${number})\\.(${number})\\.(${number})(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`);

function read(text: string): SemverValue | string {
  if (text === '') return 'Version string empty';
  const found = shape.exec(text);
  if (found === null) return text.split('.').length < 3 ? 'No Major.Minor.Patch elements found' : `Invalid character(s) found in version ${JSON.stringify(text)}`;
  const [, major = '0', minor = '0', patch = '0', prerelease] = found;
  const parts = prerelease?.split('.') ?? [];
  const zeros = parts.find((part) => /^0[0-9]+$/.test(part));
  if (zeros !== undefined) return `Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(zeros)}`;
  return new SemverValue([major, minor, patch].map(BigInt), parts);
}

/** `v1.2` becomes `1.2.0`, `01.02.3` becomes `1.2.3`. */
function normalize(text: string): string {
  const [major = '', minor, ...rest] = text.replace(/^v/, '').split('.');
  const parts = [major, ...(minor === undefined ? [] : [minor]), ...(rest.length === 0 ? [] : [rest.join('.')])];
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) ?? '')) return '';
  while (parts.length < 3) parts.push('0');
  return parts.map((part) => (part.length > 1 ? part.replace(/^0+(?=[0-9])/, '').replace(/^0+(?![0-9])/, '0') : part)).join('.');
}

const parse = (text: CelValue | undefined, normalized: boolean): SemverValue | string => read(normalized ? normalize(asString(text)) : asString(text));

function toSemver(text: CelValue | undefined, normalized: boolean): SemverValue {
  const version = parse(text, normalized);
  if (typeof version === 'string') throw new CelFailure(version);
  return version;
}

const order = <T extends bigint | string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function compareParts(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const [left, right] = [/^[0-9]+$/.test(a), /^[0-9]+$/.test(b)];
  if (left && right) return order(BigInt(a), BigInt(b));
  return left === right ? order(a, b) : left ? -1 : 1;
}

function compareVersions(a: SemverValue, b: SemverValue): number {
  for (let i = 0; i < 3; i++) {
    const by = order(a.numbers[i] ?? 0n, b.numbers[i] ?? 0n);
    if (by !== 0) return by;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return Math.sign(b.prerelease.length - a.prerelease.length);
  for (let i = 0; i < Math.max(a.prerelease.length, b.prerelease.length); i++) {
    const by = compareParts(a.prerelease[i], b.prerelease[i]);
    if (by !== 0) return by;
  }
  return 0;
}

const compared = (a: CelValue | undefined, b: CelValue | undefined): number => compareVersions(as(SemverValue, a), as(SemverValue, b));
const numberAt = (index: number) => (value: CelValue | undefined): CelValue => as(SemverValue, value).numbers[index] ?? 0n;

/** Kubernetes' semantic versions, version 1 of its library. */
export const semvers: Library = {
  semver: [
    overload('string_to_semver', [STRING], SEMVER, (text) => toSemver(text, false)),
    overload('string_bool_to_semver', [STRING, BOOL], SEMVER, (text, normalized) => toSemver(text, asBool(normalized))),
  ],
  isSemver: [
    overload('is_semver_string', [STRING], BOOL, (text) => typeof parse(text, false) !== 'string'),
    overload('is_semver_string_bool', [STRING, BOOL], BOOL, (text, normalized) => typeof parse(text, asBool(normalized)) !== 'string'),
  ],
  isGreaterThan: [member('semver_is_greater_than', [SEMVER, SEMVER], BOOL, (a, b) => compared(a, b) > 0)],
  isLessThan: [member('semver_is_less_than', [SEMVER, SEMVER], BOOL, (a, b) => compared(a, b) < 0)],
  compareTo: [member('semver_compare_to', [SEMVER, SEMVER], INT, (a, b) => BigInt(compared(a, b)))],
  major: [member('semver_major', [SEMVER], INT, numberAt(0))],
  minor: [member('semver_minor', [SEMVER], INT, numberAt(1))],
  patch: [member('semver_patch', [SEMVER], INT, numberAt(2))],
};
