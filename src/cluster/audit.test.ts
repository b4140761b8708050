import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AuditEvent } from '../apiserver/audit/audit.ts';
import { silentLogger } from '../base/logger.ts';
import { SeededRandom } from '../base/random.ts';
import { RealClock } from '../base/real-clock.ts';
import { openAudit } from './audit.ts';

const parts = { clock: new RealClock(), random: new SeededRandom(1), logger: silentLogger };
const event: AuditEvent = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: 'x', stage: 'ResponseComplete', requestURI: '/', verb: 'get', user: {}, requestReceivedTimestamp: '', stageTimestamp: '' };

test('records go to the log and to the webhook of a kubeconfig', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'audit-'));
  const posted: string[] = [];
  const server = createServer((incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => {
      posted.push(`${incoming.method} ${incoming.url} ${body}`);
      outgoing.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const at = (name: string): string => join(folder, name);
    await writeFile(at('policy.yaml'), 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n');
    await writeFile(at('hook'), `apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "http://127.0.0.1:${(server.address() as AddressInfo).port}/records"}}]\n`);
    const { sinks } = await openAudit({ ...parts, auditPolicyFile: at('policy.yaml'), auditLogPath: at('log/audit.log'), auditWebhookConfigFile: at('hook') });
    for (const sink of sinks) {
      sink.write(event);
      await sink[Symbol.asyncDispose]();
    }
    assert.deepEqual(JSON.parse(await readFile(at('log/audit.log'), 'utf8')), event);
    const { kind: _k, apiVersion: _v, ...item } = event;
    assert.deepEqual(posted, [`POST /records ${JSON.stringify({ kind: 'EventList', apiVersion: 'audit.k8s.io/v1', metadata: {}, items: [item] })}`]);

    await writeFile(at('bad.yaml'), 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Loud\n');
    await assert.rejects(openAudit({ ...parts, auditPolicyFile: at('bad.yaml'), auditLogPath: '-' }), /^Error: --audit-policy-file .*rules\[0\]\.level: Unsupported value: "Loud"/);
    await assert.rejects(openAudit({ ...parts, auditLogPath: '-' }), /--audit-policy-file is missing/);
    await assert.rejects(openAudit({ ...parts, auditPolicyFile: at('policy.yaml') }), /records nothing/);
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
});
