import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpenApi } from '../openapi/openapi.ts';
import type { Field, Shown } from '../testing/server.ts';
import { refusal, TestServer } from '../testing/server.ts';
import { chooseResources } from './choose-resources.ts';

const everything = Object.fromEntries([
  'extensions/v1beta1', 'apps/v1beta1', 'apps/v1beta2', 'networking.k8s.io/v1beta1', 'batch/v1beta1', 'policy/v1beta1', 'autoscaling/v2beta1', 'autoscaling/v2beta2', 'settings.k8s.io/v1alpha1',
].map((version) => [version, 'true']));
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } };
const start = (runtimeConfig: Record<string, string> = everything): Promise<TestServer> => TestServer.start({ runtimeConfig });
const at = (version: string, resource: string, name = ''): string => `/apis/${version}/namespaces/default/${resource}${name === '' ? '' : `/${name}`}`;
const spec = (shown: Shown): Field => shown.spec;

test('without runtime configuration no older version is there', async () => {
  await using server = await start({});
  await assert.rejects(server.get(at('extensions/v1beta1', 'deployments')), /404|not find/);
  await assert.rejects(server.get(at('apps/v1beta1', 'deployments')), refusal('NotFound', 'the server could not find the requested resource'));
});

test('a deployment of extensions/v1beta1 is one of apps/v1, with the defaults of its day', async () => {
  await using server = await start();
  const created = await server.create(at('extensions/v1beta1', 'deployments'), { apiVersion: 'extensions/v1beta1', kind: 'Deployment', metadata: { name: 'web' }, spec: { template } });
  assert.equal(created.apiVersion, 'extensions/v1beta1');
  assert.deepEqual(created.metadata.labels, { app: 'web' });
  assert.deepEqual({ ...spec(created), template: undefined }, {
    replicas: 1, selector: { matchLabels: { app: 'web' } }, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } },
    progressDeadlineSeconds: 2_147_483_647, revisionHistoryLimit: 2_147_483_647, template: undefined,
  });
  const stored = await server.get(at('apps/v1', 'deployments', 'web'));
  assert.equal(stored.apiVersion, 'apps/v1');
  assert.deepEqual(spec(stored)['strategy'], spec(created)['strategy']);
  assert.deepEqual((await server.get(at('apps/v1beta2', 'deployments'))).items.map((one) => [one.apiVersion, one.metadata.name]), [['apps/v1beta2', 'web']]);
  assert.equal((await server.patch(at('apps/v1beta1', 'deployments', 'web'), { spec: { replicas: 3 } })).apiVersion, 'apps/v1beta1');
  assert.equal((await server.get(at('apps/v1', 'deployments', 'web'))).metadata.generation, 2);
});

test('a selector may change in the versions that let it, and in no other', async () => {
  await using server = await start();
  await server.create(at('extensions/v1beta1', 'deployments'), { kind: 'Deployment', metadata: { name: 'web' }, spec: { template } });
  const change = { spec: { selector: { matchLabels: { app: 'other' } }, template: { metadata: { labels: { app: 'other' } } } } };
  await assert.rejects(server.patch(at('apps/v1', 'deployments', 'web'), change), refusal('Invalid', /field is immutable/));
  await assert.rejects(server.patch(at('apps/v1beta2', 'deployments', 'web'), change), refusal('Invalid', /field is immutable/));
  assert.deepEqual(spec(await server.patch(at('extensions/v1beta1', 'deployments', 'web'), change))['selector'], { matchLabels: { app: 'other' } });
  // What is wrong in every version is refused in the words of the version that is stored.
  await assert.rejects(server.patch(at('extensions/v1beta1', 'deployments', 'web'), { spec: { replicas: -1 } }), refusal('Invalid', /^Deployment\.apps "web" is invalid: spec\.replicas/));
  await assert.rejects(server.get(at('extensions/v1beta1', 'deployments', 'none')), refusal('NotFound', 'deployments.apps "none" not found'));
});

for (const [version, resource, object, expected] of [
  ['apps/v1beta1', 'deployments', { kind: 'Deployment', spec: { template } }, { revisionHistoryLimit: 2, progressDeadlineSeconds: 600, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } } }],
  ['apps/v1beta2', 'deployments', { kind: 'Deployment', spec: { template, selector: { matchLabels: { app: 'web' } } } }, { revisionHistoryLimit: 10, progressDeadlineSeconds: 600 }],
  ['apps/v1beta1', 'statefulsets', { kind: 'StatefulSet', spec: { serviceName: 'web', template } }, { updateStrategy: { type: 'OnDelete' }, podManagementPolicy: 'OrderedReady', revisionHistoryLimit: 10 }],
  ['apps/v1beta2', 'statefulsets', { kind: 'StatefulSet', spec: { serviceName: 'web', template, selector: { matchLabels: { app: 'web' } } } }, { podManagementPolicy: 'OrderedReady', replicas: 1 }],
  ['extensions/v1beta1', 'daemonsets', { kind: 'DaemonSet', spec: { template } }, { updateStrategy: { type: 'OnDelete' }, templateGeneration: 1 }],
  ['extensions/v1beta1', 'replicasets', { kind: 'ReplicaSet', spec: { template } }, { replicas: 1, selector: { matchLabels: { app: 'web' } } }],
  ['batch/v1beta1', 'cronjobs', { kind: 'CronJob', spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { containers: template.spec.containers, restartPolicy: 'Never' } } } } } }, { concurrencyPolicy: 'Allow', successfulJobsHistoryLimit: 3 }],
  ['extensions/v1beta1', 'networkpolicies', { kind: 'NetworkPolicy', spec: { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] } }, { policyTypes: ['Ingress'], ingress: [{ ports: [{ port: 80, protocol: 'TCP' }] }] }],
  ['autoscaling/v2beta1', 'horizontalpodautoscalers', { kind: 'HorizontalPodAutoscaler', spec: { maxReplicas: 5, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, metrics: [{ type: 'Resource', resource: { name: 'memory', targetAverageValue: '100Mi' } }] } }, { minReplicas: 1, metrics: [{ type: 'Resource', resource: { name: 'memory', targetAverageValue: '100Mi' } }] }],
  ['policy/v1beta1', 'poddisruptionbudgets', { kind: 'PodDisruptionBudget', spec: { minAvailable: 1, selector: {} } }, { selector: {} }],
] as const) {
  test(`${version} ${object.kind}: its own defaults`, async () => {
    await using server = await start();
    const created = await server.create(at(version, resource), { apiVersion: version, metadata: { name: 'one' }, ...object });
    for (const [field, value] of Object.entries(expected)) assert.deepEqual(spec(created)[field], value, field);
    const again = await server.get(at(version, resource, 'one'));
    assert.deepEqual(again.spec, created.spec);
  });
}

test('a deployment of an old version leaves its replica sets alone when it goes', async () => {
  await using server = await start();
  for (const version of ['extensions/v1beta1', 'apps/v1beta2', 'apps/v1']) {
    await server.create(at('apps/v1', 'deployments'), { kind: 'Deployment', metadata: { name: 'web', finalizers: ['example.com/wait'] }, spec: { template, selector: { matchLabels: { app: 'web' } } } });
    const deleted = await server.delete(at(version, 'deployments', 'web'));
    assert.deepEqual(deleted.metadata.finalizers, version === 'apps/v1' ? ['example.com/wait'] : ['example.com/wait', 'orphan']);
    await server.patch(at('apps/v1', 'deployments', 'web'), { metadata: { finalizers: null } });
  }
});

test('an ingress of v1beta1 names its service flat', async () => {
  await using server = await start();
  const path = { path: '/', backend: { serviceName: 'web', servicePort: 80 } };
  for (const version of ['extensions/v1beta1', 'networking.k8s.io/v1beta1']) {
    await server.create(at(version, 'ingresses'), { apiVersion: version, kind: 'Ingress', metadata: { name: 'web' }, spec: { backend: { serviceName: 'rest', servicePort: 'http' }, rules: [{ host: 'example.com', http: { paths: [path] } }] } });
    assert.deepEqual((await server.get(at('networking.k8s.io/v1', 'ingresses', 'web'))).spec, {
      defaultBackend: { service: { name: 'rest', port: { name: 'http' } } },
      rules: [{ host: 'example.com', http: { paths: [{ path: '/', pathType: 'ImplementationSpecific', backend: { service: { name: 'web', port: { number: 80 } } } }] } }],
    });
    const old = await server.get(at(version, 'ingresses', 'web'));
    assert.deepEqual(spec(old)['rules'], [{ host: 'example.com', http: { paths: [{ ...path, pathType: 'ImplementationSpecific' }] } }]);
    await server.delete(at(version, 'ingresses', 'web'));
  }
});

test('an empty selector of a policy/v1beta1 budget chooses nothing in v1, too', async () => {
  await using server = await start();
  await server.create(at('policy/v1beta1', 'poddisruptionbudgets'), { apiVersion: 'policy/v1beta1', kind: 'PodDisruptionBudget', metadata: { name: 'none' }, spec: { minAvailable: 1, selector: {} } });
  assert.deepEqual(spec(await server.get(at('policy/v1', 'poddisruptionbudgets', 'none')))['selector'], { matchExpressions: [{ key: 'pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match', operator: 'Exists' }] });
});

test('scale and rollback speak the language of their version', async () => {
  await using server = await start();
  await server.create(at('extensions/v1beta1', 'deployments'), { kind: 'Deployment', metadata: { name: 'web' }, spec: { template } });
  const scale = await server.get(at('extensions/v1beta1', 'deployments', 'web/scale'));
  assert.deepEqual([scale.apiVersion, scale.kind, scale.spec, scale.status], ['extensions/v1beta1', 'Scale', { replicas: 1 }, { replicas: 0, selector: { app: 'web' }, targetSelector: 'app=web' }]);
  await server.update(at('extensions/v1beta1', 'deployments', 'web/scale'), { apiVersion: 'extensions/v1beta1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas: 4 } });
  assert.equal(spec(await server.get(at('apps/v1', 'deployments', 'web')))['replicas'], 4);
  const status = await server.create(at('extensions/v1beta1', 'deployments', 'web/rollback'), { apiVersion: 'extensions/v1beta1', kind: 'DeploymentRollback', name: 'web', rollbackTo: { revision: 2 }, updatedAnnotations: { why: 'because' } });
  assert.equal(status.message, 'rollback request for deployment "web" succeeded');
  assert.deepEqual(spec(await server.get(at('apps/v1beta1', 'deployments', 'web')))['rollbackTo'], { revision: 2 });
  assert.deepEqual((await server.get(at('apps/v1', 'deployments', 'web'))).metadata.annotations, { why: 'because', 'deprecated.deployment.rollback.to': '2' });
  await assert.rejects(server.create(at('apps/v1beta1', 'deployments', 'web/rollback'), { kind: 'DeploymentRollback', name: 'other' }), refusal('BadRequest', 'name in URL does not match name in DeploymentRollback object'));
});

test('policies that are gone are refused with what to use instead', async () => {
  await using server = await start();
  const policy = { apiVersion: 'policy/v1beta1', kind: 'PodSecurityPolicy', metadata: { name: 'restricted' }, spec: {} };
  await assert.rejects(server.create('/apis/policy/v1beta1/podsecuritypolicies', policy), refusal('MethodNotAllowed', /not supported: PodSecurityPolicy was removed/));
});

test('a watch in an old version sees what is written in a new one', async () => {
  await using server = await start();
  const watch = server.watch(`${at('extensions/v1beta1', 'deployments')}?watch=true`);
  await server.create(at('apps/v1', 'deployments'), { kind: 'Deployment', metadata: { name: 'web' }, spec: { template, selector: { matchLabels: { app: 'web' } } } });
  await server.clock.settle();
  watch.stop();
  await watch.ended;
  assert.deepEqual(watch.events.map(({ type, object }) => [type, object.apiVersion, object.metadata.name]), [['ADDED', 'extensions/v1beta1', 'web']]);
});

test('the version that is stored need not be served', async () => {
  await using server = await start({ 'autoscaling/v2': 'false', 'apps/v1/deployments': 'false', 'apps/v1beta2': 'true' });
  const autoscaler = { kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } } };
  const created = await server.create(at('autoscaling/v1', 'horizontalpodautoscalers'), autoscaler);
  assert.equal(spec(created)['targetCPUUtilizationPercentage'], 80);
  await assert.rejects(server.get(at('autoscaling/v2', 'horizontalpodautoscalers', 'web')), refusal('NotFound'));
  await server.create(at('apps/v1beta2', 'deployments'), { kind: 'Deployment', metadata: { name: 'web' }, spec: { template, selector: { matchLabels: { app: 'web' } } } });
  assert.equal((await server.get(at('apps/v1beta2', 'deployments', 'web'))).metadata.name, 'web');
});

test('OpenAPI tells of older versions what it tells of others', async () => {
  const { served } = await chooseResources({ runtimeConfig: everything });
  const openApi = new OpenApi(() => served);
  const read = (path: string): { paths: Record<string, unknown>; components: { schemas: Record<string, unknown> }; definitions: Record<string, unknown> } => JSON.parse(new TextDecoder().decode(openApi.respond(path, '')!.body)) as never;
  const group = read('/openapi/v3/apis/extensions/v1beta1');
  assert.ok('/apis/extensions/v1beta1/namespaces/{namespace}/deployments/{name}/rollback' in group.paths);
  assert.ok('io.k8s.api.extensions.v1beta1.RollbackConfig' in group.components.schemas);
  assert.ok('io.k8s.api.core.v1.PodSpec' in group.components.schemas);
  assert.ok('io.k8s.api.settings.v1alpha1.PodPresetSpec' in read('/openapi/v2').definitions);
});

test('an eviction may come in policy/v1beta1, as upstream takes it to this day', async () => {
  await using server = await start({});
  await server.create('/api/v1/namespaces/default/pods', { kind: 'Pod', metadata: { name: 'web' }, spec: { containers: [{ name: 'web', image: 'nginx' }], terminationGracePeriodSeconds: 0 } });
  const evict = (apiVersion: string): Promise<Shown> => server.create('/api/v1/namespaces/default/pods/web/eviction', { apiVersion, kind: 'Eviction', metadata: { name: 'web' } });
  await assert.rejects(evict('policy/v1alpha1'), refusal('BadRequest'));
  assert.equal((await evict('policy/v1beta1')).kind, 'Status');
});

for (const [version, path, object, stored] of [
  ['apiextensions.k8s.io/v1beta1', 'customresourcedefinitions', { kind: 'CustomResourceDefinition', metadata: { name: 'crontabs.example.com' }, spec: { group: 'example.com', version: 'v1', scope: 'Namespaced', names: { plural: 'crontabs', kind: 'CronTab' } } }, { spec: { preserveUnknownFields: true } }],
  ['admissionregistration.k8s.io/v1beta1', 'validatingwebhookconfigurations', { kind: 'ValidatingWebhookConfiguration', metadata: { name: 'one' }, webhooks: [{ name: 'a.example.com', clientConfig: { url: 'https://example.com' } }] }, { webhooks: [{ failurePolicy: 'Ignore', matchPolicy: 'Exact', sideEffects: 'Unknown', timeoutSeconds: 30, admissionReviewVersions: ['v1beta1'] }] }],
  ['discovery.k8s.io/v1beta1', 'namespaces/default/endpointslices', { kind: 'EndpointSlice', metadata: { name: 'one' }, addressType: 'IPv4', endpoints: [{ addresses: ['10.1.2.3'], topology: { 'topology.kubernetes.io/zone': 'z', 'kubernetes.io/hostname': 'n' } }] }, { endpoints: [{ addresses: ['10.1.2.3'], zone: 'z', nodeName: 'n' }] }],
  ['storage.k8s.io/v1beta1', 'storageclasses', { kind: 'StorageClass', metadata: { name: 'one' }, provisioner: 'example.com/x' }, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }],
  ['rbac.authorization.k8s.io/v1beta1', 'clusterrolebindings', { kind: 'ClusterRoleBinding', metadata: { name: 'one' }, subjects: [{ kind: 'User', name: 'u' }], roleRef: { kind: 'ClusterRole', name: 'r' } }, { roleRef: { apiGroup: 'rbac.authorization.k8s.io' } }],
  ['scheduling.k8s.io/v1beta1', 'priorityclasses', { kind: 'PriorityClass', metadata: { name: 'one' }, value: 5 }, { preemptionPolicy: 'PreemptLowerPriority' }],
  ['coordination.k8s.io/v1beta1', 'namespaces/default/leases', { kind: 'Lease', metadata: { name: 'one' }, spec: { holderIdentity: 'x' } }, { spec: { holderIdentity: 'x' } }],
  ['node.k8s.io/v1beta1', 'runtimeclasses', { kind: 'RuntimeClass', metadata: { name: 'one' }, handler: 'h' }, { handler: 'h' }],
] as const) {
  test(`${version} ${object.kind} is stored as v1`, async () => {
    await using server = await start({ [version]: 'true' });
    await server.create(`/apis/${version}/${path}`, { apiVersion: version, ...object });
    assert.partialDeepStrictEqual(await server.get(`/apis/${version.replace('v1beta1', 'v1')}/${path}/${object.metadata.name}`), stored);
  });
}
