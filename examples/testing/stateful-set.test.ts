// The pods of a StatefulSet keep their names, whatever happens to them, and are made in their order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resources, startCluster } from 'coxswain/testing';

const { pods, statefulsets } = resources;

test('a StatefulSet keeps its identity', async () => {
  await using cluster = await startCluster({ nodes: 3 });
  await cluster.apply(`
    apiVersion: v1
    kind: Service
    metadata: { name: db }
    spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 5432 }] }
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata: { name: db }
    spec:
      serviceName: db
      replicas: 3
      selector: { matchLabels: { app: db } }
      template:
        metadata: { labels: { app: db } }
        spec: { containers: [{ name: db, image: postgres }] }
  `.replaceAll('\n    ', '\n'));
  await cluster.expect(statefulsets, 'db').toBeRolledOut();

  const before = await cluster.client.get(pods, { namespace: 'default', name: 'db-1' });
  await cluster.client.delete(pods, { namespace: 'default', name: 'db-1' });
  const after = await cluster.expect(pods, 'db-1').toSatisfy('to be another pod that is ready', ({ metadata, status }) =>
    metadata.uid !== before.metadata.uid && status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true);
  assert.equal(after.spec?.hostname, 'db-1');
  assert.equal(after.spec?.subdomain, 'db');

  // Fewer: the last goes first. More: they come back under the names that they had.
  await cluster.client.patch(statefulsets, { namespace: 'default', name: 'db' }, { type: 'merge', value: { spec: { replicas: 1 } } });
  await cluster.settle();
  const names = async (): Promise<(string | undefined)[]> => (await cluster.client.list(pods, { namespace: 'default' })).items.map(({ metadata }) => metadata.name);
  assert.deepEqual(await names(), ['db-0']);
  await cluster.client.patch(statefulsets, { namespace: 'default', name: 'db' }, { type: 'merge', value: { spec: { replicas: 3 } } });
  await cluster.expect(statefulsets, 'db').toBeRolledOut();
  assert.deepEqual(await names(), ['db-0', 'db-1', 'db-2']);
});
