import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node, Pod, Service } from '../../api/types/core/v1.ts';
import { desiredGroups } from './desired.ts';

describe('hints by the distribution that a service asks for', () => {
  const node: Node = { metadata: { name: 'n', labels: { 'topology.kubernetes.io/zone': 'a' } } };
  const pod = (ready: string): Pod => ({ metadata: { namespace: 'd', name: 'p', uid: 'p' }, spec: { nodeName: 'n', containers: [] }, status: { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }], conditions: [{ type: 'Ready', status: ready }] } });
  for (const [trafficDistribution, ready, expected] of [
    [undefined, 'True', undefined],
    ['PreferClose', 'True', { forZones: [{ name: 'a' }] }],
    ['PreferSameZone', 'True', { forZones: [{ name: 'a' }] }],
    ['PreferSameNode', 'True', { forNodes: [{ name: 'n' }], forZones: [{ name: 'a' }] }],
    ['PreferSameZone', 'False', undefined],
  ] as const) {
    it(`${trafficDistribution ?? 'none'}, ready ${ready}`, () => {
      const service: Service = { metadata: { namespace: 'd', name: 's' }, spec: { ...(trafficDistribution !== undefined && { trafficDistribution }) } };
      const [group] = desiredGroups(service, [pod(ready)], () => node).values();
      assert.deepEqual(group?.endpoints.map(({ hints }) => hints), [expected]);
    });
  }
});
