import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../src/api/meta/object.ts';
import { configmaps, deployments, jobs, nodes, persistentvolumeclaims, poddisruptionbudgets, pods, resourcequotas, services } from '../../src/api/resources.ts';
import type { Deployment } from '../../src/api/types/apps/v1.ts';
import type { PodSpec } from '../../src/api/types/core/v1.ts';
import { container, podOf, refusal, World } from '../conformance/world.ts';
import { allFindings, appPath, chainsOf, findingOf, podPath, whyAll, whyOf } from './asking.ts';

const web = (namespace: string, spec: Partial<PodSpec> = {}, replicas = 1): Deployment => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name: 'web' },
  spec: { replicas, progressDeadlineSeconds: 30, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container()], ...spec } } },
});

test('causes, each with its facts and what to do, and who wanted it', async (t) => {
  await using world = await World.start({ nodes: 2 });
  const alice = world.as('alice', ['system:masters']);

  await t.test('a quota: from the deployment to the refused pods', async () => {
    const namespace = await world.namespace('quota');
    await world.client.create(resourcequotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace, name: 'few' }, spec: { hard: { pods: '1' } } });
    await world.until('the quota to be counted', async () => (await world.client.get(resourcequotas, { namespace, name: 'few' })).status?.hard?.['pods'] === '1');
    await alice.create(deployments, web(namespace, {}, 2));
    await world.clock.advance(20_000);
    const explanation = await whyOf(world.client, appPath(namespace, 'deployments', 'web'));
    const finding = findingOf(explanation, 'quota');
    assert.match(finding.fact, /^Creating a pod for replicaset web-\w+ was refused: the quota few allows pods=1, pods=1 is used, and pods=1 more was asked for\.$/);
    assert.equal(finding.remedy?.[0], 'Raise the quota: kubectl edit resourcequota few -n quota');
    assert.match(findingOf(explanation, 'rollout').fact, /^Deployment web is not done: 1 of 2 replicas are available/);
    assert.deepEqual(chainsOf(explanation)[0], ['deployment/web was created by alice with e2e.test/v1.36.0']);
  });

  await t.test('what is asked of somebody who may not read it is not told', async () => {
    const stranger = world.as('stranger');
    await assert.rejects(whyOf(stranger, appPath('quota', 'deployments', 'web')), refusal('Forbidden', 'User "stranger" cannot get resource "deployments" in API group "apps" in the namespace "quota"'));
    await assert.rejects(whyAll(stranger, '/api/v1/pods'), refusal('Forbidden', 'cannot list resource "pods"'));
  });

  await t.test('a container without its config map; then the whole collection', async () => {
    const namespace = await world.namespace('config');
    await alice.create(pods, podOf(namespace, 'needy', { spec: { containers: [container({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'absent', key: 'a' } } }] })] } }));
    await world.untilPod(namespace, 'needy', (pod) => pod.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError');
    const explanation = await whyOf(world.client, podPath(namespace, 'needy'));
    assert.match(findingOf(explanation, 'container-config').fact, /Container agnhost-container of pod needy cannot be made: configmap "absent" not found\./);
    assert.deepEqual((await whyAll(world.client, `/api/v1/namespaces/${namespace}/pods`)).items.map(({ object }) => object.name), ['needy']);
  });

  await t.test('an eviction that a budget forbids: of the pod, and of the node that is drained', async () => {
    const namespace = await world.namespace('budget');
    await world.client.create(poddisruptionbudgets, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { namespace, name: 'all' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'kept' } } } });
    const pod = await world.runningPod(podOf(namespace, 'kept', { labels: { app: 'kept' } }));
    await world.until('the budget to be counted', async () => (await world.client.get(poddisruptionbudgets, { namespace, name: 'all' })).status?.currentHealthy === 1);
    await world.client.patch(nodes, { name: pod.spec!.nodeName! }, { type: 'merge', value: { spec: { unschedulable: true } } });
    await assert.rejects(alice.createSubresource(pods, { namespace, name: 'kept' }, 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name: 'kept' } } as KubeObject), refusal('TooManyRequests'));
    assert.equal(findingOf(await whyOf(world.client, podPath(namespace, 'kept')), 'budget').fact, 'Evicting pod kept was refused: its disruption budget allows no disruption now.');
    const node = await whyOf(world.client, `/api/v1/nodes/${pod.spec!.nodeName}`);
    assert.match(findingOf(node, 'cordoned').fact, /takes no new pods: it is cordoned, and 1 of its pods could not be evicted\./);
    assert.equal(findingOf(node, 'budget').about?.name, 'kept');
    assert.match(findingOf(await whyOf(world.client, `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/all`), 'budget').remedy![0]!, /nothing can ever be drained/);
    await world.client.patch(nodes, { name: pod.spec!.nodeName! }, { type: 'merge', value: { spec: { unschedulable: null } } });
  });

  await t.test('a finalizer, and who asked for the deletion', async () => {
    const namespace = await world.namespace('finalizer');
    await alice.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'held', finalizers: ['example.com/cleanup'] } });
    await world.as('bob', ['system:masters']).delete(configmaps, { namespace, name: 'held' });
    const explanation = await whyOf(world.client, `/api/v1/namespaces/${namespace}/configmaps/held`);
    assert.equal(findingOf(explanation, 'finalizer').fact, 'ConfigMap held is being deleted, and waits for 1 finalizer: example.com/cleanup.');
    assert.deepEqual(chainsOf(explanation), [['configmap/held was created by alice with e2e.test/v1.36.0'], ['configmap/held was asked to go by bob with e2e.test/v1.36.0']]);
  });

  await t.test('claims, services and what has been deleted', async () => {
    const namespace = await world.namespace('others');
    await alice.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace, name: 'data' }, spec: { storageClassName: 'fast', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
    await alice.create(pods, podOf(namespace, 'user', { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] } }));
    await alice.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name: 'lost' }, spec: { selector: { app: 'nobody' }, ports: [{ port: 80 }] } });
    await alice.create(jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace, name: 'later' }, spec: { suspend: true, template: { spec: { restartPolicy: 'Never', containers: [container()] } } } });
    await alice.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, name: 'gone' } });
    await alice.delete(configmaps, { namespace, name: 'gone' });
    await world.clock.advance(5000);
    assert.match(findingOf(await whyOf(world.client, `/api/v1/namespaces/${namespace}/persistentvolumeclaims/data`), 'claim-pending').fact, /its storage class fast is not there/);
    const pod = await whyOf(world.client, podPath(namespace, 'user'));
    assert.match(pod.summary, /Pod user is pending: no node was looked at, because pod has unbound immediate PersistentVolumeClaims/);
    assert.equal(findingOf(pod, 'claim-pending').about?.name, 'data');
    assert.equal(findingOf(await whyOf(world.client, `/api/v1/namespaces/${namespace}/services/lost`), 'no-endpoints').fact, 'Service lost leads nowhere: no pod has the labels app=nobody.');
    assert.equal(findingOf(await whyOf(world.client, `/apis/batch/v1/namespaces/${namespace}/jobs/later`), 'job-suspended').fact, 'Job later is suspended.');
    const gone = await whyOf(world.client, `/api/v1/namespaces/${namespace}/configmaps/gone`);
    assert.equal(gone.summary, 'There is no configmap/gone any more.');
    assert.deepEqual(chainsOf(gone).at(-1), ['configmap/gone was deleted by alice with e2e.test/v1.36.0']);
  });

  await t.test('nothing is wrong with what is well', async () => {
    const namespace = await world.namespace('well');
    await alice.create(deployments, web(namespace));
    await world.until('the deployment to be available', async () => (await world.client.get(deployments, { namespace, name: 'web' })).status?.availableReplicas === 1);
    const explanation = await whyOf(world.client, appPath(namespace, 'deployments', 'web'));
    assert.deepEqual([explanation.well, allFindings(explanation.findings)], [true, []]);
    assert.deepEqual((await whyAll(world.client, `/api/v1/namespaces/${namespace}/pods`)).items, []);
  });

  await t.test('a rollout whose new pods never come, past its deadline', async () => {
    const namespace = await world.namespace('stuck');
    await alice.create(deployments, web(namespace, {}, 2));
    await world.until('the first pods', async () => (await world.client.get(deployments, { namespace, name: 'web' })).status?.availableReplicas === 2);
    await world.as('carol', ['system:masters']).patch(deployments, { namespace, name: 'web' }, { type: 'strategic', value: { spec: { template: { spec: { nodeSelector: { moon: 'full' } } } } } });
    await world.clock.advance(60_000);
    const explanation = await whyOf(world.client, appPath(namespace, 'deployments', 'web'));
    const finding = findingOf(explanation, 'rollout');
    assert.match(finding.fact, /^Deployment web is stuck: 2 of 2 replicas are available, 1 is of the latest template, and nothing has moved for 30 seconds\.$/);
    assert.match(finding.remedy![0]!, /kubectl rollout undo deployment web -n stuck/);
    assert.equal(findingOf(explanation, 'NodeAffinity').remedy?.[0], 'label the node moon=full: kubectl label node node-1 moon=full');
    assert.deepEqual(chainsOf(explanation).map((chain) => chain.at(-1)), ['deployment/web was created by alice with e2e.test/v1.36.0', 'deployment/web was changed by carol with e2e.test/v1.36.0'].slice(0, chainsOf(explanation).length));
    const pending = (await world.podsOf(namespace)).find(({ spec }) => (spec?.nodeName ?? '') === '')!;
    assert.equal(chainsOf(await whyOf(world.client, podPath(namespace, pending.metadata.name!)))[0]!.at(-1), 'deployment/web was changed by carol with e2e.test/v1.36.0');
  });
});
