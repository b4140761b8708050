import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node } from '../../api/types/core/v1.ts';
import type { Endpoint } from '../../api/types/discovery/v1.ts';
import { hintZones, wantsTopology, zoneShares } from './topology.ts';

const node = (zone: string | undefined, cpu: string, more: { readonly ready?: boolean; readonly labels?: Record<string, string> } = {}): Node => ({
  metadata: { name: 'n', labels: { ...(zone !== undefined && { 'topology.kubernetes.io/zone': zone }), ...more.labels } },
  status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: more.ready === false ? 'False' : 'True' }] },
});
/** Endpoints as letters of their zones; in capitals those that are not ready. */
const endpoints = (zones: string): Endpoint[] => zones.split('').map((zone, index) => ({ addresses: [`10.0.0.${index}`], conditions: { ready: zone === zone.toLowerCase() }, ...(zone !== '-' && { zone: zone.toLowerCase() }) }));
const hints = (zones: string, nodes: readonly Node[]): string => {
  const group = { family: 'IPv4' as const, ports: [], endpoints: endpoints(zones) };
  const obstacle = hintZones([group], zoneShares(nodes));
  const given = group.endpoints.map((endpoint) => endpoint.hints?.forZones?.[0]?.name ?? '-').join('');
  return obstacle === undefined ? given : (assert.match(given, /^-*$/), obstacle.replace(/ \(.*/, ''));
};

describe('topology-aware routing', () => {
  const [even, uneven] = [[node('a', '2'), node('b', '2')], [node('a', '3'), node('b', '1')]];
  const insufficient = 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  for (const [title, zones, nodes, expected] of [
    ['each zone has its share: endpoints are for their own', 'aabb', even, 'aabb'],
    ['a zone with too many gives some to one with too few', 'aaaabb', even, 'baaabb'],
    ['five cannot be shared by two zones without one of them having too few', 'aaabb', even, 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold'],
    ['shares are those of the processors', 'aabbbb', uneven, 'aaaabb'],
    ['one that is not ready counts for nothing and has no hint', 'aAabb', even, 'a-abb'],
    ['fewer endpoints than zones', 'a', even, 'Insufficient number of endpoints'],
    ['too few for the least that each zone must have', 'aab', [node('a', '10'), node('b', '10'), node('c', '1')], 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold'],
    ['an endpoint without a zone', 'aab-', even, 'One or more endpoints do not have a zone specified'],
    ['one zone alone', 'aab', [node('a', '2')], insufficient],
    ['a node without a zone', 'aabb', [...even, node(undefined, '1')], insufficient],
    ['a node without processors', 'aabb', [...even, node('a', '0')], insufficient],
    ['nodes that are not ready or of the control plane do not count', 'aabb', [...even, node(undefined, '1', { ready: false }), node('c', '9', { labels: { 'node-role.kubernetes.io/control-plane': '' } })], 'aabb'],
  ] as const) it(title, () => assert.equal(hints(zones, nodes), expected));

  it('is asked for by an annotation, of either name', () => {
    const service = (annotations: Record<string, string>) => wantsTopology({ metadata: { name: 's', annotations } });
    assert.deepEqual([{ 'service.kubernetes.io/topology-mode': 'Auto' }, { 'service.kubernetes.io/topology-aware-hints': 'auto' }, { 'service.kubernetes.io/topology-mode': 'Disabled' }, {}].map((one) => service(one as Record<string, string>)), [true, true, false, false]);
  });
});
