import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import type { ListBody } from '../encoding/list-body.ts';
import type { Outgoing } from './http-request.ts';

/** Large enough for few writes, small enough to stay in the processor's cache between copying and encrypting. */
const bufferBytes = 256 * 1024;
/** Buffers kept for the next list. */
const maxSpare = 8;

const spare: Buffer[] = [];

/** Writes a list through one buffer, which is filled again once the connection has taken what was in it. Resolves at the end, or when the client has gone. */
export function streamList(out: Outgoing, list: ListBody): Promise<void> {
  return new Promise((resolve) => {
    const buffer = spare.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
    // The buffer of a broken connection may still be in use down there: it is not kept.
    out.once('close', resolve);
    const next = (error?: Error | null): void => {
      if (error !== undefined && error !== null || out.destroyed) return;
      const size = list.read(buffer);
      if (size > 0) {
        out.write(buffer.subarray(0, size), next);
        return;
      }
      if (spare.length < maxSpare) spare.push(buffer);
      out.off('close', resolve);
      out.end();
      resolve();
    };
    next();
  });
}

/** What is compressed at a time, beside the event loop. */
const compressBytes = 64 * 1024;

/** Writes a list compressed, a piece at a time: neither the list nor its compressed form is ever in memory as a whole. */
export function compressList(out: Outgoing, list: ListBody): Promise<void> {
  const pieces = function* (): Generator<Buffer> {
    for (;;) {
      // Each piece has a buffer of its own: it is still being read when the next is asked for.
      const buffer = Buffer.allocUnsafeSlow(compressBytes);
      const size = list.read(buffer);
      if (size === 0) return;
      yield buffer.subarray(0, size);
    }
  };
  return compressPieces(out, pieces());
}

/** Writes pieces compressed as one stream. Resolves at the end, or when the client has gone. */
export async function compressPieces(out: Outgoing, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  try {
    await pipeline(Readable.from(pieces, { objectMode: false }), createGzip({ level: constants.Z_BEST_SPEED }), out);
  } catch (error) {
    // The client has gone; there is nobody to tell.
    if (!out.destroyed) throw error;
  }
}
