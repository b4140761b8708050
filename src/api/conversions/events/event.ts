import type { KubeObject } from '../../meta/object.ts';
import type { Event as CoreEvent } from '../../types/core/v1.ts';
import type { Event as NewEvent } from '../../types/events/v1.ts';

/**
 * Events of the core group and of events.k8s.io are the same objects; some fields have other names. The apiVersion is
 * left as it is. One is converted for each pod that is bound: field by field, in upstream's order, costs the least.
 */
export function convertEvent(object: KubeObject, to: 'core' | 'events.k8s.io'): KubeObject {
  return to === 'core' ? toCore(object as NewEvent) : toNew(object as CoreEvent);
}

function toCore(event: NewEvent): CoreEvent {
  const { apiVersion, kind, metadata, regarding = {}, reason, note, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, type, series, action, related, reportingController, reportingInstance } = event;
  const eventTime = event.eventTime as string | undefined;
  const core = {} as CoreEvent;
  if (apiVersion !== undefined) core.apiVersion = apiVersion;
  if (kind !== undefined) core.kind = kind;
  core.metadata = metadata;
  core.involvedObject = regarding;
  if (reason !== undefined) core.reason = reason;
  if (note !== undefined) core.message = note;
  if (deprecatedSource !== undefined) core.source = deprecatedSource;
  if (deprecatedFirstTimestamp !== undefined) core.firstTimestamp = deprecatedFirstTimestamp;
  if (deprecatedLastTimestamp !== undefined) core.lastTimestamp = deprecatedLastTimestamp;
  if (deprecatedCount !== undefined) core.count = deprecatedCount;
  if (type !== undefined) core.type = type;
  if (eventTime !== undefined) core.eventTime = eventTime;
  if (series !== undefined) core.series = series;
  if (action !== undefined) core.action = action;
  if (related !== undefined) core.related = related;
  if (reportingController !== undefined) core.reportingComponent = reportingController;
  if (reportingInstance !== undefined) core.reportingInstance = reportingInstance;
  return core;
}

function toNew(core: CoreEvent): NewEvent {
  const { apiVersion, kind, metadata, involvedObject, reason, message, source, firstTimestamp, lastTimestamp, count, type, eventTime, series, action, related, reportingComponent, reportingInstance } = core;
  const event = {} as NewEvent;
  if (apiVersion !== undefined) event.apiVersion = apiVersion;
  if (kind !== undefined) event.kind = kind;
  event.metadata = metadata;
  if (eventTime !== undefined) event.eventTime = eventTime;
  if (series !== undefined) event.series = series as NonNullable<NewEvent['series']>;
  if (reportingComponent !== undefined) event.reportingController = reportingComponent;
  if (reportingInstance !== undefined) event.reportingInstance = reportingInstance;
  if (action !== undefined) event.action = action;
  if (reason !== undefined) event.reason = reason;
  event.regarding = involvedObject;
  if (related !== undefined) event.related = related;
  if (message !== undefined) event.note = message;
  if (type !== undefined) event.type = type;
  if (source !== undefined) event.deprecatedSource = source;
  if (firstTimestamp !== undefined) event.deprecatedFirstTimestamp = firstTimestamp;
  if (lastTimestamp !== undefined) event.deprecatedLastTimestamp = lastTimestamp;
  if (count !== undefined) event.deprecatedCount = count;
  return event;
}
