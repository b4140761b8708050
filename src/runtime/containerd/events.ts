import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { RuntimeEvent } from '../runtime.ts';
import type { EventEnvelope, TaskEvent, TaskExit } from './generated/cri.ts';
import type { GrpcChannel, GrpcMethod } from '../grpc/channel.ts';
import type { Decode } from '../grpc/wire.ts';

/** What containerd's event stream says, before CRI's own view has caught up. */
export type RawEvent = Omit<RuntimeEvent, 'podUid'>;

const topics: Readonly<Record<string, RuntimeEvent['type']>> = {
  '/containers/create': 'created',
  '/tasks/start': 'started',
  '/tasks/exit': 'stopped',
  '/containers/delete': 'deleted',
};
const subscribeMethod: GrpcMethod = ['/containerd.services.events.v1.Events/Subscribe', 'SubscribeRequest', 'EventEnvelope'];
const namespace = 'k8s.io';
const retryMs = 1_000;

/** Undefined for events of other namespaces, of processes that exec started, and of no interest. */
export function parseEvent(envelope: EventEnvelope, decode: Decode): RawEvent | undefined {
  const type = topics[envelope.topic];
  if (type === undefined || envelope.namespace !== namespace || envelope.event === null) return undefined;
  if (type === 'stopped') {
    const exit = decode('TaskExit', envelope.event.value) as TaskExit;
    return exit.id === '' || exit.id === exit.containerId ? { type, containerId: exit.containerId } : undefined;
  }
  // All the others carry the container's id as their first field.
  return { type, containerId: (decode('TaskEvent', envelope.event.value) as TaskEvent).containerId };
}

/**
 * Subscribes to containerd's own events service, which every supported version has (CRI's event stream came with 1.7).
 * Subscribes again after a break; what happened meanwhile is lost, as the contract allows. Returns its undo.
 */
export function watchEvents(options: { readonly channel: GrpcChannel; readonly clock: Clock; readonly logger: Logger; readonly onEvent: (event: RawEvent) => void }): () => void {
  const { channel, clock, logger } = options;
  const abort = new AbortController();
  const filters = Object.keys(topics).map((topic) => `topic=="${topic}",namespace==${namespace}`);
  const subscribe = (): void => {
    channel.stream(subscribeMethod, { filters }, (message, decode) => {
      const event = parseEvent(message as EventEnvelope, decode);
      if (event !== undefined) options.onEvent(event);
    }, { signal: abort.signal }).catch((error: unknown) => {
      if (!abort.signal.aborted) logger.debug('the event stream broke', { error });
    }).finally(() => {
      if (!abort.signal.aborted) clock.setTimer(retryMs, () => { if (!abort.signal.aborted) subscribe(); }, { unref: true });
    });
  };
  subscribe();
  return () => abort.abort();
}
