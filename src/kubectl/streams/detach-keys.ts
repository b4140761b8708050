import { Transform } from 'node:stream';
import { KubectlError } from '../errors.ts';

/** What one types to leave a container's terminal, and its process running. */
export const defaultDetachKeys = 'ctrl-p,ctrl-q';

/** `ctrl-p,ctrl-q` or `x` as the bytes that a terminal sends for them. Throws KubectlError for keys that there are not. */
export function detachSequence(keys: string): Uint8Array {
  return Uint8Array.from((keys === '' ? defaultDetachKeys : keys).split(','), (key) => {
    const control = /^ctrl-([a-z@[\\\]^_])$/.exec(key)?.[1];
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
    if (Buffer.byteLength(key) === 1) return key.charCodeAt(0);
    throw new KubectlError(`could not bind detach keys: Unknown character: '${key}'`);
  });
}

/** Passes on what is typed until the keys are; these are kept back, `onDetach` is called, and there is no more input. */
export function detachable(keys: Uint8Array, onDetach: () => void): Transform {
  let matched = 0;
  let done = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, next) {
      const out: number[] = [];
      for (const byte of chunk) {
        if (done) break;
        if (byte === keys[matched]) {
          if (++matched < keys.length) continue;
          done = true;
          continue;
        }
        // What looked like the beginning of it was typed for the process.
        for (let i = 0; i < matched; i++) out.push(keys[i]!);
        matched = byte === keys[0] ? 1 : 0;
        if (matched === 0) out.push(byte);
      }
      if (out.length > 0) this.push(Buffer.from(out));
      if (done) {
        this.push(null);
        onDetach();
      }
      next();
    },
  });
}
