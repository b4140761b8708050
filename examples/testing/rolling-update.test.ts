// A rolling update is stuck on an image that does not exist, and is rolled back. The old pods serve all the while.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resources, startCluster } from 'coxswain/testing';

const { deployments } = resources;

const manifest = (image: string): string => `
  apiVersion: apps/v1
  kind: Deployment
  metadata: { name: web }
  spec:
    replicas: 4
    progressDeadlineSeconds: 120
    selector: { matchLabels: { app: web } }
    template:
      metadata: { labels: { app: web } }
      spec: { containers: [{ name: web, image: "${image}" }] }
`;

test('an update to a bad image stops, says why, and is rolled back', async () => {
  await using cluster = await startCluster({ nodes: 2 });
  await cluster.apply(manifest('nginx:1.27'));
  await cluster.expect(deployments, 'web').toBeRolledOut();

  // Images whose tag starts with "nonexistent" cannot be pulled.
  await cluster.apply(manifest('nginx:nonexistent'));
  const stuck = await cluster.expect(deployments, 'web').toHaveCondition('Progressing', 'False', { within: '3m' });
  assert.ok((stuck.status?.availableReplicas ?? 0) >= 3, 'three of four pods go on serving');

  const why = (await cluster.why(deployments, 'web')).join('\n');
  assert.match(why, /Deployment web is stuck: 3 of 4 replicas are available/);
  assert.match(why, /Container web of pod web-\S+ does not start: its image nginx:nonexistent cannot be pulled\./);
  assert.match(why, /deployment\/web was changed by coxswain:test/);

  await cluster.apply(manifest('nginx:1.27'));
  await cluster.expect(deployments, 'web').toBeRolledOut();
});

test('what would happen if: a fork answers, and the cluster never knows', async () => {
  await using cluster = await startCluster({ nodes: 2 });
  await cluster.apply(manifest('nginx:1.27'));
  await cluster.settle();

  await using whatIf = await cluster.fork();
  await whatIf.nodes.kill('node-1');
  await whatIf.clock.advance('10m');
  await whatIf.expect(deployments, 'web').toSatisfy('to have four ready pods on one node', ({ status }) => status?.readyReplicas === 4);

  await cluster.expect(deployments, 'web').toBeRolledOut();
  assert.equal(cluster.nodes.names.length, 2);
});
