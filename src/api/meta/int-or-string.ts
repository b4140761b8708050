import type { IntOrString } from '../types/meta/v1.ts';

/** A value that is neither a number nor a percentage. The message is upstream's. */
export class IntOrStringError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'IntOrStringError';
  }
}

/** The number before the `%`; undefined when the value is no percentage. */
export function percentOf(value: IntOrString): number | undefined {
  return typeof value === 'string' && /^[0-9]+%$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}

/**
 * `intstr.GetScaledValueFromIntOrPercent`: a number as it is, a percentage of `total` rounded up or down.
 * Throws IntOrStringError for a string that is no percentage.
 */
export function scaledValue(value: IntOrString, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  if (!value.endsWith('%')) throw new IntOrStringError('invalid value for IntOrString: invalid type: string is not a percentage');
  const number = value.slice(0, -1);
  if (!/^[+-]?[0-9]+$/.test(number)) throw new IntOrStringError(`invalid value for IntOrString: invalid value ${JSON.stringify(value)}: strconv.Atoi: parsing ${JSON.stringify(number)}: invalid syntax`);
  const exact = (Number(number) * total) / 100;
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
