/** JSON as Go's encoding/json writes it: keys in order, `<`, `>` and `&` escaped. */

const escapeHtml = (json: string): string => json.replaceAll(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The same value with the keys of all its objects sorted. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([key, child]) => [key, sortKeys(child)]));
}

/** One line; with `indent`, several. No newline at the end. */
export function toGoJson(value: unknown, indent?: string): string {
  return escapeHtml(JSON.stringify(sortKeys(value), null, indent));
}

/** As `toGoJson`, with keys in the order in which they stand: that of Go's own structures. */
export function toGoJsonAsItIs(value: unknown, indent?: string): string {
  return escapeHtml(JSON.stringify(value, null, indent));
}
