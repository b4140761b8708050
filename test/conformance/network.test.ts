import assert from 'node:assert/strict';
import test from 'node:test';
import { findCondition } from '../../src/api/meta/conditions.ts';
import { nameOf } from '../../src/api/meta/object.ts';
import { endpoints, endpointslices, ingressclasses, ingresses, ipaddresses, replicationcontrollers, servicecidrs, services } from '../../src/api/resources.ts';
import type { Service, ServiceSpec } from '../../src/api/types/core/v1.ts';
import { apiOperations, container, found, podOf, World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });
const service = (name: string, spec: Partial<ServiceSpec>, labels: Record<string, string> = {}): Service => ({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: ns, name, labels }, spec: { ports: [{ port: 80, targetPort: 80 }], ...spec } });

test('[sig-network] API Server should provide secure master service [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { spec } = await world.client.get(services, ref('kubernetes'));
  assert.equal(spec?.clusterIP, '10.96.0.1');
  assert.equal(spec?.ports?.find(({ name }) => name === 'https')?.port, 443);
});

test('[sig-network] API Server should have Endpoints and EndpointSlices pointing to API Server [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { subsets } = await world.client.get(endpoints, ref('kubernetes'));
  const { items } = await world.client.list(endpointslices, { namespace: ns }, { labelSelector: 'kubernetes.io/service-name=kubernetes' });
  assert.equal(subsets?.length, 1);
  assert.equal(items.length, 1);
  assert.deepEqual(items[0]!.endpoints?.flatMap(({ addresses }) => addresses), subsets![0]!.addresses?.map(({ ip }) => ip));
  assert.deepEqual(items[0]!.ports?.map(({ name, port, protocol }) => [name, port, protocol]), subsets![0]!.ports?.map(({ name, port, protocol }) => [name, port, protocol]));
  assert.deepEqual(items[0]!.endpoints?.[0]?.conditions?.ready, true);
});

for (const name of ['EndpointSlice should create and delete EndpointSlices for a Service with a selector that matches no pods', 'EndpointsController should create and delete Endpoints for a Service with a selector that matches no pods']) {
  test(`[sig-network] ${name} [Conformance]`, async () => {
    await using world = await World.start({ nodes: 0 });
    const { client } = world;
    await client.create(services, service('example-empty-selector', { selector: { 'does-not-match-anything': 'x' } }));
    await world.until('endpoints', () => found(client.get(endpoints, ref('example-empty-selector'))));
    const slices = async () => (await client.list(endpointslices, { namespace: ns }, { labelSelector: 'kubernetes.io/service-name=example-empty-selector' })).items;
    const [slice] = await world.until('a slice', async () => ((await slices()).length > 0 ? slices() : undefined));
    assert.equal(slice!.metadata.labels?.['endpointslice.kubernetes.io/managed-by'], 'endpointslice-controller.k8s.io');
    assert.equal((slice!.endpoints ?? []).length, 0);
    await client.delete(services, ref('example-empty-selector'));
    await world.until('both to be gone', async () => (await slices()).length === 0 && (await found(client.get(endpoints, ref('example-empty-selector')))) === undefined, 90_000);
  });
}

for (const name of ['EndpointSlice should create Endpoints and EndpointSlices for Pods matching a Service', 'EndpointsController should create Endpoints for Pods matching a Service']) {
  test(`[sig-network] ${name} [Conformance]`, async () => {
    await using world = await World.start();
    const { client } = world;
    const pod1 = await world.runningPod(podOf(ns, 'pod1', { labels: { pod1: 'on', shared12: 'on' }, spec: { containers: [container({ ports: [{ name: 'example-name', containerPort: 3000 }] })] } }));
    const pod2 = await world.runningPod(podOf(ns, 'pod2', { labels: { pod2: 'on', shared12: 'on' }, spec: { containers: [container({ ports: [{ name: 'example-name', containerPort: 3001 }, { name: 'other-port', containerPort: 3002 }] })] } }));
    await client.create(services, service('example-int-port', { selector: { pod1: 'on' }, publishNotReadyAddresses: true, ports: [{ name: 'example', port: 80, targetPort: 3000, protocol: 'TCP' }] }));
    await client.create(services, service('example-named-port', { selector: { shared12: 'on' }, publishNotReadyAddresses: true, ports: [{ name: 'http', port: 80, targetPort: 'example-name', protocol: 'TCP' }] }));
    await client.create(services, service('example-no-match', { selector: { pod3: 'on' }, publishNotReadyAddresses: true, ports: [{ name: 'example-no-match', port: 80, targetPort: 8080, protocol: 'TCP' }] }));
    // IP:port pairs, however they are split up.
    const ofEndpoints = async (of: string) => ((await found(client.get(endpoints, ref(of))))?.subsets ?? []).flatMap(({ addresses, ports }) => (addresses ?? []).flatMap(({ ip, targetRef, nodeName }) => (ports ?? []).map(({ port, name: portName }) => `${ip}:${port} ${portName} ${targetRef?.name} ${nodeName}`))).sort();
    const slicesOf = async (of: string) => (await client.list(endpointslices, { namespace: ns }, { labelSelector: `kubernetes.io/service-name=${of}` })).items;
    const ofSlices = async (of: string) => (await slicesOf(of)).flatMap((slice) => (slice.endpoints ?? []).flatMap(({ addresses, targetRef, nodeName }) => (slice.ports ?? []).map(({ port, name: portName }) => `${addresses[0]}:${port} ${portName} ${targetRef?.name} ${nodeName}`))).sort();
    const expectBoth = async (of: string, expected: string[], subsets: number, slices: number) => {
      await world.until(`${of} to be right`, async () => JSON.stringify(await ofEndpoints(of)) === JSON.stringify(expected) && JSON.stringify(await ofSlices(of)) === JSON.stringify(expected) && (await slicesOf(of)).length === slices);
      assert.equal((await client.get(endpoints, ref(of))).subsets?.length ?? 0, subsets);
    };
    const at1 = (port: string) => `${pod1.status?.podIP}:3000 ${port} pod1 ${pod1.spec?.nodeName}`;
    const at2 = (port: string) => `${pod2.status?.podIP}:3001 ${port} pod2 ${pod2.spec?.nodeName}`;
    await expectBoth('example-int-port', [at1('example')], 1, 1);
    await expectBoth('example-named-port', [at1('http'), at2('http')].sort(), 2, 2);
    await expectBoth('example-no-match', [], 0, 1);
    await client.deleteCollection(endpointslices, { namespace: ns }, { labelSelector: 'kubernetes.io/service-name=example-named-port' });
    await expectBoth('example-named-port', [at1('http'), at2('http')].sort(), 2, 2);
  });
}

test('[sig-network] EndpointSlice should support creating EndpointSlice API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, endpointslices, (name) => ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name }, addressType: 'IPv4', endpoints: [{ addresses: ['1.2.3.4', '5.6.7.8'] }, { addresses: ['2.2.3.4', '6.6.7.8'] }] }), { namespace: ns });
});

test('[sig-network] Endpoints should test the lifecycle of an Endpoint [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const selector = 'test-endpoint-static=true';
  const watched = await world.watch(endpoints, { namespace: ns }, { labelSelector: selector });
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  await client.create(endpoints, { apiVersion: 'v1', kind: 'Endpoints', metadata: { namespace: ns, name: 'testservice', labels: { 'test-endpoint-static': 'true' } }, subsets: [{ addresses: [{ ip: '10.0.0.24' }], ports }] });
  await world.clock.settle();
  assert.equal((await client.list(endpoints, {}, { labelSelector: selector })).items.length, 1);
  await world.retry(endpoints, ref('testservice'), (object) => ({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, 'test-service': 'updated' } } }));
  assert.equal((await client.get(endpoints, ref('testservice'))).metadata.labels?.['test-service'], 'updated');
  await client.patch(endpoints, ref('testservice'), { type: 'strategic', value: { metadata: { labels: { 'test-service': 'patched' } }, subsets: [{ addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080 }] }] } });
  const patched = await client.get(endpoints, ref('testservice'));
  assert.deepEqual([patched.subsets?.[0]?.addresses?.[0]?.ip, patched.subsets?.[0]?.ports], ['10.0.0.25', [{ name: 'http-test', port: 8080, protocol: 'TCP' }]]);
  await client.deleteCollection(endpoints, { namespace: ns }, { labelSelector: selector });
  await world.clock.settle();
  assert.deepEqual(watched.events.map(({ type }) => type), ['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
  assert.equal(await found(client.get(endpoints, ref('testservice'))), undefined);
});

test('[sig-network] Services should complete a service status lifecycle [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const watched = await world.watch(services, { namespace: ns }, { labelSelector: 'test-service-static=true' });
  await client.create(services, service('test-service', { type: 'LoadBalancer', ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 80 }], loadBalancerClass: 'example.com/internal-vip' }, { 'test-service-static': 'true' }));
  assert.deepEqual((await client.getSubresource<Service>(services, ref('test-service'), 'status')).status, { loadBalancer: {} });
  const patched = await client.patch(services, ref('test-service'), { type: 'merge', value: { metadata: { annotations: { patchedstatus: 'true' } }, status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } } } }, { subresource: 'status' });
  assert.equal(patched.status?.loadBalancer?.ingress?.[0]?.ip, '203.0.113.1');
  assert.equal(patched.metadata.annotations?.['patchedstatus'], 'true');
  const updated = await world.retry(services, ref('test-service'), (object) => ({ ...object, status: { ...object.status, conditions: [...(object.status?.conditions ?? []), { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test', lastTransitionTime: '2026-01-01T00:00:00Z' }] } }), 'status');
  assert.equal(findCondition(updated.status?.conditions, 'StatusUpdate')?.reason, 'E2E');
  await client.patch(services, ref('test-service'), { type: 'strategic', value: { metadata: { labels: { 'test-service': 'patched' } } } });
  assert.equal((await client.get(services, ref('test-service'))).metadata.labels?.['test-service'], 'patched');
  await client.delete(services, ref('test-service'));
  await world.until('DELETED', () => watched.events.at(-1)?.type === 'DELETED');
});

test('[sig-network] Services should delete a collection of services [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  for (const name of ['e2e-svc-a', 'e2e-svc-b', 'e2e-svc-c']) await world.client.create(services, service(name, { ports: [{ name: 'http', port: 80 }] }, { 'test-service-set': name === 'e2e-svc-c' ? 'no' : 'true' }));
  await world.client.deleteCollection(services, { namespace: ns }, { labelSelector: 'test-service-set=true' });
  assert.deepEqual((await world.client.list(services, { namespace: ns })).items.map(nameOf), ['e2e-svc-c', 'kubernetes']);
});

test('[sig-network] Services should find a service from listing all namespaces [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { items } = await world.client.list(services);
  assert.ok(items.some(({ metadata }) => metadata.name === 'kubernetes' && metadata.namespace === 'default'));
});

test('[sig-network] Services should be able to change the type from ExternalName to ClusterIP [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const created = await world.client.create(services, { ...service('externalname-service', {}), spec: { type: 'ExternalName', externalName: 'foo.example.com' } });
  assert.equal(created.spec?.clusterIP ?? '', '');
  const changed = await world.retry(services, ref('externalname-service'), (object) => ({ ...object, spec: { ...object.spec, type: 'ClusterIP', externalName: '', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] } }));
  assert.match(changed.spec?.clusterIP ?? '', /^10\.96\./);
});

test('[sig-network] Services should be able to change the type from ExternalName to NodePort [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  await world.client.create(services, { ...service('externalname-service', {}), spec: { type: 'ExternalName', externalName: 'foo.example.com' } });
  const changed = await world.retry(services, ref('externalname-service'), (object) => ({ ...object, spec: { ...object.spec, type: 'NodePort', externalName: '', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] } }));
  const port = changed.spec?.ports?.[0]?.nodePort ?? 0;
  assert.ok(port >= 30000 && port <= 32767);
});

for (const type of ['ClusterIP', 'NodePort']) {
  test(`[sig-network] Services should be able to change the type from ${type} to ExternalName [Conformance]`, async () => {
    await using world = await World.start({ nodes: 0 });
    await world.client.create(services, service('svc', { type }));
    const changed = await world.retry(services, ref('svc'), (object) => {
      const { clusterIP: _ip, clusterIPs: _ips, ...spec } = object.spec!;
      return { ...object, spec: { ...spec, type: 'ExternalName', externalName: 'svc-ext.default.svc.cluster.local', clusterIP: '' } };
    });
    assert.deepEqual([changed.spec?.type, changed.spec?.clusterIP ?? '', changed.spec?.ports?.[0]?.nodePort], ['ExternalName', '', undefined]);
  });
}

test('[sig-network] Services should serve a basic endpoint from pods [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await client.create(services, service('endpoint-test2', { selector: { testid: 'endpoint-test2' } }));
  const names = async () => ((await found(client.get(endpoints, ref('endpoint-test2'))))?.subsets ?? []).flatMap(({ addresses }) => (addresses ?? []).map(({ targetRef }) => targetRef?.name)).sort().join();
  await world.until('none', async () => (await names()) === '');
  await world.runningPod(podOf(ns, 'pod1', { labels: { testid: 'endpoint-test2' }, spec: { containers: [container({ ports: [{ containerPort: 80 }] })] } }));
  await world.until('one', async () => (await names()) === 'pod1');
  await world.runningPod(podOf(ns, 'pod2', { labels: { testid: 'endpoint-test2' }, spec: { containers: [container({ ports: [{ containerPort: 80 }] })] } }));
  await world.until('two', async () => (await names()) === 'pod1,pod2');
  const { pods } = await import('../../src/api/resources.ts');
  await client.delete(pods, ref('pod1'));
  await world.until('the other', async () => (await names()) === 'pod2');
  await client.delete(pods, ref('pod2'));
  await world.until('none', async () => (await names()) === '');
});

test('[sig-network] Services should serve multiport endpoints from pods [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await client.create(services, service('multi-endpoint-test', { selector: { foo: 'bar' }, ports: [{ name: 'portname1', port: 80, targetPort: 'svc1' }, { name: 'portname2', port: 81, targetPort: 'svc2' }] }));
  const all = async () => ((await found(client.get(endpoints, ref('multi-endpoint-test'))))?.subsets ?? []).flatMap(({ addresses, ports }) => (addresses ?? []).flatMap(({ targetRef }) => (ports ?? []).map(({ port }) => `${targetRef?.name}:${port}`))).sort().join();
  const withPort = (name: string, portName: string, port: number) => podOf(ns, name, { labels: { foo: 'bar' }, spec: { containers: [container({ ports: [{ name: portName, containerPort: port }] })] } });
  await world.runningPod(withPort('pod1', 'svc1', 100));
  await world.until('one', async () => (await all()) === 'pod1:100');
  await world.runningPod(withPort('pod2', 'svc2', 101));
  await world.until('two', async () => (await all()) === 'pod1:100,pod2:101');
});

test('[sig-network] Service endpoints latency should not be very high [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const labels = { name: 'svc-latency-rc' };
  await client.create(replicationcontrollers, { apiVersion: 'v1', kind: 'ReplicationController', metadata: { namespace: ns, name: 'svc-latency-rc' }, spec: { replicas: 1, selector: labels, template: { metadata: { labels }, spec: { containers: [container()] } } } });
  await world.until('its pod', async () => (await client.get(replicationcontrollers, ref('svc-latency-rc'))).status?.readyReplicas === 1);
  for (let i = 0; i < 20; i++) {
    const startMs = world.clock.now();
    await client.create(services, service(`latency-svc-${i}`, { selector: labels }));
    await world.until('endpoints', async () => ((await found(client.get(endpoints, ref(`latency-svc-${i}`))))?.subsets?.[0]?.addresses?.length ?? 0) > 0);
    assert.ok(world.clock.now() - startMs < 20_000);
  }
});

test('[sig-network] Ingress API should support creating Ingress API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const backend = { service: { name: 'default-backend', port: { number: 80 } } };
  await apiOperations(world, ingresses, (name) => ({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name }, spec: { defaultBackend: backend, rules: [{ host: 'foo.bar.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] } }), { namespace: ns, status: true, statusPatch: { status: { loadBalancer: { ingress: [{ ip: '169.1.1.1' }] } } } });
});

test('[sig-network] IngressClass API should support creating IngressClass API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, ingressclasses, (name) => ({ apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass', metadata: { name }, spec: { controller: 'example.com/controller' } }));
});

test('[sig-network] ServiceCIDR and IPAddress API should support IPAddress API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  let last = 10;
  await apiOperations(world, ipaddresses, () => ({ apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: {}, spec: { parentRef: { resource: 'endpoints', name: 'svc', namespace: ns } } }), { nameOf: () => `192.168.255.${last++}` });
});

test('[sig-network] Service CIDRs should create Services and serve on different Service CIDRs', async () => {
  await using world = await World.start();
  await world.client.create(servicecidrs, { metadata: { name: 'test-svc-cidr' }, spec: { cidrs: ['203.0.113.0/24'] } });
  await world.until('the range to be ready', async () => (await world.client.get(servicecidrs, { name: 'test-svc-cidr' })).status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'));
  const made = await world.client.create(services, { metadata: { namespace: ns, name: 'cidr1-test' }, spec: { type: 'NodePort', clusterIP: '203.0.113.10', selector: { app: 'cidr1-test' }, ports: [{ port: 80, name: 'http', protocol: 'TCP', targetPort: 9376 }] } });
  assert.equal(made.spec?.clusterIP, '203.0.113.10');
  assert.deepEqual((await world.client.get(ipaddresses, { name: '203.0.113.10' })).spec?.parentRef, { resource: 'services', namespace: ns, name: 'cidr1-test' });
});

test('[sig-network] ServiceCIDR and IPAddress API should support ServiceCIDR API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const own = await world.client.get(servicecidrs, { name: 'kubernetes' });
  assert.equal((await world.client.getSubresource(servicecidrs, { name: 'kubernetes' }, 'status')).metadata.uid, own.metadata.uid);
  assert.ok((await world.client.list(servicecidrs)).items.length > 0);
  await apiOperations(world, servicecidrs, (name) => ({ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name }, spec: { cidrs: ['10.255.240.0/24'] } }), { status: true, statusKeepsMetadata: true, statusPatch: { status: { conditions: [{ type: 'e2e', status: 'True', reason: 'E2E', message: 'Set from an e2e test', lastTransitionTime: '2026-01-01T00:00:00Z' }] } } });
});
