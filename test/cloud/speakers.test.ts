import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpointslices, nodes, services } from '../../src/api/resources.ts';
import { SeededRandom } from '../../src/base/random.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { startSpeaker } from '../../src/cloud/providers/local/speaker/speaker.ts';
import { nodeAgentAccess } from '../../src/cluster/joining/publish.ts';
import { drive } from '../../src/testing/drive.ts';
import { CloudWorld } from './cloud-world.ts';

/** Nodes of which each tells what it announces, instead of announcing it. */
async function withSpeakers(cloud: CloudWorld, names: readonly string[]): Promise<{ readonly announced: Map<string, readonly string[]>; readonly stack: AsyncDisposableStack; readonly by: (address: string) => string[] }> {
  const { world: { clock, plane } } = cloud;
  await plane.server.ensure(nodeAgentAccess);
  const announced = new Map<string, readonly string[]>();
  const stack = new AsyncDisposableStack();
  for (const name of names) {
    stack.use(await drive(clock, startSpeaker({
      client: plane.clients.node(name), nodeName: name, clock, random: new SeededRandom(1), logger: silentLogger,
      announcer: { apply: (wanted) => { announced.set(name, wanted); return Promise.resolve(); } },
    })));
  }
  await clock.advance(1_000);
  return { announced, stack, by: (address) => [...announced].flatMap(([name, addresses]) => (addresses.includes(address) ? [name] : [])) };
}

describe('which node announces an address', () => {
  it('exactly one; another when that is down or excluded; none that has no speaker; services are spread', async () => {
    await using cloud = await CloudWorld.start({ loadBalancerPools: ['192.0.2.0/24'], world: { nodes: 3 } });
    const { world } = cloud;
    const { stack, by } = await withSpeakers(cloud, ['node-1', 'node-2']);
    await using _ = stack;
    const owners = new Set<string>();
    for (let number = 0; number < 8; number++) {
      await cloud.balanced(`web-${number}`);
      const [address = ''] = await cloud.addressed(`web-${number}`);
      await world.clock.advance(100);
      assert.equal(by(address).length, 1, address);
      owners.add(by(address)[0]!);
    }
    assert.deepEqual([...owners].toSorted(), ['node-1', 'node-2']);
    const [address = ''] = await cloud.addresses('web-0');
    const [first = ''] = by(address);
    const other = first === 'node-1' ? 'node-2' : 'node-1';
    const exclude = (value: string | null) => world.client.patch(nodes, { name: first }, { type: 'merge', value: { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': value } } } });
    await exclude('true');
    await world.until('the other node', () => by(address).join() === other);
    await exclude(null);
    await world.until('the first node', () => by(address).join() === first);
    await world.parts.removeNode(first);
    await world.until('the node to be missed', () => by(address).includes(other), 60_000);
    await world.client.delete(services, { namespace: 'default', name: 'web-0' });
    await world.until('nobody', () => !by(address).includes(other));
  });

  it('with policy Local, one that has endpoints', async () => {
    await using cloud = await CloudWorld.start({ world: { nodes: 2 } });
    const { world } = cloud;
    const { stack, by } = await withSpeakers(cloud, ['node-1', 'node-2']);
    await using _ = stack;
    const service = await cloud.balanced('web', { externalTrafficPolicy: 'Local' });
    await world.client.patch(services, { namespace: 'default', name: 'web' }, { type: 'merge', value: { spec: { selector: null } } });
    const [address = ''] = await cloud.addressed('web');
    await world.clock.advance(1_000);
    assert.deepEqual(by(address), []);
    await world.client.create(endpointslices, {
      apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', metadata: { namespace: 'default', name: 'mine', labels: { 'kubernetes.io/service-name': service.metadata.name! } },
      endpoints: [{ addresses: ['10.244.9.9'], nodeName: 'node-2', conditions: { ready: true } }], ports: [{ port: 80, protocol: 'TCP' }],
    });
    await world.until('node-2', () => by(address).join() === 'node-2');
    await world.client.patch(endpointslices, { namespace: 'default', name: 'mine' }, { type: 'merge', value: { endpoints: [{ addresses: ['10.244.8.9'], nodeName: 'node-1', conditions: { ready: true } }] } });
    await world.until('node-1', () => by(address).join() === 'node-1');
  });

  it('not those that somebody else gave', async () => {
    await using cloud = await CloudWorld.start({ controllers: ['-service-lb-controller', '*'], world: { nodes: 1 } });
    const { stack, announced } = await withSpeakers(cloud, ['node-1']);
    await using _ = stack;
    await cloud.balanced('web');
    await cloud.world.client.patch(services, { namespace: 'default', name: 'web' }, { type: 'merge', value: { status: { loadBalancer: { ingress: [{ ip: '192.0.2.9' }] } } } }, { subresource: 'status' });
    await cloud.world.clock.advance(1_000);
    assert.deepEqual(announced.get('node-1'), []);
  });
});
