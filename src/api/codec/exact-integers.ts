/**
 * Integers are held as doubles, which have those up to 2^53 and some beyond. Others of the int64s that Go would keep
 * would come out as their neighbours: they are refused, for nobody would hear of it otherwise. What is no int64 is
 * rounded by Go as well.
 */
const maxInt64 = 2n ** 63n - 1n;
const minInt64 = -(2n ** 63n);

/** Is this the text of an int64 that would become another? */
export function isAltered(source: string): boolean {
  if (source.length < 16 || !/^-?\d+$/.test(source)) return false;
  const exact = BigInt(source);
  return exact >= minInt64 && exact <= maxInt64 && BigInt(Number(source)) !== exact;
}

/** Most texts have nothing that looks like one, outside of strings or in them. */
const candidate = /[:[,\s]-?\d{16,19}\s*[,}\]]/;

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** The first int64 of a JSON text that would become another. */
export function alteredInteger(text: string): string | undefined {
  if (!candidate.test(text)) return undefined;
  let found: string | undefined;
  const look: Reviver = (_, value, { source = '' }) => {
    if (found === undefined && typeof value === 'number' && isAltered(source)) found = source;
    return value;
  };
  JSON.parse(text, look as (key: string, value: unknown) => unknown);
  return found;
}

/** What is said of one. */
export const alteredMessage = (integer: string): string => `not supported: the integer ${integer} is beyond 2^53 and cannot be kept exactly`;
