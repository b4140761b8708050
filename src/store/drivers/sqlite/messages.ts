import type { PlainError } from './failure.ts';
import type { Row } from './writer.ts';

/** What the worker is started with. */
export interface WorkerSettings {
  readonly path: string;
  readonly maxBytes: number | undefined;
  /** Shared: the thread sets it to 1 when it can work. */
  readonly started: Int32Array<SharedArrayBuffer>;
}

/** Rows on their way to the worker: all values in one buffer, which is moved, not copied. */
export interface PackedRows {
  readonly keys: readonly string[];
  /** Three for each row: revision, create revision, length of the value (-1: none). */
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly values: Uint8Array<ArrayBuffer>;
}

/** Done in the order of their sending, each answered once, in that order. */
export type Request =
  | { readonly type: 'commit'; readonly rows: PackedRows }
  | { readonly type: 'mark-compacted'; readonly revision: number }
  | { readonly type: 'trim'; readonly revisions: readonly number[] }
  | { readonly type: 'vacuum' }
  | { readonly type: 'close' };

/** The first answer, unasked for, says that the worker is ready. `more`: of `vacuum`. */
export type Answer = { readonly ok: true; readonly more: boolean } | { readonly ok: false; readonly error: PlainError };

export function packRows(rows: readonly Row[]): PackedRows {
  let length = 0;
  for (const { value } of rows) length += value?.byteLength ?? 0;
  const numbers = new Float64Array(rows.length * 3);
  const values = new Uint8Array(length);
  let offset = 0;
  for (const [i, { revision, createRevision, value }] of rows.entries()) {
    numbers[i * 3] = revision;
    numbers[i * 3 + 1] = createRevision;
    numbers[i * 3 + 2] = value?.byteLength ?? -1;
    if (value === null) continue;
    values.set(value, offset);
    offset += value.byteLength;
  }
  return { keys: rows.map((row) => row.key), numbers, values };
}

/** The values are views of the packed buffer. */
export function* unpackRows({ keys, numbers, values }: PackedRows): Generator<Row> {
  let offset = 0;
  for (const [i, key] of keys.entries()) {
    const length = numbers[i * 3 + 2]!;
    const value = length < 0 ? null : values.subarray(offset, offset + length);
    offset += Math.max(0, length);
    yield { revision: numbers[i * 3]!, key, createRevision: numbers[i * 3 + 1]!, value };
  }
}
