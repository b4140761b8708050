import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MemoryStore } from '../../store/drivers/memory/memory-store.ts';
import type { Shown } from '../testing/server.ts';
import { TestServer, refusal } from '../testing/server.ts';

const path = '/api/v1/namespaces/default/services';
const addresses = '/apis/networking.k8s.io/v1/ipaddresses';
const cidrs = '/apis/networking.k8s.io/v1/servicecidrs';
const dual = { serviceCidr: '10.96.0.0/24,fd00:10:96::/112' };

const make = (api: TestServer, name: string, spec: object = {}, query = ''): Promise<Shown> => api.create(`${path}${query}`, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
const shown = ({ spec }: Shown): string => `${String(spec['ipFamilyPolicy'])} ${String(spec['ipFamilies'])} ${String(spec['clusterIPs'])}`;
const names = async (api: TestServer): Promise<string[]> => (await api.get(addresses)).items.map(({ metadata }) => metadata.name!);
const events = async (api: TestServer): Promise<string[]> => (await api.get('/api/v1/events')).items.map((event) => `${(event as unknown as { reason: string }).reason} ${event.message}`);

it('each cluster IP has its object, from the start, and gives it back', async () => {
  await using api = await TestServer.start();
  assert.deepEqual(await names(api), ['10.96.0.1']);
  const own = await api.get(`${cidrs}/kubernetes`);
  assert.deepEqual(own.spec, { cidrs: ['10.96.0.0/12'] });
  assert.deepEqual((own.status['conditions'] as unknown as object[]).map((condition) => ({ ...condition, lastTransitionTime: undefined })), [{ type: 'Ready', status: 'True', reason: '', message: 'Kubernetes default Service CIDR is ready', lastTransitionTime: undefined }]);
  await make(api, 'a', { clusterIP: '10.96.0.50' });
  assert.deepEqual((await api.get(`${addresses}/10.96.0.50`)).spec, { parentRef: { resource: 'services', namespace: 'default', name: 'a' } });
  await make(api, 'dry', { clusterIP: '10.96.0.51' }, '?dryRun=All');
  await assert.rejects(make(api, 'a'), refusal('AlreadyExists'));
  await assert.rejects(make(api, 'bad', { clusterIP: '10.96.0.52', ports: [] }), refusal('Invalid'));
  assert.deepEqual(await names(api), ['10.96.0.1', '10.96.0.50']);
  await api.patch(`${path}/a`, { spec: { type: 'ExternalName', externalName: 'a.example.com' } });
  assert.deepEqual(await names(api), ['10.96.0.1']);
  const back = await api.patch(`${path}/a`, { spec: { type: 'ClusterIP', externalName: null } });
  assert.deepEqual(new Set(await names(api)), new Set(['10.96.0.1', back.spec['clusterIP']]));
  await api.delete(`${path}/a`);
  assert.deepEqual(await names(api), ['10.96.0.1']);
});

it('an address that somebody took by an object of their own is taken', async () => {
  await using api = await TestServer.start({ serviceCidr: '10.96.0.0/29' });
  const take = (name: string): Promise<unknown> => api.create(addresses, { metadata: { name }, spec: { parentRef: { group: 'example.com', resource: 'gateways', name: 'x' } } });
  await take('10.96.0.2');
  await assert.rejects(make(api, 'a', { clusterIP: '10.96.0.2' }), refusal('Invalid', 'Service "a" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.2"]: failed to allocate IP 10.96.0.2: provided IP is already allocated'));
  for (const last of [3, 4, 5]) await take(`10.96.0.${last}`);
  assert.equal((await make(api, 'a')).spec['clusterIP'], '10.96.0.6');
  await assert.rejects(make(api, 'b'), refusal('InternalError', 'Internal error occurred: failed to allocate a serviceIP for Service "b": range is full'));
});

it('many at once get different addresses', async () => {
  await using api = await TestServer.start({ serviceCidr: '10.96.0.0/26' });
  const made = await Promise.all(Array.from({ length: 61 }, (_, i) => make(api, `s${i}`)));
  assert.equal(new Set(made.map(({ spec }) => spec['clusterIP'])).size, 61);
  await assert.rejects(make(api, 'more'), refusal('InternalError'));
  assert.equal((await names(api)).length, 62);
});

it('two servers on one store never give out the same address', async () => {
  const store = MemoryStore.open();
  await using one = await TestServer.start({ serviceCidr: '10.96.0.0/27', store });
  await using two = await TestServer.start({ serviceCidr: '10.96.0.0/27', store });
  const made = await Promise.all([one, two].flatMap((api, server) => Array.from({ length: 12 }, (_, i) => make(api, `s${server}-${i}`))));
  assert.equal(new Set(made.map(({ spec }) => spec['clusterIP'])).size, 24);
  const wanted = await Promise.allSettled([one, two].map((api, server) => make(api, `wanted-${server}`, { clusterIP: (made.map(({ spec }) => spec['clusterIP'] as unknown as string).includes('10.96.0.20') ? '10.96.0.5' : '10.96.0.20') })));
  assert.equal(wanted.filter(({ status }) => status === 'fulfilled').length <= 1, true);
});

const families: readonly [name: string, serviceCidr: string, spec: object, want: string | RegExp][] = [
  ['plain', dual.serviceCidr, {}, /^SingleStack IPv4 10\.96\.0\.\d+$/],
  ['the second family alone', dual.serviceCidr, { ipFamilies: ['IPv6'] }, /^SingleStack IPv6 fd00:10:96::[0-9a-f]+$/],
  ['both, if there are', dual.serviceCidr, { ipFamilyPolicy: 'PreferDualStack' }, /^PreferDualStack IPv4,IPv6 10\.96\.0\.\d+,fd00:10:96::[0-9a-f]+$/],
  ['both, IPv6 first', dual.serviceCidr, { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] }, /^RequireDualStack IPv6,IPv4 fd00:10:96::[0-9a-f]+,10\.96\.0\.\d+$/],
  ['families from addresses', dual.serviceCidr, { ipFamilyPolicy: 'RequireDualStack', clusterIPs: ['fd00:10:96::77'], clusterIP: 'fd00:10:96::77' }, /^RequireDualStack IPv6,IPv4 fd00:10:96::77,10\.96\.0\.\d+$/],
  ['no second family', '10.96.0.0/24', { ipFamilyPolicy: 'PreferDualStack' }, /^PreferDualStack IPv4 10\.96\.0\.\d+$/],
  ['headless', '10.96.0.0/24', { clusterIP: 'None', selector: { a: 'b' } }, 'SingleStack IPv4 None'],
  ['headless without selector', '10.96.0.0/24', { clusterIP: 'None' }, 'RequireDualStack IPv4,IPv6 None'],
  ['a cluster of IPv6', 'fd00:10:96::/112', {}, /^SingleStack IPv6 fd00:10:96::[0-9a-f]+$/],
];
for (const [name, serviceCidr, spec, want] of families) {
  it(`families: ${name}`, async () => {
    await using api = await TestServer.start({ serviceCidr });
    const got = shown(await make(api, 'a', spec));
    if (typeof want === 'string') assert.equal(got, want);
    else assert.match(got, want);
  });
}

const refusedFamilies: readonly [name: string, spec: object, message: string][] = [
  ['both where there is one', { ipFamilyPolicy: 'RequireDualStack' }, 'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services'],
  ['another one', { ipFamilies: ['IPv6'] }, 'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster'],
  ['an address of another one', { clusterIP: 'fd00::7' }, 'spec.clusterIPs[0]: Invalid value: ["fd00::7"]: IPv6 is not configured on this cluster'],
  ['two of a single stack', { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4', 'IPv6'] }, 'spec.ipFamilyPolicy: Invalid value: "SingleStack": must be \'RequireDualStack\' or \'PreferDualStack\' when multiple IP families are specified'],
];
for (const [name, spec, message] of refusedFamilies) {
  it(`families refused: ${name}`, async () => {
    await using api = await TestServer.start();
    await assert.rejects(make(api, 'a', spec), refusal('Invalid', `Service "a" is invalid: ${message}`));
    assert.deepEqual(await names(api), ['10.96.0.1']);
  });
}

it('a Service becomes dual-stack and single-stack again', async () => {
  await using api = await TestServer.start(dual);
  const first = await make(api, 'a');
  const both = await api.patch(`${path}/a`, { spec: { ipFamilyPolicy: 'PreferDualStack' } });
  const ips = both.spec['clusterIPs'] as unknown as string[];
  assert.equal(ips.length, 2);
  assert.equal(ips[0], first.spec['clusterIP']);
  assert.equal((await names(api)).includes(ips[1]!), true);
  await assert.rejects(api.patch(`${path}/a`, { spec: { clusterIPs: [ips[0]], ipFamilies: ['IPv4'] } }), refusal('Invalid', /must be 'SingleStack' to release the secondary cluster IP/));
  const single = await api.patch(`${path}/a`, { spec: { ipFamilyPolicy: 'SingleStack' } });
  assert.deepEqual(single.spec['clusterIPs'], [ips[0]]);
  assert.deepEqual(await names(api), ['10.96.0.1', ips[0]]);
});

it('objects that are missing, wrong or left behind are put right, with upstream\'s events', async () => {
  await using api = await TestServer.start({ serviceCidr: '10.96.0.0/24' });
  await make(api, 'a', { clusterIP: '10.96.0.50' });
  await api.delete(`${addresses}/10.96.0.50`);
  await api.clock.advance(4 * 60_000);
  assert.equal((await api.get(`${addresses}/10.96.0.50`)).metadata.labels?.['ipaddress.kubernetes.io/managed-by'], 'ipallocator.k8s.io');

  const managed = { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' };
  const leak = (name: string, ref: object): Promise<unknown> => api.create(addresses, { metadata: { name, labels: managed }, spec: { parentRef: { resource: 'services', namespace: 'default', ...ref } } });
  await leak('10.96.0.60', { name: 'nobody' });
  await leak('10.96.0.61', { name: 'a' });
  await leak('10.96.0.62', { resource: 'gateways', group: 'example.com', name: 'x' });
  await api.clock.advance(10_000);
  assert.deepEqual(await names(api), ['10.96.0.1', '10.96.0.50', '10.96.0.60']);
  await api.clock.advance(60_000);
  assert.deepEqual(await names(api), ['10.96.0.1', '10.96.0.50']);
  await api.delete(`${addresses}/10.96.0.50`);
  await api.create(addresses, { metadata: { name: '10.96.0.50' }, spec: { parentRef: { group: 'example.com', resource: 'gateways', name: 'x' } } });
  await api.clock.advance(4 * 60_000);
  assert.deepEqual((await api.get(`${addresses}/10.96.0.50`)).spec, { parentRef: { resource: 'services', namespace: 'default', name: 'a' } });
  assert.deepEqual((await events(api)).sort(), [
    'ClusterIPNotAllocated Cluster IP [IPv4]: 10.96.0.50 is not allocated; repairing',
    'ClusterIPNotAllocated the ClusterIP [IPv4]: 10.96.0.50 for Service default/a has a wrong reference; repairing',
    'IPAddressNotAllocated IPAddress 10.96.0.62 appears to have been modified, not referencing a Service &ParentReference{Group:example.com,Resource:gateways,Namespace:default,Name:x,}: cleaning up',
    'IPAddressNotAllocated IPAddress: 10.96.0.60 for Service default/nobody appears to have leaked: cleaning up',
    'IPAddressWrongReference IPAddress: 10.96.0.61 for Service default/a has a wrong reference; cleaning up',
  ]);
});

it('Services of a server that kept no objects get theirs at the next start; ranges that differ are told of', async () => {
  const store = MemoryStore.open();
  const off = { runtimeConfig: { 'networking.k8s.io/v1': 'false' } };
  let given: string;
  {
    const api = await TestServer.start({ store, serviceCidr: '10.96.0.0/24', ...off });
    given = (await make(api, 'a')).spec['clusterIP'] as unknown as string;
    await assert.rejects(make(api, 'b', { clusterIP: given }), refusal('Invalid', /provided IP is already allocated/));
    await api.server[Symbol.asyncDispose]();
  }
  {
    const api = await TestServer.start({ store, serviceCidr: '10.96.0.0/24' });
    assert.deepEqual(await names(api), ['10.96.0.1', given]);
    await api.server[Symbol.asyncDispose]();
  }
  await using api = await TestServer.start({ store, serviceCidr: '10.98.0.0/24' });
  await api.clock.advance(1000);
  assert.deepEqual((await events(api)).filter((event) => event.includes('does not match')), ['KubernetesDefaultServiceCIDRInconsistent The default ServiceCIDR [10.96.0.0/24] does not match the controller flag configurations [10.98.0.0/24]']);
  assert.match((await make(api, 'b')).spec['clusterIP'] as unknown as string, /^10\.96\./);
});

it('a server with a second family gives it to the default range', async () => {
  const store = MemoryStore.open();
  {
    const api = await TestServer.start({ store, serviceCidr: '10.96.0.0/24' });
    await api.server[Symbol.asyncDispose]();
  }
  await using api = await TestServer.start({ store, ...dual });
  assert.deepEqual((await api.get(`${cidrs}/kubernetes`)).spec, { cidrs: ['10.96.0.0/24', 'fd00:10:96::/112'] });
});

it('a load balancer that wants no node ports keeps those that it has, until it lets go of one; a port is known by its name', async () => {
  await using api = await TestServer.start();
  const portsOf = ({ spec }: Shown): { name?: string; port: number; nodePort?: number }[] => spec['ports'] as unknown as { name?: string; port: number; nodePort?: number }[];
  const made = await make(api, 'web', { type: 'LoadBalancer', ports: [{ name: 'a', port: 80 }, { name: 'b', port: 81 }] });
  const [a, b] = portsOf(made).map(({ nodePort }) => nodePort!);
  const set = (ports: readonly object[], more: object = {}): Promise<Shown> => api.patch(`${path}/web`, { spec: { ports, ...more } });
  const kept = await set([{ name: 'a', port: 8080 }, { name: 'b', port: 81, nodePort: b }]);
  assert.deepEqual(portsOf(kept).map(({ nodePort }) => nodePort), [a, b]);
  const optedOut = await set(portsOf(kept), { allocateLoadBalancerNodePorts: false });
  assert.deepEqual(portsOf(optedOut).map(({ nodePort }) => nodePort), [a, b]);
  assert.deepEqual(portsOf(await set([{ name: 'a', port: 8080 }, { name: 'b', port: 81, nodePort: b }])).map(({ nodePort }) => nodePort), [undefined, b]);
  await assert.rejects(make(api, 'other', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ port: 80, nodePort: b }] }), refusal('Invalid', /provided port is already allocated/));
  await make(api, 'free', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: [{ port: 80, nodePort: a }] });
});

it('what says nothing is not kept: an empty selector, and how traffic inside the cluster goes to an external name', async () => {
  await using api = await TestServer.start();
  const made = await make(api, 'web', { type: 'ExternalName', externalName: 'example.com', internalTrafficPolicy: 'Cluster', selector: {} });
  assert.deepEqual([made.spec['internalTrafficPolicy'], made.spec['selector']], [undefined, undefined]);
});
