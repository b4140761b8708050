import { KubectlError } from '../../errors.ts';

const block = 512;
/** Of headers that hold names: longer ones are no names. */
const maxLongBytes = 1024 * 1024;

/** One thing in an archive. `content` is read to its end before the next one comes. */
export interface TarEntry {
  readonly name: string;
  readonly type: 'file' | 'folder' | 'symlink' | 'hardlink' | 'other';
  readonly mode: number;
  readonly linkName: string;
  readonly content: AsyncIterable<Buffer>;
}

/** Bytes of a stream in pieces of the sizes that are asked for. */
class Bytes {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** At most `size` bytes; none at the end. */
  async some(size: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return this.#rest;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(piece.length);
    return piece;
  }

  /** Exactly so many; undefined when the stream ends at once. */
  async exactly(size: number): Promise<Buffer | undefined> {
    const pieces: Buffer[] = [];
    for (let left = size; left > 0;) {
      const piece = await this.some(left);
      if (piece.length === 0) {
        if (left === size) return undefined;
        throw new KubectlError('unexpected EOF');
      }
      pieces.push(piece);
      left -= piece.length;
    }
    return Buffer.concat(pieces);
  }
}

const textAt = (header: Buffer, at: number, length: number): string => header.subarray(at, at + length).toString('utf8').replace(/\0.*$/s, '');

function numberAt(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  // GNU: numbers too large for octal digits are binary, and say so by their first bit.
  if ((field[0]! & 0x80) !== 0) return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, field[0]! & 0x7f);
  return Number.parseInt(field.toString('latin1').replaceAll(/[\0 ]/g, ''), 8) || 0;
}

function paxRecords(text: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < text.length;) {
    const space = text.indexOf(0x20, at);
    const length = Number(text.subarray(at, space).toString('latin1'));
    if (space < 0 || !Number.isInteger(length) || length <= 0) break;
    const line = text.subarray(space + 1, at + length - 1).toString('utf8');
    records.set(line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1));
    at += length;
  }
  return records;
}

const types: Readonly<Record<string, TarEntry['type']>> = { '0': 'file', '\0': 'file', '7': 'file', '1': 'hardlink', '2': 'symlink', '5': 'folder' };

/** What is in a tar archive, of whichever of the usual dialects. Throws KubectlError for what is none. */
export async function* tarEntries(stream: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const bytes = new Bytes(stream);
  let long = new Map<string, string>();
  for (;;) {
    const header = await bytes.exactly(block);
    if (header === undefined || header.every((byte) => byte === 0)) break;
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte), 0);
    if (header.length < block || sum !== numberAt(header, 148, 8)) throw new KubectlError('archive/tar: invalid tar header');
    const type = String.fromCharCode(header[156]!);
    const size = Number(long.get('size') ?? numberAt(header, 124, 12));
    const padding = (block - (size % block)) % block;
    if (['x', 'g', 'L', 'K'].includes(type)) {
      if (size > maxLongBytes) throw new KubectlError('archive/tar: header field too long');
      const body = await bytes.exactly(size) ?? Buffer.alloc(0);
      if (padding > 0) await bytes.exactly(padding);
      if (type === 'x') long = new Map([...long, ...paxRecords(body)]);
      else if (type !== 'g') long.set(type === 'L' ? 'path' : 'linkpath', body.toString('utf8').replace(/\0.*$/s, ''));
      continue;
    }
    const prefix = header.subarray(257, 263).toString('latin1') === 'ustar\0' ? textAt(header, 345, 155) : '';
    let left = size;
    const content = async function* (): AsyncGenerator<Buffer> {
      while (left > 0) {
        const piece = await bytes.some(left);
        if (piece.length === 0) throw new KubectlError('unexpected EOF');
        left -= piece.length;
        yield piece;
      }
    };
    const name = long.get('path') ?? `${prefix === '' ? '' : `${prefix}/`}${textAt(header, 0, 100)}`;
    yield { name, type: types[type] ?? 'other', mode: numberAt(header, 100, 8) & 0o7777, linkName: long.get('linkpath') ?? textAt(header, 157, 100), content: content() };
    while (left > 0) left -= (await bytes.some(left)).length || left;
    if (padding > 0) await bytes.exactly(padding);
    long = new Map();
  }
  // What follows the end is read, so that whoever writes it can end.
  while ((await bytes.some(block)).length > 0);
}
