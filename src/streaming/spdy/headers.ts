import { constants, createDeflate, createInflate } from 'node:zlib';
import type { Deflate, Inflate } from 'node:zlib';
import { headerDictionary } from './dictionary.ts';

/** Names are lower-case; a name appears once. */
export type SpdyHeaders = Readonly<Record<string, string>>;

/** A header block larger than this, after decompression, ends the connection: kubectl sends a few dozen bytes. */
const maxBlockBytes = 64 * 1024;

/** Writes header blocks; one per connection and direction, because compression carries its window from block to block. */
export class HeaderWriter {
  readonly #deflate: Deflate = createDeflate({ dictionary: headerDictionary, level: constants.Z_BEST_SPEED });
  #output: Buffer[] = [];

  constructor() {
    this.#deflate.on('data', (chunk: Buffer) => this.#output.push(chunk));
    this.#deflate.on('error', () => {});
  }

  async compress(headers: SpdyHeaders): Promise<Buffer> {
    const parts: Buffer[] = [uint32(Object.keys(headers).length)];
    for (const [name, value] of Object.entries(headers)) {
      const nameBytes = Buffer.from(name.toLowerCase());
      const valueBytes = Buffer.from(value);
      parts.push(uint32(nameBytes.length), nameBytes, uint32(valueBytes.length), valueBytes);
    }
    await new Promise<void>((resolve, reject) => {
      this.#deflate.write(Buffer.concat(parts), (error) => { if (error) reject(error); });
      this.#deflate.flush(constants.Z_SYNC_FLUSH, resolve);
    });
    const block = Buffer.concat(this.#output);
    this.#output = [];
    return block;
  }

  close(): void {
    this.#deflate.destroy();
  }
}

/** Reads header blocks in the order in which they arrived. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: headerDictionary });
  #output: Buffer[] = [];
  #bytes = 0;

  constructor() {
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      if (this.#bytes > maxBlockBytes) this.#inflate.destroy(new Error('SPDY header block is too large'));
      else this.#output.push(chunk);
    });
    this.#inflate.on('error', () => {});
  }

  async decompress(block: Uint8Array): Promise<SpdyHeaders> {
    await new Promise<void>((resolve, reject) => {
      this.#inflate.once('error', reject);
      this.#inflate.write(block, (error) => {
        this.#inflate.removeListener('error', reject);
        if (error) reject(error);
        else resolve();
      });
    });
    const bytes = Buffer.concat(this.#output);
    this.#output = [];
    this.#bytes = 0;
    return parse(bytes);
  }

  close(): void {
    this.#inflate.destroy();
  }
}

function parse(bytes: Buffer): SpdyHeaders {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  let offset = 4;
  const count = bytes.readUInt32BE(0);
  const text = (): string => {
    const length = bytes.readUInt32BE(offset);
    const start = offset + 4;
    offset = start + length;
    if (offset > bytes.length) throw new Error('SPDY header block is cut short');
    return bytes.toString('utf8', start, offset);
  };
  for (let i = 0; i < count; i++) {
    const name = text().toLowerCase();
    headers[name] = text();
  }
  return headers;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
