/** What a query asks, read without understanding more of it than that. */
export interface Question {
  /** Lower case, without the final dot. */
  readonly name: string;
  readonly type: number;
  /** Where the question section ends. */
  readonly end: number;
  /** How long an answer over UDP may be, where the client says so (EDNS); undefined without. */
  readonly udpBytes: number | undefined;
  /** The same for all queries that one answer fits, but for its identity and the spelling of the name. */
  readonly key: string;
}

const headerBytes = 12;
const longestName = 255;
const optType = 41;

/**
 * Undefined for whatever is not one plain question of class IN: more than one, a compressed name, records beside EDNS's. Those
 * are rare, and are read by a library.
 */
export function readQuestion(bytes: Buffer): Question | undefined {
  if (bytes.length < headerBytes + 5 || bytes.readUInt16BE(4) !== 1 || bytes.readUInt32BE(6) !== 0 || (bytes[2]! & 0xf8) !== 0) return undefined;
  let at = headerBytes;
  let name = '';
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63 || at - headerBytes > longestName) return undefined;
    if (length === 0) break;
    name += `${name === '' ? '' : '.'}${bytes.toString('latin1', at + 1, at + 1 + length)}`;
    at += 1 + length;
  }
  const end = at + 5;
  if (end > bytes.length || bytes.readUInt16BE(at + 3) !== 1) return undefined;
  const type = bytes.readUInt16BE(at + 1);
  const edns = readEdns(bytes, end);
  if (edns === undefined) return undefined;
  name = name.toLowerCase();
  // Recursion wanted and checking disabled; the DNSSEC bit of EDNS.
  const wishes = `${bytes[2]! & 1}${bytes[3]! & 0x10}${edns.secure ? 's' : ''}`;
  return { name, type, end, udpBytes: edns.udpBytes, key: `${type} ${wishes} ${edns.udpBytes ?? ''} ${name}` };
}

/** The EDNS record after the question, or that there is none; undefined for any other record. Its options are nothing that an answer depends on. */
function readEdns(bytes: Buffer, at: number): { readonly udpBytes: number | undefined; readonly secure: boolean } | undefined {
  const records = bytes.readUInt16BE(10);
  if (records === 0) return { udpBytes: undefined, secure: false };
  if (records > 1 || at + 11 > bytes.length || bytes[at] !== 0 || bytes.readUInt16BE(at + 1) !== optType) return undefined;
  return { udpBytes: bytes.readUInt16BE(at + 3), secure: (bytes[at + 7]! & 0x80) !== 0 };
}

/** A copy of an answer as one to this query: with its identity, its wish for recursion, and its spelling of the name. */
export function readdress(answer: Buffer, query: Buffer, { end }: Pick<Question, 'end'>): Buffer {
  const copy = Buffer.from(answer);
  query.copy(copy, 0, 0, 2);
  copy[2] = (copy[2]! & 0xfe) | (query[2]! & 1);
  if (copy.length >= end) query.copy(copy, headerBytes, headerBytes, end - 4);
  return copy;
}
