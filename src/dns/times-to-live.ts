/** Where the times to live of an answer's records are in its bytes, and what an answer is good for. */
export interface Lifetime {
  /** Of the records but EDNS's, which has another meaning there. */
  readonly offsets: readonly number[];
  /** The shortest of the answers; of a negative answer what its SOA record says. Undefined: it must not be kept. */
  readonly seconds: number | undefined;
}

const [soaType, optType] = [6, 41];

function skipName(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const length = bytes[at];
    if (length === undefined) return bytes.length;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += 1 + length;
  }
}

/** Reads an answer as it came from another server; nothing in it is trusted. */
export function lifetimeOf(bytes: Buffer): Lifetime {
  if (bytes.length < 12) return { offsets: [], seconds: undefined };
  let at = 12;
  for (let questions = bytes.readUInt16BE(4); questions > 0; questions--) at = skipName(bytes, at) + 4;
  const [answers, authorities, additionals] = [bytes.readUInt16BE(6), bytes.readUInt16BE(8), bytes.readUInt16BE(10)];
  const offsets: number[] = [];
  let positive: number | undefined;
  let negative: number | undefined;
  for (let index = 0; index < answers + authorities + additionals; index++) {
    const after = skipName(bytes, at);
    if (after + 10 > bytes.length) return { offsets: [], seconds: undefined };
    const [type, ttl, length] = [bytes.readUInt16BE(after), bytes.readUInt32BE(after + 4), bytes.readUInt16BE(after + 8)];
    const end = after + 10 + length;
    if (end > bytes.length) return { offsets: [], seconds: undefined };
    if (type !== optType) offsets.push(after + 4);
    if (index < answers) positive = Math.min(positive ?? ttl, ttl);
    else if (type === soaType && length >= 20) negative = Math.min(ttl, bytes.readUInt32BE(end - 4));
    at = end;
  }
  return { offsets, seconds: answers > 0 ? positive : negative };
}

/** An answer that has been kept for some seconds: its records have so much less to live. */
export function aged(answer: Buffer, offsets: readonly number[], seconds: number): Buffer {
  const copy = Buffer.from(answer);
  if (seconds > 0) for (const offset of offsets) copy.writeUInt32BE(Math.max(0, copy.readUInt32BE(offset) - seconds), offset);
  return copy;
}
