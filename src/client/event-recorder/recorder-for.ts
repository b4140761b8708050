import type { Client } from '../client.ts';
import type { EventRecorder, EventRecorderOptions } from './event-recorder.ts';
import { createEventRecorder } from './event-recorder.ts';

/** The recorder of events whose source is `component`, of a controller that was started with this. */
export function recorderFor({ clock, random, logger, signal }: Required<Pick<EventRecorderOptions, 'clock' | 'random' | 'logger' | 'signal'>>, client: Client, component: string): EventRecorder {
  return createEventRecorder(client, { component, clock, random, logger: logger.named(component), signal });
}
