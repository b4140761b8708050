import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NetworkNode, RoutePlan } from './plan.ts';
import { planRoutes, tunnelMac } from './plan.ts';

const node = (name: string, podCidrs: readonly string[], addresses: readonly string[]): NetworkNode => ({ name, podCidrs, addresses });
const own = node('a', ['10.244.0.0/24', 'fd00::/64'], ['192.168.1.10', 'fd99::10']);

const cases: readonly { readonly name: string; readonly others: readonly NetworkNode[]; readonly plan: RoutePlan }[] = [
  {
    name: 'a node on the same link is the next hop to its pods, in both families',
    others: [node('b', ['10.244.1.0/24', 'fd00:0:0:1::/64'], ['192.168.1.11', 'fd99::11'])],
    plan: { direct: [{ destination: '10.244.1.0/24', via: '192.168.1.11' }, { destination: 'fd00:0:0:1::/64', via: 'fd99::11' }], overlay: [] },
  },
  {
    name: 'a node behind a router is reached through the tunnel',
    others: [node('c', ['10.244.2.0/24'], ['192.168.2.12'])],
    plan: { direct: [], overlay: [{ ranges: [{ destination: '10.244.2.0/24', end: '10.244.2.0' }], mac: '0e:58:0a:f4:02:00', remote: '192.168.2.12' }] },
  },
  {
    name: 'a family in which the node has no address of our link goes through the tunnel, the other one straight',
    others: [node('b', ['10.244.1.0/24', 'fd00:0:0:1::/64'], ['192.168.1.11'])],
    plan: {
      direct: [{ destination: '10.244.1.0/24', via: '192.168.1.11' }],
      overlay: [{ ranges: [{ destination: 'fd00:0:0:1::/64', end: 'fd00:0:0:1::' }], mac: '0e:58:0a:f4:01:00', remote: '192.168.1.11' }],
    },
  },
  {
    name: 'what is not a node of another machine with pods of its own is left out',
    others: [own, node('simulated', ['10.244.3.0/24'], ['127.0.0.1']), node('beside-us', ['10.244.4.0/24'], ['192.168.1.10']), node('new', [], ['192.168.1.12']), node('silent', ['10.244.5.0/24'], []), node('thief', ['10.244.0.0/24'], ['192.168.1.13'])],
    plan: { direct: [], overlay: [] },
  },
  {
    name: 'of two nodes with one range the first by name has it',
    others: [node('z', ['10.244.1.0/24'], ['192.168.1.99']), node('b', ['10.244.1.0/24'], ['192.168.1.11'])],
    plan: { direct: [{ destination: '10.244.1.0/24', via: '192.168.1.11' }], overlay: [] },
  },
];

describe('routes between nodes', () => {
  for (const { name, others, plan } of cases) it(name, () => assert.deepEqual(planRoutes(own, others, ['192.168.1.0/24', 'fd99::/64']), plan));

  it('the ends of tunnels have addresses that all nodes work out alike', () => {
    assert.equal(tunnelMac(['10.244.7.0/24', 'fd00::/64']), '0e:58:0a:f4:07:00');
    assert.equal(tunnelMac(['fd00:1:2:3::/64']), '0e:58:00:02:00:03');
    assert.equal(tunnelMac([]), undefined);
  });
});
