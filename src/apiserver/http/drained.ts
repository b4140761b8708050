import type { Outgoing } from './http-request.ts';

/** Resolves when the connection has room again, or is gone. */
export function drained(out: Outgoing): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.once('drain', done);
    out.once('close', done);
  });
}
