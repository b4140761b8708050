/**
 * The little of DER (X.690) that writing an X.509 certificate takes. A general ASN.1 library costs more time to load
 * than the whole API server may take to start, and nothing here reads untrusted input.
 */

const tags = { integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8String: 0x0c, sequence: 0x30, set: 0x31, utcTime: 0x17, generalizedTime: 0x18, boolean: 0x01 } as const;

function lengthOf(size: number): Buffer {
  if (size < 0x80) return Buffer.from([size]);
  const bytes: number[] = [];
  for (let rest = size; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

/** One tag-length-value. */
export function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag]), lengthOf(size), ...content]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tagged(tags.sequence, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => tagged(tags.set, ...items);
export const octetString = (content: Uint8Array): Buffer => tagged(tags.octetString, content);
export const utf8String = (text: string): Buffer => tagged(tags.utf8String, Buffer.from(text, 'utf8'));
export const booleanTrue: Buffer = tagged(tags.boolean, Buffer.from([0xff]));

/** `[n] EXPLICIT`, constructed. */
export const explicit = (n: number, content: Uint8Array): Buffer => tagged(0xa0 | n, content);
/** `[n] IMPLICIT` over a primitive. */
export const implicit = (n: number, content: Uint8Array): Buffer => tagged(0x80 | n, content);

/** A non-negative integer from big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  return tagged(tags.integer, (trimmed[0] ?? 0) & 0x80 ? Buffer.from([0]) : Buffer.alloc(0), trimmed);
}

/** `unusedBits`: how many of the last byte's low bits do not count. */
export function bitString(content: Uint8Array, unusedBits = 0): Buffer {
  return tagged(tags.bitString, Buffer.from([unusedBits]), content);
}

/** A dotted object identifier. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 0x7f];
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) digits.unshift((high & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return tagged(tags.oid, Buffer.from(bytes));
}

/** A time as RFC 5280 wants it: UTCTime until 2049, GeneralizedTime after. `rfc3339` has whole seconds and ends in Z. */
export function time(rfc3339: string): Buffer {
  const digits = `${rfc3339.replaceAll(/[-:T]/g, '').replace('Z', '')}Z`;
  return Number(digits.slice(0, 4)) < 2050 ? tagged(tags.utcTime, Buffer.from(digits.slice(2))) : tagged(tags.generalizedTime, Buffer.from(digits));
}
