import type { KubeObject } from '../../meta/object.ts';
import type { Event as CoreEvent } from '../../types/core/v1.ts';
import type { Event as NewEvent } from '../../types/events/v1.ts';

/** Events of the core group and of events.k8s.io are the same objects; some fields have other names. */
export function convertEvent(object: KubeObject, to: 'core' | 'events.k8s.io'): KubeObject {
  if (to === 'core') {
    const { regarding, note, deprecatedCount, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedSource, reportingController, ...rest } = object as NewEvent;
    const core: CoreEvent = {
      ...(rest as KubeObject),
      involvedObject: regarding ?? {},
      ...(note !== undefined && { message: note }),
      ...(deprecatedCount !== undefined && { count: deprecatedCount }),
      ...(deprecatedFirstTimestamp !== undefined && { firstTimestamp: deprecatedFirstTimestamp }),
      ...(deprecatedLastTimestamp !== undefined && { lastTimestamp: deprecatedLastTimestamp }),
      ...(deprecatedSource !== undefined && { source: deprecatedSource }),
      ...(reportingController !== undefined && { reportingComponent: reportingController }),
    };
    return core;
  }
  const { involvedObject, message, count, firstTimestamp, lastTimestamp, source, reportingComponent, ...rest } = object as CoreEvent;
  const event = {
    ...rest,
    regarding: involvedObject,
    ...(message !== undefined && { note: message }),
    ...(count !== undefined && { deprecatedCount: count }),
    ...(firstTimestamp !== undefined && { deprecatedFirstTimestamp: firstTimestamp }),
    ...(lastTimestamp !== undefined && { deprecatedLastTimestamp: lastTimestamp }),
    ...(source !== undefined && { deprecatedSource: source }),
    ...(reportingComponent !== undefined && { reportingController: reportingComponent }),
  };
  return event as KubeObject;
}
