import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobs, namespaces } from '../../src/api/resources.ts';
import { startCluster } from '../../src/testing/start-cluster.ts';
import { container } from '../conformance/world.ts';

test('regression: a namespace goes although a job of it waits, index by index, for pods to take the place of those that failed', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  const namespace = await cluster.namespace('passing');
  await cluster.client.create(jobs, {
    apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace, name: 'sum' },
    spec: { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 2, template: { spec: { restartPolicy: 'Never', nodeSelector: { nowhere: 'yes' }, containers: [container()] } } },
  });
  await cluster.expect(jobs, { namespace, name: 'sum' }).toSatisfy('to have two pods', ({ status }) => status?.active === 2);
  // Pods are deleted before anything else is, and those that were never scheduled fail.
  await cluster.client.delete(namespaces, { name: namespace });
  await cluster.expect(namespaces, namespace).toBeGone({ within: '10m' });
  assert.equal((await cluster.client.list(jobs, { namespace })).items.length, 0);
});
