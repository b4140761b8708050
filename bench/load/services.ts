/**
 * Changes among many Services: an API server, the service proxy and its nftables rules in a network namespace of their own.
 * `node services.ts COUNT CHANGES` prints `{firstMs, changesMs, megabytes}`: from the answer to a change until the kernel
 * has its rules, sorted. Needs root, ip and nft.
 */
import { execFileSync, spawn } from 'node:child_process';
import { ApiServer } from '../../src/apiserver/api-server.ts';
import { TlsWebhookTransport } from '../../src/apiserver/http/webhook-transport.ts';
import { endpointslices, services } from '../../src/api/resources.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { createLocalClient } from '../../src/client/transports/local.ts';
import type { RunCommand } from '../../src/proxy/backend.ts';
import { NftablesBackend } from '../../src/proxy/backends/nftables/backend.ts';
import { ServiceProxy } from '../../src/proxy/proxy.ts';
import { MemoryStore } from '../../src/store/drivers/memory/memory-store.ts';

const [count, changes] = process.argv.slice(2).map(Number) as [number, number];
const [clock, random, logger] = [new RealClock(), new SystemRandom(), silentLogger];
const namespace = `cox-bench-${process.pid}`;
const awaited = new Map<string, () => void>();

/** Tells whoever waits for a text in the rules once they are in the kernel. */
const run: RunCommand = (command, args, input = '') => new Promise((resolve, reject) => {
  const child = spawn('ip', ['netns', 'exec', namespace, command, ...args], { stdio: ['pipe', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { errors += text; });
  child.on('error', reject).on('close', (code) => {
    if (code !== 0) return reject(new Error(errors));
    for (const [text, done] of awaited) if (input.includes(text)) done();
    return resolve('');
  });
  child.stdin.end(input);
});

const slice = (index: number, address: string) => ({
  apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: `many-${index}`, namespace: 'default', labels: { 'kubernetes.io/service-name': `many-${index}` } },
  addressType: 'IPv4', ports: [{ name: '', port: 8080, protocol: 'TCP' }], endpoints: [address, `10.244.${index >> 8}.${index & 255}`].map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
});

// Nothing of a proxy keeps a process alive: what waits for it does.
clock.setTimer(10 * 60_000, () => process.exit(1));
execFileSync('ip', ['netns', 'add', namespace]);
try {
  const server = await ApiServer.start({ clock, random, logger, webhookTransport: new TlsWebhookTransport(), store: MemoryStore.open() });
  const client = createLocalClient(server.local, { user: { name: 'admin', groups: ['system:masters'] } });
  for (let index = 0; index < count; index++) {
    await client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { name: `many-${index}`, namespace: 'default' }, spec: { ports: [{ port: 80, targetPort: 8080 }] } });
    await client.create(endpointslices, slice(index, '10.245.0.1'));
  }
  const backend = new NftablesBackend({ run, clusterCidrs: ['10.244.0.0/15'] });
  const proxy = new ServiceProxy({ client, backend, nodeName: 'bench', conntrack: undefined, clock, random, logger });
  const startedMs = clock.monotonicMs();
  await proxy.start();
  const firstMs = clock.monotonicMs() - startedMs;
  const changesMs: number[] = [];
  for (let change = 0; change < changes; change++) {
    const address = `10.245.1.${change + 1}`;
    const inKernel = new Promise<void>((resolve) => { awaited.set(address, resolve); });
    await client.update(endpointslices, slice(change * 7, address));
    const changedMs = clock.monotonicMs();
    await inKernel;
    changesMs.push(clock.monotonicMs() - changedMs);
    await clock.sleep(200);
  }
  process.stdout.write(JSON.stringify({ firstMs, changesMs: changesMs.toSorted((a, b) => a - b), megabytes: process.memoryUsage.rss() / 1e6 }));
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
} finally {
  execFileSync('ip', ['netns', 'delete', namespace]);
}
process.exit(0);
