import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManagedFieldsEntry } from '../api/types/meta/v1.ts';
import type { Shown } from './testing/server.ts';
import { TestServer } from './testing/server.ts';

const pods = '/api/v1/namespaces/default/pods';
const deployments = '/apis/apps/v1/namespaces/default/deployments';
const configMaps = '/api/v1/namespaces/default/configmaps';
const merge = 'application/merge-patch+json';
const apply = 'application/apply-patch+yaml';

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } } } };
const configMap = (data: Record<string, string>, metadata: object = {}): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...metadata }, data });

const entriesOf = (object: Shown): readonly ManagedFieldsEntry[] => object.metadata.managedFields ?? [];
/** `manager operation [subresource]` -> its fields. */
const ownersOf = (object: Shown): Record<string, unknown> => Object.fromEntries(entriesOf(object).map(({ manager, operation, subresource, fieldsV1 }) => [[manager, operation, ...(subresource === undefined ? [] : [subresource])].join(' '), fieldsV1]));

const as = (agent: string): { userAgent: string } => ({ userAgent: `${agent}/1` });

test('an update takes what it changes; what it removes nobody has; the status has a record of its own', async () => {
  await using api = await TestServer.start();
  await api.request('POST', configMaps, configMap({ one: '1', two: '2', three: '3' }), as('creator'));
  const updated = await api.request('PUT', `${configMaps}/a`, configMap({ one: '1', two: 'x', four: '4' }), as('updater'));
  assert.deepEqual(ownersOf(updated), { 'creator Update': { 'f:data': { '.': {}, 'f:one': {} } }, 'updater Update': { 'f:data': { 'f:four': {}, 'f:two': {} } } });

  await api.request('POST', deployments, deployment, as('creator'));
  const status = await api.request('PATCH', `${deployments}/web/status`, { status: { replicas: 1, conditions: [{ type: 'Available', status: 'True' }] }, spec: { replicas: 5 }, metadata: { labels: { x: 'y' }, annotations: { a: 'b' } } }, { contentType: merge, ...as('controller') });
  const condition = { '.': {}, 'f:lastTransitionTime': {}, 'f:lastUpdateTime': {}, 'f:status': {}, 'f:type': {} };
  assert.deepEqual(ownersOf(status)['controller Update status'], { 'f:metadata': { 'f:annotations': { '.': {}, 'f:a': {} } }, 'f:status': { 'f:conditions': { '.': {}, 'k:{"type":"Available"}': condition }, 'f:replicas': {} } });
  assert.equal(status.spec['replicas'], 1);
  const patched = await api.request('PATCH', `${deployments}/web`, [{ op: 'replace', path: '/spec/replicas', value: 2 }], { contentType: 'application/json-patch+json', ...as('patcher') });
  assert.deepEqual(ownersOf(patched)['patcher Update'], { 'f:spec': { 'f:replicas': {} } });
});

test('times stay when nothing changes, and one manager has one record a version', async () => {
  await using api = await TestServer.start();
  const first = await api.request('POST', configMaps, configMap({ one: '1' }), as('me'));
  await api.clock.advance(60_000);
  const same = await api.request('PUT', `${configMaps}/a`, configMap({ one: '1' }), as('me'));
  assert.equal(same.metadata.resourceVersion, first.metadata.resourceVersion);
  const other = await api.request('PATCH', `${configMaps}/a`, { data: { one: '1' } }, { contentType: merge, ...as('other') });
  assert.equal(other.metadata.resourceVersion, first.metadata.resourceVersion);
  const changed = await api.request('PUT', `${configMaps}/a`, configMap({ one: '2', two: '2' }), as('me'));
  assert.deepEqual(entriesOf(changed).map(({ manager, time }) => [manager, time]), [['me', '2026-01-01T00:01:00Z']]);
  assert.deepEqual(ownersOf(changed)['me Update'], { 'f:data': { '.': {}, 'f:one': {}, 'f:two': {} } });
});

test('more than ten managers of updates: the oldest become one', async () => {
  await using api = await TestServer.start();
  await api.request('POST', configMaps, configMap({ m0: '0' }), as('m0'));
  for (let i = 1; i <= 11; i++) {
    await api.clock.advance(1000);
    await api.request('PATCH', `${configMaps}/a`, { data: { [`m${i}`]: '1' } }, { contentType: merge, ...as(`m${i}`) });
  }
  const found = await api.get(`${configMaps}/a`);
  const owners = ownersOf(found);
  assert.equal(Object.keys(owners).length, 10);
  assert.deepEqual(owners['ancient-changes Update'], { 'f:data': { '.': {}, 'f:m0': {}, 'f:m1': {}, 'f:m2': {} } });
  assert.deepEqual(Object.keys(owners).slice(0, 3), ['ancient-changes Update', 'm3 Update', 'm4 Update']);
});

test('managed fields that a client sends: kept, forgotten or not heard', async () => {
  await using api = await TestServer.start();
  const entry = { manager: 'else', operation: 'Update', apiVersion: 'v1', time: '2025-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { 'f:one': {}, 'f:gone': {} }, 'x:?': {} } };
  const made = await api.request('POST', configMaps, configMap({ one: '1' }, { managedFields: [entry] }), as('me'));
  assert.deepEqual(ownersOf(made), { 'me Update': { 'f:data': { '.': {}, 'f:one': {} } }, 'else Update': { 'f:data': { 'f:gone': {} } } });
  const bad = await api.request('PUT', `${configMaps}/a`, configMap({ one: '1' }, { managedFields: [{ ...entry, operation: 'Eat' }] }), as('me'));
  assert.deepEqual(ownersOf(bad), ownersOf(made), 'what nobody can read is not heard');
  const wrong = await api.request('PUT', `${configMaps}/a`, configMap({ one: '1' }, { managedFields: [{ ...entry, fieldsV1: { 'f:a': 1 } }] }), as('me'));
  assert.deepEqual(ownersOf(wrong), ownersOf(made));
  const set = await api.request('PUT', `${configMaps}/a`, configMap({ one: '1' }, { managedFields: [entry] }), as('me'));
  assert.deepEqual(ownersOf(set), { 'else Update': { 'f:data': { 'f:gone': {}, 'f:one': {} } } });
  const reset = await api.request('PATCH', `${configMaps}/a`, { metadata: { managedFields: [{}] } }, { contentType: merge, ...as('me') });
  assert.equal(reset.metadata.managedFields, undefined);
  const after = await api.request('PUT', `${configMaps}/a`, configMap({ one: '2' }), as('me'));
  assert.equal(after.metadata.managedFields, undefined, 'who is not tracked stays so');
  const applied = await api.request('PATCH', `${configMaps}/a?fieldManager=me&force=true`, configMap({ one: '3' }), { contentType: apply });
  assert.deepEqual(ownersOf(applied), { 'me Apply': { 'f:data': { 'f:one': {} } }, 'before-first-apply Update': { 'f:data': {} } });
});

test('scale has its managers under the parent\'s path', async () => {
  await using api = await TestServer.start();
  await api.request('POST', deployments, deployment, as('creator'));
  const scaled = await api.request('PATCH', `${deployments}/web/scale`, { spec: { replicas: 3 } }, { contentType: merge, ...as('hpa') });
  assert.equal(scaled.metadata.managedFields, undefined);
  const found = await api.get(`${deployments}/web`);
  const owners = ownersOf(found);
  assert.deepEqual(owners['hpa Update scale'], { 'f:spec': { 'f:replicas': {} } });
  assert.equal(entriesOf(found).find(({ manager }) => manager === 'hpa')?.apiVersion, 'apps/v1');
  assert.equal(Object.hasOwn((owners['creator Update'] as Record<string, object>)['f:spec']!, 'f:replicas'), false);
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 4 } };
  await assert.rejects(api.request('PATCH', `${deployments}/web/scale?fieldManager=me`, scale, { contentType: apply }), /Apply failed with 1 conflict: conflict with "hpa" with subresource "scale" using autoscaling\/v1: \.spec\.replicas/);
  await api.request('PATCH', `${deployments}/web/scale?fieldManager=me&force=true`, scale, { contentType: apply });
  const taken = ownersOf(await api.get(`${deployments}/web`));
  assert.deepEqual(taken['me Apply scale'], { 'f:spec': { 'f:replicas': {} } });
  assert.equal(taken['hpa Update scale'], undefined);
  const { spec: { replicas: _, ...spec } } = deployment;
  const applied = await api.request('PATCH', `${deployments}/web?fieldManager=other`, { ...deployment, spec }, { contentType: apply });
  assert.equal(applied.spec['replicas'], 4);
});

test('a pod that runs: its creator has the spec, the kubelet the status', async () => {
  await using api = await TestServer.start();
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i', env: [{ name: 'A', value: '1' }], volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', emptyDir: {} }], tolerations: [{ operator: 'Exists' }] } };
  const made = await api.request('POST', pods, pod, as('kube-controller-manager'));
  assert.deepEqual(ownersOf(made)['kube-controller-manager Update'], {
    'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
    'f:spec': {
      'f:containers': {
        'k:{"name":"c"}': {
          '.': {}, 'f:env': { '.': {}, 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } }, 'f:image': {}, 'f:imagePullPolicy': {}, 'f:name': {}, 'f:resources': {},
          'f:terminationMessagePath': {}, 'f:terminationMessagePolicy': {}, 'f:volumeMounts': { '.': {}, 'k:{"mountPath":"/v"}': { '.': {}, 'f:mountPath': {}, 'f:name': {} } },
        },
      },
      'f:dnsPolicy': {}, 'f:enableServiceLinks': {}, 'f:restartPolicy': {}, 'f:schedulerName': {}, 'f:securityContext': {}, 'f:terminationGracePeriodSeconds': {}, 'f:tolerations': {},
      'f:volumes': { '.': {}, 'k:{"name":"v"}': { '.': {}, 'f:emptyDir': {}, 'f:name': {} } },
    },
  });
  await api.request('POST', `${pods}/p/binding`, { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } }, as('kube-scheduler'));
  const status = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], podIPs: [{ ip: '10.0.0.1' }] } };
  const running = await api.request('PATCH', `${pods}/p/status`, status, { contentType: 'application/strategic-merge-patch+json', ...as('kubelet') });
  assert.deepEqual(Object.keys(ownersOf(running)), ['kube-controller-manager Update', 'kubelet Update status']);
  assert.deepEqual(ownersOf(running)['kubelet Update status'], {
    'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, 'f:lastProbeTime': {}, 'f:lastTransitionTime': {}, 'f:status': {}, 'f:type': {} } }, 'f:phase': {}, 'f:podIPs': { '.': {}, 'k:{"ip":"10.0.0.1"}': { '.': {}, 'f:ip': {} } } },
  });
});

test('who sends a daemon set sets the generation of its template, which apps/v1 keeps in an annotation', async () => {
  await using api = await TestServer.start();
  const daemonSets = '/apis/apps/v1/namespaces/default/daemonsets';
  const set = { ...deployment, kind: 'DaemonSet', spec: { selector: deployment.spec.selector, template: deployment.spec.template } };
  const annotation = { 'f:deprecated.daemonset.template.generation': {} };
  const annotationsOf = (object: Shown, manager: string): unknown => (ownersOf(object)[`${manager} Update`] as { readonly 'f:metadata'?: { readonly 'f:annotations': unknown } } | undefined)?.['f:metadata']?.['f:annotations'];
  const made = await api.request('POST', daemonSets, set, as('creator'));
  assert.deepEqual(annotationsOf(made, 'creator'), { '.': {}, ...annotation });
  const updated = await api.request('PUT', `${daemonSets}/web`, set, as('updater'));
  assert.deepEqual([annotationsOf(updated, 'creator'), annotationsOf(updated, 'updater')], [{}, annotation]);
  assert.equal(updated.metadata.annotations?.['deprecated.daemonset.template.generation'], '1');
});

test('nobody owns what a way of writing leaves as it is', async () => {
  await using api = await TestServer.start();
  const services = '/apis/apiregistration.k8s.io/v1/apiservices';
  const service = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1.example.com', labels: { a: 'b' } }, spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1, service: { namespace: 'n', name: 's' }, insecureSkipTLSVerify: true } };
  await api.request('PATCH', `${services}/v1.example.com?fieldManager=maker`, service, { contentType: apply });
  const status = { conditions: [{ type: 'Available', status: 'True' }] };
  const told = await api.request('PATCH', `${services}/v1.example.com/status?fieldManager=teller`, { ...service, metadata: { name: 'v1.example.com', labels: { a: 'c' } }, status }, { contentType: apply });
  assert.deepEqual(told.metadata.labels, { a: 'b' });
  assert.deepEqual(ownersOf(told)['teller Apply status'], { 'f:status': { 'f:conditions': { 'k:{"type":"Available"}': { '.': {}, 'f:status': {}, 'f:type': {} } } } });
});
