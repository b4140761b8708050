import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Service, ServiceSpec } from '../api/types/core/v1.ts';
import type { Endpoint, EndpointSlice } from '../api/types/discovery/v1.ts';
import { healthChecksOf } from './health-checks.ts';
import type { ServicePort } from './service-port.ts';
import { ServicePorts, servicePortsOf } from './service-ports.ts';

function service(spec: ServiceSpec, status?: Service['status']): Service {
  return { metadata: { name: 'web', namespace: 'default' }, spec: { clusterIP: '10.96.0.7', ports: [{ port: 80, name: 'http' }], ...spec }, ...(status && { status }) };
}

function slice(endpoints: Endpoint[], addressType = 'IPv4', port = 8080): EndpointSlice {
  return { metadata: { name: 'web-1', namespace: 'default' }, addressType, endpoints, ports: [{ name: 'http', port, protocol: 'TCP' }] };
}

const node = { name: 'here', zone: 'a' };
const here: Endpoint = { addresses: ['10.244.0.2'], nodeName: 'here', conditions: { ready: true } };
const there: Endpoint = { addresses: ['10.244.1.2'], nodeName: 'there', conditions: { ready: true } };
const leaving: Endpoint = { addresses: ['10.244.0.3'], nodeName: 'here', conditions: { ready: false, serving: true, terminating: true } };
const broken: Endpoint = { addresses: ['10.244.0.4'], nodeName: 'here', conditions: { ready: false, serving: false } };
const nodePort: ServiceSpec = { type: 'NodePort', ports: [{ port: 80, name: 'http', nodePort: 30080 }] };

const of = (spec: ServiceSpec, endpoints: Endpoint[], status?: Service['status']): ServicePort => servicePortsOf(service(spec, status), [slice(endpoints)], node)[0]!;
/** Addresses of the backends for the policies Cluster and Local. */
const sent = ({ cluster, local }: ServicePort): [string[], string[]] => [cluster.map(({ ip }) => ip), local.map(({ ip }) => ip)];

describe('where the traffic of a Service goes', () => {
  const hinted = (endpoint: Endpoint, hints: Endpoint['hints']): Endpoint => ({ ...endpoint, ...(hints !== undefined && { hints }) });
  const zone = (name: string) => ({ forZones: [{ name }] });
  const same = (name: string) => ({ forNodes: [{ name }] });
  const [ip1, ip2, ip3] = ['10.244.0.2', '10.244.1.2', '10.244.0.3'];
  for (const [title, spec, endpoints, cluster, local] of [
    ['to the ready ones', {}, [there, here, broken, leaving], [ip1, ip2], []],
    ['to those that still serve while they end, when none is ready', {}, [leaving, broken], [ip3], []],
    ['nowhere when nobody serves', {}, [broken], [], []],
    ['on this node, by internal policy Local', { internalTrafficPolicy: 'Local' }, [here, there], [], [ip1]],
    ['on this node, from outside, by external policy Local; and anywhere for this node itself', { ...nodePort, externalTrafficPolicy: 'Local' }, [here, there], [ip1, ip2], [ip1]],
    ['on this node to one that ends, though others are ready elsewhere', { ...nodePort, externalTrafficPolicy: 'Local' }, [leaving, there], [ip2], [ip3]],
    ['anywhere by external policy Local without anything outside', { externalTrafficPolicy: 'Local' }, [here, there], [ip1, ip2], []],
    ['to the same zone where hints say so', {}, [hinted(here, zone('b')), hinted(there, zone('a'))], [ip2], []],
    ['anywhere when one lacks its hint', {}, [hinted(here, undefined), hinted(there, zone('a'))], [ip1, ip2], []],
    ['anywhere when no hint is for this zone', {}, [hinted(here, zone('b')), hinted(there, zone('c'))], [ip1, ip2], []],
    ['to the same node before the same zone', {}, [hinted(here, { ...zone('b'), ...same('here') }), hinted(there, { ...zone('a'), ...same('there') })], [ip1], []],
    ['hints do not hold for policy Local', { ...nodePort, externalTrafficPolicy: 'Local' }, [hinted(here, zone('b')), hinted(there, zone('a'))], [ip2], [ip1]],
  ] as readonly [string, ServiceSpec, Endpoint[], string[], string[]][]) it(title, () => assert.deepEqual(sent(of(spec, endpoints)), [cluster, local]));

  it('at the port the slice gives, and remembers who may answer', () => {
    const port = of({}, [here, leaving, broken]);
    assert.deepEqual(port.cluster, [{ ip: '10.244.0.2', port: 8080, local: true }]);
    assert.equal(port.key, 'default/web:http');
    assert.deepEqual([port.serving, port.hasEndpoints], [['10.244.0.2:8080', '10.244.0.3:8080'], true]);
  });
});

describe('what a Service says', () => {
  it('headless and ExternalName Services need nothing', () => {
    assert.deepEqual([{ clusterIP: 'None' }, { type: 'ExternalName', externalName: 'x' }].flatMap((spec) => servicePortsOf(service(spec), [], node)), []);
  });

  it('external addresses, those of a load balancer that keeps them, who may come, and the affinity of clients', () => {
    const port = of(
      { type: 'LoadBalancer', externalIPs: ['1.2.3.4'], loadBalancerSourceRanges: [' 10.0.0.0/8 ', 'fd00::/8'], sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 30 } } }, [here],
      { loadBalancer: { ingress: [{ ip: '5.6.7.8' }, { ip: '5.6.7.9', ipMode: 'Proxy' }, { hostname: 'lb.example.com' }] } },
    );
    assert.deepEqual([port.externalIps, port.loadBalancerIps, port.sourceRanges, port.affinitySeconds], [['1.2.3.4'], ['5.6.7.8'], ['10.0.0.0/8'], 30]);
    assert.deepEqual(of({ type: 'LoadBalancer', loadBalancerSourceRanges: ['0.0.0.0/0', '10.0.0.0/8'] }, [here]).sourceRanges, []);
    const openFor = (...loadBalancerSourceRanges: string[]) => servicePortsOf(service({ type: 'LoadBalancer', loadBalancerSourceRanges }), [slice([here])], { ...node, addresses: ['192.0.2.7', 'fd00::7'] })[0]?.openForNode;
    assert.deepEqual([openFor('192.0.2.0/29'), openFor('192.0.2.8/29', 'fd00::/64'), openFor()], [true, false, false]);
  });

  it('both families, each with its own addresses and slices', () => {
    const dual = service({ clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', 'fd00:96::7'], externalIPs: ['1.2.3.4', '2001:db8::4'] });
    const ports = servicePortsOf(dual, [slice([here]), slice([{ addresses: ['fd00:244::2'], nodeName: 'here' }], 'IPv6')], node);
    assert.deepEqual(ports.map(({ family, clusterIp, externalIps, cluster }) => [family, clusterIp, externalIps, cluster.map(({ ip }) => ip)]), [
      [4, '10.96.0.7', ['1.2.3.4'], ['10.244.0.2']], [6, 'fd00:96::7', ['2001:db8::4'], ['fd00:244::2']],
    ]);
  });

  it('the load balancer may ask whether there are backends here', () => {
    const checked = (spec: ServiceSpec, endpoints: Endpoint[]) => healthChecksOf([service({ type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 32000, ...spec })], () => [slice(endpoints)], 'here');
    assert.deepEqual(checked({}, [here, there, leaving]), [{ namespace: 'default', name: 'web', port: 32000, localEndpoints: 1 }]);
    assert.deepEqual(checked({}, [there]).map(({ localEndpoints }) => localEndpoints), [0]);
    assert.deepEqual(checked({ externalTrafficPolicy: 'Cluster' }, [here]), []);
  });

  it('only what changed is made again', () => {
    const [one, other] = [service({}), { ...service({ clusterIP: '10.96.0.8' }), metadata: { name: 'other', namespace: 'default' } }];
    const services = new Map([['default/web', one], ['default/other', other]]);
    const slices = new Map([['default/web', [slice([here])]], ['default/other', [slice([there])]]]);
    const all = new ServicePorts({ service: (key) => services.get(key), slices: (key) => slices.get(key) ?? [] });
    for (const key of services.keys()) all.changed(key);
    const [first, second] = all.at(node);
    slices.set('default/other', [slice([here])]);
    all.changed('default/other');
    const [again, changed] = all.at(node);
    assert.equal(again, first);
    assert.deepEqual([second?.serving, changed?.serving], [['10.244.1.2:8080'], ['10.244.0.2:8080']]);
    services.delete('default/other');
    all.changed('default/other');
    assert.deepEqual(all.at(node), [first]);
    const [moved, ...more] = all.at({ ...node, name: 'there' });
    assert.deepEqual([more, moved?.cluster.map(({ local }) => local)], [[], [false]]);
  });
});
