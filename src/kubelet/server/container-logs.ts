import { nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { findContainer } from '../pods/pod-spec.ts';
import type { FoundPod } from './served-kubelet.ts';
import { HttpError } from './served-kubelet.ts';

/** The log of a container as bytes, by the query of pods/log. Throws HttpError before the first byte. */
export function containerLog(found: FoundPod, container: string, query: URLSearchParams, signal: AbortSignal): AsyncIterable<Uint8Array> {
  const { pod, kubelet: { context } } = found;
  if (findContainer(pod, container) === undefined) throw new HttpError(404, `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(nameOf(pod))}`);
  const containerId = containerIdFor(pod, container, query.get('previous') === 'true');
  const number = (name: string): number | undefined => {
    const text = query.get(name);
    if (text === null || text === '') return undefined;
    if (!/^\d+$/.test(text)) throw new HttpError(400, `invalid ${name}: ${JSON.stringify(text)}`);
    return Number(text);
  };
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const sinceMs = sinceSeconds !== undefined ? context.clock.now() - sinceSeconds * 1000 : sinceTime === null ? undefined : parseTime(sinceTime);
  const tailLines = number('tailLines');
  const lines = context.runtime.readLog(containerId, {
    follow: query.get('follow') === 'true',
    signal,
    ...(tailLines !== undefined && { tailLines }),
    ...(sinceMs !== undefined && { sinceMs }),
  });
  const stream = query.get('stream') ?? 'All';
  return format(lines, { timestamps: query.get('timestamps') === 'true', limitBytes: number('limitBytes'), only: stream === 'All' ? undefined : stream.toLowerCase() });
}

async function* format(lines: AsyncIterable<{ readonly timestamp: string; readonly stream: string; readonly content: Uint8Array }>, options: { readonly timestamps: boolean; readonly limitBytes: number | undefined; readonly only: string | undefined }): AsyncIterable<Uint8Array> {
  let left = options.limitBytes ?? Infinity;
  let atLineStart = true;
  for await (const line of lines) {
    if (options.only !== undefined && line.stream !== options.only) continue;
    const bytes = options.timestamps && atLineStart ? Buffer.concat([Buffer.from(`${line.timestamp} `), line.content]) : line.content;
    atLineStart = line.content.at(-1) === 0x0a;
    if (bytes.length >= left) {
      yield bytes.subarray(0, left);
      return;
    }
    left -= bytes.length;
    yield bytes;
  }
}

/** Which run of the container is meant, by its status (upstream's validateContainerLogStatus). Throws HttpError 400. */
function containerIdFor(pod: Pod, container: string, previous: boolean): string {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
  const status = [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(({ name }) => name === container);
  const where = `container ${JSON.stringify(container)} in pod ${JSON.stringify(nameOf(pod))}`;
  const bare = (id: string): string => id.slice(id.indexOf('://') + 3);
  const refuse = (message: string): never => { throw new HttpError(400, message); };
  if (status === undefined) return refuse(`${where} is not available`);
  const last = status.lastState?.terminated?.containerID;
  if (previous) return last === undefined || last === '' ? refuse(`previous terminated ${where} not found`) : bare(last);
  const { running, terminated, waiting } = status.state ?? {};
  if (running !== undefined && status.containerID !== undefined) return bare(status.containerID);
  if (terminated?.containerID !== undefined && terminated.containerID !== '') return bare(terminated.containerID);
  if (last !== undefined && last !== '') return bare(last);
  if (terminated !== undefined || status.lastState?.terminated !== undefined) return refuse(`${where} is terminated`);
  switch (waiting?.reason) {
    case 'ErrImagePull':
      return refuse(`${where} is waiting to start: image can't be pulled`);
    case 'ImagePullBackOff':
      return refuse(`${where} is waiting to start: trying and failing to pull image`);
    case undefined:
      return refuse(`${where} is waiting to start - no logs yet`);
    default:
      return refuse(`${where} is waiting to start: ${waiting!.reason!}`);
  }
}
