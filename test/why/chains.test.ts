import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, cronjobs, daemonsets, deployments, endpointslices, jobs, namespaces, nodes, pods, services, statefulsets } from '../../src/api/resources.ts';
import { isReason } from '../../src/api/status.ts';
import type { KubeObject } from '../../src/api/meta/object.ts';
import type { ResourceType } from '../../src/api/resource-type.ts';
import { startCluster } from '../../src/testing/start-cluster.ts';
import { container, podOf, World } from '../conformance/world.ts';
import { chainsOf, podPath, whyOf } from './asking.ts';

const template = (app: string, restartPolicy = 'Always') => ({ metadata: { labels: { app } }, spec: { restartPolicy, containers: [container()] } });
const selecting = (app: string) => ({ selector: { matchLabels: { app } }, template: template(app) });

test('whatever controllers and kubelets write leads back to whoever wanted it', async (t) => {
  await using world = await World.start({ nodes: 2 });
  const alice = world.as('alice', ['system:masters']);
  const bob = world.as('bob', ['system:masters']);
  const namespace = await world.namespace('chains');
  const firstOf = async (app: string): Promise<string> => world.until(`a pod of ${app}`, async () => (await world.podsOf(namespace, { labelSelector: `app=${app}` }))[0]?.metadata.name);
  const chain = async (path: string): Promise<string[]> => chainsOf(await whyOf(world.client, path))[0]!;
  const gone = (type: ResourceType<KubeObject>, name: string): Promise<true> => world.until(`${name} to be gone`, () => world.client.get(type, { namespace, name }).then(() => undefined, (error: unknown) => isReason(error, 'NotFound')));

  await t.test('a stateful set, a daemon set and a job make pods', async () => {
    await alice.create(statefulsets, { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { namespace, name: 'db' }, spec: { serviceName: 'db', replicas: 1, ...selecting('db') } });
    await alice.create(daemonsets, { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { namespace, name: 'agent' }, spec: selecting('agent') });
    await alice.create(jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace, name: 'sum' }, spec: { template: template('sum', 'Never') } });
    assert.deepEqual(await chain(podPath(namespace, await firstOf('db'))), ['pod/db-0 was created by statefulset-controller', 'statefulset/db was created by alice with e2e.test/v1.36.0']);
    const agent = await firstOf('agent');
    assert.deepEqual((await chain(podPath(namespace, agent))).map((step) => step.replace(agent, 'agent-*')), ['pod/agent-* was created by daemon-set-controller', 'daemonset/agent was created by alice with e2e.test/v1.36.0']);
    const sum = await firstOf('sum');
    assert.deepEqual((await chain(podPath(namespace, sum))).map((step) => step.replace(sum, 'sum-*')), ['pod/sum-* was created by job-controller', 'job/sum was created by alice with e2e.test/v1.36.0']);
  });

  await t.test('a cron job whose time has come, back through its job', async () => {
    await alice.create(cronjobs, { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { namespace, name: 'often' }, spec: { schedule: '* * * * *', jobTemplate: { spec: { template: template('often', 'Never') } } } });
    const name = await firstOf('often');
    assert.deepEqual((await chain(podPath(namespace, name))).map((step) => step.replace(/often-\d+/, 'often-*')), ['pod/often-*-* was created by job-controller', 'job/often-* was created by cronjob-controller', 'cronjob/often was created by alice with e2e.test/v1.36.0']);
    await alice.delete(cronjobs, { namespace, name: 'often' });
  });

  await t.test('endpoints of a service', async () => {
    await alice.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name: 'db' }, spec: { selector: { app: 'db' }, ports: [{ port: 80 }] } });
    const slice = await world.until('a slice', async () => (await world.client.list(endpointslices, { namespace })).items[0]?.metadata.name);
    assert.deepEqual((await chain(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${slice}`)).map((step) => step.replace(slice, 'db-*')), ['endpointslice/db-* was created by endpointslice-controller', 'service/db was created by alice with e2e.test/v1.36.0']);
  });

  await t.test('what is collected because its owner was deleted, and removed by the kubelet when it has ended', async () => {
    await alice.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name: 'web' }, spec: selecting('web') });
    const name = await firstOf('web');
    await world.untilPod(namespace, name, ({ status }) => status?.phase === 'Running');
    await bob.delete(deployments, { namespace, name: 'web' }, { propagationPolicy: 'Background' });
    await gone(pods, name);
    const chains = chainsOf(await whyOf(world.client, podPath(namespace, name)));
    const collected = ['pod/web-*-* was asked to go by generic-garbage-collector', 'replicaset/web-* was deleted by generic-garbage-collector', 'deployment/web was deleted by bob with e2e.test/v1.36.0'];
    assert.deepEqual(chains.slice(1).map((steps) => steps.map((step) => step.replace(/kubelet of .+/, 'kubelet'))), [collected, ['pod/web-*-* was deleted by the kubelet', ...collected]]);
  });

  await t.test('what goes with its namespace', async () => {
    const other = await world.namespace('doomed');
    await alice.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: other, name: 'one' } });
    await bob.delete(namespaces, { name: other });
    const going = await whyOf(world.client, `/api/v1/namespaces/${other}`);
    assert.deepEqual([going.object, chainsOf(going).at(-1)], [{ kind: 'Namespace', namespace: '', name: other }, [`namespace/${other} was asked to go by bob with e2e.test/v1.36.0`]]);
    await world.until('the namespace to be gone', () => world.client.get(namespaces, { name: other }).then(() => undefined, () => true));
    assert.deepEqual(chainsOf(await whyOf(world.client, `/api/v1/namespaces/${other}/configmaps/one`)).at(-1), ['configmap/one was deleted by namespace-controller', `namespace/${other} was asked to go by bob with e2e.test/v1.36.0`]);
  });

  await t.test('a cordon, and the taint that follows it', async () => {
    await bob.patch(nodes, { name: 'node-2' }, { type: 'merge', value: { spec: { unschedulable: true } } });
    await world.until('the taint', async () => (await world.client.get(nodes, { name: 'node-2' })).spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/unschedulable'));
    assert.deepEqual(chainsOf(await whyOf(world.client, '/api/v1/nodes/node-2')).at(-1), ['node/node-2 was changed by node-controller', 'node/node-2 was changed by bob with e2e.test/v1.36.0']);
  });
});

test('what nobody asked for: a node that falls silent, and its pods', async () => {
  await using cluster = await startCluster({ nodes: 2 });
  await cluster.client.create(pods, podOf('default', 'lonely'));
  const { spec } = await cluster.expect(pods, 'lonely').toBeReady();
  await cluster.nodes.disconnect(spec!.nodeName!);
  await cluster.clock.advance('7m');
  const explanation = await whyOf(cluster.client, podPath('default', 'lonely'));
  assert.deepEqual(chainsOf(explanation).at(-1)!.map((step) => step.replace(spec!.nodeName!, 'NODE')), [
    'pod/lonely was asked to go by node-controller',
    // The taint NoSchedule comes first, NoExecute after it.
    'node/NODE was changed by node-controller',
    'node/NODE was changed by node-controller',
    'node/NODE got a new status by node-controller',
    'nobody asked for this: the node had not been heard of for too long',
  ]);
});

test('a pod that was preempted, and for whose sake', async () => {
  await using cluster = await startCluster({ nodes: [{ capacity: { cpu: '1' } }] });
  await cluster.apply([{ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'high' }, value: 1000 } as KubeObject]);
  const greedy = (name: string, spec = {}) => podOf('default', name, { spec: { containers: [container({ resources: { requests: { cpu: '900m' } } })], terminationGracePeriodSeconds: 0, ...spec } });
  await cluster.client.create(pods, greedy('low'));
  await cluster.expect(pods, 'low').toBeReady();
  await cluster.as('carol', ['system:masters']).create(pods, greedy('high', { priorityClassName: 'high' }));
  await cluster.expect(pods, 'low').toBeGone();
  const chain = chainsOf(await whyOf(cluster.client, podPath('default', 'low'))).find(([first]) => first?.includes('kube-scheduler'))!;
  assert.deepEqual(chain.slice(1), ['pod/high was created by carol with coxswain-testing']);
});

