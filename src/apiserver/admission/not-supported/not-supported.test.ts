import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdmissionAttributes } from '../admission.ts';
import { notSupported } from './not-supported.ts';

const warningsFor = async (group: string, resource: string, operation: AdmissionAttributes['operation'] = 'CREATE'): Promise<string[]> => {
  const warnings: string[] = [];
  const attributes: AdmissionAttributes = { operation, group, version: 'v1', resource, subresource: '', kind: '', namespace: 'default', name: 'x', object: undefined, oldObject: undefined, user: { name: 'u', groups: [] }, dryRun: false, warn: (message) => warnings.push(message) };
  const plugin = notSupported();
  if (plugin.handles?.(attributes) !== false) await plugin.validate?.(attributes);
  return warnings;
};

test('whoever creates what nothing carries out is told', async () => {
  assert.match((await warningsFor('networking.k8s.io', 'ingresses'))[0] ?? '', /^not supported: no controller for Ingresses/);
  assert.match((await warningsFor('networking.k8s.io', 'networkpolicies'))[0] ?? '', /not enforced/);
});

test('what works, and updates, bring no warning', async () => {
  assert.deepEqual(await warningsFor('apps', 'statefulsets'), []);
  assert.deepEqual(await warningsFor('networking.k8s.io', 'ingresses', 'UPDATE'), []);
});
