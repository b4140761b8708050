import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import dnsPacket from 'dns-packet';
import type { Answer } from 'dns-packet';
import { VirtualClock } from '../base/virtual-clock.ts';
import { Forwarder } from './forwarder.ts';
import { DnsMetrics } from './metrics.ts';
import { Responder } from './responder.ts';
import { noSettings, parseNameServer, readSettings } from './settings.ts';
import type { Upstream } from './upstream.ts';
import { Zone } from './zone.ts';

/** A server that answers all names with one address, and counts. */
class Server implements Upstream {
  asked = 0;
  readonly #records: readonly Answer[];
  readonly #authorities: readonly Answer[];
  readonly #code: number;
  constructor(records: readonly Answer[], { authorities = [], code = 0 }: { readonly authorities?: readonly Answer[]; readonly code?: number } = {}) {
    this.#records = records;
    this.#authorities = authorities;
    this.#code = code;
  }
  ask(question: Buffer): Promise<Buffer> {
    this.asked++;
    const { id, questions = [] } = dnsPacket.decode(question);
    return Promise.resolve(dnsPacket.encode({ type: 'response', ...(id !== undefined && { id }), flags: 0x180 | this.#code, questions, answers: [...this.#records], authorities: [...this.#authorities] }));
  }
}

const address = (ttl: number): Answer => ({ type: 'A', name: 'www.example.com', ttl, data: '9.9.9.9' });
const soa: Answer = { type: 'SOA', name: 'example.com', ttl: 100, data: { mname: 'ns.example.com', rname: 'host.example.com', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 20 } };
const query = (name: string, id: number): Buffer => dnsPacket.encode({ type: 'query', id, flags: 0x100, questions: [{ type: 'A', name }] });

function forwarding(otherwise: Upstream, stubs: ReadonlyMap<string, Upstream> = new Map()) {
  const clock = new VirtualClock();
  const metrics = new DnsMetrics();
  const forwarder = new Forwarder({ routes: { stubs, otherwise }, clock, metrics });
  const ask = async (name = 'www.example.com', id = 7) => dnsPacket.decode((await forwarder.ask(query(name, id), 'udp'))!);
  return { clock, metrics, forwarder, ask };
}

describe('answers of other servers', () => {
  it('are kept as long as they may be, and have less and less to live', async () => {
    const server = new Server([address(10)]);
    const { clock, ask, metrics } = forwarding(server);
    await ask();
    await clock.advance(4000);
    const kept = await ask('WWW.example.com', 9);
    assert.deepEqual([server.asked, kept.id, kept.questions?.[0]?.name, (kept.answers?.[0] as { ttl?: number } | undefined)?.ttl], [1, 9, 'WWW.example.com', 6]);
    await clock.advance(7000);
    await ask();
    assert.equal(server.asked, 2);
    assert.match(metrics.text(), /coredns_cache_hits_total\{type="success"\} 1\n/);
  });

  it('are not kept for longer than half a minute, nor at all when they forbid it', async () => {
    for (const [ttl, afterMs, asked] of [[3600, 29_000, 1], [3600, 31_000, 2], [0, 1, 2]] as const) {
      const server = new Server([address(ttl)]);
      const { clock, ask } = forwarding(server);
      await ask();
      await clock.advance(afterMs);
      await ask();
      assert.equal(server.asked, asked, `${ttl} s, after ${afterMs} ms`);
    }
  });

  it('that there is nothing are kept as long as the zone says', async () => {
    const server = new Server([], { authorities: [soa], code: 3 });
    const { clock, ask, metrics } = forwarding(server);
    await ask();
    await clock.advance(19_000);
    await ask();
    assert.deepEqual([server.asked, metrics.cacheHits.denial], [1, 1]);
    await clock.advance(2000);
    await ask();
    assert.equal(server.asked, 2);
  });

  it('are waited for once by all who ask meanwhile, each under its own identity', async () => {
    const server = new Server([address(10)]);
    const { ask } = forwarding(server);
    const answers = await Promise.all([1, 2, 3].map((id) => ask('www.example.com', id)));
    assert.deepEqual([server.asked, answers.map(({ id }) => id)], [1, [1, 2, 3]]);
  });

  it('come from the servers of the longest domain', async () => {
    const [otherwise, corp, dev] = [new Server([address(0)]), new Server([address(0)]), new Server([address(0)])];
    const { ask } = forwarding(otherwise, new Map([['corp', corp], ['dev.corp', dev]]));
    for (const name of ['example.com', 'corp', 'a.corp', 'a.dev.corp', 'xdev.corp']) await ask(name);
    assert.deepEqual([otherwise.asked, corp.asked, dev.asked], [1, 3, 1]);
  });

  it('that are no answers at all harm nobody', async () => {
    for (const garbage of [Buffer.alloc(0), Buffer.alloc(12, 0xff), Buffer.concat([query('x.y', 1), Buffer.alloc(3, 0xc0)])]) {
      const { forwarder } = forwarding({ ask: () => Promise.resolve(garbage) });
      await forwarder.ask(query('x.y', 1), 'udp');
    }
  });
});

describe('the configuration', () => {
  const map = (name: string, data: Record<string, string>) => ({ metadata: { name, namespace: 'kube-system' }, data });
  const shown = (servers: readonly { readonly address: string; readonly port: number }[] | undefined) => servers?.map(({ address: at, port }) => `${at}#${port}`);

  it('is a Corefile\'s server blocks that forward', () => {
    const corefile = '.:53 {\n  errors\n  health {\n    lameduck 5s\n  }\n  kubernetes cluster.local in-addr.arpa ip6.arpa {\n    pods insecure\n  }\n  forward . 172.16.0.1 {\n    max_concurrent 1000\n  }\n  hosts\n  cache 30\n}\n# a comment {\nconsul.local:53 {\n  errors\n  cache 30\n  forward . 10.150.0.1:5353 [fd00::1]:53\n}\n';
    const { stubDomains, upstream, ignored } = readSettings([map('coredns', { Corefile: corefile })]);
    assert.deepEqual([[...stubDomains].map(([domain, servers]) => [domain, shown(servers)]), shown(upstream), ignored], [[['consul.local', ['10.150.0.1#5353', 'fd00::1#53']]], ['172.16.0.1#53'], ['hosts']]);
  });

  it('is the older ConfigMap as well; nothing without either', () => {
    const { stubDomains, upstream } = readSettings([map('kube-dns', { stubDomains: '{"acme.local": ["1.2.3.4"]}', upstreamNameservers: '["8.8.8.8", "8.8.4.4"]' })]);
    assert.deepEqual([shown(stubDomains.get('acme.local')), shown(upstream)], [['1.2.3.4#53'], ['8.8.8.8#53', '8.8.4.4#53']]);
    assert.deepEqual(readSettings([map('other', {})]), noSettings);
    assert.deepEqual(readSettings([map('kube-dns', { stubDomains: 'no json' })]).ignored, ['kube-dns']);
  });

  it('names servers by address', () => {
    assert.deepEqual(['10.0.0.1', 'dns://10.0.0.1:54', 'fd00::1', '[fd00::1]:54', '/etc/resolv.conf', 'ns.example.com', '10.0.0.1:99999'].map(parseNameServer).map((one) => (one === undefined ? undefined : `${one.address} ${one.port}`)),
      ['10.0.0.1 53', '10.0.0.1 54', 'fd00::1 53', 'fd00::1 54', undefined, undefined, undefined]);
  });
});

describe('answers of our own zone', () => {
  const slice = { metadata: { name: 'db-1', namespace: 'shop' }, addressType: 'IPv4', ports: [], endpoints: ['10.244.0.5', '10.244.0.6'].map((ip) => ({ addresses: [ip] })) };
  let services = true;
  const zone = new Zone({ service: () => (services ? { metadata: { name: 'db' }, spec: { clusterIP: 'None' } } : undefined), slices: () => [slice], namespaceExists: () => true, servicesByIp: () => [], slicesByIp: () => [] }, 'cluster.local');

  it('take turns, keep the spelling of the question, and are forgotten when something changes', async () => {
    const clock = new VirtualClock();
    const responder = new Responder({ zone, upstream: { ask: () => Promise.resolve(undefined) }, clock });
    const ask = async (name: string, id: number) => dnsPacket.decode((await responder.respond(query(name, id), 'udp'))!);
    const first = await ask('db.shop.svc.cluster.local', 1);
    const second = await ask('DB.shop.svc.cluster.local', 2);
    assert.deepEqual([first, second].map(({ id, questions, answers }) => [id, questions?.[0]?.name, answers?.map((one) => (one.type === 'A' ? one.data : ''))]), [
      [1, 'db.shop.svc.cluster.local', ['10.244.0.5', '10.244.0.6']], [2, 'DB.shop.svc.cluster.local', ['10.244.0.6', '10.244.0.5']],
    ]);
    services = false;
    responder.changed();
    assert.equal((await ask('db.shop.svc.cluster.local', 3)).flags! & 0xf, 3);
  });
});
