import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BadInputServer, configMaps, json } from './server.ts';

let server: BadInputServer;
before(async () => { server = await BadInputServer.start(); });
after(() => server[Symbol.asyncDispose]());

const flowcontrol = '/apis/flowcontrol.apiserver.k8s.io/v1';
const uidOf = async (path: string): Promise<string> => ((await server.ask('GET', `${flowcontrol}/${path}`)).json['metadata'] as { uid: string }).uid;

test('every answer tells the uids of the flow schema and priority level that the request fell under', async () => {
  const admins = [await uidOf('flowschemas/exempt'), await uidOf('prioritylevelconfigurations/exempt')];
  const others = [await uidOf('flowschemas/global-default'), await uidOf('prioritylevelconfigurations/global-default')];
  const probes = [await uidOf('flowschemas/probes'), await uidOf('prioritylevelconfigurations/exempt')];
  for (const [method, path, token, expected] of [
    ['GET', configMaps, 'admin-token', admins],
    ['GET', `${configMaps}/missing`, 'admin-token', admins],
    ['POST', configMaps, 'admin-token', admins],
    ['GET', `${configMaps}?watch=1&timeoutSeconds=1&resourceVersion=1`, 'admin-token', admins],
    ['GET', '/metrics', 'admin-token', admins],
    ['GET', configMaps, 'weak-token', others],
    ['GET', '/version', 'weak-token', others],
    ['GET', '/healthz', '', probes],
  ] as const) {
    const { headers } = await server.ask(method, path, { token, ...(method === 'POST' && { headers: json, body: '{"metadata":{"generateName":"a-"}}' }) });
    assert.deepEqual([headers['x-kubernetes-pf-flowschema-uid'], headers['x-kubernetes-pf-prioritylevel-uid']], expected, `${method} ${path}`);
  }
});

test('a flow schema of the administrator\'s own takes effect at once', async () => {
  const schema = await server.ask('POST', `${flowcontrol}/flowschemas`, { headers: json, body: JSON.stringify({
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1', kind: 'FlowSchema', metadata: { name: 'weak' },
    spec: { matchingPrecedence: 20, priorityLevelConfiguration: { name: 'workload-low' }, distinguisherMethod: { type: 'ByUser' }, rules: [{ subjects: [{ kind: 'User', user: { name: 'weak' } }], nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/version'] }] }] },
  }) });
  assert.equal(schema.code, 201, schema.text);
  const uid = (schema.json['metadata'] as { uid: string }).uid;
  assert.equal((await server.ask('GET', '/version', { token: 'weak-token' })).headers['x-kubernetes-pf-flowschema-uid'], uid);
  assert.equal((await server.ask('GET', '/version', { token: 'weak-token' })).headers['x-kubernetes-pf-prioritylevel-uid'], await uidOf('prioritylevelconfigurations/workload-low'));
  await server.ask('DELETE', `${flowcontrol}/flowschemas/weak`);
  assert.equal((await server.ask('GET', '/version', { token: 'weak-token' })).headers['x-kubernetes-pf-flowschema-uid'], await uidOf('flowschemas/global-default'));
});

test('what flow control did is in the metrics', async () => {
  const { text } = await server.ask('GET', '/metrics');
  const value = (line: RegExp): number => Number(line.exec(text)?.[1]);
  assert.ok(value(/^apiserver_flowcontrol_dispatched_requests_total\{flow_schema="exempt",priority_level="exempt"\} (\d+)$/m) > 10);
  assert.ok(value(/^apiserver_flowcontrol_request_execution_seconds_count\{flow_schema="global-default",priority_level="global-default",type="regular"\} (\d+)$/m) >= 2);
  assert.ok(value(/^apiserver_flowcontrol_request_wait_duration_seconds_bucket\{flow_schema="global-default",priority_level="global-default",execute="true",le="0"\} (\d+)$/m) >= 2);
  assert.equal(value(/^apiserver_flowcontrol_nominal_limit_seats\{priority_level="workload-low"\} (\d+)$/m), 245);
  assert.equal(value(/^apiserver_flowcontrol_nominal_limit_seats\{priority_level="catch-all"\} (\d+)$/m), 13);
  assert.equal(value(/^apiserver_flowcontrol_lower_limit_seats\{priority_level="workload-low"\} (\d+)$/m), 24);
});

test('the dumps are for those who may read them', async () => {
  const dump = await server.ask('GET', '/debug/api_priority_and_fairness/dump_priority_levels');
  assert.match(dump.text, /^PriorityLevelName, ActiveQueues, IsIdle, IsQuiescing, WaitingRequests, ExecutingRequests, DispatchedRequests, RejectedRequests, TimedoutRequests, CancelledRequests\ncatch-all,\s+0,\s+true,\s+false,/);
  assert.match((await server.ask('GET', '/debug/api_priority_and_fairness/dump_queues')).text, /\nglobal-default,\s+127,/);
  assert.match((await server.ask('GET', '/debug/api_priority_and_fairness/dump_requests')).text, /^PriorityLevelName, FlowSchemaName,.*StartTime\n/);
  assert.equal((await server.ask('GET', '/debug/api_priority_and_fairness/dump_queues', { token: 'weak-token' })).code, 403);
  assert.ok(!(await server.ask('GET', '/')).text.includes('/debug'));
});

test('who is shed is told in upstream\'s words when to come back', async () => {
  const create = (path: string, object: object) => server.ask('POST', `${flowcontrol}/${path}`, { headers: json, body: JSON.stringify(object) });
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
  // No seats at all: whoever comes waits for a quarter of its time, in vain.
  const level = await create('prioritylevelconfigurations', { apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name: 'closed' }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 0, lendablePercent: 0, borrowingLimitPercent: 0, limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 1 } } } } });
  assert.equal(level.code, 201, level.text);
  const schema = await create('flowschemas', { apiVersion, kind: 'FlowSchema', metadata: { name: 'closed' }, spec: { matchingPrecedence: 30, priorityLevelConfiguration: { name: 'closed' }, rules: [{ subjects: [{ kind: 'User', user: { name: 'weak' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }] } });
  assert.equal(schema.code, 201, schema.text);
  const reply = await server.ask('GET', '/version?timeout=400ms', { token: 'weak-token' });
  assert.equal(reply.code, 429);
  assert.equal(reply.text, 'Too many requests, please try again later.\n');
  assert.equal(reply.headers['retry-after'], '1');
  assert.equal(reply.headers['content-type'], 'text/plain; charset=utf-8');
  assert.equal(reply.headers['x-content-type-options'], 'nosniff');
  assert.equal(reply.headers['x-kubernetes-pf-prioritylevel-uid'], (level.json['metadata'] as { uid: string }).uid);
  const together = await Promise.all([1, 2, 3].map(() => server.ask('GET', '/version?timeout=400ms', { token: 'weak-token' })));
  assert.ok(together.every(({ code }) => code === 429));
  assert.equal((await server.ask('GET', '/version')).code, 200, 'others are not concerned');
  const { text } = await server.ask('GET', '/metrics');
  assert.match(text, /^apiserver_flowcontrol_rejected_requests_total\{flow_schema="closed",priority_level="closed",reason="time-out"\} [1-9]/m);
  assert.match(text, /^apiserver_flowcontrol_rejected_requests_total\{flow_schema="closed",priority_level="closed",reason="queue-full"\} [1-9]/m);
  await server.ask('DELETE', `${flowcontrol}/flowschemas/closed`);
  await server.ask('DELETE', `${flowcontrol}/prioritylevelconfigurations/closed`);
});
