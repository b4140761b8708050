import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ContainerPort, Pod } from '../../src/api/types/core/v1.ts';
import { hostPortMappings } from '../../src/proxy/host-ports/mappings.ts';
import { hostPortScript } from '../../src/proxy/host-ports/script.ts';
import { Lab, withoutNamespaces } from './lab.ts';

if (withoutNamespaces !== false) console.log(`# host ports are not tried: ${withoutNamespaces}`);

/** A pod of the lab, by its letter. */
function pod(letter: string, ports: readonly ContainerPort[], changes: { readonly hostNetwork?: boolean; readonly phase?: string } = {}): Pod {
  const host = 'abc'.indexOf(letter) + 2;
  return {
    metadata: { name: letter }, spec: { ...(changes.hostNetwork !== undefined && { hostNetwork: changes.hostNetwork }), containers: [{ name: 'main', ports: [...ports] }] },
    status: { phase: changes.phase ?? 'Running', podIPs: [{ ip: `10.244.0.${host}` }, { ip: `fd00:244::${host}` }] },
  };
}

const port = (hostPort: number, more: Partial<ContainerPort> = {}): ContainerPort => ({ containerPort: 8080, hostPort, ...more });

describe('host ports', { skip: withoutNamespaces, timeout: 60_000 }, () => {
  let lab: Lab;
  before(async () => { lab = await Lab.start(); });
  after(() => lab[Symbol.asyncDispose]());
  const apply = async (...pods: readonly Pod[]): Promise<void> => {
    for (const family of [4, 6] as const) await lab.run('nft', ['-f', '-'], hostPortScript(hostPortMappings(pods), family));
  };
  const ask = (from: string, address: string, protocol: 'tcp' | 'udp' = 'tcp') => lab.ask(from, protocol, address, 5000);

  it('lead to pods from outside, under the client\'s own address, from the node, its loopback, other pods and themselves', async () => {
    await apply(pod('a', [port(5000)]));
    assert.equal(await ask('outside', '198.51.100.1'), 'a 198.51.100.2');
    assert.equal(await ask('outside', '2001:db8::1'), 'a 2001:db8::2');
    assert.match(await ask('node', '198.51.100.1'), /^a /);
    assert.equal(await ask('node', '127.0.0.1'), 'a 10.244.0.1');
    assert.equal(await ask('c', '198.51.100.1'), 'a 10.244.0.4');
    assert.equal(await ask('a', '198.51.100.1'), 'a 10.244.0.1');
  });
  it('are of one address, and of one protocol', async () => {
    await apply(pod('a', [port(5000, { hostIP: '127.0.0.1' })]), pod('b', [port(5000, { hostIP: '198.51.100.1' })]), pod('c', [port(5000, { hostIP: '198.51.100.1', protocol: 'UDP' })]));
    assert.match(await ask('node', '127.0.0.1'), /^a /);
    assert.match(await ask('outside', '198.51.100.1'), /^b /);
    assert.match(await ask('outside', '198.51.100.1', 'udp'), /^c /);
  });
  it('end with their pods; pods on the node\'s network have none of these', async () => {
    await apply(pod('a', [port(5000)], { phase: 'Succeeded' }), pod('b', [port(5000)], { hostNetwork: true }));
    assert.equal(await ask('outside', '198.51.100.1'), 'refused');
    assert.equal((await lab.run('nft', ['list', 'tables'])).trim(), '');
  });
});
