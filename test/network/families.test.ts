import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployments, endpointslices, nodes, pods, services } from '../../src/api/resources.ts';
import type { Pod, ServiceSpec } from '../../src/api/types/core/v1.ts';
import { World } from '../conformance/world.ts';

const [clusterCidr, serviceCidr] = [{ 4: '10.244.0.0/16', 6: 'fd00:10:244::/56' }, { 4: '10.96.0.0/16', 6: 'fd00:10:96::/112' }];
const machine = { 4: /^198\.18\.0\.\d+$/, 6: /^2001:2::\d+$/ };
const ofPods = { 4: /^10\.244\.\d+\.\d+$/, 6: /^fd00:10:244:/ };
const ofServices = { 4: /^10\.96\.\d+\.\d+$/, 6: /^fd00:10:96::/ };

function matches(addresses: readonly string[], patterns: readonly RegExp[], what: string): void {
  assert.equal(addresses.length, patterns.length, `${what}: ${addresses.join(' ')}`);
  for (const [index, pattern] of patterns.entries()) assert.match(addresses[index]!, pattern, what);
}

/** After upstream's tests of dual stack, on clusters of each order of families. */
for (const families of [[4], [6], [4, 6], [6, 4]] as const) {
  describe(`a cluster of ${families.map((family) => `IPv${family}`).join(' and ')}`, () => {
    const start = (): Promise<World> => World.start({ ranges: { clusterCidr: families.map((family) => clusterCidr[family]).join(), serviceCidr: families.map((family) => serviceCidr[family]).join() } });
    const ipsOf = ({ status }: Pod): string[] => (status?.podIPs ?? []).map(({ ip }) => ip);
    const both = families.length > 1;

    it('has nodes, pods, Services and slices with addresses of these families, in this order', async () => {
      await using world = await start();
      for (const { status, spec } of (await world.client.list(nodes)).items) {
        matches((status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address), families.map((family) => machine[family]), 'a node');
        matches(spec?.podCIDRs ?? [], families.map((family) => ({ 4: /^10\.244\.\d+\.0\/24$/, 6: /^fd00:10:244:.*\/64$/ })[family]), 'ranges of a node');
      }
      const labels = { app: 'server' };
      await world.client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'default', name: 'server' }, spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } } } });
      const running = await world.until('the pods', async () => {
        const { items } = await world.client.list(pods, { namespace: 'default' });
        return items.length === 3 && items.every(({ status }) => status?.phase === 'Running') && items;
      });
      for (const pod of running) {
        matches(ipsOf(pod), families.map((family) => ofPods[family]), 'a pod');
        assert.equal(pod.status?.podIP, ipsOf(pod)[0]);
        matches((pod.status?.hostIPs ?? []).map(({ ip }) => ip), families.map((family) => machine[family]), 'its host');
      }

      const service = async (name: string, spec: ServiceSpec): Promise<string[]> => {
        const made = await world.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name }, spec: { selector: labels, ports: [{ port: 80 }], ...spec } });
        return made.spec?.clusterIPs ?? [];
      };
      matches(await service('plain', {}), [ofServices[families[0]]], 'a Service that does not say');
      matches(await service('preferring', { ipFamilyPolicy: 'PreferDualStack' }), families.map((family) => ofServices[family]), 'one that prefers both');
      if (both) matches(await service('turned', { ipFamilyPolicy: 'RequireDualStack', ipFamilies: families.toReversed().map((family) => `IPv${family}`) }), families.toReversed().map((family) => ofServices[family]), 'one that wants them the other way round');
      else await assert.rejects(service('both', { ipFamilyPolicy: 'RequireDualStack' }));
      const slices = await world.until('the slices', async () => {
        const { items } = await world.client.list(endpointslices, { namespace: 'default' }, { labelSelector: 'kubernetes.io/service-name=preferring' });
        return items.length === families.length && items.every(({ endpoints }) => endpoints?.length === 3) && items;
      });
      assert.deepEqual(slices.map(({ addressType }) => addressType).toSorted(), families.map((family) => `IPv${family}`).toSorted());
      for (const { addressType, endpoints } of slices) for (const { addresses } of endpoints ?? []) matches(addresses, [ofPods[addressType === 'IPv6' ? 6 : 4]], 'an endpoint');
    });

    it('has pods in the network of their host with its addresses', async () => {
      await using world = await start();
      await world.client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'host' }, spec: { hostNetwork: true, containers: [{ name: 'c', image: 'i' }] } });
      const pod = await world.until('the pod', async () => {
        const found = await world.client.get(pods, { namespace: 'default', name: 'host' });
        return found.status?.phase === 'Running' && found;
      });
      matches(ipsOf(pod), families.map((family) => machine[family]), 'a pod of the host');
    });
  });
}
