/** The cluster's name server with a thousand Services: prints its port; answers each line on standard input with the processor seconds it has used. */
import { createInterface } from 'node:readline';
import type { Service } from '../../src/api/types/core/v1.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { Responder } from '../../src/dns/responder.ts';
import { DnsServer } from '../../src/dns/server.ts';
import { Zone } from '../../src/dns/zone.ts';

const clock = new RealClock();
const services = new Map(Array.from({ length: 1000 }, (_, index): [string, Service] => [`web-${index}`, { metadata: { name: `web-${index}`, namespace: 'shop' }, spec: { clusterIP: `10.96.${index >> 8}.${index & 255}`, clusterIPs: [`10.96.${index >> 8}.${index & 255}`] } }]));
const zone = new Zone({ service: (namespace, name) => (namespace === 'shop' ? services.get(name) : undefined), slices: () => [], namespaceExists: (name) => name === 'shop', servicesByIp: () => [], slicesByIp: () => [] }, 'cluster.local');
const server = new DnsServer({ responder: new Responder({ zone, upstream: { ask: () => Promise.resolve(undefined) }, clock }), clock, logger: silentLogger });
process.stdout.write(`${await server.listen('127.0.0.1', 0)}\n`);
for await (const _ of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${(user + system) / 1e6}\n`);
}
process.exit(0);
