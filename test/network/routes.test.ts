import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { NetworkNode } from '../../src/network/routes/plan.ts';
import { withoutNamespaces } from './lab.ts';
import { Machines } from './machines.ts';

if (withoutNamespaces !== false) console.log(`# routes between nodes are not tried on real links: ${withoutNamespaces}`);

const folder = mkdtempSync(join(tmpdir(), 'coxswain-routes-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const clusterCidr = '10.244.0.0/16,fd10:244::/48';
const program = join(import.meta.dirname, 'set-routes.ts');

/** What a node does when it has learnt of the others. */
function setRoutes(lab: Machines, own: NetworkNode, others: readonly NetworkNode[]): Promise<string> {
  return lab.program(own.name, program, { own, others, cniDir: join(folder, own.name), clusterCidr });
}

const nodeOf = (number: number, addresses: readonly string[]): NetworkNode => ({ name: `node${number}`, podCidrs: [`10.244.${number}.0/24`, `fd10:244:0:${number}::/64`], addresses });
const podsOf = (number: number): string[] => [`10.244.${number}.5/24`, `fd10:244:0:${number}::5/64`];

describe('pods of several nodes', { skip: withoutNamespaces, timeout: 60_000 }, () => {
  it('reach one another by routes where nodes share a link, under their own addresses, and in both families', async () => {
    await using lab = new Machines();
    await lab.machine('switch');
    await lab.ip('switch', 'link add br0 type bridge');
    await lab.ip('switch', 'link set br0 up');
    const nodes = [1, 2, 3].map((number) => nodeOf(number, [`192.168.7.${number}`, `fd77::${number}`]));
    for (const number of [1, 2, 3]) await lab.cable({ machine: `node${number}`, link: 'eth0', addresses: [`192.168.7.${number}/24`, `fd77::${number}/64`] }, { machine: 'switch', link: `port${number}`, bridge: 'br0' });
    const [first, second, third] = nodes as [NetworkNode, NetworkNode, NetworkNode];
    await setRoutes(lab, first, [first, second]);
    await setRoutes(lab, second, [first, second]);
    await lab.pod('web1', 'node1', podsOf(1));
    await lab.pod('web2', 'node2', podsOf(2));
    await lab.serve('web2', 80);
    assert.equal(await lab.ask('web1', '10.244.2.5', 80, { bytes: 300_000 }), '10.244.1.5 300000');
    assert.equal(await lab.ask('web1', 'fd10:244:0:2::5', 80, { bytes: 300_000 }), 'fd10:244:0:1::5 300000');
    assert.equal(await lab.ask('node1', '10.244.2.5', 80), '192.168.7.1 1', 'a node reaches pods of others');
    await lab.serve('node2', 81);
    assert.equal(await lab.ask('web1', '192.168.7.2', 81), '192.168.7.1 1', 'who is no pod sees the node');

    // The second node is lost, and another takes its place.
    await setRoutes(lab, first, [first, third]);
    assert.match(await lab.ip('node1', 'route show proto 222'), /^10\.244\.3\.0\/24 via 192\.168\.7\.3 dev eth0 $/m);
    assert.doesNotMatch(await lab.ip('node1', 'route show proto 222') + await lab.ip('node1', '-6 route show proto 222'), /10\.244\.2|:2::/);
    assert.equal(await lab.ask('web1', '10.244.2.5', 80, { withinMs: 300 }), undefined);
  });

  it('reach one another through a tunnel where a router is between their nodes', async () => {
    await using lab = new Machines();
    await lab.machine('router');
    for (const number of [1, 2]) {
      await lab.cable({ machine: `node${number}`, link: 'eth0', addresses: [`192.168.${number}.2/24`, `fd7${number}::2/64`] }, { machine: 'router', link: `eth${number}`, addresses: [`192.168.${number}.1/24`, `fd7${number}::1/64`] });
      await lab.ip(`node${number}`, `route add default via 192.168.${number}.1`);
    }
    await lab.on('router', ['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']);
    const nodes = [1, 2].map((number) => nodeOf(number, [`192.168.${number}.2`]));
    const [first, second] = nodes as [NetworkNode, NetworkNode];
    await setRoutes(lab, first, nodes);
    await setRoutes(lab, second, nodes);
    await lab.pod('web1', 'node1', podsOf(1));
    await lab.pod('web2', 'node2', podsOf(2));
    await lab.serve('web2', 80);
    // Far more than a packet: what does not fit into the tunnel must be told to who sends it.
    assert.equal(await lab.ask('web1', '10.244.2.5', 80, { bytes: 1_000_000 }), '10.244.1.5 1000000');
    assert.equal(await lab.ask('web1', 'fd10:244:0:2::5', 80, { bytes: 1_000_000 }), 'fd10:244:0:1::5 1000000');
    assert.equal(await lab.ask('node1', '10.244.2.5', 80), '10.244.1.0 1', 'a node speaks through its end of the tunnel');
    assert.match(await lab.ip('node1', '-o link show dev cox-vxlan'), / mtu 1450 /);

    // Doing it again changes nothing; a node that is gone leaves nothing behind.
    const before = await lab.ip('node1', 'route show proto 222') + await lab.ip('node1', 'neigh show dev cox-vxlan');
    await setRoutes(lab, first, nodes);
    assert.equal(await lab.ip('node1', 'route show proto 222') + await lab.ip('node1', 'neigh show dev cox-vxlan'), before);
    await setRoutes(lab, first, [first]);
    assert.equal(await lab.ip('node1', 'route show proto 222'), '');
    assert.doesNotMatch(await lab.ip('node1', '-o link show'), /cox-vxlan/);
  });
});
