import { giveWay } from '../../base/turns.ts';

/** What is done to an object of this size takes long enough for others to come first between one step and the next. */
export const largeBytes = 128 * 1024;

/** Undefined for what is small; else a promise of another turn of the event loop. */
export const betweenSteps = (bytes: number): Promise<void> | undefined => (bytes > largeBytes ? giveWay() : undefined);
