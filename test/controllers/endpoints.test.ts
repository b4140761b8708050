import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployments, endpoints, endpointslices, nodes, pods, services } from '../../src/api/resources.ts';
import type { Service } from '../../src/api/types/core/v1.ts';
import { deployment, startFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

const ref = { namespace: 'default', name: 'web' };

function service(spec: Partial<NonNullable<Service['spec']>> = {}): Service {
  return { metadata: { namespace: 'default', name: 'web', labels: { team: 'a' } }, spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }], ...spec } };
}

async function slicesOf({ client }: Fixture) {
  return (await client.list(endpointslices, { namespace: 'default' }, { labelSelector: 'kubernetes.io/service-name=web' })).items;
}

describe('endpoints and endpoint slices', () => {
  it('follow the pods of a service', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { metadata: { labels: { 'topology.kubernetes.io/zone': 'zone-a' } } } });
    await client.create(services, service());
    await clock.advance(1000);
    const [placeholder] = await slicesOf(fixture);
    assert.deepEqual([placeholder!.endpoints, placeholder!.ports], [[], []]);
    await client.create(deployments, deployment({ replicas: 2 }));
    await clock.advance(2000);
    const slices = await slicesOf(fixture);
    assert.equal(slices.length, 1);
    const [slice] = slices;
    const all = (await client.list(pods, { namespace: 'default' })).items;
    assert.deepEqual(slice!.metadata.labels, { team: 'a', 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' });
    assert.match(slice!.metadata.name!, /^web-[a-z0-9]{5}$/);
    assert.equal(slice!.metadata.ownerReferences![0]!.kind, 'Service');
    assert.match(slice!.metadata.annotations!['endpoints.kubernetes.io/last-change-trigger-time']!, /^2026-01-01T/);
    assert.equal(slice!.addressType, 'IPv4');
    assert.deepEqual(slice!.ports, [{ name: 'http', port: 80, protocol: 'TCP' }]);
    const byAddress = (a: { addresses: string[] }, b: { addresses: string[] }): number => (a.addresses[0]! < b.addresses[0]! ? -1 : 1);
    assert.deepEqual(slice!.endpoints!.toSorted(byAddress), all.map((pod) => ({
      addresses: [pod.status!.podIP!],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: 'node-1',
      targetRef: { kind: 'Pod', namespace: 'default', name: pod.metadata.name!, uid: pod.metadata.uid! },
      zone: 'zone-a',
    })).toSorted(byAddress));
    const legacy = await client.get(endpoints, ref);
    assert.deepEqual(legacy.subsets, [{
      addresses: all.map((pod) => ({ ip: pod.status!.podIP!, nodeName: 'node-1', targetRef: { kind: 'Pod', namespace: 'default', name: pod.metadata.name!, uid: pod.metadata.uid! } })).toSorted((a, b) => (a.ip < b.ip ? -1 : 1)),
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    }]);
    assert.deepEqual(legacy.metadata.labels, { team: 'a', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' });
    await client.patch(deployments, ref, { type: 'merge', value: { spec: { replicas: 0 } } });
    await clock.advance(2000);
    assert.deepEqual((await slicesOf(fixture)).map((left) => left.endpoints), [[]]);
    assert.deepEqual((await client.get(endpoints, ref)).subsets ?? [], []);
    await client.delete(services, ref);
    await clock.advance(3000);
    assert.equal((await slicesOf(fixture)).length, 0);
    assert.equal((await client.list(endpoints, { namespace: 'default' })).items.some(({ metadata }) => metadata.name === 'web'), false);
    assert.deepEqual(fixture.complaints, []);
  });

  it('tell what is not ready, and publish it when asked to', async () => {
    await using fixture = await startFixture({ kubelet: { ready: () => false } });
    const { client, clock } = fixture;
    await client.create(services, service());
    await client.create(deployments, deployment({ replicas: 1 }));
    await clock.advance(2000);
    const conditions = async () => (await slicesOf(fixture))[0]!.endpoints![0]!.conditions;
    assert.deepEqual(await conditions(), { ready: false, serving: false, terminating: false });
    assert.equal((await client.get(endpoints, ref)).subsets![0]!.notReadyAddresses!.length, 1);
    await client.patch(services, ref, { type: 'merge', value: { spec: { publishNotReadyAddresses: true } } });
    await clock.advance(2000);
    assert.deepEqual(await conditions(), { ready: true, serving: false, terminating: false });
    assert.equal((await client.get(endpoints, ref)).subsets![0]!.addresses!.length, 1);
  });

  it('fill slices to a hundred endpoints', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.create(deployments, deployment({ replicas: 250 }));
    await clock.advance(3000);
    await client.create(services, service());
    await clock.advance(3000);
    assert.deepEqual((await slicesOf(fixture)).map((slice) => slice.endpoints!.length).toSorted((a, b) => a - b), [50, 100, 100]);
    await client.patch(deployments, ref, { type: 'merge', value: { spec: { replicas: 10 } } });
    await clock.advance(5000);
    assert.equal((await slicesOf(fixture)).reduce((sum, slice) => sum + slice.endpoints!.length, 0), 10);
  });
});
