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
