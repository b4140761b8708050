import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { describe, it } from 'node:test';
import dnsPacket from 'dns-packet';
import { silentLogger } from '../base/logger.ts';
import { RealClock } from '../base/real-clock.ts';
import type { Service } from '../api/types/core/v1.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';
import type { Directory } from './directory.ts';
import { Responder } from './responder.ts';
import { DnsServer } from './server.ts';
import { Zone } from './zone.ts';

const web: Service = { metadata: { name: 'web', namespace: 'shop' }, spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports: [{ port: 80, name: 'http', protocol: 'TCP' }] } };
const db: Service = { metadata: { name: 'db', namespace: 'shop' }, spec: { clusterIP: 'None', clusterIPs: ['None'], ports: [{ port: 5432, name: 'sql', protocol: 'TCP' }] } };
const away: Service = { metadata: { name: 'away', namespace: 'shop' }, spec: { type: 'ExternalName', externalName: 'www.example.com' } };
const near: Service = { metadata: { name: 'near', namespace: 'shop' }, spec: { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' } };
const dbSlice: EndpointSlice = {
  metadata: { name: 'db-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'db' } },
  addressType: 'IPv4',
  ports: [{ port: 5432, name: 'sql', protocol: 'TCP' }],
  endpoints: [
    { addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.0.6'], conditions: { ready: true } },
    { addresses: ['10.244.0.9'], conditions: { ready: false } },
  ],
};
const all = [web, db, away, near];
const directory: Directory = {
  service: (namespace, name) => all.find((one) => one.metadata.namespace === namespace && one.metadata.name === name),
  slices: (_namespace, name) => (name === 'db' ? [dbSlice] : []),
  namespaceExists: (namespace) => namespace === 'shop',
  servicesByIp: (ip) => all.filter((one) => one.spec?.clusterIPs?.includes(ip)),
  slicesByIp: (ip) => (dbSlice.endpoints?.some((one) => one.addresses.includes(ip)) ? [dbSlice] : []),
};
const zone = new Zone(directory, 'cluster.local');

/** Records as short texts, or the kind of the refusal. */
function ask(name: string, type: string): unknown {
  const found = zone.lookup(name, type);
  if (found.kind === 'found') return found.records.map((one) => (one.type === 'SRV' ? `${one.data.port} ${one.data.target}` : one.data));
  return found.kind === 'alias' ? `alias ${found.target}` : found.kind;
}

describe('the zone follows the DNS specification', () => {
  for (const [name, type, expected] of [
    ['web.shop.svc.cluster.local', 'A', ['10.96.0.7']],
    ['web.shop.svc.cluster.local', 'AAAA', 'no-data'],
    ['web.other.svc.cluster.local', 'A', 'no-such-name'],
    ['_http._tcp.web.shop.svc.cluster.local', 'SRV', ['80 web.shop.svc.cluster.local']],
    ['_http._udp.web.shop.svc.cluster.local', 'SRV', 'no-such-name'],
    ['db.shop.svc.cluster.local', 'A', ['10.244.0.5', '10.244.0.6']],
    ['db-0.db.shop.svc.cluster.local', 'A', ['10.244.0.5']],
    ['10-244-0-6.db.shop.svc.cluster.local', 'A', ['10.244.0.6']],
    ['db-1.db.shop.svc.cluster.local', 'A', 'no-such-name'],
    ['_sql._tcp.db.shop.svc.cluster.local', 'SRV', ['5432 db-0.db.shop.svc.cluster.local', '5432 10-244-0-6.db.shop.svc.cluster.local']],
    ['away.shop.svc.cluster.local', 'A', 'alias www.example.com'],
    ['10-244-0-77.shop.pod.cluster.local', 'A', ['10.244.0.77']],
    ['10-244-0-77.none.pod.cluster.local', 'A', 'no-such-name'],
    ['shop.svc.cluster.local', 'A', 'no-data'],
    ['dns-version.cluster.local', 'TXT', ['1.1.0']],
    ['cluster.local', 'NS', ['ns.dns.cluster.local']],
    ['dns.cluster.local', 'A', 'no-data'],
    ['7.0.96.10.in-addr.arpa', 'PTR', ['web.shop.svc.cluster.local']],
    ['5.0.244.10.in-addr.arpa', 'PTR', ['db-0.db.shop.svc.cluster.local']],
    ['8.8.8.8.in-addr.arpa', 'PTR', 'not-ours'],
    ['example.com', 'A', 'not-ours'],
  ] as const) it(`${type} ${name}`, () => assert.deepEqual(ask(name, type), expected));
});

describe('the server', () => {
  const upstream = { ask: (question: Buffer) => Promise.resolve(dnsPacket.encode({ ...dnsPacket.decode(question), type: 'response', answers: [{ type: 'A', name: 'www.example.com', ttl: 1, data: '9.9.9.9' }] })) };
  const listening = async (): Promise<{ server: DnsServer; resolver: Resolver }> => {
    const server = new DnsServer({ responder: new Responder({ zone, upstream, clock: new RealClock() }), clock: new RealClock(), logger: silentLogger });
    const port = await server.listen('127.0.0.1', 0);
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${port}`]);
    return { server, resolver };
  };

  it('answers a resolver: addresses, aliases across and out of the zone, what does not exist', async () => {
    const { server, resolver } = await listening();
    await using _ = server;
    assert.deepEqual(await resolver.resolve4('WEB.shop.svc.cluster.local'), ['10.96.0.7']);
    assert.deepEqual(await resolver.resolve4('near.shop.svc.cluster.local'), ['10.96.0.7']);
    assert.deepEqual(await resolver.resolve4('away.shop.svc.cluster.local'), ['9.9.9.9']);
    assert.deepEqual(await resolver.resolveSrv('_sql._tcp.db.shop.svc.cluster.local').then((list) => list.length), 2);
    await assert.rejects(resolver.resolve4('none.shop.svc.cluster.local'), { code: 'ENOTFOUND' });
    await assert.rejects(resolver.resolve6('web.shop.svc.cluster.local'), { code: 'ENODATA' });
  });

  it('answers garbage with a format error or not at all', async () => {
    const responder = new Responder({ zone, upstream, clock: new RealClock() });
    assert.equal(await responder.respond(Buffer.from('short'), 'udp'), undefined);
    const garbage = Buffer.alloc(40, 0xff);
    garbage[2] = 0;
    const answer = await responder.respond(garbage, 'udp');
    assert.equal(answer![3]! & 0x0f, 1);
  });

  it('truncates what does not fit, so that the client asks again over TCP', async () => {
    const endpoints = Array.from({ length: 60 }, (_, index) => ({ addresses: [`10.244.1.${index}`], conditions: { ready: true } }));
    const big = new Zone({ ...directory, slices: () => [{ ...dbSlice, endpoints }] }, 'cluster.local');
    const server = new DnsServer({ responder: new Responder({ zone: big, upstream, clock: new RealClock() }), clock: new RealClock(), logger: silentLogger });
    await using _ = server;
    const resolver = new Resolver();
    resolver.setServers([`127.0.0.1:${await server.listen('127.0.0.1', 0)}`]);
    assert.equal((await resolver.resolve4('db.shop.svc.cluster.local')).length, 60);
  });

  it('sends what fits over UDP: some clients never ask again over TCP', async () => {
    const ask = async (type: 'A' | 'SRV', name: string, endpointCount: number): Promise<dnsPacket.DecodedPacket> => {
      const endpoints = Array.from({ length: endpointCount }, (_, index) => ({ addresses: [`10.244.1.${index}`], conditions: { ready: true } }));
      const zone = new Zone({ ...directory, slices: () => [{ ...dbSlice, endpoints }] }, 'cluster.local');
      const answer = await new Responder({ zone, upstream, clock: new RealClock() }).respond(dnsPacket.encode({ type: 'query', id: 1, questions: [{ type, name }] }), 'udp');
      assert.ok(answer!.length <= 512);
      return dnsPacket.decode(answer!);
    };
    const many = await ask('A', 'db.shop.svc.cluster.local', 60);
    assert.equal(many.flag_tc, true);
    assert.ok(many.answers!.length > 5);
    const port = `_${dbSlice.ports?.[0]?.name}._tcp.db.shop.svc.cluster.local`;
    const services = await ask('SRV', port, 4);
    assert.deepEqual([services.flag_tc, services.answers!.length, services.additionals!.length], [false, 4, 0], 'additional records go first, and that is no truncation');
  });
});
