/** Freezes a decoded JSON value and all in it, in place. What is frozen already is not walked again. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) freezeWeighing(value);
  return value;
}

/** Parts of this length are known by it when they are met again. There are few. */
const largePart = 16 * 1024;
const largeParts = new WeakMap<object, number>();

/**
 * As `deepFreeze`, of an object or a list. Answers about how long the JSON is of what was not frozen before, and of the
 * large parts that were.
 */
export function freezeWeighing(value: object): number {
  if (Object.isFrozen(value)) return largeParts.get(value) ?? 0;
  Object.freeze(value);
  let weight = 2;
  if (Array.isArray(value)) for (const item of value) weight += weightOf(item);
  else for (const key in value) weight += key.length + 4 + weightOf((value as Readonly<Record<string, unknown>>)[key]);
  if (weight >= largePart) largeParts.set(value, weight);
  return weight;
}

function weightOf(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  return typeof value === 'object' && value !== null ? freezeWeighing(value) : 5;
}
