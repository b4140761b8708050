/** Its members as everybody expects to read them: what it is, its metadata, then the rest. Itself where they are so already. */
export function typeFirst<T extends object>(object: T): T {
  for (const first in object) {
    if (first === 'kind' || !('kind' in object)) return object;
    break;
  }
  const { kind, apiVersion, metadata, ...rest } = object as T & { readonly kind?: unknown; readonly apiVersion?: unknown; readonly metadata?: unknown };
  return { ...(kind !== undefined && { kind }), ...(apiVersion !== undefined && { apiVersion }), ...(metadata !== undefined && { metadata }), ...rest } as unknown as T;
}
