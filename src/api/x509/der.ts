/** A reader of DER (X.690): enough for certificates and requests for them. Every function throws DerError for what is not well-formed. */

/** Bytes that are no DER, or not the DER that was expected. The message is worded as Go's `encoding/asn1` words it. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DerError';
  }
}

/** One element: its tag with class and form, what is in it, and all its bytes. */
export interface Der {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly raw: Uint8Array;
}

export const tags = { boolean: 0x01, integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utcTime: 0x17, generalizedTime: 0x18, sequence: 0x30 } as const;

const truncated = 'asn1: syntax error: data truncated';

function readLength(bytes: Uint8Array, at: number): { readonly length: number; readonly next: number } {
  const first = bytes[at];
  if (first === undefined) throw new DerError(truncated);
  if (first < 0x80) return { length: first, next: at + 1 };
  const count = first & 0x7f;
  if (count === 0) throw new DerError('asn1: syntax error: indefinite length found (not DER)');
  if (count > 4) throw new DerError('asn1: structure error: length too large');
  let length = 0;
  for (let i = 1; i <= count; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw new DerError(truncated);
    length = length * 256 + byte;
    if (length === 0) throw new DerError('asn1: structure error: superfluous leading zeros in length');
  }
  if (length < 0x80) throw new DerError('asn1: structure error: non-minimal length');
  return { length, next: at + 1 + count };
}

function readAt(bytes: Uint8Array, at: number): { readonly element: Der; readonly next: number } {
  const tag = bytes[at];
  if (tag === undefined) throw new DerError(truncated);
  if ((tag & 0x1f) === 0x1f) throw new DerError('asn1: structure error: tag too large');
  const { length, next } = readLength(bytes, at + 1);
  if (next + length > bytes.length) throw new DerError(truncated);
  return { element: { tag, content: bytes.subarray(next, next + length), raw: bytes.subarray(at, next + length) }, next: next + length };
}

/** The one element that these bytes are. */
export function readDer(bytes: Uint8Array): Der {
  const { element, next } = readAt(bytes, 0);
  if (next !== bytes.length) throw new DerError('asn1: syntax error: trailing data');
  return element;
}

/** The elements of a sequence or a set. */
export function childrenOf({ content }: Der): Der[] {
  const children: Der[] = [];
  for (let at = 0; at < content.length;) {
    const { element, next } = readAt(content, at);
    children.push(element);
    at = next;
  }
  return children;
}

/** The element, which must be there and have this tag. */
export function expectTag(element: Der | undefined, tag: number): Der {
  if (element === undefined) throw new DerError('asn1: syntax error: sequence truncated');
  if (element.tag !== tag) throw new DerError("asn1: structure error: tags don't match");
  return element;
}

/** The dotted form of an object identifier. */
export function oidOf(element: Der | undefined): string {
  const { content } = expectTag(element, tags.oid);
  const parts: number[] = [];
  let value = 0;
  content.forEach((byte, i) => {
    value = value * 128 + (byte & 0x7f);
    if ((byte & 0x80) !== 0) {
      if (i === content.length - 1) throw new DerError('asn1: syntax error: truncated base 128 integer');
      return;
    }
    if (parts.length === 0) {
      const head = Math.min(2, Math.floor(value / 40));
      parts.push(head, value - 40 * head);
    } else {
      parts.push(value);
    }
    value = 0;
  });
  if (parts.length === 0) throw new DerError('asn1: syntax error: zero length OBJECT IDENTIFIER');
  return parts.join('.');
}

/** The bytes of a bit string whose bits fill them. */
export function bitsOf(element: Der | undefined): Uint8Array {
  const { content } = expectTag(element, tags.bitString);
  if (content[0] !== 0) throw new DerError('asn1: syntax error: invalid padding bits in BIT STRING');
  return content.subarray(1);
}

/** A point in time, milliseconds since the epoch. */
export function timeOf(element: Der | undefined): number {
  if (element === undefined) throw new DerError('asn1: syntax error: sequence truncated');
  const text = String.fromCharCode(...element.content.subarray(0, 20));
  const parts = (element.tag === tags.utcTime ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/).exec(text);
  if (parts === null || (element.tag !== tags.utcTime && element.tag !== tags.generalizedTime)) throw new DerError('x509: malformed time');
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as [number, number, number, number, number, number];
  // RFC 5280: years of two digits are between 1950 and 2049.
  const century = element.tag === tags.generalizedTime ? 0 : year < 50 ? 2000 : 1900;
  return Date.UTC(century + year, month - 1, day, hour, minute, second);
}
