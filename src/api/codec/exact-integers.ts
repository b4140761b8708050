/**
 * Integers are held as doubles, which have those up to 2^53 and some beyond. Others of the int64s that Go keeps are held as
 * BigInts, so that custom resources get back what they hold; JSON writes them as the integers they are. Fields of built-in
 * types take none: nobody means such a number of seconds or replicas. What is no int64 is rounded by Go as well.
 */
const maxInt64 = 2n ** 63n - 1n;
const minInt64 = -(2n ** 63n);

/** Is this the text of an int64 that would become another as a double? */
export function isAltered(source: string): boolean {
  if (source.length < 16 || !/^-?\d+$/.test(source)) return false;
  const exact = BigInt(source);
  return exact >= minInt64 && exact <= maxInt64 && BigInt(Number(source)) !== exact;
}

/** Most texts have nothing that looks like one, outside of strings or in them. */
const candidate = /[:[,\s]-?\d{16}/;

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const exactly: Reviver = (_, value, { source = '' }) => (typeof value === 'number' && isAltered(source) ? BigInt(source) : value);

/** JSON.parse that alters no int64: those that no double has become BigInts. */
export function parseExactly(text: string): unknown {
  return candidate.test(text) ? JSON.parse(text, exactly as (key: string, value: unknown) => unknown) : JSON.parse(text);
}

/** What is said of one where none is taken. */
export const alteredMessage = (integer: string): string => `not supported: the integer ${integer} is beyond 2^53 and cannot be kept exactly`;

declare global {
  // eslint-disable-next-line no-unused-vars -- the name is the standard library's
  interface BigInt { toJSON?(): unknown }
  interface JSON { rawJSON(text: string): unknown }
}
// Left alone, JSON.stringify throws for a BigInt. Wherever an object is written, it is written as the integer that it is.
if (BigInt.prototype.toJSON === undefined) {
  Object.defineProperty(BigInt.prototype, 'toJSON', { value(this: bigint) { return JSON.rawJSON(String(this)); }, configurable: true, writable: true });
}
