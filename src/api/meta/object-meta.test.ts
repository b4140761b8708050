import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldError } from '../field-error.ts';
import type { ObjectMeta } from '../types/meta/v1.ts';
import type { ConditionLike } from './conditions.ts';
import { setCondition } from './conditions.ts';
import { scaledValue } from './int-or-string.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from './object-meta.ts';
import { ageOf, humanDuration, parseTime } from './time.ts';
import { envVarName, portName, qualifiedName, validateName } from './validation.ts';

test('metadata on creation', () => {
  const table: [ObjectMeta, string[]][] = [
    [{ name: 'a', namespace: 'b' }, []],
    [{ namespace: 'b' }, ['metadata.name: Required value: name or generateName is required']],
    [{ name: 'a' }, ['metadata.namespace: Required value']],
    [{ name: 'A_b', namespace: 'b' }, [`metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`]],
    [{ name: 'a', namespace: 'b', labels: { k: 'v v' } }, [`metadata.labels: Invalid value: "v v": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`]],
    [{ name: 'a', namespace: 'b', generateName: 'a-' }, []],
    [{ name: 'a', namespace: 'b', finalizers: ['orphan', 'foregroundDeletion'] }, ['metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set']],
    [{ name: 'a', namespace: 'b', ownerReferences: [{ apiVersion: '', kind: 'K', name: 'n', uid: 'u' }] }, ['metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty']],
    [{ name: 'a', namespace: 'b', annotations: { a: 'x'.repeat(262_144) } }, ['metadata.annotations: Too long: may not be more than 262144 bytes']],
  ];
  for (const [meta, expected] of table) assert.deepEqual(validateObjectMeta(meta, { namespaced: true }).map(formatFieldError), expected);
  assert.deepEqual(validateObjectMeta({ name: 'a', namespace: 'b' }, { namespaced: false }).map(formatFieldError), ['metadata.namespace: Forbidden: not allowed on this type']);
});

test('metadata on update', () => {
  const old: ObjectMeta = { name: 'a', uid: 'u', deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['a/b'] };
  assert.deepEqual(validateObjectMetaUpdate({ ...old, resourceVersion: '1' }, old), []);
  assert.deepEqual(validateObjectMetaUpdate({ ...old, uid: 'v', finalizers: ['a/b', 'c/d'] }, old).map(formatFieldError), [
    'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"c/d"}',
    'metadata.resourceVersion: Invalid value: "": must be specified for an update',
    'metadata.uid: Invalid value: "v": field is immutable',
  ]);
});

test('names', () => {
  assert.deepEqual(validateName('dns-1123-label', 'a-', { prefix: true }), []);
  assert.deepEqual(validateName('dns-1123-label', 'a.b'), ['must not contain dots']);
  assert.deepEqual(validateName('path-segment', 'system:x'), []);
  assert.deepEqual(validateName('path-segment', 'a/b'), ["may not contain '/'"]);
  assert.deepEqual(qualifiedName('example.com/a'), []);
  assert.equal(qualifiedName('/a')[0], 'prefix part must be non-empty');
  assert.deepEqual(portName('http'), []);
  assert.deepEqual(portName('a--b'), ['must not contain consecutive hyphens']);
  assert.deepEqual(envVarName('a b:c'), []);
  assert.equal(envVarName('a=b').length, 1);
});

test('durations and times', () => {
  const table: [number, string][] = [
    [0, '0s'], [-1500, '0s'], [-2000, '<invalid>'], [119_000, '119s'], [120_000, '2m'], [130_000, '2m10s'], [600_000, '10m'], [3 * 3600_000, '3h'], [3.5 * 3600_000, '3h30m'],
    [47 * 3600_000, '47h'], [49 * 3600_000, '2d1h'], [9 * 86400_000, '9d'], [800 * 86400_000, '2y70d'], [3650 * 86400_000, '10y'],
  ];
  for (const [ms, expected] of table) assert.equal(humanDuration(ms), expected, String(ms));
  assert.equal(parseTime('2026-01-01T01:00:00.5+01:00'), Date.UTC(2026, 0, 1, 0, 0, 0, 500));
  for (const bad of ['', '2026-01-01', '2026-02-30T00:00:00Z', '2026-01-01T24:00:00Z']) assert.equal(parseTime(bad), undefined, bad);
  assert.equal(ageOf(undefined, 0), '<unknown>');
});

test('int-or-string scaling', () => {
  assert.equal(scaledValue('25%', 10, 'up'), 3);
  assert.equal(scaledValue('25%', 10, 'down'), 2);
  assert.equal(scaledValue(4, 10, 'down'), 4);
  assert.throws(() => scaledValue('x', 1, 'up'), { message: 'invalid value for IntOrString: invalid type: string is not a percentage' });
});

test('setCondition moves the transition time with the status only', () => {
  const first = setCondition<ConditionLike>([], { type: 'Ready', status: 'True' }, 0);
  assert.equal(first[0]?.lastTransitionTime, '1970-01-01T00:00:00Z');
  assert.equal(setCondition(first, { type: 'Ready', status: 'True' }, 5000), first);
  assert.equal(setCondition(first, { type: 'Ready', status: 'True', reason: 'A' }, 5000)[0]?.lastTransitionTime, '1970-01-01T00:00:00Z');
  assert.equal(setCondition(first, { type: 'Ready', status: 'False' }, 5000)[0]?.lastTransitionTime, '1970-01-01T00:00:05Z');
  // What it was for before says nothing of now.
  assert.deepEqual(setCondition([{ type: 'Ready', status: 'False', reason: 'A', message: 'b' }], { type: 'Ready', status: 'True' }, 5000), [{ type: 'Ready', status: 'True', lastTransitionTime: '1970-01-01T00:00:05Z' }]);
});
