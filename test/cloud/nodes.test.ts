import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isConditionTrue } from '../../src/api/meta/conditions.ts';
import { events, nodes } from '../../src/api/resources.ts';
import type { Node } from '../../src/api/types/core/v1.ts';
import type { CloudProvider, InstanceMetadata, Route } from '../../src/cloud/contract.ts';
import { planRoutes } from '../../src/cloud/route/plan.ts';
import { CloudWorld } from './cloud-world.ts';

const uninitialized = { key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' };

/** A node that nobody's kubelet stands for. */
const machine = (name: string, more: Partial<Node['metadata']> = {}, spec: Node['spec'] = {}): Node => ({ apiVersion: 'v1', kind: 'Node', metadata: { name, ...more }, spec });

async function withMachines(machines: Map<string, InstanceMetadata & { off?: boolean }>, more: Partial<CloudProvider> = {}): Promise<CloudWorld> {
  const provider: CloudProvider = {
    name: 'fake',
    instances: {
      exists: (node) => Promise.resolve(machines.has(node.metadata.name!)),
      isShutDown: (node) => Promise.resolve(machines.get(node.metadata.name!)?.off === true),
      metadata: (node) => Promise.resolve(machines.get(node.metadata.name!)),
    },
    ...more,
  };
  return CloudWorld.start({ provider: () => provider, world: { nodes: 0 } });
}

describe('cloud node controller', () => {
  it('a new node learns what it is, and only then takes pods', async () => {
    const machines = new Map<string, InstanceMetadata>([['m', {
      providerId: 'fake://i-1', instanceType: 'large', zone: 'z1', region: 'r1', labels: { 'example.com/rack': '7', 'x.kubernetes.io/no': 'x' },
      addresses: [{ type: 'InternalIP', address: '10.0.0.7' }, { type: 'ExternalIP', address: '198.51.100.7' }],
    }]]);
    await using cloud = await withMachines(machines);
    const { world } = cloud;
    await world.client.create(nodes, machine('m', {}, { taints: [uninitialized] }));
    const node = await world.until('the node to be initialized', async () => {
      const now = await world.client.get(nodes, { name: 'm' });
      return now.spec?.taints?.some(({ key }) => key === uninitialized.key) !== true && now.status?.addresses !== undefined && now;
    });
    assert.equal(node.spec?.providerID, 'fake://i-1');
    assert.deepEqual(node.metadata.labels, {
      'beta.kubernetes.io/instance-type': 'large', 'node.kubernetes.io/instance-type': 'large', 'example.com/rack': '7',
      'failure-domain.beta.kubernetes.io/zone': 'z1', 'topology.kubernetes.io/zone': 'z1', 'failure-domain.beta.kubernetes.io/region': 'r1', 'topology.kubernetes.io/region': 'r1',
    });
    assert.deepEqual(node.status?.addresses, machines.get('m')?.addresses);
    assert.ok((await cloud.said('m')).includes('Synced Node synced successfully'));

    // Its machine moves; five minutes later it is known.
    machines.set('m', { ...machines.get('m')!, addresses: [{ type: 'InternalIP', address: '10.0.0.8' }] });
    await world.until('the new address', async () => (await world.client.get(nodes, { name: 'm' })).status?.addresses?.[0]?.address === '10.0.0.8', 310_000);
  });

  it('an address that a kubelet was told must be the cloud\'s, and is then the only one of its type', async () => {
    const machines = new Map<string, InstanceMetadata>([['m', { providerId: 'fake://i-1', addresses: ['10.0.0.7', '10.0.0.8'].map((address) => ({ type: 'InternalIP', address })) }]]);
    await using cloud = await withMachines(machines);
    const { world } = cloud;
    await world.client.create(nodes, machine('m', { annotations: { 'alpha.kubernetes.io/provided-node-ip': '10.0.0.9' } }, { taints: [uninitialized] }));
    await world.clock.advance(2_000);
    assert.ok((await world.client.get(nodes, { name: 'm' })).spec?.taints?.some(({ key }) => key === uninitialized.key));
    await world.client.patch(nodes, { name: 'm' }, { type: 'merge', value: { metadata: { annotations: { 'alpha.kubernetes.io/provided-node-ip': '10.0.0.8' } } } });
    await world.until('its address', async () => (await world.client.get(nodes, { name: 'm' })).status?.addresses?.length === 1);
    assert.equal((await world.client.get(nodes, { name: 'm' })).status?.addresses?.[0]?.address, '10.0.0.8');
  });

  it('the names of labels of today follow those of before', async () => {
    await using cloud = await withMachines(new Map([['m', { providerId: 'fake://i-1', addresses: [] }]]));
    await cloud.world.client.create(nodes, machine('m', { labels: { 'failure-domain.beta.kubernetes.io/zone': 'z9' } }));
    await cloud.world.until('the label', async () => (await cloud.world.client.get(nodes, { name: 'm' })).metadata.labels?.['topology.kubernetes.io/zone'] === 'z9');
  });
});

describe('cloud node lifecycle controller', () => {
  it('a machine that is off is marked, and one that is gone loses its node', async () => {
    const machines = new Map<string, InstanceMetadata & { off?: boolean }>(['off', 'gone'].map((name) => [name, { providerId: `fake://${name}`, addresses: [], off: name === 'off' }]));
    await using cloud = await withMachines(machines);
    const { world } = cloud;
    for (const name of machines.keys()) await world.client.create(nodes, machine(name, {}, { providerID: `fake://${name}` }));
    const isMarked = async (): Promise<boolean> => (await world.client.get(nodes, { name: 'off' })).spec?.taints?.some(({ key, effect }) => key === 'node.cloudprovider.kubernetes.io/shutdown' && effect === 'NoSchedule') === true;
    await world.until('the mark', isMarked);
    machines.delete('gone');
    await world.untilGone(nodes, { name: 'gone' }, 6_000);
    assert.ok((await world.client.list(events)).items.some(({ reason, message }) => reason === 'DeletingNode' && message === 'Deleting node gone because it does not exist in the cloud provider'));
    await world.client.patch(nodes, { name: 'off' }, { type: 'strategic', value: { status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] } } }, { subresource: 'status' });
    await world.until('the mark to go', async () => !(await isMarked()), 6_000);
  });
});

describe('route controller', () => {
  it('each pod range has a route, and nodes say whether theirs is there', async () => {
    const routes: Route[] = [
      { name: 'old', targetNode: 'left', destinationCidr: '10.244.9.0/24' },
      { name: 'foreign', targetNode: 'elsewhere', destinationCidr: '172.16.0.0/24' },
    ];
    let fails = true;
    await using cloud = await withMachines(new Map([['a', { providerId: 'fake://a', addresses: [] }]]), {
      routes: {
        list: () => Promise.resolve([...routes]),
        create: (_cluster, hint, route) => {
          if (fails) return Promise.reject(new Error('quota'));
          routes.push({ ...route, name: hint });
          return Promise.resolve();
        },
        delete: (_cluster, { name }) => {
          routes.splice(routes.findIndex((route) => route.name === name), 1);
          return Promise.resolve();
        },
      },
    });
    const { world } = cloud;
    await world.client.create(nodes, machine('a', {}, { podCIDR: '10.244.3.0/24', podCIDRs: ['10.244.3.0/24'] }));
    const condition = async (): Promise<unknown> => (await world.client.get(nodes, { name: 'a' })).status?.conditions?.filter(({ type }) => type === 'NetworkUnavailable').map(({ status, reason, message }) => [status, reason, message]);
    await world.until('its failure', async () => isConditionTrue((await world.client.get(nodes, { name: 'a' })).status?.conditions, 'NetworkUnavailable'));
    assert.deepEqual(await condition(), [['True', 'NoRouteCreated', 'RouteController failed to create a route']]);
    assert.ok((await cloud.said('a')).some((text) => /^FailedToCreateRoute Could not create route .* 10\.244\.3\.0\/24 for node a after \d+ms: quota$/.test(text)));
    fails = false;
    await world.until('its route', async () => JSON.stringify(await condition()) === '[["False","RouteCreated","RouteController created a route"]]');
    assert.deepEqual(routes.map(({ targetNode, destinationCidr }) => `${targetNode} ${destinationCidr}`), ['elsewhere 172.16.0.0/24', 'a 10.244.3.0/24']);
  });

  it('plans: keeps what is right, replaces what leads to old addresses, leaves what is somebody else\'s', () => {
    const at = (address: string) => [{ type: 'InternalIP', address }];
    const node = (name: string, cidr: string): Node => ({ metadata: { name }, spec: { podCIDRs: [cidr] }, status: { addresses: at('10.0.0.1') } });
    const route = (name: string, targetNode: string, destinationCidr: string, more: Partial<Route> = {}): Route => ({ name, targetNode, destinationCidr, ...more });
    const plan = planRoutes([node('a', '10.244.0.0/24'), node('b', '10.244.1.0/24'), node('c', '10.244.2.0/24')], [
      route('right', 'a', '10.244.0.0/24', { targetAddresses: at('10.0.0.1') }),
      route('moved', 'b', '10.244.1.0/24', { targetAddresses: at('10.0.0.9') }),
      route('hole', 'a', '10.244.7.0/24', { blackhole: true }),
      route('gone', 'z', '10.244.8.0/24'),
      route('foreign', 'z', '10.245.8.0/24'),
    ], ['10.244.0.0/16']);
    assert.deepEqual([plan.remove.map(({ name }) => name), plan.create.map(({ node: { metadata }, cidr }) => `${metadata.name} ${cidr}`), plan.replaces], [['moved', 'hole', 'gone'], ['b 10.244.1.0/24', 'c 10.244.2.0/24'], true]);
  });
});
