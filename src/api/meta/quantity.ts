/**
 * `resource.Quantity`: an exact decimal number with the suffix style it was written in. Values finer than a nano are
 * rounded away from zero when parsed, as upstream does.
 */

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

export interface Quantity {
  /** The exact value in units of 10^-9. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
  /** The text it was parsed from, where upstream keeps that instead of computing the canonical form. */
  readonly text?: string;
}

const nanosPerUnit = 1_000_000_000n;
const nanosPerMilli = 1_000_000n;
const maxInt64 = 2n ** 63n - 1n;

/** Digits that certainly fit an int64: upstream's bound for its fast path. */
const maxInt64Factors = 18;
/** Exponents past this would only make huge numbers; upstream has no bound and burns memory. */
const maxExponent = 100;

const decimalSuffixes = new Map<string, number>([['n', -9], ['u', -6], ['m', -3], ['', 0], ['k', 3], ['M', 6], ['G', 9], ['T', 12], ['P', 15], ['E', 18]]);
const binarySuffixes = new Map<string, number>([['Ki', 10], ['Mi', 20], ['Gi', 30], ['Ti', 40], ['Pi', 50], ['Ei', 60]]);
const decimalNames = new Map([...decimalSuffixes].map(([name, exponent]) => [exponent, name]));
const binaryNames = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

export const quantityFormatError = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
export const quantitySuffixError = "unable to parse quantity's suffix";
export const quantityNumericError = 'unable to parse numeric part of quantity';

/** A text that is no quantity. The message is upstream's. */
export class QuantityError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuantityError';
  }
}

const shape = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)$/;

interface Suffix { readonly exponent: number; readonly format: QuantityFormat }

function interpretSuffix(suffix: string): Suffix | undefined {
  const decimal = decimalSuffixes.get(suffix);
  if (decimal !== undefined) return { exponent: decimal, format: 'DecimalSI' };
  const binary = binarySuffixes.get(suffix);
  if (binary !== undefined) return { exponent: binary, format: 'BinarySI' };
  if (/^[eE][-+]?[0-9]+$/.test(suffix)) {
    const exponent = Number(suffix.slice(1));
    return exponent > maxExponent ? undefined : { exponent: Math.max(exponent, -1000), format: 'DecimalExponent' };
  }
  return undefined;
}

/** Divides rounding away from zero. */
function divideUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  if (quotient * divisor === dividend) return quotient;
  return dividend < 0n ? quotient - 1n : quotient + 1n;
}

/** Would upstream, having parsed this, print it back as it was written? */
function keepsText(digits: string, places: number, suffix: Suffix): boolean {
  if (suffix.format === 'BinarySI') {
    if (places > 0 || 15 - digits.length - Math.trunc((suffix.exponent * 3) / 10) - 1 < 0) return false;
    return (Number(digits) & 7) !== 0;
  }
  const scale = suffix.exponent - places;
  return digits.length <= maxInt64Factors && scale >= -9 && scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0';
}

/** Parses `100m`, `1.5Gi`, `1e3` … Throws QuantityError with upstream's message. */
export function parseQuantity(text: string): Quantity {
  if (text === '') throw new QuantityError(quantityFormatError);
  if (text === '0') return { nanos: 0n, format: 'DecimalSI', text };
  const parts = shape.exec(text);
  if (parts === null) throw new QuantityError(quantityFormatError);
  const [, sign = '', whole = '', fraction = '', suffixText = ''] = parts;
  const suffix = interpretSuffix(suffixText);
  if (suffix === undefined) throw new QuantityError(quantitySuffixError);
  const digits = (whole.replace(/^0+/, '') || '0') + fraction;
  if (digits.length > 400) throw new QuantityError(quantityNumericError);

  // value = digits * 10^-fraction.length * base^exponent; counted in nanos.
  let amount = BigInt(digits);
  if (suffix.format === 'BinarySI') amount <<= BigInt(suffix.exponent);
  const power = 9 - fraction.length + (suffix.format === 'BinarySI' ? 0 : suffix.exponent);
  let nanos: bigint;
  if (power >= 0) nanos = amount * 10n ** BigInt(power);
  else nanos = divideUp(amount, 10n ** BigInt(Math.min(-power, digits.length + 30)));
  let format = suffix.format;
  if (format === 'BinarySI') {
    if (nanos > maxInt64 * nanosPerUnit) nanos = maxInt64 * nanosPerUnit;
    if (fraction !== '' && nanos > 0n && nanos < nanosPerUnit) format = 'DecimalSI';
  }
  if (sign === '-') nanos = -nanos;
  return { nanos, format, ...(keepsText(digits, fraction.length, suffix) && { text }) };
}

/** Does `text` parse as a quantity? */
export function isQuantity(text: string): boolean {
  const parts = text === '' ? null : shape.exec(text);
  return parts !== null && interpretSuffix(parts[4] ?? '') !== undefined;
}

function formatDecimal(nanos: bigint, format: QuantityFormat): string {
  let amount = nanos;
  let exponent = -9;
  while (amount % 1000n === 0n && (format === 'DecimalExponent' || exponent < 18)) {
    amount /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalSI') return `${amount}${decimalNames.get(exponent) ?? ''}`;
  return exponent === 0 ? `${amount}` : `${amount}e${exponent}`;
}

/** The canonical form: no fraction, the largest suffix that keeps the value exact. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text;
  const { nanos, format } = quantity;
  if (nanos === 0n) return '0';
  if (format !== 'BinarySI') return formatDecimal(nanos, format);
  const small = nanos > -1024n * nanosPerUnit && nanos < 1024n * nanosPerUnit;
  if (small || nanos % nanosPerUnit !== 0n) return formatDecimal(nanos, 'DecimalSI');
  let amount = nanos / nanosPerUnit;
  let steps = 0;
  while (steps < 6 && amount % 1024n === 0n) {
    amount /= 1024n;
    steps++;
  }
  return `${amount}${binaryNames[steps]!}`;
}

/** What a quantity reads as after a round trip through the API server: `1000m` -> `1`, `1024Ki` -> `1Mi`. Throws QuantityError. */
export function canonicalQuantity(text: string): string {
  return formatQuantity(parseQuantity(text.trim()));
}

const quick = /^([0-9]{1,9})(m|k|Ki|Mi|Gi)?$/;
const quickUnits: Record<string, number> = { k: 1000, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** `nanos` in bigger units, away from zero, held to the range of an int64. Exact up to 2^53. */
function scaled(nanos: bigint, unit: bigint): number {
  const result = divideUp(nanos, unit);
  if (result > maxInt64) return Number(maxInt64);
  return Number(result);
}

/** In whole units (bytes, cores, pods), rounded up. Numbers past 2^53 lose precision. Throws QuantityError for bad text. */
export function value(quantity: Quantity | string): number {
  if (typeof quantity !== 'string') return scaled(quantity.nanos, nanosPerUnit);
  const parts = quick.exec(quantity);
  if (parts === null) return scaled(parseQuantity(quantity).nanos, nanosPerUnit);
  const amount = Number(parts[1]);
  const unit = parts[2];
  if (unit === undefined) return amount;
  return unit === 'm' ? Math.ceil(amount / 1000) : amount * quickUnits[unit]!;
}

/** In thousandths, rounded up: the unit of CPU. Throws QuantityError for bad text. */
export function milliValue(quantity: Quantity | string): number {
  if (typeof quantity !== 'string') return scaled(quantity.nanos, nanosPerMilli);
  const parts = quick.exec(quantity);
  if (parts === null) return scaled(parseQuantity(quantity).nanos, nanosPerMilli);
  const amount = Number(parts[1]);
  const unit = parts[2];
  if (unit === undefined) return amount * 1000;
  return unit === 'm' ? amount : scaled(BigInt(amount) * BigInt(quickUnits[unit]!) * nanosPerUnit, nanosPerMilli);
}

const read = (quantity: Quantity | string): Quantity => (typeof quantity === 'string' ? parseQuantity(quantity) : quantity);

/** The sum, in the format of `a` (of `b` when `a` is zero). */
export function addQuantity(a: Quantity | string, b: Quantity | string): Quantity {
  const left = read(a);
  const right = read(b);
  return { nanos: left.nanos + right.nanos, format: left.nanos === 0n ? right.format : left.format };
}

/** `a - b`, in the format of `a` (of `b` when `a` is zero). */
export function subtractQuantity(a: Quantity | string, b: Quantity | string): Quantity {
  const left = read(a);
  const right = read(b);
  return { nanos: left.nanos - right.nanos, format: left.nanos === 0n ? right.format : left.format };
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareQuantity(a: Quantity | string, b: Quantity | string): number {
  const left = read(a).nanos;
  const right = read(b).nanos;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** A quantity of whole units. */
export function quantityOf(units: number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { nanos: BigInt(units) * nanosPerUnit, format };
}

