import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import type { RunningCluster } from '../clients/simulated-cluster.ts';
import { startSimulatedCluster } from '../clients/simulated-cluster.ts';
import { until } from '../clients/until.ts';
import { describeSame, words } from './compare.ts';
import type { Outcome } from './run-ours.ts';
import { runOurs } from './run-ours.ts';

describeSame('kubectl proxy that does not start, beside upstream\'s', { name: 'proxy', lines: ['proxy --unix-socket=x --port=1', 'proxy --nope', 'proxy --port=x'] });

const folder = mkdtempSync(join(tmpdir(), 'coxswain-proxy-'));
let running: RunningCluster;

before(async () => {
  running = await startSimulatedCluster();
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www', 'index.html'), 'hello');
});
after(async () => {
  await running[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** A proxy at a socket of its own. */
async function started(flags: string, name: string): Promise<{ readonly socketPath: string; readonly end: () => Promise<Outcome> }> {
  const stop = new AbortController();
  const ended = runOurs(words(`proxy --unix-socket=${name} ${flags}`), { environment: { KUBECONFIG: running.kubeconfig }, folder, signal: stop.signal });
  await until(() => Promise.resolve(existsSync(join(folder, name))), (is) => is);
  return { socketPath: join(folder, name), end: () => { stop.abort(); return ended; } };
}

function ask(socketPath: string, path: string, { method = 'GET', host = 'localhost', body }: { readonly method?: string; readonly host?: string; readonly body?: string } = {}): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, method, headers: { host, ...(body !== undefined && { 'content-type': 'application/json' }) } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).once('end', () => resolve({ code: answer.statusCode ?? 0, text }));
    }).once('error', reject);
    outgoing.end(body);
  });
}

test('what is allowed is passed on with the credentials of the configuration, and the rest is refused', async () => {
  const { socketPath, end } = await started('--www=www --www-prefix=/my --reject-methods=DELETE', 'plain');
  const answers: [string, number][] = [];
  for (const [path, options] of [['/version', {}], ['/api/v1/namespaces/default', {}], ['/api/v1/namespaces/default/configmaps', { method: 'POST', body: '{"metadata":{"name":"made"}}' }], ['/api/v1/namespaces/default/pods/x/exec', {}], ['/api/v1/namespaces/default/pods/x/attach', {}], ['/version', { host: 'evil.example.com' }], ['/version', { host: '127.0.0.1:8001' }], ['/version', { host: '[::1]:8001' }], ['/api/v1/namespaces/default/configmaps/made', { method: 'DELETE' }], ['/my/', {}], ['/my/index.html', {}], ['/my/nope', {}], ['/my/../../etc/passwd', {}], ['/my/%2e%2e/plain', {}]] as const) answers.push([path, (await ask(socketPath, path, options)).code]);
  assert.deepEqual(answers.map(([, code]) => code), [200, 200, 201, 403, 403, 403, 200, 200, 403, 200, 200, 404, 404, 404]);
  assert.equal((await ask(socketPath, '/my/')).text, 'hello');
  assert.match((await ask(socketPath, '/version')).text, /"gitVersion"/);
  assert.deepEqual(await end(), { code: 0, stdout: 'Starting to serve on plain\n', stderr: '' });
});

test('the API may stand below a prefix', async () => {
  for (const [prefix, inside, outside] of [['/k8s', '/k8s/version', '/version'], ['/api', '/api/v1/namespaces', '/version']] as const) {
    const { socketPath, end } = await started(`--api-prefix=${prefix}`, `prefix${prefix.replace('/', '-')}`);
    assert.deepEqual([(await ask(socketPath, inside)).code, (await ask(socketPath, outside)).code], [200, 404]);
    await end();
  }
});

test('a connection that becomes a WebSocket goes through', async () => {
  const { socketPath, end } = await started('--disable-filter', 'upgrade');
  const socket = new WebSocket(`ws+unix:${socketPath}:/api/v1/namespaces?watch=true`, { headers: { host: 'localhost' } });
  const first = await new Promise<string>((resolve, reject) => socket.once('message', (data: Buffer) => resolve(data.toString('utf8'))).once('error', reject));
  assert.match(first, /^\{"type":"ADDED"/);
  socket.close();
  await end();
});
