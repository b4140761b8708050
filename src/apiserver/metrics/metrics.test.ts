import assert from 'node:assert/strict';
import { request as httpsRequest } from 'node:https';
import { test } from 'node:test';
import { RealClock } from '../../base/real-clock.ts';
import type { RequestInfo } from '../request.ts';
import { TestServer } from '../testing/server.ts';
import { testPki } from '../testing/serving-certificate.ts';
import { Histogram } from './histogram.ts';
import { LongRunning } from './long-running.ts';
import type { Rows } from './registry.ts';
import { MetricsRegistry } from './registry.ts';
import { metricVerb, RequestMetrics } from './requests.ts';

const pods: RequestInfo = { isResourceRequest: true, path: '', verb: 'list', apiGroup: '', apiVersion: 'v1', namespace: 'default', resource: 'pods', subresource: '', name: '', remainder: '' };
const counted = (info: RequestInfo, more: object = {}) => ({ info, method: 'GET', rawQuery: '', sentBytes: 2000, waitedMs: 0, isApply: false, ...more });

test('verbs are upstream\'s', () => {
  const cases: readonly [Partial<RequestInfo>, string, string, boolean?][] = [
    [{}, 'GET', 'LIST'], [{}, 'HEAD', 'LIST'], [{ verb: 'get', name: 'p' }, 'GET', 'GET'], [{ verb: 'create' }, 'POST', 'POST'], [{ verb: 'update', name: 'p' }, 'PUT', 'PUT'], [{ verb: 'patch', name: 'p' }, 'PATCH', 'PATCH'], [{ verb: 'patch', name: 'p' }, 'PATCH', 'APPLY', true],
    [{ verb: 'watch' }, 'GET', 'WATCH'], [{ verb: 'deletecollection' }, 'DELETE', 'DELETE'], [{ verb: 'create', subresource: 'exec' }, 'POST', 'CONNECT'], [{ verb: 'get', name: 'p', subresource: 'log' }, 'GET', 'CONNECT'],
    [{ isResourceRequest: false, verb: 'get', namespace: '' }, 'GET', 'GET'], [{ isResourceRequest: false, verb: 'x', namespace: '' }, 'OPTIONS', 'other'],
  ];
  for (const [info, method, expected, isApply = false] of cases) assert.equal(metricVerb({ ...pods, ...info }, method, { isApply }), expected, JSON.stringify([info, method]));
});

test('requests are sorted into upstream\'s series and buckets', async () => {
  const requests = new RequestMetrics(() => true);
  requests.record(counted(pods), 200, 30);
  requests.record(counted(pods, { waitedMs: 900 }), 200, 1000);
  requests.record(counted(pods), 429, 1);
  requests.record(counted(pods), 429, 1);
  requests.record(counted(pods), 429, 1);
  requests.record(counted({ ...pods, verb: 'create' }, { method: 'POST', rawQuery: 'dryRun=All' }), 201, 4);
  requests.record(counted({ ...pods, verb: 'watch' }), 200, 60_000);
  requests.recordDeprecated({ ...pods, resource: 'endpoints' }, '');
  const registry = new MetricsRegistry();
  registry.add(requests.families);
  const text = await registry.render();
  const series = 'component="apiserver",dry_run="",group="",resource="pods",scope="namespace",subresource="",verb="LIST",version="v1"';
  for (const line of [
    `apiserver_request_total{code="200",${series}} 2`,
    `apiserver_request_total{code="429",${series}} 3`,
    `apiserver_request_duration_seconds_bucket{${series},le="0.005"} 3`,
    `apiserver_request_duration_seconds_bucket{${series},le="0.05"} 4`,
    `apiserver_request_duration_seconds_bucket{${series},le="+Inf"} 5`,
    `apiserver_request_sli_duration_seconds_bucket{${series.replace('dry_run="",', '')},le="0.1"} 5`,
    `apiserver_response_sizes_sum{${series.replace('dry_run="",', '')}} 10000`,
    `apiserver_request_terminations_total{code="429",${series.replace('dry_run="",', '')}} 3`,
    'apiserver_requested_deprecated_apis{group="",version="v1",resource="endpoints",subresource="",removed_release=""} 1',
  ]) assert.ok(text.includes(`${line}\n`), `${line}\n${text}`);
  assert.match(text, /apiserver_request_total\{code="201",component="apiserver",dry_run="All".*verb="POST"/);
  // A watch lasts as long as its client likes, and is measured all the same.
  assert.match(text, /request_duration_seconds_sum\{[^}]*verb="WATCH"[^}]*\} 60\n/);
});

test('a histogram counts what is above its last bound', () => {
  const histogram = new Histogram([1, 2]);
  for (const value of [0.5, 1, 1.5, 9]) histogram.observe(value);
  assert.deepEqual([histogram.counts, histogram.total, histogram.sum], [[2, 1], 4, 12]);
});

test('a server tells of its requests, watches, store and access', async () => {
  const { apiServer } = await testPki();
  await using api = await TestServer.start({ clock: new RealClock(), authenticators: [{ name: 't', authenticate: ({ bearerToken }) => (bearerToken === 'secret' ? { name: 'admin', groups: ['system:masters'] } : undefined) }] });
  const { port } = await api.server.listen({ key: apiServer.key, cert: apiServer.certificate });
  const ask = (path: string, token = 'secret'): Promise<string> => new Promise((resolve, reject) => {
    httpsRequest({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false, headers: { authorization: `Bearer ${token}` } }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString())).on('end', () => resolve(body));
    }).on('error', reject).end();
  });
  const maps = '/api/v1/namespaces/default/configmaps';
  await api.create(maps, { metadata: { name: 'a' } });
  await ask(maps);
  await ask(maps, 'wrong');
  await ask(`${maps}?watch=1&timeoutSeconds=1`);
  await ask('/api/v1/componentstatuses');
  const text = await ask('/metrics');
  for (const pattern of [
    /^apiserver_request_total\{code="200",component="apiserver",dry_run="",group="",resource="configmaps",scope="namespace",subresource="",verb="LIST",version="v1"\} 1$/m,
    /^apiserver_request_total\{code="401",/m,
    /^apiserver_watch_events_total\{group="",version="v1",resource="configmaps"\} 1$/m,
    /^apiserver_storage_objects\{resource="configmaps"\} [1-9]/m,
    // The watch has ended.
    /^apiserver_longrunning_requests\{component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"\} 0$/m,
    /^apiserver_storage_events_received_total\{group="",resource="configmaps"\} [1-9]/m,
    /^kubernetes_feature_enabled\{name="ClusterTrustBundle",stage="BETA"\} 0$/m,
    /^registered_metrics_total\{deprecated_version="1.34.0",stability_level="STABLE"\} 1$/m,
    /^etcd_requests_total\{operation="create",type="configmaps"\} [1-9]/m,
    /^etcd_request_duration_seconds_bucket\{operation="list",type="",le="60"\} [1-9]/m,
    /^authentication_attempts\{result="failure"\} 1$/m,
    /^authorization_attempts_total\{result="allowed"\} [1-9]/m,
    /^kubernetes_build_info\{.*git_version="v1\.36\.0/m,
    /^apiserver_requested_deprecated_apis\{group="",version="v1",resource="componentstatuses",subresource="",removed_release=""\} 1$/m,
    /^process_cpu_seconds_total /m,
  ]) assert.match(text, pattern);
});

test('what is open is told by what it is about, until it ends; what clients make up is not', () => {
  const longRunning = new LongRunning(({ resource }) => resource === 'pods');
  const told = (): string[] => longRunning.families.flatMap((family) => [...family.read() as Rows]).map(([{ verb, scope, subresource, resource }, count]) => `${verb} ${scope} ${resource}/${subresource} ${count}`);
  const everywhere = longRunning.begin({ ...pods, verb: 'watch', namespace: '' });
  longRunning.begin({ ...pods, verb: 'watch', namespace: '' });
  longRunning.begin({ ...pods, verb: 'watch', name: 'p' });
  longRunning.begin({ ...pods, verb: 'create', name: 'p', subresource: 'exec' });
  longRunning.begin({ ...pods, verb: 'watch', resource: 'made-up' });
  assert.deepEqual(told(), ['WATCH cluster pods/ 2', 'WATCH resource pods/ 1', 'CONNECT resource pods/exec 1']);
  everywhere.count -= 1;
  assert.equal(told()[0], 'WATCH cluster pods/ 1');
});
