import { Worker } from 'node:worker_threads';
import type { DecodedJson } from '../../api/codec/json.ts';
import { ApiError } from '../../api/status.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import { outside } from '../../base/outside-work.ts';
import { RealClock } from '../../base/real-clock.ts';

/** What the thread is given. */
export interface LargeYaml {
  readonly bytes: Uint8Array;
  /** Words the errors; undefined: any value will do. */
  readonly expectedKind: string | undefined;
}

/** What it answers. */
export type YamlAnswer = { readonly decoded: DecodedJson } | { readonly refused: Status };

/** Larger documents are read on a thread: a megabyte keeps YAML's reader busy for a second and more. */
export const largeYamlBytes = 64 * 1024;
/** 3 MB of the worst kind want gigabytes; definitions of custom resources, a tenth of this. */
const heapMb = 512;
/** Of real time, for one document. */
const limitMs = 60_000;
/** More are sent away instead of being kept in memory. */
const maxWaiting = 16;

const tooMuch = (message: string): ApiError => new ApiError('RequestEntityTooLarge', `error converting YAML to JSON: yaml: ${message}: send it as JSON, or in smaller pieces`);

/** The thread's file: the source where the source runs, `yaml-worker.js` beside the bundle where that runs. */
const workerUrl = (): URL => new URL(import.meta.url.endsWith('.ts') ? './yaml-worker.ts' : './yaml-worker.js', import.meta.url);

let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * Reads one large document beside all other work: one at a time, so that whoever sends many takes one processor and the
 * memory of one from the others. Rejects as `decodeYaml` does; RequestEntityTooLarge for what takes too much time or memory,
 * TooManyRequests when many wait. `gone`: nobody waits for the answer any more.
 */
export async function decodeLargeYaml(document: LargeYaml, gone: AbortSignal): Promise<DecodedJson> {
  if (waiting >= maxWaiting) throw new ApiError('TooManyRequests', 'many large YAML documents are being read, please try again later', { details: { retryAfterSeconds: 1 } });
  waiting++;
  const read = last.then(() => readApart(document, gone));
  last = read.catch(() => {}).finally(() => { waiting--; });
  return outside(read);
}

async function readApart(document: LargeYaml, gone: AbortSignal): Promise<DecodedJson> {
  gone.throwIfAborted();
  const worker = new Worker(workerUrl(), { name: 'yaml', workerData: document, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 32 } });
  const ended = Promise.withResolvers<YamlAnswer>();
  worker.once('message', ended.resolve);
  worker.once('error', (error: NodeJS.ErrnoException) => ended.reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch('the document takes too much memory') : error));
  const leave = (): void => ended.reject(gone.reason as Error);
  gone.addEventListener('abort', leave, { once: true });
  const timer = new RealClock().setTimer(limitMs, () => ended.reject(tooMuch(`reading the document took longer than ${limitMs / 1000} s`)), { unref: true });
  try {
    const answer = await ended.promise;
    if ('refused' in answer) throw ApiError.fromStatus(answer.refused);
    return answer.decoded;
  } finally {
    timer.cancel();
    gone.removeEventListener('abort', leave);
    await worker.terminate();
  }
}
