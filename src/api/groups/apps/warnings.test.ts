import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podTemplateDefinition } from '../core/pod-template.ts';
import { replicationControllerDefinition } from '../core/replication-controller.ts';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { daemonSetDefinition } from './daemon-set.ts';
import { deploymentDefinition } from './deployment.ts';
import { replicaSetDefinition } from './replica-set.ts';

const template = (fields: Fields = {}): Fields => ({ metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'x:1' }], ...fields } });
const old = { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } };
const path = 'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead';
const dotted = { metadata: { name: 'a.b' } };
const named = 'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]';

test('names that pods are called after', () => {
  const selector = { matchLabels: { app: 'a' } };
  assert.deepEqual(kindOf(deploymentDefinition, { spec: { selector, template: template() } }).warnings(dotted), [named]);
  assert.deepEqual(kindOf(replicaSetDefinition, { spec: { selector, template: template() } }).warnings(dotted), [named]);
  assert.deepEqual(kindOf(replicationControllerDefinition, { spec: { template: template() } }).warnings(dotted), [named]);
  assert.deepEqual(kindOf(daemonSetDefinition, { spec: { selector, template: template() } }).warnings(dotted), []);
  assert.deepEqual(kindOf(deploymentDefinition, { spec: { selector, template: template() } }).warnings(dotted, dotted), []);
});

test('templates are warned of when they are new or changed', () => {
  const deployment = kindOf(deploymentDefinition, { spec: { selector: { matchLabels: { app: 'a' } }, template: template() } });
  const changed = { metadata: { generation: 2 }, spec: { template: template(old) } };
  const next = (fields: Fields) => {
    const object = deployment.make(fields);
    object.metadata.generation = 2;
    return object;
  };
  assert.deepEqual(deployment.warnings(changed), [`spec.template.${path}`]);
  assert.deepEqual(deploymentDefinition.warnings!(next(changed), deployment.make()), [`spec.template.${path}`]);
  assert.deepEqual(deployment.warnings(changed, changed), []);
  const pods = kindOf(podTemplateDefinition, { template: template(old) });
  assert.deepEqual([pods.warnings({}), pods.warnings({}, {})], [[`template.${path}`], []]);
});

test('replication controllers warn of the template that was', () => {
  const kind = kindOf(replicationControllerDefinition, { spec: { template: template() } });
  const [before, after] = [kind.make({ spec: { template: template(old) } }), kind.make()];
  after.metadata.generation = 2;
  assert.deepEqual(replicationControllerDefinition.warnings!(after, before), [`spec.template.${path}`]);
  assert.deepEqual(replicationControllerDefinition.warnings!({ ...before, metadata: { ...before.metadata, generation: 2 } }, after), []);
});
