/** Kinds whose machinery is not there yet, but whose objects are served: the API operations that conformance goes through. */
import test from 'node:test';
import {
  deviceclasses, flowschemas, limitranges, mutatingadmissionpolicies, mutatingadmissionpolicybindings, prioritylevelconfigurations, resourceclaims, resourceclaimtemplates, resourceslices, validatingadmissionpolicies,
  validatingadmissionpolicybindings,
} from '../../src/api/resources.ts';
import type { LimitRange } from '../../src/api/types/core/v1.ts';
import assert from 'node:assert/strict';
import { apiOperations, World } from './world.ts';

const ns = 'default';
const condition = { conditions: [{ type: 'PatchedStatus', status: 'True', reason: 'E2E', message: 'Set from an e2e test', lastTransitionTime: '2026-01-01T00:00:00Z' }] };

test('[sig-api-machinery] API priority and fairness should support FlowSchema API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, flowschemas, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: { matchingPrecedence: 10000, priorityLevelConfiguration: { name: 'global-default' }, distinguisherMethod: { type: 'ByUser' }, rules: [{ subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }] } }), { status: true, statusPatch: { status: condition }, statusKeepsMetadata: true });
});

test('[sig-api-machinery] API priority and fairness should support PriorityLevelConfiguration API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, prioritylevelconfigurations, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } } }), { status: true, statusPatch: { status: condition }, statusKeepsMetadata: true });
});

const policy = { matchConstraints: { resourceRules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'] }] } };

test('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicy API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, validatingadmissionpolicies, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: { ...policy, validations: [{ expression: "object.spec.replicas <= 100" }] } }), { status: true, statusPatch: { status: condition }, statusKeepsMetadata: true });
});

test('[sig-api-machinery] ValidatingAdmissionPolicy [Privileged:ClusterAdmin] should support ValidatingAdmissionPolicyBinding API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, validatingadmissionpolicybindings, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: { policyName: 'replicalimit-policy.example.com', validationActions: ['Deny'] } }));
});

test('[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicy API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, mutatingadmissionpolicies, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: { ...policy, reinvocationPolicy: 'Never', mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }] } }));
});

test('[sig-api-machinery] MutatingAdmissionPolicy [Privileged:ClusterAdmin] should support MutatingAdmissionPolicyBinding API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, mutatingadmissionpolicybindings, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: { policyName: 'replicalimit-policy.example.com' } }));
});

test('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 DeviceClass [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, deviceclasses, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: { selectors: [{ cel: { expression: 'true' } }] } }));
});

const claim = { devices: { requests: [{ name: 'req-0', exactly: { deviceClassName: 'example.com', allocationMode: 'ExactCount', count: 1 } }] } };

test('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaim [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, resourceclaims, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: claim }), { namespace: ns, status: true, statusPatch: { status: { allocation: {} } }, statusKeepsMetadata: true });
});

test('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaimTemplate [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, resourceclaimtemplates, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: { spec: claim } }), { namespace: ns });
});

test('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceSlice [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, resourceslices, (name) => ({ apiVersion: '', kind: '', metadata: { name }, spec: { driver: 'dra.example.com', nodeName: 'node-1', pool: { name: 'pool', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'device-0' }] } }));
});

test('[sig-scheduling] LimitRange should list, patch and delete a LimitRange by collection [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  await world.namespace('limits-2');
  const range = (namespace: string): LimitRange => ({ apiVersion: 'v1', kind: 'LimitRange', metadata: { namespace, name: 'e2e-limitrange', labels: { 'e2e-test': 'limits' } }, spec: { limits: [{ type: 'Container', min: { cpu: '50m' }, max: { cpu: '500m' }, default: { cpu: '250m' }, defaultRequest: { cpu: '100m' } }] } });
  for (const namespace of [ns, 'limits-2']) await client.create(limitranges, range(namespace));
  assert.equal((await client.list(limitranges, { namespace: ns }, { labelSelector: 'e2e-test=limits' })).items.length, 1);
  assert.equal((await client.list(limitranges, {}, { labelSelector: 'e2e-test=limits' })).items.length, 2);
  const patched = await client.patch(limitranges, { namespace: ns, name: 'e2e-limitrange' }, { type: 'strategic', value: { metadata: { labels: { 'e2e-limitrange': 'patched' } }, spec: { limits: [{ type: 'Container', min: { cpu: '80m' }, max: { cpu: '500m' }, default: { cpu: '250m' }, defaultRequest: { cpu: '100m' } }] } } });
  assert.deepEqual([patched.metadata.labels?.['e2e-limitrange'], patched.spec?.limits[0]?.min], ['patched', { cpu: '80m' }]);
  await client.deleteCollection(limitranges, { namespace: ns }, { labelSelector: 'e2e-limitrange=patched' });
  assert.deepEqual((await client.list(limitranges, {}, { labelSelector: 'e2e-test=limits' })).items.map(({ metadata }) => metadata.namespace), ['limits-2']);
});
