import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { Attributes } from '../authorization/authorizer.ts';
import { TestServer } from '../testing/server.ts';
import type { AuditEvent, AuditSink } from './audit.ts';
import { parseAuditPolicy } from './policy.ts';
import { LogFileSink } from './sinks/log-file.ts';
import { WebhookSink } from './sinks/webhook.ts';

const head = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy' };
const resource = (more: Partial<Extract<Attributes, { isResourceRequest: true }>> = {}): Attributes => ({
  isResourceRequest: true, user: { name: 'ann', groups: ['dev'] }, verb: 'get', apiGroup: '', apiVersion: 'v1', resource: 'pods', subresource: '', namespace: 'default', name: 'p', ...more,
});
const path = (at: string): Attributes => ({ isResourceRequest: false, user: { name: 'ann', groups: ['dev'] }, verb: 'get', path: at });

test('the first rule that matches decides', () => {
  const cases: readonly [rule: object, attributes: Attributes, matches: boolean][] = [
    [{}, resource(), true],
    [{ users: ['ann'] }, resource(), true],
    [{ users: ['bob'] }, resource(), false],
    [{ userGroups: ['ops', 'dev'] }, resource(), true],
    [{ userGroups: ['ops'] }, resource(), false],
    [{ verbs: ['list'] }, resource(), false],
    [{ namespaces: ['default'] }, resource(), true],
    [{ namespaces: [''] }, resource(), false],
    [{ namespaces: ['default'] }, path('/healthz'), false],
    [{ resources: [{ group: '' }] }, resource(), true],
    [{ resources: [{ group: 'apps' }] }, resource(), false],
    [{ resources: [{ group: '*', resources: ['pods'] }] }, resource(), true],
    [{ resources: [{ resources: ['pods'] }] }, resource({ subresource: 'log' }), false],
    [{ resources: [{ resources: ['pods/log'] }] }, resource({ subresource: 'log' }), true],
    [{ resources: [{ resources: ['*/log'] }] }, resource({ subresource: 'log' }), true],
    [{ resources: [{ resources: ['pods/*'] }] }, resource({ subresource: 'log' }), true],
    [{ resources: [{ resources: ['pods'], resourceNames: ['q'] }] }, resource(), false],
    [{ nonResourceURLs: ['/healthz*'] }, path('/healthz/ping'), true],
    [{ nonResourceURLs: ['/metrics'] }, path('/healthz'), false],
    [{ nonResourceURLs: ['*'] }, resource(), false],
  ];
  for (const [rule, attributes, matches] of cases) {
    const policy = parseAuditPolicy({ ...head, rules: [{ level: 'Metadata', ...rule }] });
    assert.equal(policy.planFor(attributes).level, matches ? 'Metadata' : 'None', JSON.stringify([rule, attributes]));
  }
});

test('a policy that cannot be meant is refused', () => {
  const cases: readonly [unknown, string][] = [
    [{ kind: 'Policy', apiVersion: 'audit.k8s.io/v1alpha1', rules: [{ level: 'None' }] }, 'unknown group version field "audit.k8s.io/v1alpha1" in policy: wants audit.k8s.io/v1, kind Policy'],
    [{ ...head, rules: [] }, 'loaded illegal policy with 0 rules'],
    [{ ...head, rules: [{}] }, 'rules[0].level: Required value'],
    [{ ...head, rules: [{ level: 'All' }] }, 'rules[0].level: Unsupported value: "All": supported values: "None", "Metadata", "Request", "RequestResponse"'],
    [{ ...head, omitStages: ['Never'], rules: [{ level: 'None' }] }, 'omitStages[0]: Invalid value: "Never": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic'],
    [{ ...head, rules: [{ level: 'None', nonResourceURLs: ['a', '/b*c'] }] }, 'rules[0].nonResourceURLs[0]: Invalid value: "a": non-resource URL rules must begin with a \'/\' character; rules[0].nonResourceURLs[1]: Invalid value: "/b*c": non-resource URL wildcards \'*\' must be the final character of the rule'],
    [{ ...head, rules: [{ level: 'None', nonResourceURLs: ['*'], namespaces: ['a'] }] }, 'rules[0].nonResourceURLs: Invalid value: ["*"]: rules cannot apply to both regular resources and non-resource URLs'],
    [{ ...head, rules: [{ level: 'None', resources: [{ resourceNames: ['a'] }] }] }, 'rules[0].resources.resourceNames: Invalid value: ["a"]: using resourceNames requires at least one resource'],
  ];
  for (const [document, message] of cases) assert.throws(() => parseAuditPolicy(document), { message });
});

function memorySink(): AuditSink & { readonly events: AuditEvent[] } {
  const events: AuditEvent[] = [];
  return { name: 'memory', events, write: (event) => events.push(structuredClone(event)), [Symbol.asyncDispose]: () => Promise.resolve() };
}

test('a request is recorded at its level, stage by stage', async () => {
  const sink = memorySink();
  const policy = parseAuditPolicy({
    ...head, omitStages: ['RequestReceived'],
    rules: [{ level: 'None', resources: [{ resources: ['namespaces'] }] }, { level: 'Metadata', resources: [{ resources: ['secrets'] }] }, { level: 'RequestResponse', resources: [{ resources: ['configmaps'] }], omitManagedFields: true }, { level: 'Request', resources: [{ resources: ['pods'] }] }],
  });
  await using api = await TestServer.start({ audit: { policy, sinks: [sink] } });
  const base = '/api/v1/namespaces/default';
  await api.get('/api/v1/namespaces/default');
  sink.events.length = 0;
  await api.create(`${base}/secrets`, { metadata: { name: 's' }, stringData: { a: 'hidden' } });
  const secret = sink.events.splice(0);
  assert.equal(secret.length, 1);
  assert.deepEqual({ ...secret[0], auditID: '', requestReceivedTimestamp: '', stageTimestamp: '' }, {
    kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: '', stage: 'ResponseComplete', requestURI: `${base}/secrets`, verb: 'create', user: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
    sourceIPs: ['127.0.0.1'], objectRef: { resource: 'secrets', namespace: 'default', name: 's', apiVersion: 'v1' }, responseStatus: { metadata: {}, code: 201 }, requestReceivedTimestamp: '', stageTimestamp: '',
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  });
  assert.match(secret[0]!.requestReceivedTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);

  await api.create(`${base}/configmaps`, { metadata: { name: 'c' }, data: { a: 'b' } });
  const [created] = sink.events.splice(0);
  assert.deepEqual(created!.requestObject, { metadata: { name: 'c' }, data: { a: 'b' } });
  const response = created!.responseObject as { kind: string; metadata: { uid: string; managedFields?: unknown } };
  assert.deepEqual([response.kind, typeof response.metadata.uid, response.metadata.managedFields], ['ConfigMap', 'string', undefined]);

  await assert.rejects(api.get(`${base}/pods/none`));
  const [missing] = sink.events.splice(0);
  assert.deepEqual(missing!.responseStatus, { metadata: {}, status: 'Failure', message: 'pods "none" not found', reason: 'NotFound', details: { name: 'none', kind: 'pods' }, code: 404 });

  api.watch(`${base}/configmaps?watch=1&timeoutSeconds=5`);
  await api.clock.advance(0);
  assert.deepEqual(sink.events.map(({ stage, verb }) => `${verb} ${stage}`), ['watch ResponseStarted']);
  await api.clock.advance(6000);
  assert.deepEqual(sink.events.map(({ stage, verb }) => `${verb} ${stage}`), ['watch ResponseStarted', 'watch ResponseComplete']);
});

const event = (id: string): AuditEvent => ({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: id, stage: 'ResponseComplete', requestURI: '/', verb: 'get', user: {}, requestReceivedTimestamp: '', stageTimestamp: '' });

test('the log file turns over, and keeps no more than it is told to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'audit-'));
  try {
    const clock = new VirtualClock();
    const log = join(folder, 'audit.log');
    {
      await using sink = await LogFileSink.open({ path: log, maxBytes: 400, maxBackups: 2, maxAgeMs: 0, compress: false, clock, logger: silentLogger });
      for (let i = 0; i < 9; i++) {
        sink.write(event(`id-${i}`));
        await clock.advance(1000);
        await new Promise((resolve) => { setImmediate(resolve); });
      }
    }
    const kept = (await readdir(folder)).sort();
    assert.equal(kept.length, 3, kept.join(' '));
    assert.equal((await stat(log)).mode & 0o777, 0o600);
    const text = (await Promise.all(kept.toSorted((a, b) => (a === 'audit.log' ? 1 : b === 'audit.log' ? -1 : a < b ? -1 : 1)).map((name) => readFile(join(folder, name), 'utf8')))).join('');
    const ids = text.trim().split('\n').map((line) => (JSON.parse(line) as AuditEvent).auditID);
    assert.equal(ids.at(-1), 'id-8');
    assert.deepEqual(ids, Array.from({ length: ids.length }, (_, i) => `id-${9 - ids.length + i}`));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the webhook sends batches, tries again, and drops what does not fit', async () => {
  const clock = new VirtualClock();
  const sent: string[][] = [];
  let failures = 1;
  const sink = new WebhookSink({
    clock, logger: silentLogger, maxBatch: 2, maxWaitMs: 1000, bufferSize: 3, initialBackoffMs: 100,
    send: (list) => {
      if (failures-- > 0) return Promise.reject(new Error('no'));
      sent.push((list as { items: AuditEvent[] }).items.map(({ auditID }) => auditID));
      return Promise.resolve();
    },
  });
  sink.write(event('a'));
  await clock.advance(1000);
  assert.deepEqual(sent, []);
  for (const id of ['b', 'c', 'd', 'e']) sink.write(event(id));
  await clock.advance(200);
  await clock.advance(1000);
  assert.deepEqual(sent, [['a'], ['b', 'c'], ['d']]);
  sink.write(event('f'));
  await sink[Symbol.asyncDispose]();
  assert.deepEqual(sent.at(-1), ['f']);
});
