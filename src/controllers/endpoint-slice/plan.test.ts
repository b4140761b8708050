import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service } from '../../api/types/core/v1.ts';
import type { Endpoint, EndpointSlice } from '../../api/types/discovery/v1.ts';
import type { PortGroup } from './desired.ts';
import { groupKey, newSlice } from './desired.ts';
import { planSlices } from './plan.ts';

const service: Service = { metadata: { namespace: 'default', name: 'web', uid: 'u' }, spec: { ipFamilies: ['IPv4'] } };
const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
const endpoint = (name: string): Endpoint => ({ addresses: [name], conditions: { ready: true } });
const slice = (name: string, ...names: string[]): EndpointSlice => {
  const made = newSlice(service, 'IPv4', ports);
  return { ...made, metadata: { ...made.metadata, name, uid: name }, endpoints: names.map(endpoint) };
};
const desired = (...names: string[]): Map<string, PortGroup> => new Map(names.length === 0 ? [] : [[groupKey('IPv4', ports), { family: 'IPv4', ports, endpoints: names.map(endpoint) }]]);
const show = (list: readonly EndpointSlice[]): string[] => list.map(({ metadata, endpoints }) => `${metadata.name ?? 'new'}: ${(endpoints ?? []).map(({ addresses }) => addresses[0]).join(' ')}`);

const cases: [string, EndpointSlice[], string[], { create?: string[]; update?: string[]; remove?: string[] }][] = [
  ['nothing to do', [slice('s1', 'a', 'b')], ['a', 'b'], {}],
  ['first slices', [], ['a', 'b', 'c', 'd'], { create: ['new: a b c', 'new: d'] }],
  ['fills a slice with room', [slice('s1', 'a')], ['a', 'b'], { update: ['s1: a b'] }],
  ['prefers slices that change anyway', [slice('s1', 'a'), slice('s2', 'b', 'x')], ['a', 'b', 'c'], { update: ['s2: b c'] }],
  ['prefers a new slice to touching several', [slice('s1', 'a', 'b'), slice('s2', 'c', 'd')], ['a', 'b', 'c', 'd', 'e', 'f'], { create: ['new: e f'] }],
  ['removes what is empty', [slice('s1', 'a'), slice('s2', 'x')], ['a'], { remove: ['s2: x'] }],
  ['keeps a placeholder', [], [], { create: ['new: '] }],
];

describe('endpoint slice plans', () => {
  for (const [title, existing, names, expected] of cases) {
    it(title, () => {
      const plan = planSlices(service, existing, desired(...names), 3);
      assert.deepEqual({ create: show(plan.create), update: show(plan.update), remove: show(plan.remove) }, { create: [], update: [], remove: [], ...expected });
    });
  }
});
