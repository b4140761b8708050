import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LimitRange } from '../../types/core/v1.ts';
import { limitRangeDefinition } from './limit-range.ts';

test('resources named like what every object of JavaScript has are compared by what is said of them', () => {
  const object = { metadata: { name: 'limits', namespace: 'default' }, spec: { limits: [{ type: 'Container', min: { constructor: '2', toString: '1' }, max: { constructor: '1' }, maxLimitRequestRatio: { valueOf: '3' } }] } } as unknown as LimitRange;
  const errors = limitRangeDefinition.validate!(object, { nowMs: 0 });
  assert.ok(errors.some(({ field, message }) => field === 'spec.limits[0].min[constructor]' && message === 'Invalid value: "2": min value 2 is greater than max value 1'), JSON.stringify(errors));
});
