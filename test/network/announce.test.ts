import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { withoutNamespaces } from './lab.ts';
import { Machines } from './machines.ts';

const program = join(import.meta.dirname, 'set-announced.ts');
const address = { 4: '192.168.77.240', 6: 'fd00:77::f0' } as const;
const own = { left: ['192.168.77.1', 'fd00:77::1'], right: ['192.168.77.2', 'fd00:77::2'] } as const;

describe('addresses of load balancers on a link', { skip: withoutNamespaces, timeout: 120_000 }, () => {
  let machines: Machines;
  const announce = (machine: 'left' | 'right', ...wanted: string[]): Promise<string> => machines.program(machine, program, { wanted, own: own[machine] });
  /** Which machine answers a client for a Service's address. */
  const ask = async (family: 4 | 6, port = 80): Promise<string | undefined> => machines.ask('client', address[family], port, { withinMs: 3_000 });
  /** What the client's machine believes of whose the address is. */
  const known = async (family: 4 | 6): Promise<string | undefined> => /lladdr (\S+)/.exec(await machines.ip('client', `neigh show ${address[family]} dev eth0`))?.[1];
  const mac = async (machine: string): Promise<string | undefined> => /link\/ether (\S+)/.exec(await machines.ip(machine, 'link show dev eth0'))?.[1];

  before(async () => {
    machines = new Machines();
    await machines.plugTogether({ left: `${own.left[0]}/24`, right: `${own.right[0]}/24`, client: '192.168.77.9/24' }, '192.168.77.9');
    for (const [name, ip] of [['left', own.left[1]], ['right', own.right[1]], ['client', 'fd00:77::9']] as const) await machines.ip(name, `addr add ${ip}/64 dev eth0 nodad`);
    for (const name of ['left', 'right'] as const) {
      await machines.serve(name, 8080);
      // What a Service's rules do: port 80 leads on, and the server tells by which machine it was reached.
      const rules = `table inet demo {\n chain pre {\n type nat hook prerouting priority dstnat\n ip daddr ${address[4]} tcp dport 80 dnat ip to ${own[name][0]}:8080\n ip6 daddr ${address[6]} tcp dport 80 dnat ip6 to [${own[name][1]}]:8080\n }\n}\n`;
      await machines.on(name, ['nft', '-f', '-'], { input: rules });
    }
  });
  after(() => machines[Symbol.asyncDispose]());

  it('are answered for by the node that announces them, and by it alone', async () => {
    assert.equal(await ask(4), undefined);
    await announce('left', address[4], address[6]);
    assert.match(await ask(4) ?? '', /^192\.168\.77\.9 /);
    assert.match(await ask(6) ?? '', /^fd00:77::9 /);
    assert.deepEqual([await known(4), await known(6)], [await mac('left'), await mac('left')]);
  });
  it('keep the machine\'s own ports shut', async () => {
    assert.equal(await ask(4, 8080), undefined);
    assert.equal(await ask(6, 8080), undefined);
    assert.notEqual(await machines.ask('client', own.left[0], 8080), undefined);
  });
  it('move to another node, and neighbours learn it without asking', async () => {
    await announce('left', address[6]);
    await announce('right', address[4]);
    for (let tries = 0; tries < 50 && (await known(4)) !== (await mac('right')); tries++) await machines.on('client', ['sleep', '0.1']);
    assert.equal(await known(4), await mac('right'));
    assert.match(await ask(4) ?? '', /^192\.168\.77\.9 /);
  });
  it('are applied twice without effect, and nothing is left when they go', async () => {
    await announce('right', address[4]);
    for (const name of ['left', 'right'] as const) {
      await announce(name);
      assert.doesNotMatch(await machines.ip(name, 'addr show'), /cox-lb|77::f0|77\.240/);
      assert.doesNotMatch(await machines.on(name, ['nft', 'list', 'tables']), /coxswain/);
    }
    await machines.ip('client', 'neigh flush dev eth0');
    assert.equal(await ask(4), undefined);
  });
});
