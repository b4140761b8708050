/** Kinds whose rules are tested beside them, through the API server: their names, and what a version's default becomes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal, TestServer } from './testing/server.ts';

const apis = (group: string, resource: string, namespace = 'default'): string => `/apis/${group}/${namespace === '' ? '' : `namespaces/${namespace}/`}${resource}`;

const refused: readonly (readonly [path: string, object: object, message: string])[] = [
  [apis('networking.k8s.io/v1', 'ingresses'), { metadata: { name: 'a' }, spec: {} }, 'Ingress.networking.k8s.io "a" is invalid: spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  [apis('networking.k8s.io/v1', 'ipaddresses', ''), { metadata: { name: '010.0.0.1' }, spec: { parentRef: { resource: 'services', name: 's' } } }, 'IPAddress.networking.k8s.io "010.0.0.1" is invalid: metadata.name: Invalid value: "010.0.0.1": must not have leading 0s'],
  [apis('autoscaling/v2', 'horizontalpodautoscalers'), { metadata: { name: 'a' }, spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: -1 } }, 'HorizontalPodAutoscaler.autoscaling "a" is invalid: [spec.maxReplicas: Invalid value: -1: must be greater than or equal to 1, spec.maxReplicas: Invalid value: -1: must be greater than or equal to `minReplicas`]'],
  [apis('flowcontrol.apiserver.k8s.io/v1', 'flowschemas', ''), { metadata: { name: 'a' }, spec: { matchingPrecedence: 1, priorityLevelConfiguration: { name: 'l' } } }, 'FlowSchema.flowcontrol.apiserver.k8s.io "a" is invalid: spec.matchingPrecedence: Invalid value: 1: only the schema named \'exempt\' may have matchingPrecedence 1'],
  [apis('apiregistration.k8s.io/v1', 'apiservices', ''), { metadata: { name: 'v1.b' }, spec: { group: 'a.b', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 } }, 'APIService.apiregistration.k8s.io "v1.b" is invalid: metadata.name: Invalid value: "v1.b": must be `spec.version+"."+spec.group`: "v1.a.b"'],
  [apis('apiextensions.k8s.io/v1', 'customresourcedefinitions', ''), { metadata: { name: 'foos.a.b' }, spec: { group: 'a.b', scope: 'Cluster', names: { plural: 'foos', kind: 'Foo' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { x: {} } } } }] } }, 'CustomResourceDefinition.apiextensions.k8s.io "foos.a.b" is invalid: spec.validation.openAPIV3Schema.properties[x].type: Required value: must not be empty for specified object fields'],
  [apis('resource.k8s.io/v1', 'resourceclaims'), { metadata: { name: 'a' }, spec: { devices: { requests: [{ name: 'r', exactly: {} }] } } }, 'ResourceClaim.resource.k8s.io "a" is invalid: spec.devices.requests[0].exactly.deviceClassName: Required value'],
  [apis('resource.k8s.io/v1', 'resourceslices', ''), { metadata: { name: 'a' }, spec: { driver: 'd', pool: { name: 'p', generation: 0, resourceSliceCount: 1 } } }, 'ResourceSlice.resource.k8s.io "a" is invalid: spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'],
];
for (const [path, object, message] of refused) {
  test(`refused: ${path}`, async () => {
    await using api = await TestServer.start();
    await assert.rejects(api.create(path, object), refusal('Invalid', message));
  });
}

test('an autoscaler of version 1 that names no target aims at 80 % of the CPU', async () => {
  await using api = await TestServer.start();
  const target = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3 };
  const made = await api.create(apis('autoscaling/v1', 'horizontalpodautoscalers'), { metadata: { name: 'a' }, spec: target });
  assert.equal(made.spec['targetCPUUtilizationPercentage'], 80);
  const read = await api.get(`${apis('autoscaling/v2', 'horizontalpodautoscalers')}/a`);
  assert.deepEqual(read.spec['metrics'], [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }]);
});

test('a claim of v1beta1 is defaulted like one of v1', async () => {
  await using api = await TestServer.start({ runtimeConfig: { 'resource.k8s.io/v1beta1': 'true' } });
  const made = await api.create(apis('resource.k8s.io/v1beta1', 'resourceclaims'), { metadata: { name: 'a' }, spec: { devices: { requests: [{ name: 'r', deviceClassName: 'c' }] } } });
  assert.deepEqual(made.spec, { devices: { requests: [{ name: 'r', deviceClassName: 'c', allocationMode: 'ExactCount', count: 1 }] } });
});

test('devices that others use: only for namespaces that are marked', async () => {
  await using api = await TestServer.start();
  const spec = { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c', adminAccess: true } }] } };
  const claims = apis('resource.k8s.io/v1', 'resourceclaims');
  const detail = 'spec.devices.requests[0].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace';
  await assert.rejects(api.create(claims, { metadata: { name: 'a' }, spec }), refusal('Invalid', `ResourceClaim.resource.k8s.io "a" is invalid: ${detail}`));
  await assert.rejects(api.create(apis('resource.k8s.io/v1', 'resourceclaimtemplates'), { metadata: { name: 'a' }, spec: { spec } }), refusal('Invalid', `ResourceClaimTemplate.resource.k8s.io "a" is invalid: ${detail}`));
  await api.patch('/api/v1/namespaces/default', { metadata: { labels: { 'resource.kubernetes.io/admin-access': 'true' } } });
  await api.create(claims, { metadata: { name: 'a' }, spec });
});
