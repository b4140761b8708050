import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podgroups, pods } from '../../src/api/resources.ts';
import { startCluster } from '../../src/testing/testing.ts';

const featureGates = { GenericWorkload: 'true', GangScheduling: 'true' };
const runtimeConfig = { 'scheduling.k8s.io/v1alpha2': 'true' };

test('a gang in a whole cluster: why it waits, until it is placed as a whole, and goes', async () => {
  await using cluster = await startCluster({ nodes: [1, 2, 3].map(() => ({ capacity: { cpu: '4', memory: '8Gi', pods: '20' } })), featureGates, runtimeConfig });
  const { client } = cluster;
  const ref = (name: string) => ({ namespace: 'default', name });
  const member = (name: string) => client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: ref(name), spec: { schedulingGroup: { podGroupName: 'train' }, containers: [{ name: 'c', image: 'busybox', resources: { requests: { cpu: '3' } } }] } });
  const why = async (name: string) => (await cluster.why(pods, name)).join('\n');
  const placed = async () => (await client.list(pods, { namespace: 'default' })).items.flatMap(({ spec }) => spec?.nodeName ?? []).sort();

  for (const name of ['w1', 'w2', 'w3']) await member(name);
  await cluster.settle();
  assert.match(await why('w1'), /Pod w1 is scheduled with the pod group train, which is not there\./);
  await client.create(podgroups, { apiVersion: 'scheduling.k8s.io/v1alpha2', kind: 'PodGroup', metadata: ref('train'), spec: { schedulingPolicy: { gang: { minCount: 4 } } } });
  await cluster.settle();
  assert.match(await why('w1'), /wants at least 4 pods before any is scheduled: there are 3\./);
  await member('w4');
  await cluster.settle();
  assert.deepEqual(await placed(), []);
  const told = await why('w1');
  assert.match(told, /at least 4 pods of it must find a place at the same time, and of 4 not so many do\. None of them holds room meanwhile\./);
  assert.match(told, /Pod w4 is pending: none of 3 nodes takes it\./);
  assert.match(told, /Insufficient cpu/);

  await cluster.nodes.add({ name: 'node-4', capacity: { cpu: '4', memory: '8Gi', pods: '20' } });
  await cluster.until('all to run', async () => (await client.list(pods, { namespace: 'default' })).items.every(({ status }) => status?.phase === 'Running'));
  assert.deepEqual(await placed(), ['node-1', 'node-2', 'node-3', 'node-4']);

  // The group stays as long as pods name it.
  await client.delete(podgroups, ref('train'));
  await cluster.settle();
  assert.deepEqual((await client.get(podgroups, ref('train'))).metadata.finalizers, ['scheduling.k8s.io/podgroup-protection']);
  for (const name of ['w1', 'w2', 'w3', 'w4']) await client.delete(pods, ref(name));
  await cluster.until('the group to go', async () => (await client.list(podgroups, { namespace: 'default' })).items.length === 0);
});

test('the gates without the API are refused, and the other way about there is nothing', async () => {
  await assert.rejects(async () => { await using cluster = await startCluster({ featureGates }); await cluster.settle(); }, /the feature gate GenericWorkload wants an API that is not served: --runtime-config scheduling\.k8s\.io\/v1alpha2=true/);
  await using cluster = await startCluster({ runtimeConfig });
  await assert.rejects(cluster.client.list(podgroups, { namespace: 'default' }), { reason: 'NotFound' });
});
