import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { networkpolicies } from '../../src/api/resources.ts';
import type { NetworkPolicySpec } from '../../src/api/types/networking/v1.ts';
import { TestServer, admin } from '../../src/apiserver/testing/server.ts';
import { SeededRandom } from '../../src/base/random.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { createLocalClient } from '../../src/client/transports/local.ts';
import { NetworkPolicyAgent } from '../../src/network-policy/agent.ts';
import { eventually } from '../e2e/running-cluster.ts';
import { withoutNamespaces } from './lab.ts';
import { Machines } from './machines.ts';

if (withoutNamespaces !== false) console.log(`# network policies are not tried on real traffic: ${withoutNamespaces}`);

const clock = new RealClock();
const folder = mkdtempSync(join(tmpdir(), 'coxswain-policies-'));

/** Pods of two namespaces on one node, and one of another node; each serves TCP on 80 and 81 and UDP on 80. */
const pods = {
  'x/a': { node: 'node1', ips: ['10.244.1.2', 'fd10:244:0:1::2'] },
  'x/b': { node: 'node1', ips: ['10.244.1.3', 'fd10:244:0:1::3'] },
  'y/c': { node: 'node1', ips: ['10.244.1.4', 'fd10:244:0:1::4'] },
  'y/d': { node: 'node2', ips: ['10.244.2.5', 'fd10:244:0:2::5'] },
} as const;
type PodName = keyof typeof pods;
const machineOf = (pod: string): string => pod.replace('/', '-');

describe('network policies', { skip: withoutNamespaces, timeout: 300_000 }, () => {
  const machines = new Machines();
  let api: TestServer;
  let agent: NetworkPolicyAgent;
  const client = () => createLocalClient(api.server.local, { user: admin, userAgent: 'test', clock });

  before(async () => {
    await machines.plugTogether({ node1: '192.168.7.1/24', node2: '192.168.7.2/24' }, '192.168.7.254');
    const nodes = [1, 2].map((number) => ({ name: `node${number}`, podCidrs: [`10.244.${number}.0/24`, `fd10:244:0:${number}::/64`], addresses: [`192.168.7.${number}`] }));
    for (const node of nodes) {
      await machines.program(node.name, join(import.meta.dirname, 'set-routes.ts'), { own: node, others: nodes, cniDir: join(folder, node.name), clusterCidr: '10.244.0.0/16,fd10:244::/48' });
    }
    api = await TestServer.start({ clock });
    for (const name of ['x', 'y']) await api.create('/api/v1/namespaces', { metadata: { name, labels: { ns: name } } });
    await Promise.all(Object.entries(pods).map(async ([key, { node, ips }]) => {
      const [namespace, name] = key.split('/');
      await machines.pod(machineOf(key), node, ips.map((ip) => `${ip}/${ip.includes(':') ? 64 : 24}`));
      await machines.serve(machineOf(key), 80);
      if (key === 'x/a') await machines.serve(machineOf(key), 81);
      if (key === 'x/a') await machines.serve(machineOf(key), 80, 'udp');
      await api.create(`/api/v1/namespaces/${namespace}/pods`, { metadata: { name, labels: { pod: name } }, spec: { nodeName: node, containers: [{ name: 'c', image: 'i', ports: [{ name: 'web', containerPort: 80 }] }] } });
      await api.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { status: { phase: 'Running', podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } });
    }));
    const runOn = async (command: string, args: readonly string[], input?: string): Promise<string> => machines.on('node1', [command, ...args], input === undefined ? {} : { input });
    agent = new NetworkPolicyAgent({ client: client(), nodeName: 'node1', run: runOn, clock, random: new SeededRandom(1), logger: silentLogger });
    await agent.start();
  });
  after(async () => {
    await agent?.[Symbol.asyncDispose]();
    await api?.[Symbol.asyncDispose]();
    await machines[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const reach = (from: string, to: PodName, { port = 80, family = 0, protocol = 'tcp' as 'tcp' | 'udp', withinMs = 5_000 } = {}): Promise<string | undefined> => machines.ask(machineOf(from), pods[to].ips[family]!, port, { protocol, withinMs });
  const open = async (from: string, to: PodName, how: Parameters<typeof reach>[2] = {}): Promise<void> => { assert.notEqual(await reach(from, to, how), undefined, `${from} reaches ${to} ${JSON.stringify(how)}`); };
  const closed = async (from: string, to: PodName, how: Parameters<typeof reach>[2] = {}): Promise<void> => { assert.equal(await reach(from, to, { ...how, withinMs: 700 }), undefined, `${from} does not reach ${to} ${JSON.stringify(how)}`); };

  /** Puts policies in force, and takes them away again. */
  async function under(specs: Readonly<Record<string, NetworkPolicySpec>>, check: () => Promise<void>, namespace = 'x'): Promise<void> {
    for (const [name, spec] of Object.entries(specs)) await client().create(networkpolicies, { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec });
    const settled = (): Promise<string> => machines.on('node1', ['nft', 'list', 'ruleset']);
    await eventually('the rules are in the kernel', 10_000, async () => ((await settled()).includes('drop') ? true : undefined));
    // One turn more, for those that came after the first.
    await clock.sleep(300);
    try {
      await check();
    } finally {
      await client().deleteCollection(networkpolicies, { namespace });
      await eventually('the rules are gone', 10_000, async () => ((await settled()).includes('coxswain-policy') ? undefined : true));
    }
  }

  it('default deny keeps pods out, not the node, whose probes get through, and not connections that stand', async () => {
    const standing = await machines.connection('x-b', pods['x/a'].ips[0], 80);
    assert.equal(await standing.say(), true);
    await open('y/d', 'x/a');
    await under({ deny: { podSelector: {}, policyTypes: ['Ingress'] } }, async () => {
      for (const family of [0, 1]) for (const from of ['x/b', 'y/c', 'y/d']) await closed(from, 'x/a', { family });
      await closed('x/b', 'x/a', { protocol: 'udp' });
      for (const family of [0, 1]) await open('node1', 'x/a', { family });
      await open('x/a', 'y/c');
      await open('x/a', 'y/d', { family: 1 });
      assert.equal(await standing.say(), true, 'what stood goes on');
    });
    await open('x/b', 'x/a', { protocol: 'udp' });
  });

  it('lets in by pod, namespace, both and address', async () => {
    await under({ allow: { podSelector: { matchLabels: { pod: 'a' } }, ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }, { namespaceSelector: { matchLabels: { ns: 'y' } }, podSelector: { matchLabels: { pod: 'd' } } }] }] } }, async () => {
      await open('x/b', 'x/a');
      await open('y/d', 'x/a', { family: 1 });
      await closed('y/c', 'x/a');
      await open('y/c', 'x/b');
    });
    await under({ block: { podSelector: { matchLabels: { pod: 'a' } }, ingress: [{ from: [{ ipBlock: { cidr: '10.244.0.0/16', except: ['10.244.1.4/32'] } }] }] } }, async () => {
      await open('x/b', 'x/a');
      await open('y/d', 'x/a');
      await closed('y/c', 'x/a');
      await closed('x/b', 'x/a', { family: 1 });
    });
  });

  it('lets in by port, range, name and protocol; what one policy allows, another does not take away', async () => {
    await under({ deny: {podSelector: {}}, web: { podSelector: { matchLabels: { pod: 'a' } }, ingress: [{ ports: [{ port: 'web' }] }] } }, async () => {
      await open('x/b', 'x/a');
      await closed('x/b', 'x/a', { port: 81 });
      await closed('x/b', 'x/a', { protocol: 'udp' });
    });
    await under({ range: { podSelector: { matchLabels: { pod: 'a' } }, ingress: [{ ports: [{ port: 81, endPort: 90 }, { protocol: 'UDP', port: 80 }] }] } }, async () => {
      await closed('y/d', 'x/a');
      await open('y/d', 'x/a', { port: 81 });
      await open('y/d', 'x/a', { protocol: 'udp' });
    });
  });

  it('lets out by pod and named port, and both ends must agree', async () => {
    await under({ out: { podSelector: { matchLabels: { pod: 'b' } }, policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { pod: 'a' } } }], ports: [{ port: 'web' }] }] } }, async () => {
      await open('x/b', 'x/a');
      await open('x/b', 'x/a', { family: 1 });
      await closed('x/b', 'x/a', { port: 81 });
      await closed('x/b', 'y/c');
      await closed('x/b', 'y/d');
      await open('y/c', 'x/b');
    });
    await under({ out: { podSelector: { matchLabels: { pod: 'b' } }, policyTypes: ['Egress'], egress: [{}] }, in: { podSelector: { matchLabels: { pod: 'a' } }, ingress: [] } }, async () => {
      await closed('x/b', 'x/a');
      await open('x/b', 'y/c');
    });
  });
});
