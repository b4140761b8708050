import type { KubeObject } from '../../meta/object.ts';
import { ageOf } from '../../meta/time.ts';
import { events, eventsV1 } from '../../resources.ts';
import type { Event as CoreEvent } from '../../types/core/v1.ts';
import type { Event as EventsEvent } from '../../types/events/v1.ts';
import { column } from '../columns.ts';
import type { Column, ResourceDefinition, RuleContext } from '../definition.ts';
import type { EventView } from './event-rules.ts';
import { eventFields, validateEvent, validateStrictCreate, validateStrictUpdate, viewOfCore, viewOfEvents } from './event-rules.ts';

function firstSeen(event: EventView, { nowMs }: RuleContext): string {
  return ageOf(event.firstTimestamp ?? event.eventTime, nowMs);
}

function lastSeen(event: EventView, context: RuleContext): string {
  if (event.series !== undefined) return ageOf(event.series.lastObservedTime, context.nowMs);
  return event.lastTimestamp === undefined ? firstSeen(event, context) : ageOf(event.lastTimestamp, context.nowMs);
}

/** An event that happened once has no count in the newer form. */
const countOf = ({ series, count }: EventView): number => (series === undefined ? count || 1 : (series.count ?? 0));

function targetOf({ involvedObject: { kind = '', name = '' } }: EventView): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`;
}

function sourceOf(event: EventView): string {
  const component = event.source.component || event.reportingController;
  const instance = event.source.host || event.reportingInstance;
  return instance === '' ? component : `${component}, ${instance}`;
}

const columns = <T extends KubeObject>(view: (event: T) => EventView): Column<T>[] => [
  column('Last Seen', (event, context) => lastSeen(view(event), context)),
  column('Type', (event) => view(event).type),
  column('Reason', (event) => view(event).reason),
  column('Object', (event) => targetOf(view(event))),
  column('Subobject', (event) => view(event).involvedObject.fieldPath ?? '', { wide: true }),
  column('Source', (event) => sourceOf(view(event)), { wide: true }),
  column('Message', (event) => view(event).message.trim()),
  column('First Seen', (event, context) => firstSeen(view(event), context), { wide: true }),
  column('Count', (event) => countOf(view(event)), { wide: true }),
  column('Name', (event) => event.metadata.name ?? '', { wide: true, format: 'name' }),
];

export const eventDefinition: ResourceDefinition<CoreEvent> = {
  type: events,
  // Upstream does not check names here: what a path can hold is well.
  nameRule: 'path-segment',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  validate: (event) => validateEvent(viewOfCore(event)),
  update: { validateUpdate: (event) => validateEvent(viewOfCore(event)) },
  columns: columns(viewOfCore),
  // Whoever describes an object asks for its events among all.
  indexedFields: ['involvedObject.name'],
  selectableFields: (event) => eventFields(viewOfCore(event)),
};

export const eventV1Definition: ResourceDefinition<EventsEvent> = {
  type: eventsV1,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  validate: (event) => validateStrictCreate(viewOfEvents(event)),
  update: { validateUpdate: (event, old) => validateStrictUpdate(viewOfEvents(event), viewOfEvents(old)) },
  columns: columns(viewOfEvents),
  selectableFields: (event) => eventFields(viewOfEvents(event)),
};
