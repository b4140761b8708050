import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobs, pods, replicasets } from '../../src/api/resources.ts';
import { startCluster } from '../../src/testing/start-cluster.ts';
import { container } from '../conformance/world.ts';

const template = { metadata: { labels: { app: 'a' } }, spec: { restartPolicy: 'Never', nodeSelector: { nowhere: 'yes' }, containers: [container()] } };

test('regression: a job whose pod is first seen on its way out makes another, though nothing else happens', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  const { client } = cluster;
  const ref = { namespace: 'default', name: 'j' };
  const lost = cluster.faults.loseWatchEvents({ resource: 'pods' });
  await client.create(jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: ref, spec: { backoffLimit: 6, template } });
  await cluster.clock.advance('2s');
  const [first, ...others] = (await client.list(pods, { namespace: 'default' })).items;
  assert.equal(others.length, 0);
  lost.lift();
  await client.delete(pods, { namespace: 'default', name: first?.metadata.name ?? '' });
  await cluster.expect(jobs, ref).toSatisfy('to have another pod', ({ status }) => status?.failed === 1 && status.active === 1, { within: '20m' });
});

test('regression: so does a replica set', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  const { client } = cluster;
  const lost = cluster.faults.loseWatchEvents({ resource: 'pods' });
  const { restartPolicy: _, ...spec } = template.spec;
  await client.create(replicasets, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { namespace: 'default', name: 'r' }, spec: { replicas: 1, selector: { matchLabels: { app: 'a' } }, template: { ...template, metadata: { ...template.metadata, finalizers: ['example.com/stay'] }, spec } } });
  await cluster.clock.advance('2s');
  const [first] = (await client.list(pods, { namespace: 'default' })).items;
  lost.lift();
  await client.delete(pods, { namespace: 'default', name: first?.metadata.name ?? '' });
  await cluster.expect(replicasets, { namespace: 'default', name: 'r' }).toSatisfy('to have another pod', ({ status }) => status?.replicas === 1, { within: '20m' });
});
