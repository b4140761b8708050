import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, podgroups, pods } from '../../src/api/resources.ts';
import { startCluster } from '../../src/testing/testing.ts';

const capacity = { cpu: '4', memory: '8Gi', pods: '20' };
const template = (app: string, cpu: string, podGroupName?: string) => ({
  metadata: { labels: { app } },
  spec: { ...(podGroupName !== undefined && { schedulingGroup: { podGroupName } }), containers: [{ name: 'c', image: 'busybox', resources: { requests: { cpu } } }] },
});

test('the pods of a deployment are a gang beside an ordinary one, whatever becomes of the scheduler', async () => {
  await using cluster = await startCluster({ nodes: [{ capacity }, { capacity }], featureGates: { GenericWorkload: 'true', GangScheduling: 'true' }, runtimeConfig: { 'scheduling.k8s.io/v1alpha2': 'true' } });
  const { client } = cluster;
  const deploy = (name: string, replicas: number, cpu: string, group?: string) =>
    client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'default', name }, spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name, cpu, group) } });
  const running = async (app: string) => (await client.list(pods, { namespace: 'default' }, { labelSelector: `app=${app}` })).items.filter(({ status }) => status?.phase === 'Running').length;

  await client.create(podgroups, { apiVersion: 'scheduling.k8s.io/v1alpha2', kind: 'PodGroup', metadata: { namespace: 'default', name: 'train' }, spec: { schedulingPolicy: { gang: { minCount: 3 } } } });
  await deploy('train', 3, '3', 'train');
  await cluster.settle();
  await deploy('web', 4, '500m');
  await cluster.until('the ordinary pods to run', async () => (await running('web')) === 4);
  assert.equal(await running('train'), 0);

  await cluster.controlPlane.stopScheduler();
  await cluster.nodes.add({ capacity });
  await cluster.nodes.add({ capacity });
  await cluster.controlPlane.startScheduler();
  await cluster.until('the gang to run', async () => (await running('train')) === 3);
  const group = await client.get(podgroups, { namespace: 'default', name: 'train' });
  assert.deepEqual(group.status?.conditions?.map(({ type, status, reason }) => [type, status, reason]), [['PodGroupScheduled', 'True', 'Scheduled']]);

  // One that is deleted is replaced, and joins those that run.
  const [one] = (await client.list(pods, { namespace: 'default' }, { labelSelector: 'app=train' })).items;
  await client.delete(pods, { namespace: 'default', name: one!.metadata.name! });
  await cluster.until('another to run instead', async () => (await running('train')) === 3 && (await client.list(pods, { namespace: 'default' }, { labelSelector: 'app=train' })).items.every(({ metadata }) => metadata.name !== one!.metadata.name));
});
