import assert from 'node:assert/strict';
import test from 'node:test';
import { endpoints, endpointslices, nodes, services } from '../../src/api/resources.ts';
import type { Endpoints } from '../../src/api/types/core/v1.ts';
import { World } from './world.ts';

const ns = 'default';
const ref = { namespace: ns, name: 'example-custom-endpoints' };

test('[sig-network] EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete [Conformance]', async () => {
  await using world = await World.start({ nodes: 1 });
  const { client } = world;
  await client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: ref, spec: { ports: [{ name: 'example', port: 80, protocol: 'TCP' }] } });
  const custom = (ip: string): Endpoints => ({ apiVersion: 'v1', kind: 'Endpoints', metadata: ref, subsets: [{ ports: [{ port: 80 }], addresses: [{ ip }] }] });
  const slices = async () => (await client.list(endpointslices, { namespace: ns }, { labelSelector: `kubernetes.io/service-name=${ref.name}` })).items;
  const untilMirrored = (ip: string) => world.until(`a slice of ${ip}`, async () => {
    const [slice, ...more] = await slices();
    return more.length === 0 && slice?.ports?.[0]?.port === 80 && slice.endpoints?.length === 1 && slice.endpoints[0]?.addresses.join() === ip;
  });
  await client.create(endpoints, custom('10.1.2.3'));
  await untilMirrored('10.1.2.3');
  await client.update(endpoints, custom('10.2.3.4'));
  await untilMirrored('10.2.3.4');
  await client.delete(endpoints, ref);
  await world.until('no slices', async () => (await slices()).length === 0);
  assert.equal((await client.get(nodes, { name: 'node-1' })).metadata.annotations?.['node.alpha.kubernetes.io/ttl'], '0');
});
