/** A deep copy of a JSON value, without the members that JSON would drop (`undefined`, functions). */
export function cloneJson<T>(value: T): T {
  return clone(value) as T;
}

function clone(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cloneItem);
  const copy: Record<string, unknown> = {};
  // oxlint-disable-next-line guard-for-in -- JSON has own members only
  for (const key in value) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined && typeof member !== 'function') setMember(copy, key, typeof member === 'object' ? clone(member) : member);
  }
  return copy;
}

const cloneItem = (item: unknown): unknown => (item === undefined ? null : clone(item));

/** Sets a member, also one that would become the prototype by its name. */
export function setMember(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** Freezes a JSON value and everything in it, and returns it. What is frozen already is taken to be frozen throughout. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
