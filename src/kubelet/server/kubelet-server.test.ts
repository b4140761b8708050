import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { clusterrolebindings, clusterroles } from '../../api/resources.ts';
import { silentLogger } from '../../base/logger.ts';
import { createAuthority, issueCertificate } from '../../pki/certificate.ts';
import { SpdyConnection } from '../../streaming/spdy/connection.ts';
import { readSystemLog } from '../hosts/linux/system-logs.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { KubeletAccess, subresourcesOf } from './access.ts';
import { KubeletHandler } from './handler.ts';
import { KubeletServer } from './kubelet-server.ts';

const lifetime = { notBeforeMs: Date.UTC(2020, 0, 1), notAfterMs: Date.UTC(2090, 0, 1) };
const ca = await createAuthority({ commonName: 'ca', ...lifetime });
const serving = await issueCertificate(ca, { commonName: 'system:node:node-1', names: ['127.0.0.1'], usages: ['server'], ...lifetime });
const apiServer = await issueCertificate(ca, { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'], usages: ['client'], ...lifetime });
const stranger = await issueCertificate(ca, { commonName: 'jane', organizations: ['dev'], usages: ['client'], ...lifetime });

async function setUp(options: Parameters<typeof TestNode.start>[0] = {}): Promise<{ node: TestNode; server: KubeletServer; [Symbol.asyncDispose](): Promise<void> }> {
  const node = await TestNode.start(options);
  const access = new KubeletAccess({ client: node.kubelet.context.client, nodeName: 'node-1', clock: node.clock });
  const server = await KubeletServer.start({
    handler: new KubeletHandler(() => [node.kubelet]),
    logger: silentLogger,
    address: '127.0.0.1',
    port: 0,
    access: () => access,
    tls: { key: serving.key, cert: serving.certificate, clientCa: ca.certificate },
  });
  return {
    node,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await node[Symbol.asyncDispose]();
    },
  };
}

function get(port: number, path: string, client?: { readonly key: string; readonly certificate: string }, token?: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, ca: ca.certificate, agent: false, ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }), ...(client !== undefined && { key: client.key, cert: client.certificate }) }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    outgoing.on('error', reject).end();
  });
}

test('only clients that are known and may ask are answered', async () => {
  await using parts = await setUp();
  const { port } = parts.server;
  assert.deepEqual(await get(port, '/healthz', apiServer), { status: 200, body: 'ok' });
  assert.deepEqual(await get(port, '/healthz', stranger), { status: 403, body: 'Forbidden (user=jane, verb=get, resource=nodes, subresource(s)=[healthz proxy])\n' });
  assert.deepEqual(await get(port, '/healthz'), { status: 401, body: 'Unauthorized' });
  assert.deepEqual(await get(port, '/healthz', undefined, 'nobody'), { status: 401, body: 'Unauthorized' });
});

test('the logs of the machine are shown: its folders and files, and nothing beside them', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'logs-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'log/pods'), { recursive: true });
  writeFileSync(join(folder, 'log/sys & more'), 'booted\n');
  writeFileSync(join(folder, 'secret'), 'x');
  symlinkSync('../secret', join(folder, 'log/link'));
  await using parts = await setUp();
  const { node, server: { port } } = parts;
  assert.deepEqual(await get(port, '/logs/', apiServer), { status: 200, body: '<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n</pre>\n' }, 'a machine in memory has none');
  Object.assign(node.kubelet.context.host, { readSystemLog: (names: readonly string[]) => readSystemLog(join(folder, 'log'), names) });
  assert.match((await get(port, '/logs/', apiServer)).body, /<pre>\n<a href="link">link<\/a>\n<a href="pods\/">pods\/<\/a>\n<a href="sys%20%26%20more">sys &amp; more<\/a>\n<\/pre>/);
  assert.deepEqual(await get(port, '/logs/sys%20%26%20more', apiServer), { status: 200, body: 'booted\n' });
  for (const path of ['none', 'link', 'pods/..%2f..%2fsecret', '%2e%2e/secret', '..%2fsecret', 'sys%20%26%20more/x']) assert.equal((await get(port, `/logs/${path}`, apiServer)).status, 404, path);
});

test('the API server is known by its certificate, and not by a name that a token has', async () => {
  await using parts = await setUp({ tokenFile: 'impostor,kube-apiserver-kubelet-client,1\nadmin,root,2,system:masters' });
  const { port } = parts.server;
  assert.deepEqual(await get(port, '/healthz', undefined, 'impostor'), { status: 403, body: 'Forbidden (user=kube-apiserver-kubelet-client, verb=get, resource=nodes, subresource(s)=[healthz proxy])\n' });
  assert.equal((await get(port, '/healthz', undefined, 'admin')).status, 200, 'administrators may, by the word of the API');
});

test('who may read what of a node is the API\'s to say', async () => {
  await using parts = await setUp();
  const { node, server: { port } } = parts;
  await node.client.create(clusterroles, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'scrape' }, rules: [{ apiGroups: [''], resources: ['nodes/metrics', 'nodes/pods'], verbs: ['get'] }] });
  await node.client.create(clusterrolebindings, { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'scrape' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'scrape' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }] });
  for (const [path, status] of [['/metrics', 200], ['/metrics/cadvisor', 200], ['/pods', 200], ['/stats/summary', 403], ['/containerLogs/default/web/app', 403], ['/healthz', 403]] as const) assert.equal((await get(port, path, stranger)).status, status, path);
  const asked = () => node.writes.filter((write) => write.includes('subjectaccessreviews')).length;
  const before = asked();
  await get(port, '/metrics', stranger);
  assert.equal(asked(), before, 'what was allowed is remembered');
  assert.deepEqual(['/run/a/b/c', '/logs/x', '/checkpoint/a', '/metricsx'].map(subresourcesOf), [['proxy'], ['log'], ['checkpoint'], ['proxy']]);
});

test('logs are cut, stamped and refused as kubectl expects', async () => {
  await using parts = await setUp();
  const { node, server } = parts;
  await node.createPod('web', {}, { 'coxswain.io/log': 'one\ntwo\nthree' });
  await node.createPod('bad', { containers: [{ name: 'app', image: 'x:nonexistent' }] });
  await node.clock.advance(3000);
  const log = (path: string): Promise<{ status: number; body: string }> => get(server.port, `/containerLogs/default/${path}`, apiServer);
  assert.deepEqual(await log('web/app'), { status: 200, body: 'one\ntwo\nthree\n' });
  assert.equal((await log('web/app?tailLines=1&timestamps=true')).body, '2026-01-01T00:00:00.000000000Z three\n');
  assert.equal((await log('web/app?limitBytes=5')).body, 'one\nt');
  assert.deepEqual(await log('web/app?previous=true'), { status: 400, body: 'previous terminated container "app" in pod "web" not found\n' });
  assert.deepEqual(await log('bad/app'), { status: 400, body: 'container "app" in pod "bad" is waiting to start: trying and failing to pull image\n' });
  assert.equal((await log('none/app')).status, 404);
  assert.deepEqual(await log('web/other'), { status: 404, body: 'container "other" not found in pod "web"\n' });
  const pods = JSON.parse((await get(server.port, '/pods', apiServer)).body) as { items: { metadata: { name: string }; status: { phase: string } }[] };
  assert.deepEqual(pods.items.map(({ metadata, status }) => `${metadata.name} ${status.phase}`), ['web Running', 'bad Pending']);
  const summary = JSON.parse((await get(server.port, '/stats/summary', apiServer)).body) as { pods: { podRef: { name: string }; containers: unknown[] }[] };
  assert.deepEqual(summary.pods.map(({ podRef, containers }) => [podRef.name, containers.length]), [['web', 1]]);
  assert.match((await get(server.port, '/metrics/resource', apiServer)).body, /^container_memory_working_set_bytes\{container="app",namespace="default",pod="web"\} 1048576 \d+$/m);
  const cadvisor = (await get(server.port, '/metrics/cadvisor', apiServer)).body;
  assert.match(cadvisor, /^container_memory_working_set_bytes\{container="app",id="\/kubepods\/besteffort\/pod[0-9a-f-]+\/[0-9a-f]+",image="nginx:1\.14\.2",name="[0-9a-f]+",namespace="default",pod="web"\} 1048576 \d+$/m);
  assert.match(cadvisor, /^machine_cpu_cores\{boot_id="node-1",.*\} 8 \d+$/m);
});

test('exec carries streams and the exit code', async () => {
  await using parts = await setUp();
  const { node, server } = parts;
  await node.createPod('web', { containers: [{ name: 'app', image: 'nginx:1', env: [{ name: 'WHO', value: 'world' }] }] });
  await node.clock.advance(1000);
  const path = '/exec/default/web/app?output=1&error=1&command=sh&command=-c&command=echo%20hello%20%24WHO%3B%20nosuch';
  const { socket, head } = await new Promise<{ socket: Duplex; head: Uint8Array }>((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: server.port, path, method: 'POST', ca: ca.certificate, key: apiServer.key, cert: apiServer.certificate, agent: false, headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' } });
    outgoing.on('upgrade', (_response: IncomingMessage, upgraded: Duplex, first: Buffer) => resolve({ socket: upgraded, head: first })).on('error', reject).end();
  });
  const connection = new SpdyConnection({ socket, head, role: 'client' });
  const [error, stdout, stderr] = await Promise.all(['error', 'stdout', 'stderr'].map((streamtype) => connection.open({ streamtype })));
  const text = async (stream: AsyncIterable<unknown>): Promise<string> => {
    let all = '';
    for await (const chunk of stream) all += String(chunk);
    return all;
  };
  for (const stream of [error!, stdout!, stderr!]) stream.end();
  const [status, out, err] = await Promise.all([text(error!), text(stdout!), text(stderr!)]);
  assert.equal(out, 'hello world\n');
  assert.match(err, /^nosuch: not found: this container is simulated/);
  assert.match(status, /"ExitCode","message":"127"|"reason":"NonZeroExitCode"/);
  socket.destroy();
});
