import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../api/types/core/v1.ts';
import { eventEvidence } from './wording.ts';

const event = (more: Partial<Event>): Event => ({ metadata: {}, involvedObject: {}, reason: 'Failed', message: 'no', ...more });

for (const [what, told, text, at] of [
  ['once, by the older API', event({ count: 1, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:00Z' }), 'no', '2026-01-01T00:00:00Z'],
  ['often, by the older API', event({ count: 3, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:05:00Z' }), 'no (3 times)', '2026-01-01T00:05:00Z'],
  ['once, by the newer API', event({ eventTime: '2026-01-01T00:00:00.000000Z' }), 'no', '2026-01-01T00:00:00.000000Z'],
  ['often, by the newer API', event({ eventTime: '2026-01-01T00:00:00.000000Z', series: { count: 2, lastObservedTime: '2026-01-01T00:06:00.000000Z' } }), 'no (2 times)', '2026-01-01T00:06:00.000000Z'],
] as const) test(`an event that was told ${what}`, () => assert.deepEqual(eventEvidence([told]), [{ source: 'event Failed', text, at }]));
