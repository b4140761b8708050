import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Service, ServiceSpec } from '../../src/api/types/core/v1.ts';
import type { Endpoint, EndpointSlice } from '../../src/api/types/discovery/v1.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import type { ProxyBackend } from '../../src/proxy/backend.ts';
import { IptablesBackend } from '../../src/proxy/backends/iptables/backend.ts';
import { NftablesBackend } from '../../src/proxy/backends/nftables/backend.ts';
import { servicePortsOf } from '../../src/proxy/service-ports.ts';
import { forgetStaleFlows } from '../../src/proxy/stale-flows.ts';
import { Lab, withoutNamespaces } from './lab.ts';

if (withoutNamespaces !== false) console.log(`# traffic to services is not tried: ${withoutNamespaces}`);

const node = { name: 'here', zone: undefined };
const clusterIp = '10.96.0.7';
const [nodeIp, outsideIp] = ['198.51.100.1', '198.51.100.2'];

/** Pods a, b, c by their letters; those in capitals are told to be on another node. */
function slices(pods: string, addressType: 'IPv4' | 'IPv6'): EndpointSlice {
  const endpoints = pods.split('').map((letter): Endpoint => {
    const host = 'abc'.indexOf(letter.toLowerCase()) + 2;
    return { addresses: [addressType === 'IPv4' ? `10.244.0.${host}` : `fd00:244::${host}`], nodeName: letter === letter.toLowerCase() ? 'here' : 'there', conditions: { ready: true } };
  });
  return { metadata: { name: 'web' }, addressType, endpoints, ports: (['TCP', 'UDP'] as const).map((protocol) => ({ name: protocol.toLowerCase(), port: 8080, protocol })) };
}

const ports = (['TCP', 'UDP'] as const).map((protocol) => ({ name: protocol.toLowerCase(), port: 80, protocol, nodePort: 30080 }));

for (const [name, make] of [
  ['nftables', (lab: Lab) => new NftablesBackend({ run: lab.run, clusterCidrs: ['10.244.0.0/16', 'fd00:244::/64'] })],
  ['iptables', (lab: Lab) => new IptablesBackend({ run: lab.run, clusterCidrs: ['10.244.0.0/16', 'fd00:244::/64'] })],
] as const) {
  describe(`traffic to services by ${name}`, { skip: withoutNamespaces, timeout: 100_000 }, () => {
    let lab: Lab;
    let backend: ProxyBackend;
    before(async () => {
      lab = await Lab.start();
      backend = make(lab);
    });
    after(() => lab[Symbol.asyncDispose]());

    const apply = async (spec: ServiceSpec, pods: string, status: Service['status'] = {}): Promise<void> => {
      const service: Service = { metadata: { name: 'web', namespace: 'default' }, spec: { clusterIP: clusterIp, clusterIPs: [clusterIp, 'fd00:96::7'], ports, ...spec }, status };
      const all = servicePortsOf(service, [slices(pods, 'IPv4'), slices(pods, 'IPv6')], node);
      await backend.sync(all);
      await forgetStaleFlows(lab.run, all, { nodeAddresses: [nodeIp, '127.0.0.1'], clock: new RealClock() });
    };
    const ask = (from: string, address = clusterIp, port = 80, protocol: 'tcp' | 'udp' = 'tcp', sourcePort = 0) => lab.ask(from, protocol, address, port, sourcePort);
    const many = async (count: number, ...asked: Parameters<typeof ask>): Promise<string[]> => {
      const answers = new Set<string>();
      for (let index = 0; index < count; index++) answers.add(await ask(...asked));
      return [...answers].sort();
    };

    it('the cluster address leads to all backends, under the client\'s own address; other ports of it refuse', async () => {
      await apply({}, 'ab');
      assert.deepEqual(await many(30, 'c'), ['a 10.244.0.4', 'b 10.244.0.4']);
      assert.deepEqual(await many(30, 'c', clusterIp, 80, 'udp'), ['a 10.244.0.4', 'b 10.244.0.4']);
      assert.deepEqual(await many(30, 'node'), ['a 10.244.0.1', 'b 10.244.0.1']);
      if (name === 'nftables') for (const from of ['c', 'node']) assert.equal(await ask(from, clusterIp, 81), 'refused');
    });
    it('a pod reaches itself through its Service', async () => {
      await apply({}, 'a');
      assert.equal(await ask('a'), 'a 10.244.0.1');
      assert.equal(await ask('a', clusterIp, 80, 'udp'), 'a 10.244.0.1');
    });
    it('without backends it refuses', async () => {
      await apply({ type: 'NodePort' }, '');
      for (const from of ['c', 'node']) assert.equal(await ask(from), 'refused');
      assert.equal(await ask('outside', nodeIp, 30080), 'refused');
    });
    it('internal policy Local stays on the node, and is silent where that has no backend', async () => {
      await apply({ internalTrafficPolicy: 'Local' }, 'aB');
      assert.deepEqual(await many(20, 'c'), ['a 10.244.0.4']);
      await apply({ internalTrafficPolicy: 'Local' }, 'B');
      assert.equal(await ask('c'), 'nothing');
    });
    it('node ports are reached from outside, from the node, its loopback and its pods', async () => {
      await apply({ type: 'NodePort' }, 'ab');
      assert.deepEqual(await many(20, 'outside', nodeIp, 30080), ['a 10.244.0.1', 'b 10.244.0.1']);
      assert.deepEqual(await many(20, 'outside', nodeIp, 30080, 'udp'), ['a 10.244.0.1', 'b 10.244.0.1']);
      for (const [from, address] of [['node', nodeIp], ['node', '127.0.0.1'], ['c', nodeIp]] as const) assert.match(await ask(from, address, 30080), /^[ab] /);
    });
    it('external policy Local keeps the client\'s address, and this node\'s own pods still reach all', async () => {
      await apply({ type: 'NodePort', externalTrafficPolicy: 'Local' }, 'aB');
      assert.deepEqual(await many(20, 'outside', nodeIp, 30080), [`a ${outsideIp}`]);
      assert.deepEqual(await many(20, 'c', nodeIp, 30080), ['a 10.244.0.4', 'b 10.244.0.4']);
      await apply({ type: 'NodePort', externalTrafficPolicy: 'Local' }, 'B');
      assert.equal(await ask('outside', nodeIp, 30080), 'nothing');
      assert.match(await ask('node', nodeIp, 30080), /^b /);
      assert.equal(await ask('c'), 'b 10.244.0.4');
    });
    it('external and load balancer addresses, the latter for whom they are open', async () => {
      const spec: ServiceSpec = { type: 'LoadBalancer', externalIPs: ['203.0.113.9'], loadBalancerSourceRanges: [`${outsideIp}/32`] };
      const status = { loadBalancer: { ingress: [{ ip: '203.0.113.8' }] } };
      await apply(spec, 'ab', status);
      for (const address of ['203.0.113.8', '203.0.113.9']) assert.match(await ask('outside', address), /^[ab] 10\.244\.0\.1$/);
      assert.equal(await ask('c', '203.0.113.8'), 'nothing');
      assert.match(await ask('c', '203.0.113.9'), /^[ab] /);
      await apply({ ...spec, loadBalancerSourceRanges: ['192.0.2.0/24'] }, 'ab', status);
      assert.equal(await ask('outside', '203.0.113.8'), 'nothing');
      assert.match(await ask('outside', '203.0.113.9'), /^[ab] /);
    });
    it('a client sticks to its backend as long as that is there', async () => {
      await apply({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } } }, 'ab');
      const [first, ...others] = await many(20, 'c');
      assert.deepEqual(others, []);
      await apply({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } } }, first!.startsWith('a') ? 'b' : 'a');
      assert.deepEqual(await many(5, 'c'), [first!.startsWith('a') ? 'b 10.244.0.4' : 'a 10.244.0.4']);
    });
    it('a UDP client is sent elsewhere when its backend is gone', async () => {
      await apply({}, 'a');
      assert.equal(await ask('c', clusterIp, 80, 'udp', 5353), 'a 10.244.0.4');
      await apply({}, 'b');
      assert.equal(await ask('c', clusterIp, 80, 'udp', 5353), 'b 10.244.0.4');
    });
    it('type, port and selector change under traffic', async () => {
      await apply({ type: 'NodePort' }, 'a');
      assert.match(await ask('outside', nodeIp, 30080), /^a/);
      await apply({ type: 'NodePort', ports: ports.map((port) => ({ ...port, port: 81, nodePort: 30081 })) }, 'b');
      assert.match(await ask('outside', nodeIp, 30081), /^b/);
      assert.equal(await ask('outside', nodeIp, 30080), 'refused');
      assert.match(await ask('c', clusterIp, 81), /^b/);
      await apply({ ports: ports.map((port) => ({ ...port, nodePort: 0 })) }, 'b');
      assert.equal(await ask('outside', nodeIp, 30081), 'refused');
      assert.match(await ask('c'), /^b/);
    });
    it('IPv6 is served as IPv4 is', async () => {
      await apply({ type: 'NodePort', externalIPs: ['2001:db8:9::9'] }, 'ab');
      assert.deepEqual(await many(20, 'c', 'fd00:96::7'), ['a fd00:244::4', 'b fd00:244::4']);
      assert.match(await ask('outside', '2001:db8::1', 30080), /^[ab] fd00:244::1$/);
      assert.match(await ask('outside', '2001:db8:9::9', 80, 'udp'), /^[ab] /);
      await apply({}, 'a');
      assert.equal(await ask('a', 'fd00:96::7'), 'a fd00:244::1');
    });
  });
}
