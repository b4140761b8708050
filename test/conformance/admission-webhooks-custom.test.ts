import assert from 'node:assert/strict';
import test from 'node:test';
import type { KubeObject } from '../../src/api/meta/object.ts';
import type { ResourceType } from '../../src/api/resource-type.ts';
import { customresourcedefinitions, mutatingwebhookconfigurations, validatingwebhookconfigurations } from '../../src/api/resources.ts';
import type { CustomResourceDefinition, JSONSchemaProps } from '../../src/api/types/apiextensions/v1.ts';
import { SampleWebhook } from './sample-webhook.ts';

interface Custom extends KubeObject { data?: Record<string, string>; dummy?: string }

const named = (name: string): string => `[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] ${name} [Conformance]`;
const group = 'webhook.example.com';
const typeIn = (version: string): ResourceType<Custom> => ({ group, version, resource: 'e2e-tests', kind: 'E2eTest', namespaced: true });
const custom = (namespace: string, name: string, data: Record<string, string>): Custom => ({ apiVersion: `${group}/v1`, kind: 'E2eTest', metadata: { namespace, name }, data });

const anything: JSONSchemaProps = { 'type': 'object', 'x-kubernetes-preserve-unknown-fields': true };
const definition = (versions: readonly string[], schema: JSONSchemaProps = anything): CustomResourceDefinition => ({
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `e2e-tests.${group}` },
  spec: {
    group, scope: 'Namespaced', names: { plural: 'e2e-tests', singular: 'e2e-test', kind: 'E2eTest', listKind: 'E2eTestList' },
    versions: versions.map((name, i) => ({ name, served: true, storage: i === 0, schema: { openAPIV3Schema: schema } })),
  },
});

async function define(sample: SampleWebhook, object: CustomResourceDefinition): Promise<void> {
  const { world } = sample;
  await world.client.create(customresourcedefinitions, object);
  await world.until('the definition to be established', async () => (await world.client.get(customresourcedefinitions, { name: object.metadata.name! })).status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'));
}

async function mutating(sample: SampleWebhook): Promise<void> {
  const rule = (operations: string[]) => ({ operations, apiGroups: [group], apiVersions: ['v1', 'v2'], resources: ['e2e-tests'] });
  await sample.world.client.create(mutatingwebhookconfigurations, {
    apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration', metadata: { name: 'custom' },
    webhooks: [sample.webhook('mutate-custom-resource-data-stage-1.k8s.io', '/mutating-custom-resource', rule(['CREATE', 'UPDATE'])), sample.webhook('mutate-custom-resource-data-stage-2.k8s.io', '/mutating-custom-resource', rule(['CREATE']))],
  });
}

test(named('should be able to deny custom resource creation, update and deletion'), async () => {
  await using sample = await SampleWebhook.start();
  const { world: { client }, namespace } = sample;
  await define(sample, definition(['v1']));
  await client.create(validatingwebhookconfigurations, {
    apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'custom' },
    webhooks: [sample.webhook('deny-unwanted-custom-resource-data.k8s.io', '/custom-resource', { operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: [group], apiVersions: ['v1'], resources: ['e2e-tests'] })],
  });
  const unwanted = /the custom resource contains unwanted data/;
  await assert.rejects(client.create(typeIn('v1'), custom(namespace, 'cr-instance-1', { 'webhook-e2e-test': 'webhook-disallow' })), unwanted);
  const created = await client.create(typeIn('v1'), custom(namespace, 'cr-instance-2', { 'webhook-e2e-test': 'webhook-nondeletable' }));
  const ref = { namespace, name: 'cr-instance-2' };
  await assert.rejects(client.update(typeIn('v1'), { ...created, data: { 'webhook-e2e-test': 'webhook-disallow' } }), unwanted);
  await assert.rejects(client.delete(typeIn('v1'), ref), /the custom resource cannot be deleted because it contains unwanted key and value/);
  await client.update(typeIn('v1'), { ...created, data: { 'webhook-e2e-test': 'webhook-allow' } });
  await client.delete(typeIn('v1'), ref);
});

test(named('should mutate custom resource'), async () => {
  await using sample = await SampleWebhook.start();
  await define(sample, definition(['v1']));
  await mutating(sample);
  const { data } = await sample.world.client.create(typeIn('v1'), custom(sample.namespace, 'cr-instance-1', { 'mutation-start': 'yes' }));
  assert.deepEqual(data, { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' });
});

test(named('should mutate custom resource with pruning'), async () => {
  await using sample = await SampleWebhook.start();
  // The second stage is not in the schema.
  await define(sample, definition(['v1', 'v2'], { type: 'object', properties: { data: { type: 'object', properties: { 'mutation-start': { type: 'string' }, 'mutation-stage-1': { type: 'string' } } } } }));
  await mutating(sample);
  const { data } = await sample.world.client.create(typeIn('v1'), custom(sample.namespace, 'cr-instance-1', { 'mutation-start': 'yes' }));
  assert.deepEqual(data, { 'mutation-start': 'yes', 'mutation-stage-1': 'yes' });
});

test(named('should mutate custom resource with different stored version'), async () => {
  await using sample = await SampleWebhook.start();
  const { world: { client }, namespace } = sample;
  await define(sample, definition(['v1', 'v2']));
  await mutating(sample);
  await client.create(typeIn('v1'), custom(namespace, 'cr-instance-1', { 'mutation-start': 'yes' }));
  const versions = ['v1', 'v2'].map((name) => ({ name, storage: name === 'v2', served: true, schema: { openAPIV3Schema: anything } }));
  await client.patch(customresourcedefinitions, { name: `e2e-tests.${group}` }, { type: 'strategic', value: { spec: { versions } } });
  await sample.world.clock.settle();
  const patched = await client.patch(typeIn('v2'), { namespace, name: 'cr-instance-1' }, { type: 'json', operations: [{ op: 'add', path: '/dummy', value: 'test' }] });
  assert.deepEqual(patched.data, { 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes' });
  assert.equal(patched.dummy, 'test');
});

test(named('should deny crd creation'), async () => {
  await using sample = await SampleWebhook.start();
  const { client } = sample.world;
  await client.create(validatingwebhookconfigurations, {
    apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'crd' },
    webhooks: [sample.webhook('deny-crd-with-unwanted-label.k8s.io', '/crd', { apiGroups: ['apiextensions.k8s.io'], apiVersions: ['*'], resources: ['customresourcedefinitions'] })],
  });
  const object = definition(['v1']);
  await assert.rejects(client.create(customresourcedefinitions, { ...object, metadata: { ...object.metadata, labels: { 'webhook-e2e-test': 'webhook-disallow' } } }), /the crd contains unwanted label/);
});
