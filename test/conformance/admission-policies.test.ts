import assert from 'node:assert/strict';
import test from 'node:test';
import { deployments, mutatingadmissionpolicies, mutatingadmissionpolicybindings, namespaces, replicasets, validatingadmissionpolicies, validatingadmissionpolicybindings } from '../../src/api/resources.ts';
import type { MutatingAdmissionPolicySpec, ValidatingAdmissionPolicySpec } from '../../src/api/types/admissionregistration/v1.ts';
import type { Deployment, ReplicaSet } from '../../src/api/types/apps/v1.ts';
import { container, refusal, World } from './world.ts';

const named = (kind: string, name: string): string => `[sig-api-machinery] ${kind} [Privileged:ClusterAdmin] ${name} [Conformance]`;
const namespace = 'policy-test';
const apiVersion = 'admissionregistration.k8s.io/v1';
const matchResources = { namespaceSelector: { matchLabels: { selected: 'true' } } };
const ofDeployments = { ...matchResources, resourceRules: [{ operations: ['CREATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }] };

const labels = { app: 'x' };
const spec = (replicas: number) => ({ replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [container()] } } });
const deployment = (name: string, replicas: number): Deployment => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name }, spec: spec(replicas) });
const replicaSet = (name: string, replicas: number): ReplicaSet => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { namespace, name }, spec: spec(replicas) });

async function start(): Promise<World> {
  const world = await World.start({ controllers: false });
  await world.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { selected: 'true' } } });
  return world;
}

async function validate(world: World, policy: Partial<ValidatingAdmissionPolicySpec>): Promise<void> {
  await world.client.create(validatingadmissionpolicies, { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name: 'test.policy.example.com' }, spec: { matchConstraints: ofDeployments, ...policy } });
  await world.client.create(validatingadmissionpolicybindings, { apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'test.binding.example.com' }, spec: { policyName: 'test.policy.example.com', validationActions: ['Deny'], matchResources } });
}

async function mutate(world: World, policy: Pick<MutatingAdmissionPolicySpec, 'mutations'>): Promise<void> {
  await world.client.create(mutatingadmissionpolicies, { apiVersion, kind: 'MutatingAdmissionPolicy', metadata: { name: 'test.policy.example.com' }, spec: { matchConstraints: ofDeployments, reinvocationPolicy: 'Never', ...policy } });
  await world.client.create(mutatingadmissionpolicybindings, { apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata: { name: 'test.binding.example.com' }, spec: { policyName: 'test.policy.example.com', matchResources } });
}

test(named('ValidatingAdmissionPolicy', 'should validate against a Deployment'), async () => {
  await using world = await start();
  await validate(world, {
    validations: [
      { expression: 'object.spec.replicas > 1', messageExpression: '\'wants replicas > 1, got \' + object.spec.replicas' },
      { expression: `namespaceObject.metadata.name == '${namespace}'`, message: 'Internal error! Other namespace should not be allowed.' },
    ],
  });
  const denied = refusal('Invalid', 'deployments.apps "marker-deployment" is forbidden: ValidatingAdmissionPolicy \'test.policy.example.com\' with binding \'test.binding.example.com\' denied request: ');
  await assert.rejects(world.client.create(deployments, deployment('marker-deployment', 1)), denied);
  // As [sig-auth] "ValidatingAdmissionPolicy can restrict access by-node" has it: what only the store refuses comes after policies.
  const revised = (name: string, replicas: number): Deployment => ({ ...deployment(name, replicas), metadata: { namespace, name, resourceVersion: '7' } });
  await assert.rejects(world.client.create(deployments, revised('marker-deployment', 1)), denied);
  await assert.rejects(world.client.create(deployments, revised('replicated', 2)), { message: 'resourceVersion should not be set on objects to be created' });
  await world.client.create(deployments, deployment('replicated', 2));
  await world.client.create(replicasets, replicaSet('non-replicated', 1));
});

test(named('ValidatingAdmissionPolicy', 'should allow expressions to refer variables.'), async () => {
  await using world = await start();
  await validate(world, {
    variables: [{ name: 'replicas', expression: 'object.spec.replicas' }, { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' }],
    validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }],
  });
  await assert.rejects(world.client.create(deployments, deployment('marker-deployment', 1)), refusal('Invalid', 'denied request: failed expression: variables.replicas > 1'));
  await world.client.create(deployments, deployment('replicated', 3));
  await world.client.create(replicasets, replicaSet('non-replicated', 1));
});

test(named('MutatingAdmissionPolicy', 'should mutate a Deployment'), async () => {
  await using world = await start();
  await mutate(world, { mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{replicas: 1337}}' } }] });
  assert.equal((await world.client.create(deployments, deployment('marker-deployment', 1))).spec?.replicas, 1337);
});

test(named('MutatingAdmissionPolicy', 'should mutate a Deployment with annotations'), async () => {
  await using world = await start();
  await mutate(world, { mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{ metadata: Object.metadata{ annotations: { "mutated-by": "admission-policy" } } }' } }] });
  assert.equal((await world.client.create(deployments, deployment('marker-deployment', 1))).metadata.annotations?.['mutated-by'], 'admission-policy');
});

// Upstream's test of the same name, which is not one of conformance.
test('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should type check validation expressions', async () => {
  await using world = await World.start({ nodes: 0 });
  const confused = { expression: 'object.spec.replicas > \'1\'', messageExpression: '\'wants replicas > 1, got \' + object.spec.replicas' };
  for (const [name, validation] of [['correct-policy', { expression: 'object.spec.replicas > 1' }], ['confused-policy', confused]] as const) {
    await world.client.create(validatingadmissionpolicies, { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec: { matchConstraints: ofDeployments, validations: [validation] } });
  }
  const checked = (name: string) => world.until(`types of ${name}`, async () => (await world.client.get(validatingadmissionpolicies, { name })).status?.typeChecking);
  assert.equal((await checked('correct-policy')).expressionWarnings, undefined);
  assert.deepEqual((await checked('confused-policy')).expressionWarnings?.map(({ fieldRef }) => fieldRef), ['spec.validations[0].expression', 'spec.validations[0].messageExpression']);
  assert.equal((await world.client.get(validatingadmissionpolicies, { name: 'confused-policy' })).status?.observedGeneration, 1);
});
