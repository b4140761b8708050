import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../meta/object.ts';
import { customResourceDefinitionRules as rules } from './v1beta1.ts';

const names = { plural: 'crontabs', kind: 'CronTab' };
const definition = (spec: object): KubeObject => ({ apiVersion: 'apiextensions.k8s.io/v1beta1', kind: 'CustomResourceDefinition', metadata: { name: 'crontabs.stable.example.com' }, spec: { group: 'stable.example.com', names, ...spec } }) as unknown as KubeObject;
const specOf = (object: KubeObject): Record<string, unknown> => (object as unknown as { spec: Record<string, unknown> }).spec;
const preserving = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };

test('the first custom resource definition that everybody wrote', () => {
  const old = definition({ version: 'v1' });
  rules.applyDefaults!(old);
  assert.deepEqual(specOf(rules.toStored!(old)), {
    group: 'stable.example.com', names, scope: 'Namespaced', preserveUnknownFields: true, conversion: { strategy: 'None' },
    versions: [{ name: 'v1', served: true, storage: true, schema: preserving }],
  });
  assert.deepEqual(specOf(rules.fromStored!(rules.toStored!(old)))['versions'], [{ name: 'v1', served: true, storage: true }]);
});

test('what is said for all versions is said in each of v1, and the way back says it once', () => {
  const schema = { openAPIV3Schema: { type: 'object' } };
  const old = definition({
    scope: 'Cluster', preserveUnknownFields: false, version: 'v1', versions: [{ name: 'v1', served: true, storage: true }, { name: 'v1beta1', served: true, storage: false }],
    validation: schema, subresources: { status: {} }, additionalPrinterColumns: [{ name: 'Spec', type: 'string', JSONPath: '.spec.cronSpec' }],
    conversion: { strategy: 'Webhook', webhookClientConfig: { url: 'https://example.com' } },
  });
  rules.applyDefaults!(old);
  const stored = rules.toStored!(old);
  const each = { schema, subresources: { status: {} }, additionalPrinterColumns: [{ name: 'Spec', type: 'string', jsonPath: '.spec.cronSpec' }] };
  assert.deepEqual(specOf(stored)['versions'], [{ name: 'v1', served: true, storage: true, ...each }, { name: 'v1beta1', served: true, storage: false, ...each }]);
  assert.deepEqual(specOf(stored)['conversion'], { strategy: 'Webhook', webhook: { clientConfig: { url: 'https://example.com' }, conversionReviewVersions: ['v1beta1'] } });
  assert.deepEqual(rules.fromStored!(stored), old);
});

test('versions that differ keep what is theirs', () => {
  const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }, { name: 'v2', served: true, storage: false, schema: preserving }];
  const back = rules.fromStored!(definition({ versions, scope: 'Namespaced' }));
  assert.deepEqual(specOf(back)['versions'], [versions[0], { name: 'v2', served: true, storage: false }]);
  assert.equal(specOf(back)['validation'], undefined);
});
