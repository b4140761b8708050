/** [sig-api-machinery] ResourceQuota, as test/e2e/apimachinery/resource_quota.go has it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../src/api/meta/object.ts';
import { configmaps, deployments, pods, replicasets, replicationcontrollers, resourcequotas, secrets, services } from '../../src/api/resources.ts';
import type { Pod, PodSpec, ResourceQuota, ResourceQuotaSpec, Service } from '../../src/api/types/core/v1.ts';
import { container, found, podOf, refusal, World } from './world.ts';

type Amounts = Record<string, string>;

const hard: Amounts = {
  pods: '5', services: '10', 'services.nodeports': '1', 'services.loadbalancers': '1', replicationcontrollers: '10', resourcequotas: '1', configmaps: '10', secrets: '10', cpu: '1', memory: '500Mi',
  persistentvolumeclaims: '10', 'requests.storage': '10Gi', 'ephemeral-storage': '50Gi', 'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '10', 'gold.storageclass.storage.k8s.io/requests.storage': '10Gi',
  'count/replicasets.apps': '5', 'requests.example.com/dongle': '3',
};

async function quota(world: World, namespace: string, name: string, spec: ResourceQuotaSpec): Promise<ResourceQuota> {
  return world.client.create(resourcequotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace, name }, spec });
}

/** Waits until the quota uses just so much. */
async function uses(world: World, namespace: string, name: string, used: Amounts): Promise<void> {
  let last: Amounts | undefined;
  await world.until(`quota ${name} to use ${JSON.stringify(used)}`, async () => {
    last = (await world.client.get(resourcequotas, { namespace, name })).status?.used;
    return last !== undefined && Object.entries(used).every(([resource, amount]) => last![resource] === amount);
  }).catch((error: unknown) => { throw new Error(`last seen: ${JSON.stringify(last)}`, { cause: error }); });
}

const podWith = (namespace: string, name: string, requests: Amounts, limits: Amounts = {}, spec: Partial<PodSpec> = {}): Pod =>
  podOf(namespace, name, { spec: { containers: [container({ resources: { requests, ...(Object.keys(limits).length > 0 && { limits }) } })], ...spec } });

const map = (namespace: string, name: string, more: Partial<KubeObject> = {}): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name }, ...more });

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and ensure its status is promptly calculated. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const ns = await world.namespace('quota');
  await quota(world, ns, 'test-quota', { hard });
  await uses(world, ns, 'test-quota', Object.fromEntries(Object.keys(hard).map((name) => [name, name === 'resourcequotas' || name === 'configmaps' ? '1' : '0'])));
  assert.deepEqual((await world.client.get(resourcequotas, { namespace: ns, name: 'test-quota' })).status?.hard, hard);
});

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a service. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('quota');
  await quota(world, ns, 'test-quota', { hard });
  await uses(world, ns, 'test-quota', { services: '0' });
  const service = (name: string, type: string, more: object = {}): Service => ({ apiVersion: 'v1', kind: 'Service', metadata: { namespace: ns, name }, spec: { type, ports: [{ port: 80, targetPort: 80 }], ...more } });
  await client.create(services, service('test-service', 'ClusterIP'));
  await client.create(services, service('test-service-np', 'NodePort'));
  const message = 'services "another" is forbidden: exceeded quota: test-quota, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1';
  await assert.rejects(client.create(services, service('another', 'LoadBalancer')), refusal('Forbidden', message));
  await uses(world, ns, 'test-quota', { services: '2', 'services.nodeports': '1', 'services.loadbalancers': '0' });
  await client.delete(services, { namespace: ns, name: 'test-service-np' });
  await uses(world, ns, 'test-quota', { services: '1', 'services.nodeports': '0' });
  await client.create(services, service('test-service-lb', 'LoadBalancer', { allocateLoadBalancerNodePorts: false }));
  await uses(world, ns, 'test-quota', { services: '2', 'services.nodeports': '0', 'services.loadbalancers': '1' });
  // A type that changes is charged too.
  await assert.rejects(world.retry(services, { namespace: ns, name: 'test-service' }, (one) => ({ ...one, spec: { ...one.spec, type: 'LoadBalancer' } })), refusal('Forbidden', 'exceeded quota: test-quota, requested: services.loadbalancers=1, used: services.loadbalancers=1, limited: services.loadbalancers=1'));
  for (const name of ['test-service', 'test-service-lb']) await client.delete(services, { namespace: ns, name });
  await uses(world, ns, 'test-quota', { services: '0', 'services.nodeports': '0', 'services.loadbalancers': '0' });
});

for (const [kind, type, resource] of [['secret', secrets, 'secrets'], ['configMap', configmaps, 'configmaps']] as const) {
  test(`[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a ${kind}. [Conformance]`, async () => {
    await using world = await World.start({ nodes: 0 });
    const ns = await world.namespace('quota');
    const before = (await world.client.list(type as typeof configmaps, { namespace: ns })).items.length;
    await quota(world, ns, 'test-quota', { hard });
    await uses(world, ns, 'test-quota', { [resource]: String(before) });
    await world.client.create(type as typeof configmaps, map(ns, 'test', { kind: type.kind }));
    await uses(world, ns, 'test-quota', { [resource]: String(before + 1) });
    await world.client.delete(type as typeof configmaps, { namespace: ns, name: 'test' });
    await uses(world, ns, 'test-quota', { [resource]: String(before) });
  });
}

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a pod. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('quota');
  await quota(world, ns, 'test-quota', { hard });
  await uses(world, ns, 'test-quota', { pods: '0' });
  const requests = { cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'example.com/dongle': '2' };
  await client.create(pods, podWith(ns, 'test-pod', requests, { 'example.com/dongle': '2' }));
  const used = { pods: '1', cpu: '500m', memory: '252Mi', 'ephemeral-storage': '30Gi', 'requests.example.com/dongle': '2' };
  await uses(world, ns, 'test-quota', used);
  await assert.rejects(client.create(pods, podWith(ns, 'fail-pod', { cpu: '600m', memory: '100Mi' })), refusal('Forbidden', 'pods "fail-pod" is forbidden: exceeded quota: test-quota, requested: cpu=600m, used: cpu=500m, limited: cpu=1'));
  await assert.rejects(
    client.create(pods, podWith(ns, 'fail-pod-for-extended-resource', { cpu: '500m', memory: '100Mi', 'ephemeral-storage': '30Gi', 'example.com/dongle': '2' }, { 'example.com/dongle': '2' })),
    refusal('Forbidden', 'exceeded quota: test-quota, requested: ephemeral-storage=30Gi,requests.example.com/dongle=2, used: ephemeral-storage=30Gi,requests.example.com/dongle=2, limited: ephemeral-storage=50Gi,requests.example.com/dongle=3'),
  );
  await assert.rejects(client.create(pods, podOf(ns, 'silent')), refusal('Forbidden', 'pods "silent" is forbidden: failed quota: test-quota: must specify cpu for: agnhost-container; memory for: agnhost-container'));
  await client.patch(pods, { namespace: ns, name: 'test-pod' }, { type: 'merge', value: { metadata: { labels: { a: 'b' } } } });
  await uses(world, ns, 'test-quota', used);
  await client.delete(pods, { namespace: ns, name: 'test-pod' }, { gracePeriodSeconds: 0 });
  await uses(world, ns, 'test-quota', { pods: '0', cpu: '0', memory: '0', 'ephemeral-storage': '0', 'requests.example.com/dongle': '0' });
});

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a replication controller. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const ns = await world.namespace('quota');
  await quota(world, ns, 'test-quota', { hard });
  await uses(world, ns, 'test-quota', { replicationcontrollers: '0' });
  await world.client.create(replicationcontrollers, { apiVersion: 'v1', kind: 'ReplicationController', metadata: { namespace: ns, name: 'test-rc' }, spec: { replicas: 0, selector: { a: 'b' }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container()] } } } });
  await uses(world, ns, 'test-quota', { replicationcontrollers: '1' });
  await world.client.delete(replicationcontrollers, { namespace: ns, name: 'test-rc' }, { propagationPolicy: 'Background' });
  await uses(world, ns, 'test-quota', { replicationcontrollers: '0' });
});

test('[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a replica set. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const ns = await world.namespace('quota');
  await quota(world, ns, 'test-quota', { hard });
  await uses(world, ns, 'test-quota', { 'count/replicasets.apps': '0' });
  await world.client.create(replicasets, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { namespace: ns, name: 'test-rs' }, spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container()] } } } });
  await uses(world, ns, 'test-quota', { 'count/replicasets.apps': '1' });
  await world.client.delete(replicasets, { namespace: ns, name: 'test-rs' });
  await uses(world, ns, 'test-quota', { 'count/replicasets.apps': '0' });
});

test('[sig-api-machinery] ResourceQuota should verify ResourceQuota with terminating scopes. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('quota');
  await quota(world, ns, 'terminating', { hard: { pods: '5' }, scopes: ['Terminating'] });
  await quota(world, ns, 'not-terminating', { hard: { pods: '5' }, scopes: ['NotTerminating'] });
  const both = (terminating: string, not: string): Promise<unknown> => Promise.all([uses(world, ns, 'terminating', { pods: terminating }), uses(world, ns, 'not-terminating', { pods: not })]);
  await both('0', '0');
  await client.create(pods, podWith(ns, 'long-running', { cpu: '500m', memory: '200Mi' }));
  await both('0', '1');
  await client.delete(pods, { namespace: ns, name: 'long-running' }, { gracePeriodSeconds: 0 });
  await both('0', '0');
  await client.create(pods, podWith(ns, 'terminating', { cpu: '500m', memory: '200Mi' }, {}, { activeDeadlineSeconds: 3600 }));
  await both('1', '0');
  await client.delete(pods, { namespace: ns, name: 'terminating' }, { gracePeriodSeconds: 0 });
  await both('0', '0');
  // A pod that gets a deadline later moves from the one quota to the other.
  await client.create(pods, podWith(ns, 'changes', {}));
  await both('0', '1');
  await client.patch(pods, { namespace: ns, name: 'changes' }, { type: 'merge', value: { spec: { activeDeadlineSeconds: 100 } } });
  await both('1', '0');
});

test('[sig-api-machinery] ResourceQuota should verify ResourceQuota with best effort scope. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('quota');
  await quota(world, ns, 'best-effort', { hard: { pods: '5' }, scopes: ['BestEffort'] });
  await quota(world, ns, 'not-best-effort', { hard: { pods: '5' }, scopes: ['NotBestEffort'] });
  const both = (best: string, not: string): Promise<unknown> => Promise.all([uses(world, ns, 'best-effort', { pods: best }), uses(world, ns, 'not-best-effort', { pods: not })]);
  await both('0', '0');
  await client.create(pods, podOf(ns, 'best'));
  await both('1', '0');
  await client.delete(pods, { namespace: ns, name: 'best' }, { gracePeriodSeconds: 0 });
  await both('0', '0');
  await client.create(pods, podWith(ns, 'burstable', { cpu: '500m', memory: '200Mi' }));
  await both('0', '1');
  await client.delete(pods, { namespace: ns, name: 'burstable' }, { gracePeriodSeconds: 0 });
  await both('0', '0');
});

test('[sig-api-machinery] ResourceQuota should be able to update and delete ResourceQuota. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('quota');
  const ref = { namespace: ns, name: 'test-quota' };
  await quota(world, ns, 'test-quota', { hard: { cpu: '1', memory: '500Mi' } });
  await uses(world, ns, 'test-quota', { cpu: '0', memory: '0' });
  await world.retry(resourcequotas, ref, (one) => ({ ...one, spec: { hard: { cpu: '2', memory: '1Gi' } } }));
  await world.until('the new limits', async () => {
    const { status } = await client.get(resourcequotas, ref);
    return status?.hard?.['cpu'] === '2' && status.hard['memory'] === '1Gi';
  });
  await client.delete(resourcequotas, ref);
  assert.equal(await found(client.get(resourcequotas, ref)), undefined);
});

test('[sig-api-machinery] ResourceQuota should manage the lifecycle of a ResourceQuota [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('quota');
  const label = 'e2e-rq=lifecycle';
  await client.create(resourcequotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace: ns, name: 'e2e', labels: { 'e2e-rq': 'lifecycle' } }, spec: { hard: { cpu: '1', memory: '500Mi' } } });
  assert.equal((await client.list(resourcequotas, {}, { labelSelector: label })).items.length, 1);
  const patched = await client.patch(resourcequotas, { namespace: ns, name: 'e2e' }, { type: 'strategic', value: { metadata: { labels: { patched: 'yes' } }, spec: { hard: { memory: '750Mi' } } } });
  assert.deepEqual([patched.metadata.labels?.['patched'], patched.spec?.hard], ['yes', { cpu: '1', memory: '750Mi' }]);
  await client.deleteCollection(resourcequotas, { namespace: ns }, { labelSelector: label });
  assert.equal((await client.list(resourcequotas, {}, { labelSelector: label })).items.length, 0);
});

test('[sig-api-machinery] ResourceQuota should apply changes to a resourcequota status [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('quota');
  const ref = { namespace: ns, name: 'e2e' };
  await quota(world, ns, 'e2e', { hard: { cpu: '500m', memory: '500Mi' } });
  await uses(world, ns, 'e2e', { cpu: '0', memory: '0' });
  const replaced = await world.retry(resourcequotas, ref, (one) => ({ ...one, status: { ...one.status, hard: { cpu: '500m', memory: '1Gi' } } }), 'status');
  assert.equal(replaced.status?.hard?.['memory'], '1Gi');
  const patched = await client.patch(resourcequotas, ref, { type: 'merge', value: { status: { hard: { cpu: '1', memory: '1Gi' } } } }, { subresource: 'status' });
  assert.equal(patched.status?.hard?.['cpu'], '1');
  // The controller puts right what the spec does not say, once it looks again.
  await world.retry(resourcequotas, ref, (one) => ({ ...one, spec: { hard: { cpu: '750m', memory: '500Mi' } } }));
  await world.until('the status to follow the spec', async () => (await client.get(resourcequotas, ref)).status?.hard?.['cpu'] === '750m');
});

test('[sig-apps] ReplicationController should surface a failure condition on a common issue like exceeded quota [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('quota');
  const ref = { namespace: ns, name: 'condition-test' };
  await quota(world, ns, 'condition-test', { hard: { pods: '2' } });
  await uses(world, ns, 'condition-test', { pods: '0' });
  await client.create(replicationcontrollers, { apiVersion: 'v1', kind: 'ReplicationController', metadata: { ...ref }, spec: { replicas: 3, selector: { name: 'condition-test' }, template: { metadata: { labels: { name: 'condition-test' } }, spec: { containers: [container()] } } } });
  const failing = async (): Promise<boolean> => (await client.get(replicationcontrollers, ref)).status?.conditions?.some(({ type, status }) => type === 'ReplicaFailure' && status === 'True') === true;
  await world.until('the failure to be told', failing);
  assert.equal((await world.podsOf(ns)).length, 2);
  await world.retry(replicationcontrollers, ref, (one) => ({ ...one, spec: { ...one.spec, replicas: 2 } }));
  await world.until('the failure to be over', async () => !(await failing()));
});

test('a deployment tells what its quota forbids, and goes on when there is room', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('quota');
  await quota(world, ns, 'small', { hard: { 'requests.cpu': '1', 'count/pods': '3' } });
  await uses(world, ns, 'small', { 'requests.cpu': '0' });
  await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: ns, name: 'web' }, spec: { replicas: 4, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container({ resources: { requests: { cpu: '200m' } } })] } } } });
  await uses(world, ns, 'small', { 'requests.cpu': '600m', 'count/pods': '3' });
  await world.retry(resourcequotas, { namespace: ns, name: 'small' }, (one) => ({ ...one, spec: { hard: { 'requests.cpu': '1', 'count/pods': '10' } } }));
  await uses(world, ns, 'small', { 'requests.cpu': '800m', 'count/pods': '4' });
});
