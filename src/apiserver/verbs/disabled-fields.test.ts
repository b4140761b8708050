import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podGroupProtection, podGroupWorkloadExists } from '../admission/pod-groups/pod-groups.ts';
import { TestServer } from '../testing/server.ts';

const on = { runtimeConfig: { 'scheduling.k8s.io/v1alpha2': 'true' }, featureGates: { GenericWorkload: 'true' }, admission: [podGroupProtection(), ({ reader }: { readonly reader: Parameters<typeof podGroupWorkloadExists>[0]['reader'] }) => podGroupWorkloadExists({ reader })] };
const path = '/api/v1/namespaces/default/pods';
const spec = (schedulingGroup?: object, image = 'i') => ({ ...(schedulingGroup && { schedulingGroup }), containers: [{ name: 'c', image }] });
const pod = (name: string, schedulingGroup?: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: spec(schedulingGroup) });
const group = { podGroupName: 'g' };

test('the group that a pod is scheduled with is dropped while the gate is off, of templates too; what stood there stays', async () => {
  await using before = await TestServer.start(on);
  assert.deepEqual((await before.create(path, pod('old', group))).spec['schedulingGroup'], group);
  await using server = await TestServer.start({ store: before.store.fork() });
  assert.equal((await server.create(path, pod('new', group))).spec['schedulingGroup'], undefined);
  const labels = { app: 'a' };
  const set = await server.create('/apis/apps/v1/namespaces/default/replicasets', { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 's' }, spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: spec(group) } } });
  assert.equal(set.spec['template']?.['spec']?.['schedulingGroup'], undefined);
  const job = await server.create('/apis/batch/v1/namespaces/default/cronjobs', { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'j' }, spec: { schedule: '@daily', jobTemplate: { spec: { template: { spec: { ...spec(group), restartPolicy: 'Never' } } } } } });
  assert.equal(job.spec['jobTemplate']?.['spec']?.['template']?.['spec']?.['schedulingGroup'], undefined);
  const old = await server.get(`${path}/old`);
  const updated = await server.update(`${path}/old`, { ...old, metadata: { ...old.metadata, labels } });
  assert.deepEqual([updated.metadata.labels, updated.spec['schedulingGroup']], [labels, group]);
});

test('with the gate on it is kept, checked, and does not change', async () => {
  await using server = await TestServer.start(on);
  for (const [wrong, message] of [
    [{}, 'spec.schedulingGroup.podGroupName: Invalid value: null: must specify one of: `podGroupName`'],
    [{ podGroupName: 'G' }, 'spec.schedulingGroup.podGroupName: Invalid value: "G": a lowercase RFC 1123 subdomain'],
  ] as const) await assert.rejects(server.create(path, pod('p', wrong)), (error: Error) => error.message.includes(message));
  const made = await server.create(path, pod('p', group));
  await assert.rejects(server.update(`${path}/p`, { ...made, spec: { ...made.spec, schedulingGroup: { podGroupName: 'h' } } }), /spec: Forbidden: pod updates may not change fields other than/);
});

test('a group is protected from the start, and its workload must be there', async () => {
  await using server = await TestServer.start(on);
  const groups = '/apis/scheduling.k8s.io/v1alpha2/namespaces/default/podgroups';
  const from = (workloadName: string, podGroupTemplateName: string) => ({ apiVersion: 'scheduling.k8s.io/v1alpha2', kind: 'PodGroup', metadata: { name: `${workloadName}-${podGroupTemplateName}` }, spec: { schedulingPolicy: { gang: { minCount: 2 } }, podGroupTemplateRef: { workload: { workloadName, podGroupTemplateName } } } });
  await server.create('/apis/scheduling.k8s.io/v1alpha2/namespaces/default/workloads', { apiVersion: 'scheduling.k8s.io/v1alpha2', kind: 'Workload', metadata: { name: 'w' }, spec: { podGroupTemplates: [{ name: 't', schedulingPolicy: { gang: { minCount: 2 } } }] } });
  assert.deepEqual((await server.create(groups, from('w', 't'))).metadata.finalizers, ['scheduling.k8s.io/podgroup-protection']);
  await assert.rejects(server.create(groups, from('v', 't')), { message: 'podgroups.scheduling.k8s.io "v-t" is forbidden: PodGroup rejected: Workload "v" not found' });
  await assert.rejects(server.create(groups, from('w', 'u')), { message: 'podgroups.scheduling.k8s.io "w-u" is forbidden: PodGroup rejected: PodGroupTemplate "u" not found in Workload "w"' });
});
