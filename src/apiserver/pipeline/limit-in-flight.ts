import { atEnd } from '../../base/at-end.ts';
import type { InFlight } from '../metrics/in-flight.ts';
import type { RequestInfo } from '../request.ts';
import type { Step } from './step.ts';
import { tooManyRequests } from './too-many-requests.ts';

const longRunningSubresources: ReadonlySet<string> = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Watches and streams take as long as they like, and are not counted. */
export function isLongRunning(info: RequestInfo): boolean {
  return info.verb === 'watch' || longRunningSubresources.has(info.subresource);
}

const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'head', 'options']);

/** Refuses what would be one request too many at the same time, reading and writing counted apart. */
export function limitInFlight(limits: { readonly reading: number; readonly writing: number }, inFlight: InFlight): Step {
  let reading = 0;
  let writing = 0;
  return (next) => (request) => {
    if (isLongRunning(request.info)) return next(request);
    const reads = readVerbs.has(request.info.verb);
    if (reads ? reading >= limits.reading : writing >= limits.writing) return tooManyRequests(request, 1);
    const result = next(request);
    // What was answered at once was never in flight beside another.
    if (!(result instanceof Promise)) return result;
    if (reads) reading += 1;
    else writing += 1;
    const count = inFlight.enter('executing', request.info);
    const end = (): void => {
      inFlight.leave(count);
      if (reads) reading -= 1;
      else writing -= 1;
    };
    return atEnd(result, end);
  };
}
