/** The rules of events, which both of their groups share: each group's shape is read through one common view. */
import type { FieldError } from '../../field-error.ts';
import { invalid, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { byteLength, dns1123Subdomain, qualifiedName } from '../../meta/validation.ts';
import type { Event as CoreEvent, EventSource, ObjectReference } from '../../types/core/v1.ts';
import type { Event as EventsEvent } from '../../types/events/v1.ts';

/** An event in upstream's internal words. */
export interface EventView {
  readonly namespace: string;
  readonly involvedObject: ObjectReference;
  readonly eventTime: string | undefined;
  readonly firstTimestamp: string | undefined;
  readonly lastTimestamp: string | undefined;
  readonly count: number;
  readonly series: { readonly count?: number; readonly lastObservedTime?: string } | undefined;
  readonly source: EventSource;
  readonly reportingController: string;
  /** What the group calls it. */
  readonly controllerField: 'reportingComponent' | 'reportingController';
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly message: string;
  readonly type: string;
  readonly related: ObjectReference | undefined;
}

export function viewOfCore(event: CoreEvent): EventView {
  return {
    namespace: event.metadata.namespace ?? '',
    involvedObject: (event.involvedObject as ObjectReference | undefined) ?? {},
    eventTime: event.eventTime,
    firstTimestamp: event.firstTimestamp,
    lastTimestamp: event.lastTimestamp,
    count: event.count ?? 0,
    series: event.series,
    source: event.source ?? {},
    reportingController: event.reportingComponent ?? '',
    controllerField: 'reportingComponent',
    reportingInstance: event.reportingInstance ?? '',
    action: event.action ?? '',
    reason: event.reason ?? '',
    message: event.message ?? '',
    type: event.type ?? '',
    related: event.related,
  };
}

export function viewOfEvents(event: EventsEvent): EventView {
  return {
    namespace: event.metadata.namespace ?? '',
    involvedObject: event.regarding ?? {},
    eventTime: event.eventTime as string | undefined,
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    count: event.deprecatedCount ?? 0,
    series: event.series,
    source: event.deprecatedSource ?? {},
    reportingController: event.reportingController ?? '',
    controllerField: 'reportingController',
    reportingInstance: event.reportingInstance ?? '',
    action: event.action ?? '',
    reason: event.reason ?? '',
    message: event.note ?? '',
    type: event.type ?? '',
    related: event.related,
  };
}

const namespaceMismatch = (namespace: string | undefined): FieldError => invalid('involvedObject.namespace', namespace ?? '', 'does not match event.namespace');

function atMost(field: string, value: string, limit: number): FieldError[] {
  return byteLength(value) > limit ? [invalid(field, '', `can have at most ${limit} characters`)] : [];
}

function validateNewFields(event: EventView): FieldError[] {
  const errors: FieldError[] = [];
  const about = event.involvedObject.namespace ?? '';
  if (about === '' && event.namespace !== 'default' && event.namespace !== 'kube-system') errors.push(namespaceMismatch(about));
  if (event.reportingController === '') errors.push(required(event.controllerField));
  for (const message of qualifiedName(event.reportingController)) errors.push(invalid(event.controllerField, event.reportingController, message));
  if (event.reportingInstance === '') errors.push(required('reportingInstance'));
  errors.push(...atMost('reportingInstance', event.reportingInstance, 128));
  if (event.action === '') errors.push(required('action'));
  errors.push(...atMost('action', event.action, 128));
  if (event.reason === '') errors.push(required('reason'));
  errors.push(...atMost('reason', event.reason, 128), ...atMost('message', event.message, 1024));
  return errors;
}

/** What every event must satisfy. Events with an eventTime are of the newer kind, with more rules. */
export function validateEvent(event: EventView): FieldError[] {
  const errors: FieldError[] = [];
  if (event.eventTime === undefined) {
    const about = event.involvedObject.namespace ?? '';
    const fits = about === '' ? event.namespace === '' || event.namespace === 'default' : event.namespace === about;
    if (!fits) errors.push(namespaceMismatch(about));
  } else {
    errors.push(...validateNewFields(event));
  }
  for (const message of dns1123Subdomain(event.namespace)) errors.push(invalid('namespace', event.namespace, message));
  return errors;
}

function validateSeries({ series }: EventView): FieldError[] {
  if (series === undefined) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime === undefined ? [required('series.lastObservedTime')] : []),
  ];
}

/** Creation through events.k8s.io/v1 is strict. */
export function validateStrictCreate(event: EventView): FieldError[] {
  const errors = [...validateEvent(event), ...validateSeries(event)];
  if (event.eventTime === undefined) errors.push(required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${event.type}`));
  if (event.firstTimestamp !== undefined) errors.push(invalid('firstTimestamp', '', 'needs to be unset'));
  if (event.lastTimestamp !== undefined) errors.push(invalid('lastTimestamp', '', 'needs to be unset'));
  if (event.count !== 0) errors.push(invalid('count', '', 'needs to be unset'));
  if ((event.source.component ?? '') !== '' || (event.source.host ?? '') !== '') errors.push(invalid('source', '', 'needs to be unset'));
  return errors;
}

/** As Go shows its internal type. */
function shownReference(reference: ObjectReference | undefined): Readonly<Record<string, string>> | null {
  if (reference === undefined) return null;
  const { kind = '', namespace = '', name = '', uid = '', apiVersion = '', resourceVersion = '', fieldPath = '' } = reference;
  return { Kind: kind, Namespace: namespace, Name: name, UID: uid, APIVersion: apiVersion, ResourceVersion: resourceVersion, FieldPath: fieldPath };
}

/** What stays, in upstream's order: it looks at the reason twice. */
function fixedParts(event: EventView): readonly (readonly [string, unknown])[] {
  const { involvedObject, reason, message, source, firstTimestamp = null, lastTimestamp = null, count, type, eventTime = null, action, related, reportingController, reportingInstance } = event;
  return [
    ['involvedObject', shownReference(involvedObject)], ['reason', reason], ['message', message], ['source', { Component: source.component ?? '', Host: source.host ?? '' }],
    ['firstTimestamp', firstTimestamp], ['lastTimestamp', lastTimestamp], ['count', count], ['reason', reason], ['type', type], ['eventTime', eventTime],
    ['action', action], ['related', shownReference(related)], ['reportingController', reportingController], ['reportingInstance', reportingInstance],
  ];
}

/** Through events.k8s.io/v1 only the series of an event changes. */
export function validateStrictUpdate(event: EventView, old: EventView): FieldError[] {
  const errors = validateEvent(event);
  if (!semanticEqual(event.series, old.series)) errors.push(...validateSeries(event));
  const before = fixedParts(old);
  fixedParts(event).forEach(([field, value], i) => errors.push(...validateImmutable(field, value, before[i]![1])));
  return errors;
}

/** Fields by which events are selected; the newer group's names stand beside the older ones. */
export function eventFields(event: EventView): Record<string, string> {
  const { involvedObject } = event;
  const fields: Record<string, string> = {
    reason: event.reason,
    reportingComponent: event.reportingController,
    reportingController: event.reportingController,
    source: event.source.component || event.reportingController,
    type: event.type,
  };
  for (const name of ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const) {
    fields[`involvedObject.${name}`] = involvedObject[name] ?? '';
    fields[`regarding.${name}`] = involvedObject[name] ?? '';
  }
  return fields;
}
