import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { GrpcChannel, GrpcMethod } from '../grpc/channel.ts';
import { GrpcError } from '../grpc/channel.ts';
import type { Decode } from '../grpc/wire.ts';
import type { RuntimeEvent } from '../runtime.ts';
import type { ContainerEventResponse, ContainerEventType, EventEnvelope, TaskEvent, TaskExit } from './generated/cri.ts';
import { methods } from './generated/cri.ts';

/** What containerd's event stream says, before CRI's own view has caught up. */
export type RawEvent = Omit<RuntimeEvent, 'podUid'>;

/** Where events come from: CRI's own stream, containerd's, or nowhere. */
export type EventSource = 'cri' | 'containerd' | 'none';

/** What containerd tells that nobody asked it for: of what is made here, who makes it knows first. */
const topics: Readonly<Record<string, RuntimeEvent['type']>> = { '/tasks/exit': 'stopped', '/containers/delete': 'deleted' };
const types: Readonly<Record<ContainerEventType, RuntimeEvent['type']>> = {
  CONTAINER_CREATED_EVENT: 'created', CONTAINER_STARTED_EVENT: 'started', CONTAINER_STOPPED_EVENT: 'stopped', CONTAINER_DELETED_EVENT: 'deleted',
};
const subscribeMethod: GrpcMethod = ['/containerd.services.events.v1.Events/Subscribe', 'SubscribeRequest', 'EventEnvelope'];
const namespace = 'k8s.io';
const retryMs = 1_000;
const weaker: Readonly<Record<EventSource, EventSource>> = { cri: 'containerd', containerd: 'none', none: 'none' };

/** Undefined for events of other namespaces, of processes that exec started, and of no interest. */
export function parseEvent(envelope: EventEnvelope, decode: Decode): RawEvent | undefined {
  const type = topics[envelope.topic];
  if (type === undefined || envelope.namespace !== namespace || envelope.event === null) return undefined;
  if (type === 'stopped') {
    const exit = decode('TaskExit', envelope.event.value) as TaskExit;
    return exit.id === '' || exit.id === exit.containerId ? { type, containerId: exit.containerId } : undefined;
  }
  // The other carries the container's id as its first field.
  return { type, containerId: (decode('TaskEvent', envelope.event.value) as TaskEvent).containerId };
}

export interface WatchEventsOptions {
  readonly channel: GrpcChannel;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What CRI itself tells: it is so already. */
  readonly onEvent: (event: RuntimeEvent) => void;
  /** What CRI may not know yet. */
  readonly onRawEvent: (event: RawEvent) => void;
  /** Called when a source turns out not to be there, with the one that is tried next. */
  readonly onSource: (source: EventSource) => void;
}

/**
 * Subscribes to CRI's events (KEP-3386), or where the runtime has none, which it says with Unimplemented, to containerd's own,
 * which every supported version of it has. Subscribes again after a break; what happened meanwhile is lost, as the
 * contract allows. Returns its undo.
 */
export function watchEvents({ channel, clock, logger, onEvent, onRawEvent, onSource }: WatchEventsOptions): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const filters = Object.keys(topics).map((topic) => `topic=="${topic}",namespace==${namespace}`);
  let source: EventSource = 'cri';
  const stream = (): Promise<void> => (source === 'cri'
    ? channel.stream(methods.GetContainerEvents, {}, (message) => {
      const { containerId, containerEventType, podSandboxStatus } = message as ContainerEventResponse;
      onEvent({ type: types[containerEventType], containerId, podUid: podSandboxStatus?.metadata?.uid ?? '' });
    }, { signal })
    : channel.stream(subscribeMethod, { filters }, (message, decode) => {
      const event = parseEvent(message as EventEnvelope, decode);
      if (event !== undefined) onRawEvent(event);
    }, { signal }));
  const subscribe = async (): Promise<void> => {
    while (!signal.aborted && source !== 'none') {
      try {
        await stream();
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof GrpcError && error.code === 'Unimplemented') {
          source = weaker[source];
          onSource(source);
          continue;
        }
        logger.debug('the event stream broke', { error });
      }
      await clock.sleep(retryMs, signal).catch(() => {});
    }
  };
  void subscribe();
  return () => abort.abort();
}
