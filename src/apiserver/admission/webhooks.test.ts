import assert from 'node:assert/strict';
import test from 'node:test';
import type { AdmissionRequest, AdmissionResponse } from '../testing/admission-hook.ts';
import { AdmissionHook } from '../testing/admission-hook.ts';
import { refusal, TestServer } from '../testing/server.ts';
import { mutatingWebhook } from './mutating-webhook/mutating-webhook.ts';
import { validatingWebhook } from './validating-webhook/validating-webhook.ts';

interface Fixture extends AsyncDisposable {
  readonly api: TestServer;
  readonly hook: AdmissionHook;
  configure(kind: 'Mutating' | 'Validating', name: string, webhooks: readonly object[]): Promise<void>;
}

const everything = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }];
const allow = { allowed: true };
const configMaps = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, more: object = {}): object => ({ metadata: { name }, ...more });

async function fixture(answer: (request: AdmissionRequest, path: string) => AdmissionResponse | Promise<AdmissionResponse>): Promise<Fixture> {
  const undo = new AsyncDisposableStack();
  const hook = undo.use(await AdmissionHook.start(answer));
  const api = undo.use(await TestServer.start({ admission: [mutatingWebhook, validatingWebhook] }));
  return {
    api, hook,
    async configure(kind, name, webhooks) {
      const full = webhooks.map((webhook, index) => ({ name: `hook-${index}.example.com`, clientConfig: hook.clientConfig('/x'), rules: everything, sideEffects: 'None', admissionReviewVersions: ['v1'], ...webhook }));
      await api.create(`/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`, { metadata: { name }, webhooks: full });
    },
    [Symbol.asyncDispose]: () => undo.disposeAsync(),
  };
}

test('a validating webhook sees the request and refuses it in its own words, code and reason', async () => {
  await using it = await fixture(() => ({ allowed: false, status: { code: 418, reason: 'Teapot', message: 'no coffee' } }));
  await it.configure('Validating', 'judge', [{}]);
  await assert.rejects(it.api.request('POST', `${configMaps}?dryRun=All&fieldManager=me`, configMap('a', { data: { k: 'v' } })), (error: { message: string; code: number; toStatus(): { reason?: string } }) => {
    assert.equal(error.message, 'admission webhook "hook-0.example.com" denied the request: no coffee');
    assert.equal(error.code, 418);
    assert.equal(error.toStatus().reason, 'Teapot');
    return true;
  });
  const { uid, object, ...request } = it.hook.requests[0]!;
  assert.match(uid, /^[0-9a-f-]{36}$/);
  assert.partialDeepStrictEqual(object, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' }, data: { k: 'v' } });
  const resource = { group: '', version: 'v1', resource: 'configmaps' };
  const kind = { group: '', version: 'v1', kind: 'ConfigMap' };
  assert.deepEqual(request, {
    kind, resource, requestKind: kind, requestResource: resource, name: 'a', namespace: 'default', operation: 'CREATE',
    userInfo: { username: 'admin', groups: ['system:masters', 'system:authenticated'] }, dryRun: true, oldObject: null, options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', dryRun: ['All'], fieldManager: 'me' },
  });
});

test('denials without a message give the reason, or say that there is none', async () => {
  const statuses: object[] = [{ reason: 'Forbidden', code: 403 }, {}];
  await using it = await fixture(() => ({ allowed: false, status: statuses.shift() }));
  await it.configure('Validating', 'judge', [{}]);
  await assert.rejects(it.api.create(configMaps, configMap('a')), refusal('Forbidden', 'admission webhook "hook-0.example.com" denied the request: Forbidden'));
  await assert.rejects(it.api.create(configMaps, configMap('a')), { message: 'admission webhook "hook-0.example.com" denied the request without explanation', code: 400 });
});

test('webhooks that hang, answer garbage or for somebody else close the door, or leave it open where they are to', async () => {
  const answers: (() => AdmissionResponse | Promise<AdmissionResponse>)[] = [];
  await using it = await fixture(() => answers.shift()!());
  await it.configure('Validating', 'judge', [{}]);
  const change = (field: string, value: unknown): Promise<unknown> => it.api.patch('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/judge', [{ op: 'replace', path: `/webhooks/0/${field}`, value }], 'application/json-patch+json');
  const refused = async (answer: () => AdmissionResponse | Promise<AdmissionResponse>, reason: string): Promise<void> => {
    answers.push(answer);
    await assert.rejects(it.api.create(configMaps, configMap('a')), (error: Error) => {
      assert.equal(error.message.replace(/uid="[0-9a-f-]{36}"/, 'uid="…"'), `Internal error occurred: failed calling webhook "hook-0.example.com": ${reason}`);
      return true;
    });
  };
  await refused(() => ({ ...allow, uid: 'another' }), 'received invalid webhook response: expected response.uid="…", got "another"');
  await refused(() => ({ raw: '<html>' }), 'failed to call webhook: couldn\'t get version/kind; json parse error: invalid character \'<\' looking for beginning of value');
  await refused(() => ({ raw: '{"kind":"Pod","apiVersion":"v1"}' }), 'failed to call webhook: no kind "Pod" is registered for version "v1" in scheme "pkg/runtime/scheme.go:110"');
  await refused(() => ({ raw: '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}' }), 'received invalid webhook response: webhook response was absent');
  await refused(() => ({ ...allow, patch: [{ op: 'remove', path: '/data' }] }), 'received invalid webhook response: validating webhook may not return response.patch');
  const pending = Promise.withResolvers<AdmissionResponse>();
  await change('timeoutSeconds', 1);
  await refused(() => pending.promise, `failed to call webhook: Post "${it.hook.url}/x?timeout=1s": context deadline exceeded`);
  pending.resolve(allow);

  await change('timeoutSeconds', 10);
  await change('failurePolicy', 'Ignore');
  answers.push(() => ({ raw: 'nonsense' }));
  await it.api.create(configMaps, configMap('a'));
});

test('mutating webhooks change objects one after the other, and again where they want to when the object changed since', async () => {
  const order: string[] = [];
  await using it = await fixture(({ object }, path) => {
    order.push(path);
    const data = (object as { data?: Record<string, string> }).data ?? {};
    const patch = data[path.slice(1)] === undefined ? [{ op: 'add', path: `/data/${path.slice(1)}`, value: String(Object.keys(data).length) }] : undefined;
    return { allowed: true, ...(patch && { patch }) };
  });
  await it.configure('Mutating', 'b', [{ clientConfig: it.hook.clientConfig('/second') }]);
  await it.configure('Mutating', 'a', [{ clientConfig: it.hook.clientConfig('/first'), reinvocationPolicy: 'IfNeeded' }, { clientConfig: it.hook.clientConfig('/other'), rules: [{ ...everything[0], resources: ['secrets'] }] }]);
  const created = await it.api.create(configMaps, configMap('a', { data: { sent: 'x' } }));
  assert.deepEqual(created.data, { sent: 'x', first: '1', second: '2' });
  assert.deepEqual(order, ['/first', '/second', '/first']);
});

test('patches that do not fit, or make nothing of the kind, are refused', async () => {
  const patches: unknown[] = [[{ op: 'remove', path: '/data/nothing' }], [{ op: 'replace', path: '/data', value: 5 }], { op: 'add' }, [{ op: 'add', path: '/data', value: { k: 'v' } }, { op: 'add', path: '/unknown', value: 1 }], [{ op: 'add', path: '/metadata/name', value: 'Not Valid' }]];
  await using it = await fixture(() => ({ allowed: true, patch: patches.shift() }));
  await it.configure('Mutating', 'm', [{}]);
  await assert.rejects(it.api.create(configMaps, configMap('a', { data: { sent: '1' } })), refusal('InternalError', 'Internal error occurred: error in remove for path: \'/data/nothing\': unable to remove nonexistent key: nothing: missing value'));
  await assert.rejects(it.api.create(configMaps, configMap('a', { data: { sent: '1' } })), refusal('InternalError', /^Internal error occurred: json: cannot unmarshal number into Go struct field ConfigMap\.data/));
  await assert.rejects(it.api.create(configMaps, configMap('a')), refusal('InternalError', 'Internal error occurred: failed calling webhook "hook-0.example.com": received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch'));
  assert.deepEqual((await it.api.create(configMaps, configMap('a'))).data, { k: 'v' });
  await assert.rejects(it.api.create(configMaps, configMap('b')), refusal('Invalid', /metadata\.name/));
});

test('deletions, collections, subresources and connections are asked about; configurations and other requests are not', async () => {
  await using it = await fixture(() => allow);
  await it.api.create(configMaps, configMap('a'));
  await it.api.create(configMaps, configMap('b'));
  await it.configure('Validating', 'all', [{ clientConfig: it.hook.clientConfig('/x') }]);
  await it.configure('Validating', 'more', [{ objectSelector: { matchLabels: { never: 'there' } } }]);
  assert.equal(it.hook.requests.length, 0);
  await it.api.delete(`${configMaps}/a`, { gracePeriodSeconds: 0 });
  assert.partialDeepStrictEqual(it.hook.requests.at(-1), { operation: 'DELETE', name: 'a', object: null, oldObject: { metadata: { name: 'a' } }, options: { kind: 'DeleteOptions', gracePeriodSeconds: 0 } });
  await it.api.delete(configMaps);
  assert.partialDeepStrictEqual(it.hook.requests.at(-1), { operation: 'DELETE', name: 'b' });
  await it.api.create('/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  await it.api.patch('/api/v1/namespaces/default/pods/p/status', { status: { message: 'x' } });
  assert.partialDeepStrictEqual(it.hook.requests.at(-1), { operation: 'UPDATE', subResource: 'status', kind: { kind: 'Pod' } });
  await assert.rejects(it.api.request('POST', '/api/v1/namespaces/default/pods/p/exec?command=ls&command=-l&stdout=true&container=c'));
  assert.partialDeepStrictEqual(it.hook.requests.at(-1), { operation: 'CONNECT', subResource: 'exec', resource: { resource: 'pods' }, kind: { group: '', version: 'v1', kind: 'PodExecOptions' }, object: { kind: 'PodExecOptions', apiVersion: 'v1', stdout: true, container: 'c', command: ['ls', '-l'] }, options: null });
  await it.api.create('/apis/apps/v1/namespaces/default/deployments', { metadata: { name: 'd' }, spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } });
  await it.api.patch('/apis/apps/v1/namespaces/default/deployments/d/scale', { spec: { replicas: 3 } });
  assert.partialDeepStrictEqual(it.hook.requests.at(-1), { operation: 'UPDATE', subResource: 'scale', kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, object: { spec: { replicas: 3 } }, oldObject: { spec: { replicas: 1 } } });
  await it.api.create('/api/v1/namespaces/default/pods/p/eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'p' } });
  assert.partialDeepStrictEqual(it.hook.requests.at(-2), { operation: 'CREATE', subResource: 'eviction', kind: { group: 'policy', version: 'v1', kind: 'Eviction' } });
});

test('namespaces and labels choose; what is missing is not asked about; dry runs ask only who has no side effects', async () => {
  await using it = await fixture(({ name }) => ({ allowed: name !== 'bad' }));
  await it.api.create('/api/v1/namespaces', { metadata: { name: 'watched', labels: { watch: 'yes' } } });
  await it.configure('Validating', 'v', [{ namespaceSelector: { matchLabels: { watch: 'yes' } }, objectSelector: { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] }, sideEffects: 'NoneOnDryRun' }]);
  await it.api.create(configMaps, configMap('bad'));
  const there = '/api/v1/namespaces/watched/configmaps';
  await assert.rejects(it.api.create(there, configMap('bad')), /denied/);
  await it.api.create(there, { metadata: { name: 'bad', labels: { skip: 'me' } } });
  await assert.rejects(it.api.create('/api/v1/namespaces', { metadata: { name: 'bad', labels: { watch: 'yes' } } }), /denied/);
  await it.api.create('/api/v1/namespaces', { metadata: { name: 'bad' } });
  await assert.rejects(it.api.request('POST', `${there}?dryRun=All`, configMap('bad')), /denied/);
});

test('rules hold for other versions of a resource unless they say Exact; the webhook gets the version that it named', async () => {
  await using it = await fixture(() => allow);
  await it.configure('Validating', 'v', [{ rules: [{ apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['horizontalpodautoscalers'] }] }, { matchPolicy: 'Exact', rules: [{ apiGroups: ['autoscaling'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['horizontalpodautoscalers'] }] }]);
  await it.api.create('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', { metadata: { name: 'h' }, spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } } });
  assert.equal(it.hook.requests.length, 1);
  assert.partialDeepStrictEqual(it.hook.requests[0], { kind: { version: 'v1' }, requestKind: { version: 'v2' }, resource: { version: 'v1' }, requestResource: { version: 'v2' }, object: { apiVersion: 'autoscaling/v1' } });
});

test('what is called, refused and let through is counted, and so is what every plug-in takes', async () => {
  await using it = await fixture(({ name }) => (name === 'broken' ? { raw: '?' } : { allowed: name !== 'bad', status: { code: 409 } }));
  await it.configure('Validating', 'v', [{ rules: [{ ...everything[0], resources: ['configmaps'] }] }]);
  await it.api.create(configMaps, configMap('good'));
  await assert.rejects(it.api.create(configMaps, configMap('bad')));
  await it.api.patch('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/v', [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }], 'application/json-patch+json');
  await it.api.create(configMaps, configMap('broken'));
  await it.api.create('/api/v1/namespaces/default/secrets', { metadata: { name: 's' } });
  const text = await it.api.server.metrics.render();
  const webhook = 'name="hook-0.example.com",type="validating"';
  for (const line of [
    `apiserver_admission_webhook_admission_duration_seconds_count{${webhook},operation="CREATE",rejected="false"} 2`,
    `apiserver_admission_webhook_rejection_count{${webhook},operation="CREATE",error_type="no_error",rejection_code="409"} 1`,
    `apiserver_admission_webhook_fail_open_count{${webhook}} 1`,
    'apiserver_admission_controller_admission_duration_seconds_count{name="ValidatingAdmissionWebhook",type="validate",operation="CREATE",rejected="true"} 1',
    'apiserver_admission_step_admission_duration_seconds_count{type="validate",operation="CREATE",rejected="true"} 1',
  ]) assert.ok(text.includes(line), line);
});

test('a webhook that is dead closes no namespace that it leaves out', async () => {
  await using it = await fixture(() => allow);
  await it.configure('Validating', 'dead', [{ clientConfig: { url: 'https://127.0.0.1:1/x' }, namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['kube-system'] }] } }]);
  await it.api.create('/api/v1/namespaces/kube-system/configmaps', configMap('a'));
  await assert.rejects(it.api.create(configMaps, configMap('a')), refusal('InternalError', 'Internal error occurred: failed calling webhook "hook-0.example.com": failed to call webhook: Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused'));
  await it.api.delete('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/dead');
  await it.api.create(configMaps, configMap('a'));
});

test('webhooks that speak v1beta1 alone are asked in it; they need not repeat the uid', async () => {
  await using it = await fixture(() => ({ allowed: true, uid: 'whatever', warnings: ['mind this'], patch: [{ op: 'add', path: '/data', value: { k: 'v' } }] }));
  await it.configure('Mutating', 'm', [{ admissionReviewVersions: ['v1beta1'] }]);
  assert.deepEqual((await it.api.create(configMaps, configMap('a'))).data, { k: 'v' });
});

test('a custom resource is shown in the version that the rule names, and comes back in that of the request', async () => {
  await using it = await fixture(() => ({ allowed: true, patch: [{ op: 'add', path: '/spec', value: { size: 3 } }] }));
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } } };
  await it.api.create('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    metadata: { name: 'things.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions: [{ name: 'v1', served: true, storage: true, schema }, { name: 'v2', served: true, storage: false, schema }] },
  });
  await it.api.clock.settle();
  await it.configure('Mutating', 'm', [{ rules: [{ apiGroups: ['example.com'], apiVersions: ['v2'], operations: ['CREATE'], resources: ['things'] }] }]);
  const created = await it.api.create('/apis/example.com/v1/namespaces/default/things', { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' } });
  assert.partialDeepStrictEqual(it.hook.requests[0], { kind: { version: 'v2' }, requestKind: { version: 'v1' }, object: { apiVersion: 'example.com/v2' } });
  assert.deepEqual([created.apiVersion, created.spec], ['example.com/v1', { size: 3 }]);
});

test('answers of the wrong shape are the webhook\'s failures; codes that are none are 500', async () => {
  const fails = 'failed to call webhook: ';
  const cases: readonly [raw: string, reason: string][] = [
    ['null', 'received invalid webhook response: webhook response was absent'],
    ['[]', `${fails}couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`],
    ['{"response":{"allowed":"yes"}}', `${fails}json: cannot unmarshal string into Go struct field AdmissionResponse.response.allowed of type bool`],
    ['{"response":{"allowed":true,"patch":"***"}}', `${fails}illegal base64 data at input byte 0`],
  ];
  let raw: string | undefined;
  await using it = await fixture(() => (raw === undefined ? { allowed: false, status: { code: 9999, message: 'm' } } : { raw }));
  await it.configure('Mutating', 'm', [{}]);
  for (const [text, reason] of cases) {
    raw = text;
    await assert.rejects(it.api.create(configMaps, configMap('a')), refusal('InternalError', `Internal error occurred: failed calling webhook "hook-0.example.com": ${reason}`));
  }
  raw = undefined;
  await assert.rejects(it.api.create(configMaps, configMap('a')), { code: 500, message: 'admission webhook "hook-0.example.com" denied the request: m' });
});

test('bindings can be changed, too, by whichever path they come', async () => {
  await using it = await fixture(({ object }) => ({ allowed: true, ...(object?.kind === 'Binding' && { patch: [{ op: 'add', path: '/metadata/labels', value: { zone: 'z' } }] }) }));
  await it.configure('Mutating', 'm', [{}]);
  for (const [name, path] of [['p', 'bindings'], ['q', 'pods/q/binding']] as const) {
    await it.api.create('/api/v1/namespaces/default/pods', { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }] } });
    await it.api.create(`/api/v1/namespaces/default/${path}`, { metadata: { name }, target: { name: 'n', kind: 'Node' } });
    assert.deepEqual((await it.api.get(`/api/v1/namespaces/default/pods/${name}`)).metadata.labels, { zone: 'z' });
  }
});
