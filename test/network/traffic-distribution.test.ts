import { it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { deployments, endpointslices, events, nodes, services } from '../../src/api/resources.ts';
import type { ServiceSpec } from '../../src/api/types/core/v1.ts';
import type { Endpoint } from '../../src/api/types/discovery/v1.ts';
import { World } from '../conformance/world.ts';

it('endpoints have hints for zones and nodes as their Service asks, and none when it does not any more', async () => {
  await using world = await World.start({ nodes: 2 });
  const { client } = world;
  for (const [name, zone] of [['node-1', 'a'], ['node-2', 'b']] as const) await client.patch(nodes, { name }, { type: 'merge', value: { metadata: { labels: { 'topology.kubernetes.io/zone': zone } } } });
  const labels = { app: 'web' };
  // Two on each node.
  const spread = [{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule', labelSelector: { matchLabels: labels } }];
  await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'default', name: 'web' }, spec: { replicas: 4, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { topologySpreadConstraints: spread, containers: [{ name: 'c', image: 'i' }] } } } });
  const reference = { namespace: 'default', name: 'web' };
  await client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: reference, spec: { selector: labels, ports: [{ port: 80 }] } });
  const zoneOf = ({ nodeName }: Endpoint): string => (nodeName === 'node-1' ? 'a' : 'b');
  const hinted = (what: string, expected: (endpoint: Endpoint) => Endpoint['hints']): Promise<unknown> => world.until(what, async () => {
    const endpoints = (await client.list(endpointslices, { namespace: 'default' }, { labelSelector: 'kubernetes.io/service-name=web' })).items.flatMap((slice) => slice.endpoints ?? []);
    return endpoints.length === 4 && endpoints.every((endpoint) => isDeepStrictEqual(endpoint.hints, expected(endpoint)));
  });
  const change = (spec: Partial<ServiceSpec>, mode?: string) => world.retry(services, reference, ({ metadata, ...service }) => ({ ...service, metadata: { ...metadata, annotations: mode === undefined ? {} : { 'service.kubernetes.io/topology-mode': mode } }, spec: { ...service.spec, ...spec } }));

  await hinted('no hints', () => undefined);
  for (const trafficDistribution of ['PreferClose', 'PreferSameZone']) {
    await change({ trafficDistribution });
    await hinted(trafficDistribution, (endpoint) => ({ forZones: [{ name: zoneOf(endpoint) }] }));
  }
  await change({ trafficDistribution: 'PreferSameNode' });
  await hinted('PreferSameNode', (endpoint) => ({ forZones: [{ name: zoneOf(endpoint) }], forNodes: [{ name: endpoint.nodeName! }] }));
  await change({ trafficDistribution: undefined as never });
  await hinted('no hints again', () => undefined);

  await change({}, 'Auto');
  await hinted('topology mode Auto', (endpoint) => ({ forZones: [{ name: zoneOf(endpoint) }] }));
  const told = async (): Promise<string[]> => (await client.list(events, { namespace: 'default' })).items.filter(({ reason }) => reason?.startsWith('TopologyAware') === true).map(({ reason, message }) => `${reason} ${message}`);
  await world.until('an event', async () => (await told()).includes('TopologyAwareHintsEnabled Topology Aware Hints has been enabled, addressType: IPv4'));
  // A zone without its node has no share any more.
  await client.patch(nodes, { name: 'node-2' }, { type: 'merge', value: { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } } } });
  await hinted('no hints with one zone', () => undefined);
  await world.until('an event', async () => (await told()).some((text) => text.startsWith('TopologyAwareHintsDisabled Insufficient Node information')));
});
