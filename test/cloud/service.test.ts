import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nodes, services } from '../../src/api/resources.ts';
import type { LoadBalancerStatus, Node, Service } from '../../src/api/types/core/v1.ts';
import type { CloudProvider, LoadBalancer } from '../../src/cloud/contract.ts';
import { ImplementedElsewhere, RetryError } from '../../src/cloud/contract.ts';
import { findingOf, whyOf } from '../why/asking.ts';
import { CloudWorld } from './cloud-world.ts';

/** A cloud that does as it is told, and remembers what it was asked. */
class FakeBalancer implements LoadBalancer {
  readonly asked: string[] = [];
  readonly there = new Map<string, LoadBalancerStatus>();
  /** What the next calls of this name fail with. */
  readonly failures = new Map<string, Error[]>();

  get(_cluster: string, service: Service): Promise<LoadBalancerStatus | undefined> {
    return Promise.resolve(this.there.get(service.metadata.name!));
  }

  async ensure(cluster: string, service: Service, hosts: readonly Node[]): Promise<LoadBalancerStatus> {
    const status = { ingress: [{ hostname: `${service.metadata.name}.${cluster}.example` }] };
    await this.#ask('ensure', service, hosts);
    this.there.set(service.metadata.name!, status);
    return status;
  }

  update(_cluster: string, service: Service, hosts: readonly Node[]): Promise<void> {
    return this.#ask('update', service, hosts);
  }

  async ensureDeleted(_cluster: string, service: Service): Promise<void> {
    await this.#ask('delete', service, []);
    this.there.delete(service.metadata.name!);
  }

  async #ask(what: string, service: Service, hosts: readonly Node[]): Promise<void> {
    this.asked.push([what, service.metadata.name, ...hosts.map(({ metadata }) => metadata.name)].join(' '));
    const error = this.failures.get(what)?.shift();
    if (error !== undefined) throw error;
    return Promise.resolve();
  }
}

const fake = async (): Promise<{ readonly cloud: CloudWorld; readonly balancer: FakeBalancer }> => {
  const balancer = new FakeBalancer();
  const provider: CloudProvider = { name: 'fake', loadBalancer: balancer };
  return { cloud: await CloudWorld.start({ provider: () => provider, world: { nodes: 2 } }), balancer };
};

describe('service controller', () => {
  it('makes a load balancer with its finalizer, keeps it up to date, and takes it away when the Service goes', async () => {
    const { cloud, balancer } = await fake();
    await using _ = cloud;
    const { world } = cloud;
    await cloud.balanced('web');
    const service = await world.until('a load balancer', async () => {
      const now = await cloud.get('web');
      return now.status?.loadBalancer?.ingress !== undefined && now;
    });
    assert.deepEqual(service.status?.loadBalancer, { ingress: [{ hostname: 'web.kubernetes.example' }] });
    assert.deepEqual(service.metadata.finalizers, ['service.kubernetes.io/load-balancer-cleanup']);
    assert.deepEqual(balancer.asked.splice(0), ['ensure web node-1 node-2']);
    assert.deepEqual(await cloud.said('web'), ['EnsuringLoadBalancer Ensuring load balancer', 'EnsuredLoadBalancer Ensured load balancer']);
    // A label changes nothing of it, a port does.
    const patch = (value: unknown): Promise<Service> => world.client.patch(services, { namespace: 'default', name: 'web' }, { type: 'merge', value });
    await patch({ metadata: { labels: { a: 'b' } } });
    await world.clock.advance(1_000);
    assert.deepEqual(balancer.asked, []);
    await patch({ spec: { ports: [{ port: 81, protocol: 'TCP' }] } });
    await world.until('the change', () => balancer.asked.length > 0);
    assert.deepEqual(balancer.asked.splice(0), ['ensure web node-1 node-2']);

    await world.client.delete(services, { namespace: 'default', name: 'web' });
    await world.untilGone(services, { namespace: 'default', name: 'web' });
    assert.deepEqual(balancer.asked.splice(0), ['delete web']);
    assert.deepEqual((await cloud.said('web')).slice(-2), ['DeletingLoadBalancer Deleting load balancer', 'DeletedLoadBalancer Deleted load balancer']);
  });

  it('another type takes the load balancer away; a class of its own is left to others', async () => {
    const { cloud, balancer } = await fake();
    await using _ = cloud;
    const { world } = cloud;
    await cloud.balanced('other', { loadBalancerClass: 'example.com/other' });
    await cloud.balanced('web');
    await world.until('a load balancer', async () => (await cloud.get('web')).status?.loadBalancer?.ingress !== undefined);
    await world.client.patch(services, { namespace: 'default', name: 'web' }, { type: 'merge', value: { spec: { type: 'ClusterIP' } } });
    const plain = await world.until('its end', async () => {
      const now = await cloud.get('web');
      return (now.metadata.finalizers ?? []).length === 0 && now.status?.loadBalancer?.ingress === undefined && now;
    });
    assert.deepEqual(plain.status?.loadBalancer, {});
    assert.deepEqual(balancer.asked, ['ensure web node-1 node-2', 'delete web']);
    assert.deepEqual(await cloud.said('other'), []);
  });

  it('follows the nodes, without those that are excluded', async () => {
    const { cloud, balancer } = await fake();
    await using _ = cloud;
    const { world } = cloud;
    await cloud.balanced('web');
    await world.until('a load balancer', () => balancer.asked.length === 1);
    const label = (value: unknown): Promise<Node> => world.client.patch(nodes, { name: 'node-2' }, { type: 'merge', value: { metadata: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': value } } } });
    await label('');
    await world.until('one node less', () => balancer.asked.length === 2);
    balancer.failures.set('update', [new Error('the cloud is full')]);
    await label('false');
    await world.until('it again', () => balancer.asked.length >= 4, 10_000);
    assert.deepEqual(balancer.asked.splice(0), ['ensure web node-1 node-2', 'update web node-1', 'update web node-1 node-2', 'ensure web node-1 node-2']);
    assert.deepEqual((await cloud.said('web')).slice(2), [
      'UpdatedLoadBalancer Updated load balancer with new hosts',
      'UpdateLoadBalancerFailed Error updating load balancer with new hosts [node-1 node-2] [node names limited, total number of nodes: 2], error: the cloud is full',
    ]);
  });

  it('what fails is said and tried again: with back-off, or when the cloud says', async () => {
    const { cloud, balancer } = await fake();
    await using _ = cloud;
    const { world } = cloud;
    balancer.failures.set('ensure', [new Error('out of addresses'), new RetryError('still being made', 7_000)]);
    await cloud.balanced('web');
    await world.until('the first try', () => balancer.asked.length === 1, 100);
    const firstMs = world.clock.now();
    await world.until('the second', () => balancer.asked.length === 2);
    const secondMs = world.clock.now();
    await world.until('the third', () => balancer.asked.length === 3);
    assert.ok(Math.abs(secondMs - firstMs - 5_000) <= 500 && Math.abs(world.clock.now() - secondMs - 7_000) <= 500);
    assert.deepEqual((await cloud.said('web')).filter((text) => text.startsWith('Sync')), ['SyncLoadBalancerFailed Error syncing load balancer: failed to ensure load balancer: out of addresses', 'SyncLoadBalancerFailed Error syncing load balancer: failed to ensure load balancer: still being made']);
    balancer.failures.set('ensure', [new ImplementedElsewhere()]);
    await cloud.balanced('elsewhere');
    await world.clock.advance(1_000);
    assert.deepEqual(await cloud.said('elsewhere'), ['EnsuringLoadBalancer Ensuring load balancer']);
    assert.deepEqual(await cloud.addresses('elsewhere'), []);
  });

  it('without nodes it says so', async () => {
    const balancer = new FakeBalancer();
    await using cloud = await CloudWorld.start({ provider: () => ({ name: 'fake', loadBalancer: balancer }), world: { nodes: 0 } });
    await cloud.balanced('web');
    await cloud.world.until('a load balancer', () => balancer.asked.length === 1);
    assert.ok((await cloud.said('web')).includes('UnAvailableLoadBalancer There are no available nodes for LoadBalancer'));
  });
});

describe('addresses of the local provider', () => {
  it('the lowest free ones, never shared, kept over a restart, free again when their Service goes', async () => {
    await using cloud = await CloudWorld.start();
    const { world } = cloud;
    for (const name of ['a', 'b', 'c']) {
      await cloud.balanced(name);
      await cloud.addressed(name);
    }
    assert.deepEqual((await cloud.get('a')).status?.loadBalancer, { ingress: [{ ip: '192.0.2.0', ipMode: 'VIP' }] });
    assert.deepEqual([await cloud.addresses('b'), await cloud.addresses('c')], [['192.0.2.1'], ['192.0.2.2']]);
    await world.client.delete(services, { namespace: 'default', name: 'b' });
    await world.untilGone(services, { namespace: 'default', name: 'b' });
    await cloud.restart();
    await cloud.balanced('d');
    assert.deepEqual(await cloud.addressed('d'), ['192.0.2.1']);
    assert.deepEqual(await cloud.addresses('c'), ['192.0.2.2']);
    await cloud.balanced('e');
    assert.deepEqual(await cloud.addressed('e'), ['192.0.2.3']);
    await cloud.balanced('f');
    await world.clock.advance(1_000);
    assert.deepEqual((await cloud.said('f')).at(-1), 'SyncLoadBalancerFailed Error syncing load balancer: failed to ensure load balancer: no IPv4 address is free in the pools (192.0.2.0/30)');
    await world.client.delete(services, { namespace: 'default', name: 'a' });
    assert.deepEqual(await cloud.addressed('f', 15_000), ['192.0.2.0']);
  });

  it('the one that is asked for, if it can be had', async () => {
    await using cloud = await CloudWorld.start();
    await cloud.balanced('a', { loadBalancerIP: '192.0.2.3' });
    assert.deepEqual(await cloud.addressed('a'), ['192.0.2.3']);
    await cloud.balanced('b', { loadBalancerIP: '192.0.2.3' });
    await cloud.balanced('c', { loadBalancerIP: '198.51.100.1' });
    await cloud.world.clock.advance(1_000);
    const failure = 'SyncLoadBalancerFailed Error syncing load balancer: failed to ensure load balancer: the address';
    assert.equal((await cloud.said('b')).at(-1), `${failure} 192.0.2.3 that is asked for is another Service's`);
    assert.equal((await cloud.said('c')).at(-1), `${failure} 198.51.100.1 that is asked for is in none of the pools (192.0.2.0/30)`);
    await cloud.world.client.patch(services, { namespace: 'default', name: 'c' }, { type: 'merge', value: { spec: { loadBalancerIP: '192.0.2.1' } } });
    assert.deepEqual(await cloud.addressed('c'), ['192.0.2.1']);
  });

  it('without a pool a Service stays pending, and says why', async () => {
    await using cloud = await CloudWorld.start({ loadBalancerPools: [] });
    await cloud.balanced('a');
    await cloud.world.clock.advance(1_000);
    assert.equal((await cloud.said('a')).at(-1), 'SyncLoadBalancerFailed Error syncing load balancer: failed to ensure load balancer: there is no pool of IPv4 addresses');
    const { evidence } = findingOf(await whyOf(cloud.world.client, '/api/v1/namespaces/default/services/a'), 'load-balancer');
    assert.match(evidence?.[0]?.text ?? '', /there is no pool of IPv4 addresses/);
  });
});
