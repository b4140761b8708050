import { text } from '../flags/flags.ts';

/** The flag of commands that show the past. */
export const atFlag = {
  'at': text('Show what there was at a revision (a resourceVersion), at a time (2026-01-31T12:00:00Z), or so long ago (90s, 5m). Servers keep some minutes of history; only Coxswain knows revisions by their times.'),
} as const;
