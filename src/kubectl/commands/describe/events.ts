import { ageOf, parseTime } from '../../../api/meta/time.ts';
import type { Event } from '../../../api/types/core/v1.ts';
import type { AnyObject } from '../../resources/item.ts';
import type { Describing } from './describer.ts';

/** Where the events of an object are, and which they are. A pod's are found without its kind, a static pod's by its file's hash. */
export function eventsQuery(object: AnyObject): { readonly namespace: string; readonly fieldSelector: string } {
  const { name = '', namespace = '', uid = '', annotations = {} } = object.metadata ?? {};
  const isPod = object.kind === 'Pod' && object.apiVersion === 'v1';
  const fields = {
    'involvedObject.name': name,
    'involvedObject.namespace': namespace,
    ...(!isPod && { 'involvedObject.kind': object.kind ?? '' }),
    'involvedObject.uid': (isPod ? annotations['kubernetes.io/config.mirror'] : undefined) ?? uid,
  };
  return { namespace, fieldSelector: Object.entries(fields).map(([field, value]) => `${field}=${value}`).join(',') };
}

/** The events of an object, as upstream looks for them. A node's kubelet writes the node's name where others write its uid. */
export async function findEvents(object: AnyObject, { list }: Pick<Describing, 'list'>): Promise<Event[] | undefined> {
  const { namespace, fieldSelector } = eventsQuery(object);
  const path = namespace === '' ? '/api/v1/events' : `/api/v1/namespaces/${namespace}/events`;
  try {
    const found = await list<Event>(path, { fieldSelector });
    if (object.kind !== 'Node') return found;
    const byName = await list<Event>(path, { fieldSelector: fieldSelector.replace(/uid=.*/, `uid=${object.metadata?.name ?? ''}`) });
    return [...found, ...byName];
  } catch {
    // Whoever may not read events still sees the object.
    return [];
  }
}

/** How long an event has been going on, and how often it was seen. */
export function intervalOf(event: Event, nowMs: number): string {
  const first = ageOf(event.eventTime ?? event.firstTimestamp ?? undefined, nowMs);
  if (event.series !== undefined) return `${ageOf(event.series.lastObservedTime, nowMs)} (x${event.series.count ?? 0} over ${first})`;
  return (event.count ?? 0) > 1 ? `${ageOf(event.lastTimestamp ?? undefined, nowMs)} (x${event.count!} over ${first})` : first;
}

const lastMs = ({ lastTimestamp }: Event): number => (lastTimestamp === undefined || lastTimestamp === null ? -Infinity : parseTime(lastTimestamp) ?? -Infinity);

export function writeEvents(events: readonly Event[], { page, nowMs }: Pick<Describing, 'page' | 'nowMs'>): void {
  if (events.length === 0) return page.field('Events', '<none>');
  const sorted = [...events].sort((a, b) => (lastMs(a) === lastMs(b) ? 0 : lastMs(a) - lastMs(b)));
  page.table('Events', ['Type', 'Reason', 'Age', 'From', 'Message'], sorted.map((event) => {
    const message = (event.message ?? '').trim();
    const { fieldPath } = event.involvedObject;
    return [event.type ?? '', event.reason ?? '', intervalOf(event, nowMs), event.source?.component ?? event.reportingComponent ?? '', fieldPath === undefined || fieldPath === '' ? message : `${fieldPath}: ${message}`];
  }), { rules: ['----', '------', '----', '----', '-------'] });
}
