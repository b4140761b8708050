// A node dies. Kubernetes notices after 50 seconds, and gives the node five minutes to come back before its pods are
// replaced. In virtual time that takes milliseconds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resources, startCluster } from 'coxswain/testing';

const { deployments, nodes, pods } = resources;

test('pods move five minutes after their node died', async () => {
  await using cluster = await startCluster({ nodes: 3 });
  await cluster.apply(`
    apiVersion: apps/v1
    kind: Deployment
    metadata: { name: web }
    spec:
      replicas: 3
      selector: { matchLabels: { app: web } }
      template:
        metadata: { labels: { app: web } }
        spec: { containers: [{ name: web, image: nginx }] }
  `);
  await cluster.expect(deployments, 'web').toBeRolledOut();

  await cluster.nodes.kill('node-2');
  await cluster.expect(nodes, 'node-2').toHaveCondition('Ready', 'Unknown', { within: '1m' });

  const onNode2 = async (): Promise<string[]> => (await cluster.client.list(pods, { namespace: 'default' }, { fieldSelector: 'spec.nodeName=node-2' })).items.map(({ metadata }) => metadata.name ?? '');
  const [lost = ''] = await onNode2();
  await cluster.clock.advance('4m');
  assert.equal((await cluster.client.get(pods, { namespace: 'default', name: lost })).metadata.deletionTimestamp, undefined);

  await cluster.clock.advance('2m');
  assert.notEqual((await cluster.client.get(pods, { namespace: 'default', name: lost })).metadata.deletionTimestamp, undefined);
  await cluster.expect(deployments, 'web').toSatisfy('to have three ready pods again', ({ status }) => status?.readyReplicas === 3);

  // The machine comes back: what was replaced meanwhile goes.
  await cluster.nodes.start('node-2');
  await cluster.expect(pods, lost).toBeGone();
});
