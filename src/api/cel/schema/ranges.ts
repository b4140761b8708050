/** From the least to the most of something: a size or a cost. Beyond 2^64 it is just that. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const limit = 2 ** 64;
const held = (value: number): number => Math.min(value, limit);

export const exactly = (value: number): Range => ({ min: value, max: value });
/** Nothing is known. */
export const unknown: Range = { min: 0, max: limit };

export const add = (a: Range, b: Range): Range => ({ min: held(a.min + b.min), max: held(a.max + b.max) });
export const multiply = (a: Range, b: Range): Range => ({ min: times(a.min, b.min), max: times(a.max, b.max) });
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
/** Each end times the factor, rounded up. */
export const scale = (range: Range, factor: number): Range => ({ min: held(Math.ceil(range.min * factor)), max: held(Math.ceil(range.max * factor)) });

function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : held(a * b);
}
