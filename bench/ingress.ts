/**
 * Compares what may serve Ingresses: our proxy on Node's HTTP stack and, with `--haproxy PROGRAM`, HAProxy. How much each passes
 * on, and what clients notice of changes: requests that fail, connections that end, answers that are late, and how long it takes
 * until the first request follows a change.
 */
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RealClock } from '../src/base/real-clock.ts';

const { values } = parseArgs({ options: { haproxy: { type: 'string' }, hosts: { type: 'string', default: '500' }, seconds: { type: 'string', default: '8' }, rate: { type: 'string', default: '300' } } });
const [hosts, seconds, rate] = [Number(values.hosts), Number(values.seconds), Number(values.rate)];
const clock = new RealClock();
const connections = 16;
const changesPerSecond = 4;

interface Proxy { readonly name: string; readonly port: number; readonly process: ChildProcess; change(target: number): void; stop(): void }

async function ours(target: number): Promise<Proxy> {
  const child = fork(join(import.meta.dirname, 'load/ingress-proxy.ts'), [String(hosts), String(target)], { execArgv: ['--disable-warning=ExperimentalWarning'] });
  const [{ port }] = await once(child, 'message') as [{ port: number }];
  return { name: 'Node', port, process: child, change: (changed) => void child.send(changed), stop: () => void child.kill() };
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function haproxy(program: string, target: number): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-haproxy-'));
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  const map = join(folder, 'hosts.map');
  writeFileSync(map, Array.from({ length: hosts }, (_, index) => `web-${index}.example web-${index}`).join('\n'));
  // As ingress controllers write it: a map of hosts, a backend a Service.
  const write = (to: number): void => writeFileSync(file, `global
  maxconn 4096
  hard-stop-after 30s
defaults
  mode http
  option forwardfor
  timeout connect 5s
  timeout client 75s
  timeout server 60s
frontend http
  bind 127.0.0.1:${port}
  use_backend %[req.hdr(host),field(1,:),lower,map(${map})]
${Array.from({ length: hosts }, (_, index) => `backend web-${index}\n  balance roundrobin\n  server s1 127.0.0.1:${to}`).join('\n')}
`);
  write(target);
  const child = spawn(program, ['-W', '-f', file, '-p', join(folder, 'pid')], { stdio: 'ignore' });
  await clock.sleep(1_500);
  return {
    name: 'HAProxy', port, process: child,
    change(changed) {
      write(changed);
      child.kill('SIGUSR2');
    },
    stop() {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Megabytes of a process and its children. */
function memory(pid: number): number {
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).filter((name) => {
    try {
      return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid);
    } catch {
      return false;
    }
  });
  return [String(pid), ...children].reduce((sum, one) => {
    try {
      return sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0) / 1024;
    } catch {
      return sum;
    }
  }, 0);
}

interface Load { count: number; failed: number; readonly sockets: Set<unknown>; readonly latencies: number[]; readonly last: { body: string } }

function ask(proxy: Proxy, agent: Agent, load: Load): Promise<void> {
  const startMs = clock.monotonicMs();
  return new Promise((resolve) => {
    const done = (failed: boolean): void => {
      load.count += 1;
      if (failed) load.failed += 1;
      load.latencies.push(clock.monotonicMs() - startMs);
      resolve();
    };
    const outgoing = request({ host: '127.0.0.1', port: proxy.port, agent, headers: { host: `web-${load.count % hosts}.example` } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => { body += text; }).on('end', () => {
        load.last.body = body;
        done(response.statusCode !== 200);
      }).on('error', () => done(true));
    });
    outgoing.on('socket', (socket) => load.sockets.add(socket));
    outgoing.on('error', () => done(true)).end();
  });
}

const newLoad = (): Load => ({ count: 0, failed: 0, sockets: new Set(), latencies: [], last: { body: '' } });
const percentile = (numbers: readonly number[], part: number): string => (numbers.toSorted((a, b) => a - b)[Math.floor((numbers.length - 1) * part)] ?? 0).toFixed(1);

async function measure(proxy: Proxy, targets: readonly [number, number]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const full = newLoad();
  const untilMs = clock.monotonicMs() + seconds * 1000;
  await Promise.all(Array.from({ length: connections }, async () => { while (clock.monotonicMs() < untilMs) await ask(proxy, agent, full); }));
  console.log(`${proxy.name}: ${Math.round(full.count / seconds)} requests/s, p50 ${percentile(full.latencies, 0.5)} ms, p99 ${percentile(full.latencies, 0.99)} ms, ${full.failed} failed, ${Math.round(memory(proxy.process.pid ?? 0))} MB`);
  for (const changing of [false, true]) {
    const load = newLoad();
    const waits: number[] = [];
    let most = 0;
    let over = false;
    const changes = (async () => {
      for (let change = 1; changing && !over; change++) {
        const target = targets[change % 2] ?? 0;
        const atMs = clock.monotonicMs();
        proxy.change(target);
        while (load.last.body !== String(target) && clock.monotonicMs() - atMs < 5_000) await clock.sleep(1);
        waits.push(clock.monotonicMs() - atMs);
        most = Math.max(most, memory(proxy.process.pid ?? 0));
        await clock.sleep(Math.max(0, 1000 / changesPerSecond - (clock.monotonicMs() - atMs)));
      }
    })();
    const pending = new Set<Promise<void>>();
    const startMs = clock.monotonicMs();
    for (let sent = 0; clock.monotonicMs() - startMs < seconds * 1000; sent++) {
      const asked = ask(proxy, agent, load).finally(() => pending.delete(asked));
      pending.add(asked);
      await clock.sleep(Math.max(0, startMs + ((sent + 1) * 1000) / rate - clock.monotonicMs()));
    }
    over = true;
    await Promise.all([changes, ...pending]);
    console.log(`${proxy.name}, ${changing ? `${waits.length} changes of everything` : 'no change'}: ${load.count} requests, ${load.failed} failed, p50 ${percentile(load.latencies, 0.5)} ms, p99 ${percentile(load.latencies, 0.99)} ms, longest ${percentile(load.latencies, 1)} ms, ${load.sockets.size} connections for ${connections}${changing ? `; followed after ${percentile(waits, 0.5)} ms (p99 ${percentile(waits, 0.99)} ms), up to ${Math.round(most)} MB` : ''}`);
  }
  agent.destroy();
}

const backends = await Promise.all([1, 2].map(async () => {
  const server = createServer({ keepAliveTimeout: 60_000 }, (_request, response) => void response.end(String((server.address() as AddressInfo).port)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}));
const ports = backends.map((server) => (server.address() as AddressInfo).port);
const targets = [ports[0] ?? 0, ports[1] ?? 0] as const;
for (const start of [ours, ...(values.haproxy === undefined ? [] : [(target: number) => haproxy(values.haproxy ?? '', target)])]) {
  const proxy = await start(targets[0]);
  await measure(proxy, targets);
  proxy.stop();
}
for (const server of backends) {
  server.closeAllConnections();
  server.close();
}
