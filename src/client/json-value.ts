/**
 * A deep copy of a JSON value, without the members that JSON would drop (`undefined`, functions). Members of the value
 * itself that `keep` names are not copied.
 */
export function cloneJson<T>(value: T, keep?: (name: string, member: unknown) => boolean): T {
  return clone(value, keep) as T;
}

function clone(value: unknown, keep?: (name: string, member: unknown) => boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => (item === undefined ? null : clone(item)));
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined || typeof member === 'function') continue;
    // A member of that name would become the prototype.
    if (key === '__proto__') Object.defineProperty(copy, key, { value: clone(member), enumerable: true, configurable: true, writable: true });
    else copy[key] = keep?.(key, member) === true ? member : clone(member);
  }
  return copy;
}

/** Freezes a JSON value and everything in it, and returns it. What is frozen already is taken to be frozen throughout. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
