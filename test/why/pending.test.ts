import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, nodes } from '../../src/api/resources.ts';
import type { Deployment } from '../../src/api/types/apps/v1.ts';
import type { PodSpec } from '../../src/api/types/core/v1.ts';
import { container, World } from '../conformance/world.ts';
import { chainsOf, findingOf, podPath, whyOf } from './asking.ts';

const web = (namespace: string, spec: Partial<PodSpec>): Deployment => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name: 'web' },
  spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container()], ...spec } } },
});

test('a pending pod: each node, the rule that refused it, what would have to change, and whose wish it was', async () => {
  await using world = await World.start({ nodes: 3, capacity: { cpu: '2', memory: '4Gi', pods: '110' } });
  const namespace = await world.namespace('shop');
  await world.client.patch(nodes, { name: 'node-2' }, { type: 'merge', value: { spec: { taints: [{ key: 'gpu', value: 'yes', effect: 'NoSchedule' }] } } });
  await world.client.patch(nodes, { name: 'node-3' }, { type: 'merge', value: { metadata: { labels: { disk: 'hdd' } } } });
  await world.client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { metadata: { labels: { disk: 'ssd' } } } });
  const alice = world.as('alice', ['system:masters']);
  await alice.create(deployments, web(namespace, { nodeSelector: { disk: 'ssd' }, containers: [container({ resources: { requests: { cpu: '2500m' } } })] }));
  const [pod] = await world.until('the pod to be refused', async () => {
    const found = await world.podsOf(namespace);
    return found[0]?.status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'False') === true ? found : undefined;
  });
  const explanation = await whyOf(world.client, podPath(namespace, pod!.metadata.name!));
  assert.equal(explanation.well, false);
  const finding = findingOf(explanation, 'unschedulable');
  assert.equal(finding.fact, `Pod ${pod!.metadata.name} is pending: none of 3 nodes takes it.`);
  assert.deepEqual(finding.because!.map(({ fact, remedy }) => [fact, remedy]), [
    ['Node node-1: Insufficient cpu (NodeResourcesFit).', ['is too small: 2500m cpu requested, 2 allocatable even when empty']],
    ['Node node-2: had untolerated taint(s) (TaintToleration).', ['tolerate the taint gpu=yes:NoSchedule, or remove it: kubectl taint nodes node-2 gpu:NoSchedule-']],
    ["Node node-3: didn't match Pod's node affinity/selector (NodeAffinity).", ['label the node disk=ssd (it has disk=hdd): kubectl label node node-3 disk=ssd --overwrite']],
  ]);
  assert.deepEqual(chainsOf(explanation)[0], [
    'pod/web-*-* was created by replicaset-controller',
    'replicaset/web-* was created by deployment-controller',
    'deployment/web was created by alice with e2e.test/v1.36.0',
  ]);
});
