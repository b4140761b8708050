import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOfMember, parseNodeGroups } from './node-groups.ts';

test('groups are read with all that they say', () => {
  const [group, ...others] = parseNodeGroups('groups:\n- {name: gpu, count: 4, capacity: {cpu: 64, memory: 256Gi}, labels: {disk: ssd}, zones: [a, b], region: r, taints: [{key: k, effect: NoSchedule}]}\n- {}\n');
  assert.deepEqual(group, { name: 'gpu', count: 4, capacity: { cpu: '64', memory: '256Gi' }, labels: { disk: 'ssd' }, taints: [{ key: 'k', effect: 'NoSchedule' }], zones: ['a', 'b'], region: 'r' });
  assert.deepEqual([0, 1, 2].map((index) => labelsOfMember(group!, index)['topology.kubernetes.io/zone']), ['a', 'b', 'a']);
  assert.deepEqual(labelsOfMember(others[0]!, 0), {});
});

for (const [text, message] of [
  ['nodes: 5', /a list of `groups`/],
  ['groups: [{cuont: 1}]', /groups\[0\]\.cuont: unknown field; known are name, count/],
  ['groups: [{count: -1}]', /groups\[0\]\.count: wants a whole number/],
  ['groups: [{name: A_b}]', /groups\[0\]\.name/],
  ['groups: [{capacity: {cpu: many}}]', /groups\[0\]\.capacity\.cpu: "many" is no quantity/],
  ['groups: [{taints: [{key: k}]}]', /groups\[0\]\.taints\[0\]: wants key, effect/],
  ['groups: [{name: a}, {name: a}]', /two groups have the same name/],
  ['groups: [{count: 20000}]', /20000 nodes are more than 10000/],
] as const) test(`refused with what is wrong: ${text}`, () => assert.throws(() => parseNodeGroups(text), message));
