import { createReadStream, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

const block = 512;

interface Entry { readonly name: string; readonly type: '0' | '2' | '5' | 'x'; readonly mode: number; readonly size: number; readonly mtimeMs: number; readonly link?: string; readonly uid?: number; readonly gid?: number }

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((block - (bytes.length % block)) % block)]);

function header({ name, type, mode, size, mtimeMs, link = '', uid = 0, gid = 0 }: Entry): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void => void bytes.write(`${Math.max(0, value).toString(8).padStart(length - 1, '0').slice(-(length - 1))}\0`, at, 'latin1');
  bytes.write(name, 0, 100);
  octal(mode & 0o7777, 100, 8);
  octal(uid, 108, 8);
  octal(gid, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(mtimeMs / 1000), 136, 12);
  bytes.write(' '.repeat(8), 148);
  bytes.write(type, 156);
  bytes.write(link, 157, 100);
  bytes.write('ustar\0' + '00', 257);
  bytes.write(`${bytes.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

/** One line of a PAX header, which begins with its own length. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest) + 1;
  while (String(length).length + Buffer.byteLength(rest) !== length) length = String(length).length + Buffer.byteLength(rest);
  return `${length}${rest}`;
}

/** The header of an entry; what does not fit stands in one before it (POSIX 2001). */
function headers(entry: Entry): Buffer {
  const { name, link = '', size } = entry;
  const long = [Buffer.byteLength(name) > 100 ? record('path', name) : '', Buffer.byteLength(link) > 100 ? record('linkpath', link) : '', size >= 8 ** 11 ? record('size', String(size)) : ''].join('');
  if (long === '') return header(entry);
  const body = Buffer.from(long);
  return Buffer.concat([header({ name: 'PaxHeaders/long', type: 'x', mode: 0o644, size: body.length, mtimeMs: 0 }), padded(body), header(entry)]);
}

async function* entries(path: string, name: string): AsyncGenerator<Buffer> {
  const stat = lstatSync(path);
  const common = { name, mode: stat.mode, mtimeMs: stat.mtimeMs, uid: stat.uid, gid: stat.gid };
  if (stat.isDirectory()) {
    const names = readdirSync(path).sort();
    yield headers({ ...common, name: `${name}/`, type: '5', size: 0 });
    for (const one of names) yield* entries(join(path, one), `${name}/${one}`);
  } else if (stat.isSymbolicLink()) yield headers({ ...common, type: '2', size: 0, link: readlinkSync(path) });
  else {
    yield headers({ ...common, type: '0', size: stat.size });
    let left = stat.size;
    for await (const chunk of createReadStream(path, { end: Math.max(0, stat.size - 1) }) as AsyncIterable<Buffer>) {
      if (left === 0) break;
      yield chunk;
      left -= chunk.length;
    }
    // A file that shrank meanwhile is filled up: the header has said how long it is.
    const missing = left + ((block - (stat.size % block)) % block);
    if (missing > 0) yield Buffer.alloc(missing);
  }
}

/** A file or folder of this machine as a tar archive in which it has the given name. Piece by piece. */
export async function* tarOf(path: string, name: string): AsyncGenerator<Buffer> {
  yield* entries(path, name);
  yield Buffer.alloc(2 * block);
}
