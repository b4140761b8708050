import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { eventDefinition, eventV1Definition } from './event.ts';

const eventTime = '2026-01-01T00:00:00.000000Z';

test('events of the newer form, through each group', () => {
  const core = kindOf(eventDefinition, { involvedObject: { namespace: 'default' } });
  const complete = { eventTime, reportingComponent: 'example.com/c', reportingInstance: 'i', action: 'a', reason: 'r' };
  const qualified = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  const table: [Fields, string[]][] = [
    [complete, []],
    [{ eventTime }, ['reportingComponent: Required value', 'reportingComponent: Invalid value: "": name part must be non-empty', `reportingComponent: Invalid value: "": ${qualified}`, 'reportingInstance: Required value', 'action: Required value', 'reason: Required value']],
    [{ ...complete, reportingInstance: 'x'.repeat(129), message: 'x'.repeat(1025) }, ['reportingInstance: Invalid value: "": can have at most 128 characters', 'message: Invalid value: "": can have at most 1024 characters']],
    [{ ...complete, metadata: { namespace: 'other' }, involvedObject: {} }, ['involvedObject.namespace: Invalid value: "": does not match event.namespace']],
  ];
  for (const [fields, expected] of table) assert.deepEqual(core.errors(fields), expected, JSON.stringify(fields).slice(0, 200));
  const strict = kindOf(eventV1Definition, { regarding: { namespace: 'default' }, type: 'Normal', eventTime, reportingController: 'c', reportingInstance: 'i', action: 'a', reason: 'r' });
  assert.deepEqual(strict.errors(), []);
  assert.deepEqual(strict.errors({ reportingController: 'a b' }), [`reportingController: Invalid value: "a b": ${qualified}`]);
  assert.deepEqual(strict.errors({ series: { count: 1 }, deprecatedFirstTimestamp: eventTime, deprecatedCount: 1, deprecatedSource: { component: 'x' } }), [
    'series.count: Invalid value: "": should be at least 2', 'series.lastObservedTime: Required value', 'firstTimestamp: Invalid value: "": needs to be unset', 'count: Invalid value: "": needs to be unset', 'source: Invalid value: "": needs to be unset']);
  assert.deepEqual(strict.update({}, { series: { count: 2, lastObservedTime: eventTime } }), []);
  const reference = '{"Kind":"","Namespace":"default","Name":"n","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}';
  assert.deepEqual(strict.update({}, { regarding: { namespace: 'default', name: 'n' }, reason: 's', related: { namespace: 'default', name: 'n' } }), [
    `involvedObject: Invalid value: ${reference}: field is immutable`, 'reason: Invalid value: "s": field is immutable', 'reason: Invalid value: "s": field is immutable', `related: Invalid value: ${reference}: field is immutable`]);
});
