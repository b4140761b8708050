import assert from 'node:assert/strict';
import { it } from 'node:test';
import { clusterroles, pods, replicationcontrollers } from '../../src/api/resources.ts';
import { startFixture } from './fixture.ts';

it('a replication controller keeps its pods', async () => {
  await using fixture = await startFixture();
  const { client, clock } = fixture;
  await client.create(replicationcontrollers, {
    metadata: { namespace: 'default', name: 'old' },
    spec: { replicas: 2, selector: { app: 'old' }, template: { metadata: { labels: { app: 'old' } }, spec: { containers: [{ name: 'c', image: 'x' }] } } },
  });
  await clock.advance(1000);
  const ref = { namespace: 'default', name: 'old' };
  assert.deepEqual((await client.get(replicationcontrollers, ref)).status, { replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 2, observedGeneration: 1 });
  assert.equal((await fixture.pods())[0]!.metadata.ownerReferences![0]!.kind, 'ReplicationController');
  await client.patch(replicationcontrollers, ref, { type: 'merge', value: { spec: { replicas: 1 } } });
  await clock.advance(2000);
  assert.equal((await fixture.pods()).length, 1);
  assert.equal((await fixture.eventsOn('old')).filter((event) => event.startsWith('SuccessfulDelete Deleted pod: old-')).length, 1);
  await client.delete(replicationcontrollers, ref, { propagationPolicy: 'Background' });
  await clock.advance(5000);
  assert.equal((await client.list(pods)).items.length, 0);
  assert.deepEqual(fixture.complaints, []);
});

it('aggregated roles get the rules of the roles they select', async () => {
  await using fixture = await startFixture({ kubelet: false });
  const { client, clock } = fixture;
  const rules = async (name: string) => (await client.get(clusterroles, { name })).rules ?? [];
  assert.ok((await rules('view')).length > 5);
  const rule = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get', 'list', 'watch'] };
  await client.create(clusterroles, { metadata: { name: 'widgets', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } }, rules: [rule] });
  await clock.advance(1000);
  for (const name of ['view', 'edit', 'admin']) assert.ok((await rules(name)).some(({ apiGroups }) => apiGroups?.includes('example.com')), name);
  const view = await client.get(clusterroles, { name: 'view' });
  assert.deepEqual(view.metadata.managedFields?.find(({ manager }) => manager === 'clusterrole-aggregation-controller')?.operation, 'Apply');
  await client.delete(clusterroles, { name: 'widgets' });
  await clock.advance(1000);
  for (const name of ['view', 'edit', 'admin']) assert.ok(!(await rules(name)).some(({ apiGroups }) => apiGroups?.includes('example.com')), name);
  assert.deepEqual(fixture.complaints, []);
});
