import assert from 'node:assert/strict';
import test from 'node:test';
import { configmaps, mutatingwebhookconfigurations, pods, validatingwebhookconfigurations } from '../../src/api/resources.ts';
import type { MutatingWebhook, ValidatingWebhook } from '../../src/api/types/admissionregistration/v1.ts';
import type { ConfigMap } from '../../src/api/types/core/v1.ts';
import { SampleWebhook } from './sample-webhook.ts';
import { container, found, inDiscovery, podOf, refusal, World } from './world.ts';

const named = (name: string): string => `[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] ${name} [Conformance]`;
const configMap = (namespace: string, name: string, data: Record<string, string>): ConfigMap => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, data });
const unwanted = { 'webhook-e2e-test': 'webhook-disallow' };
const toBeMutated = { 'mutation-start': 'yes' };
const configName = 'e2e-webhook';

async function validating(sample: SampleWebhook, webhooks: readonly ValidatingWebhook[], name = configName): Promise<void> {
  await sample.world.client.create(validatingwebhookconfigurations, { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name }, webhooks: [...webhooks] });
}

async function mutating(sample: SampleWebhook, webhooks: readonly MutatingWebhook[], name = configName, labels: Record<string, string> = {}): Promise<void> {
  await sample.world.client.create(mutatingwebhookconfigurations, { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata: { name, labels }, webhooks: [...webhooks] });
}

const denyConfigMaps = (sample: SampleWebhook, more: Partial<ValidatingWebhook> = {}): ValidatingWebhook => sample.webhook('deny-unwanted-configmap-data.k8s.io', '/configmaps', { operations: ['CREATE', 'UPDATE', 'DELETE'], resources: ['configmaps'] }, more);
const mutateConfigMaps = (sample: SampleWebhook, stage = 1, more: Partial<MutatingWebhook> = {}): MutatingWebhook => sample.webhook(`adding-configmap-data-stage-${stage}.k8s.io`, '/mutating-configmaps', { resources: ['configmaps'] }, more);

test(named('should include webhook resources in discovery documents'), async () => {
  await using world = await World.start({ controllers: false });
  await inDiscovery(world, validatingwebhookconfigurations);
  await inDiscovery(world, mutatingwebhookconfigurations);
});

test(named('should be able to deny pod and configmap creation'), async () => {
  await using sample = await SampleWebhook.start();
  const { world, namespace } = sample;
  const { client } = world;
  const exempt = { namespaceSelector: { matchLabels: { selected: 'true' }, matchExpressions: [{ key: 'skip-webhook-admission', operator: 'NotIn', values: ['yes'] }] } };
  await validating(sample, [sample.webhook('deny-unwanted-pod-container-name-and-label.k8s.io', '/pods', { resources: ['pods'] }, { timeoutSeconds: 2 }), denyConfigMaps(sample, exempt)]);

  const refused = client.create(pods, podOf(namespace, 'disallowed-pod', { labels: { 'webhook-e2e-test': 'webhook-disallow' }, spec: { containers: [container({ name: 'webhook-disallow' })] } }));
  await assert.rejects(refused, (error: Error) => error.message.includes('the pod contains unwanted container name') && error.message.includes('the pod contains unwanted label'));
  const hanging = client.create(pods, podOf(namespace, 'hanging-pod', { labels: { 'webhook-e2e-test': 'wait-forever' } }));
  await assert.rejects(hanging, (error: Error) => error.message.includes('webhook') && error.message.includes('deadline'));
  assert.equal(await found(client.get(pods, { namespace, name: 'hanging-pod' })), undefined);

  const denied = /the configmap contains unwanted key and value/;
  await assert.rejects(client.create(configmaps, configMap(namespace, 'disallowed-configmap', unwanted)), denied);
  const allowed = await client.create(configmaps, configMap(namespace, 'allowed-configmap', { admit: 'this' }));
  await assert.rejects(client.update(configmaps, { ...allowed, data: { ...allowed.data, ...unwanted } }), denied);
  await assert.rejects(client.patch(configmaps, { namespace, name: 'allowed-configmap' }, { type: 'strategic', value: { data: unwanted } }), denied);
  await sample.labelledNamespace('exempted-namespace', { 'skip-webhook-admission': 'yes' });
  await client.create(configmaps, configMap('exempted-namespace', 'disallowed-configmap', unwanted));
});

test(named('should be able to deny attaching pod'), async () => {
  await using sample = await SampleWebhook.start();
  const { world, namespace } = sample;
  await validating(sample, [sample.webhook('deny-attaching-pod.k8s.io', '/pods/attach', { operations: ['CONNECT'], resources: ['pods/attach'] })]);
  await world.runningPod(podOf(namespace, 'to-be-attached-pod', { spec: { containers: [container({ name: 'container1' })] } }));
  await assert.rejects(world.client.raw('POST', `/api/v1/namespaces/${namespace}/pods/to-be-attached-pod/attach?container=container1&stdin=true&stdout=true`), /attaching to pod 'to-be-attached-pod' is not allowed/);
});

test(named('should unconditionally reject operations on fail closed webhook'), async () => {
  await using sample = await SampleWebhook.start();
  const { world } = sample;
  // Without its authority the server cannot talk to it.
  const { clientConfig: { service }, ...rest } = sample.webhook('fail-closed.k8s.io', '/configmaps', { resources: ['configmaps'] });
  await validating(sample, [{ ...rest, clientConfig: { service }, failurePolicy: 'Fail', namespaceSelector: { matchExpressions: [{ key: 'fail-closed-webhook', operator: 'In', values: ['yes'] }] } }]);
  await sample.labelledNamespace('fail-closed-namespace', { 'fail-closed-webhook': 'yes' });
  await assert.rejects(world.client.create(configmaps, configMap('fail-closed-namespace', 'foo', {})), refusal('InternalError', 'failed calling webhook "fail-closed.k8s.io": failed to call webhook: Post "https://e2e-test-webhook.webhook-test.svc:8443/configmaps?timeout=10s": tls: failed to verify certificate: x509: certificate signed by unknown authority'));
});

test(named('should mutate configmap'), async () => {
  await using sample = await SampleWebhook.start();
  await mutating(sample, [mutateConfigMaps(sample, 1), mutateConfigMaps(sample, 2)]);
  const mutated = await sample.world.client.create(configmaps, configMap(sample.namespace, 'to-be-mutated', toBeMutated));
  assert.deepEqual(mutated.data, { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' });
});

test(named('should mutate pod and apply defaults after mutation'), async () => {
  await using sample = await SampleWebhook.start();
  await mutating(sample, [sample.webhook('adding-init-container.k8s.io', '/mutating-pods', { resources: ['pods'] })]);
  const { spec } = await sample.world.client.create(pods, podOf(sample.namespace, 'webhook-to-be-mutated'));
  assert.equal(spec?.initContainers?.length, 1);
  assert.equal(spec.initContainers[0]!.name, 'webhook-added-init-container');
  assert.equal(spec.initContainers[0]!.terminationMessagePolicy, 'File');
});

test(named('should not be able to mutate or prevent deletion of webhook configuration objects'), async () => {
  await using sample = await SampleWebhook.start();
  const { client } = sample.world;
  const rule = (operation: string) => ({ operations: [operation], apiGroups: ['admissionregistration.k8s.io'], apiVersions: ['*'], resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'] });
  await validating(sample, [sample.webhook('deny-webhook-configuration-deletions.k8s.io', '/always-deny', rule('DELETE'))], 'blocking');
  await mutating(sample, [sample.webhook('add-label-to-webhook-configurations.k8s.io', '/add-label', rule('CREATE'))], 'blocking');
  const { clientConfig: { service }, ...dummy } = sample.webhook('dummy-webhook.k8s.io', '', { resources: ['invalid'] }, { failurePolicy: 'Ignore' });
  await validating(sample, [{ ...dummy, clientConfig: { service } }]);
  await mutating(sample, [{ ...dummy, clientConfig: { service } }]);
  for (const type of [validatingwebhookconfigurations, mutatingwebhookconfigurations]) {
    assert.equal((await client.get(type, { name: configName })).metadata.labels?.['added-label'], undefined);
    await client.delete(type, { name: configName });
    assert.equal(await found(client.get(type, { name: configName })), undefined);
  }
});

test(named('should honor timeout'), async () => {
  await using sample = await SampleWebhook.start();
  const { world, namespace } = sample;
  const slowly = async (name: string, settings: Partial<ValidatingWebhook>): Promise<void> => {
    await validating(sample, [sample.webhook('allow-configmap-with-delay-webhook.k8s.io', '/always-allow-delay-5s', { resources: ['configmaps'] }, settings)]);
    try {
      await world.client.create(configmaps, configMap(namespace, name, {}));
    } finally {
      await world.client.delete(validatingwebhookconfigurations, { name: configName });
    }
  };
  await assert.rejects(slowly('a', { failurePolicy: 'Fail', timeoutSeconds: 1 }), /context deadline exceeded/);
  await slowly('b', { failurePolicy: 'Ignore', timeoutSeconds: 1 });
  await slowly('c', { failurePolicy: 'Fail', timeoutSeconds: 10 });
  await slowly('d', { failurePolicy: 'Fail' });
});

test(named('patching/updating a validating webhook should work'), async () => {
  await using sample = await SampleWebhook.start();
  const { world: { client }, namespace } = sample;
  await validating(sample, [denyConfigMaps(sample, { rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }] })]);
  const create = async (name: string): Promise<unknown> => client.create(configmaps, configMap(namespace, name, unwanted));
  await assert.rejects(create('a'), /denied/);
  const hook = await sample.world.retry(validatingwebhookconfigurations, { name: configName }, (current) => {
    current.webhooks![0]!.rules![0]!.operations = ['UPDATE'];
    return current;
  });
  await create('b');
  const patched = await client.patch(validatingwebhookconfigurations, { name: configName }, { type: 'json', operations: [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }] });
  assert.ok(Number(patched.metadata.resourceVersion) > Number(hook.metadata.resourceVersion));
  await assert.rejects(create('c'), /denied/);
});

test(named('patching/updating a mutating webhook should work'), async () => {
  await using sample = await SampleWebhook.start();
  const { world: { client }, namespace } = sample;
  await mutating(sample, [mutateConfigMaps(sample)]);
  const stage = async (name: string): Promise<string | undefined> => (await client.create(configmaps, configMap(namespace, name, toBeMutated))).data?.['mutation-stage-1'];
  const hook = await sample.world.retry(mutatingwebhookconfigurations, { name: configName }, (current) => {
    current.webhooks![0]!.rules![0]!.operations = ['UPDATE'];
    return current;
  });
  assert.equal(await stage('a'), undefined);
  const patched = await client.patch(mutatingwebhookconfigurations, { name: configName }, { type: 'json', operations: [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }] });
  assert.ok(Number(patched.metadata.resourceVersion) > Number(hook.metadata.resourceVersion));
  assert.equal(await stage('b'), 'yes');
});

const listed = { labelSelector: 'e2e-list-test=true' };

test(named('listing validating webhooks should work'), async () => {
  await using sample = await SampleWebhook.start();
  const { world: { client }, namespace } = sample;
  for (let i = 0; i < 3; i++) await client.create(validatingwebhookconfigurations, { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: `list-${i}`, labels: { 'e2e-list-test': 'true' } }, webhooks: [denyConfigMaps(sample)] });
  assert.equal((await client.list(validatingwebhookconfigurations, {}, listed)).items.length, 3);
  await assert.rejects(client.create(configmaps, configMap(namespace, 'a', unwanted)), /denied/);
  await client.deleteCollection(validatingwebhookconfigurations, {}, listed);
  await client.create(configmaps, configMap(namespace, 'b', unwanted));
});

test(named('listing mutating webhooks should work'), async () => {
  await using sample = await SampleWebhook.start();
  const { world: { client }, namespace } = sample;
  for (let i = 0; i < 3; i++) await mutating(sample, [mutateConfigMaps(sample)], `list-${i}`, { 'e2e-list-test': 'true' });
  assert.equal((await client.list(mutatingwebhookconfigurations, {}, listed)).items.length, 3);
  assert.equal((await client.create(configmaps, configMap(namespace, 'a', toBeMutated))).data?.['mutation-stage-1'], 'yes');
  await client.deleteCollection(mutatingwebhookconfigurations, {}, listed);
  assert.deepEqual((await client.create(configmaps, configMap(namespace, 'b', toBeMutated))).data, toBeMutated);
});

const production = { name: 'expression-1', expression: 'object.metadata.namespace == \'production\'' };
const staging = { name: 'expression-2', expression: 'object.metadata.namespace == \'staging\'' };

for (const kind of ['validating', 'mutating'] as const) {
  const type = kind === 'validating' ? validatingwebhookconfigurations : mutatingwebhookconfigurations;
  const register = kind === 'validating' ? validating : mutating;
  const webhook = (sample: SampleWebhook, matchConditions: NonNullable<ValidatingWebhook['matchConditions']>): ValidatingWebhook => sample.webhook('webhook-with-match-conditions.k8s.io', '/configmaps', { resources: ['configmaps'] }, { matchPolicy: 'Equivalent', matchConditions });

  test(named(`should be able to create and update ${kind} webhook configurations with match conditions`), async () => {
    await using sample = await SampleWebhook.start();
    await register(sample, [webhook(sample, [production])]);
    const conditions = async (): Promise<unknown> => (await sample.world.client.get(type, { name: configName })).webhooks?.[0]?.matchConditions;
    assert.deepEqual(await conditions(), [production]);
    await sample.world.retry<{ metadata: object; webhooks?: ValidatingWebhook[] }>(type, { name: configName }, (current) => {
      current.webhooks![0]!.matchConditions = [production, staging];
      return current;
    });
    assert.deepEqual(await conditions(), [production, staging]);
  });

  test(named(`should reject ${kind} webhook configurations with invalid match conditions`), async () => {
    await using sample = await SampleWebhook.start();
    await assert.rejects(register(sample, [webhook(sample, [{ name: 'invalid-expression-1', expression: '... [] bad expression' }])]), refusal('Invalid', 'compilation failed'));
  });
}

test(named('should mutate everything except \'skip-me\' configmaps'), async () => {
  await using sample = await SampleWebhook.start();
  const { world: { client }, namespace } = sample;
  await mutating(sample, [mutateConfigMaps(sample, 1, { matchConditions: [{ name: 'skip-me', expression: 'object.metadata.name != \'skip-me\'' }] })]);
  assert.deepEqual((await client.create(configmaps, configMap(namespace, 'a', toBeMutated))).data, { 'mutation-start': 'yes', 'mutation-stage-1': 'yes' });
  assert.deepEqual((await client.create(configmaps, configMap(namespace, 'skip-me', toBeMutated))).data, toBeMutated);
});
