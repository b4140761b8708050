import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clusterroles, configmaps, deployments, namespaces, pods, replicasets, serviceaccounts } from '../../src/api/resources.ts';
import { isReason } from '../../src/api/status.ts';
import { deployment, startFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

const ref = { namespace: 'default', name: 'web' };

async function counts({ client }: Fixture): Promise<number[]> {
  const lists = await Promise.all([client.list(deployments), client.list(replicasets), client.list(pods)]);
  return lists.map(({ items }) => items.length);
}

async function configMap({ client }: Fixture, name: string, owners: readonly { name: string; uid: string }[] = [], extra: object = {}): Promise<{ name: string; uid: string }> {
  const made = await client.create(configmaps, {
    metadata: { namespace: 'default', name, ...extra, ownerReferences: owners.map((owner) => ({ apiVersion: 'v1', kind: 'ConfigMap', ...owner, blockOwnerDeletion: true })) },
  });
  return { name, uid: made.metadata.uid! };
}

async function names({ client }: Fixture): Promise<string[]> {
  return (await client.list(configmaps, { namespace: 'default' })).items.map(({ metadata }) => metadata.name!);
}

describe('garbage collector', () => {
  it('takes replica sets and pods along, in the background', async () => {
    await using fixture = await startFixture();
    await fixture.client.create(deployments, deployment());
    await fixture.clock.advance(1000);
    assert.deepEqual(await counts(fixture), [1, 1, 3]);
    await fixture.client.delete(deployments, ref, { propagationPolicy: 'Background' });
    assert.deepEqual((await counts(fixture))[0], 0);
    await fixture.clock.advance(5000);
    assert.deepEqual(await counts(fixture), [0, 0, 0]);
    assert.deepEqual(fixture.complaints, []);
  });

  it('deletes in the foreground: the owner goes last', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client, clock } = fixture;
    const owner = await configMap(fixture, 'owner');
    await configMap(fixture, 'slow', [owner], { finalizers: ['example.com/hold'] });
    await configMap(fixture, 'quick', [owner]);
    await clock.advance(100);
    await client.delete(configmaps, { namespace: 'default', name: 'owner' }, { propagationPolicy: 'Foreground' });
    await clock.advance(5000);
    assert.deepEqual(await names(fixture), ['owner', 'slow']);
    await client.patch(configmaps, { namespace: 'default', name: 'slow' }, { type: 'merge', value: { metadata: { finalizers: null } } });
    await clock.advance(5000);
    assert.deepEqual(await names(fixture), []);
  });

  it('orphans', async () => {
    await using fixture = await startFixture();
    await fixture.client.create(deployments, deployment());
    await fixture.clock.advance(1000);
    await fixture.client.delete(deployments, ref, { propagationPolicy: 'Orphan' });
    await fixture.clock.advance(5000);
    assert.deepEqual(await counts(fixture), [0, 1, 3]);
    const [set] = (await fixture.client.list(replicasets)).items;
    assert.deepEqual(set!.metadata.ownerReferences ?? [], []);
    // A deployment of the same selector adopts it again.
    await fixture.client.create(deployments, deployment());
    await fixture.clock.advance(1000);
    assert.deepEqual(await counts(fixture), [1, 1, 3]);
  });

  it('deletes what names an owner that never was, and keeps what still has one', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client, clock } = fixture;
    const a = await configMap(fixture, 'a');
    const b = await configMap(fixture, 'b');
    await configMap(fixture, 'ab', [a, b]);
    await configMap(fixture, 'lost', [{ name: 'nobody', uid: '11111111-2222-4333-8444-555555555555' }]);
    await configMap(fixture, 'reborn', [{ name: 'a', uid: '11111111-2222-4333-8444-666666666666' }]);
    await clock.advance(5000);
    assert.deepEqual(await names(fixture), ['a', 'ab', 'b']);
    await client.delete(configmaps, { namespace: 'default', name: 'a' });
    await clock.advance(5000);
    const kept = await client.get(configmaps, { namespace: 'default', name: 'ab' });
    assert.deepEqual(kept.metadata.ownerReferences?.map(({ name }) => name), ['b']);
    await client.delete(configmaps, { namespace: 'default', name: 'b' });
    await clock.advance(5000);
    assert.deepEqual(await names(fixture), []);
  });

  it('breaks circles', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client, clock } = fixture;
    const a = await configMap(fixture, 'a');
    const b = await configMap(fixture, 'b', [a]);
    await client.patch(configmaps, { namespace: 'default', name: 'a' }, { type: 'merge', value: { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', ...b, blockOwnerDeletion: true }] } } });
    await clock.advance(1000);
    await client.delete(configmaps, { namespace: 'default', name: 'a' }, { propagationPolicy: 'Foreground' });
    await clock.advance(10_000);
    assert.deepEqual(await names(fixture), []);
  });
});

describe('references that are wrong', () => {
  const controllers = ['garbage-collector-controller', 'namespace-controller'];

  it('take only themselves along: what refers to the same owner as it is stays', async () => {
    await using fixture = await startFixture({ kubelet: false, controllers });
    const { client, clock } = fixture;
    await client.create(namespaces, { metadata: { name: 'other' } });
    const owner = await configMap(fixture, 'owner');
    const child = (namespace: string, name: string, reference: object): Promise<unknown> => client.create(configmaps, { metadata: { namespace, name, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', ...owner, ...reference }] } });
    await child('default', 'good', {});
    await child('other', 'of-another-kind', { kind: 'Pod' });
    await fixture.restart();
    await clock.advance(5000);
    assert.deepEqual([await names(fixture), (await client.list(configmaps, { namespace: 'other' })).items.length], [['good', 'owner'], 0]);
    await child('default', 'of-another-name', { name: 'nobody' });
    await child('other', 'elsewhere', {});
    await clock.advance(5000);
    assert.deepEqual([await names(fixture), (await client.list(configmaps, { namespace: 'other' })).items.length], [['good', 'owner'], 0]);
    assert.deepEqual(await fixture.eventsOn('elsewhere'), [`OwnerRefInvalidNamespace ownerRef [v1/ConfigMap, namespace: other, name: owner, uid: ${owner.uid}] does not exist in namespace "other" x1`]);
  });

  it('from the whole cluster into a namespace delete nothing, and are said to be wrong', async () => {
    await using fixture = await startFixture({ kubelet: false, controllers });
    const { client, clock } = fixture;
    const owner = await configMap(fixture, 'owner');
    for (const [name, named] of [['owned', owner], ['lost', { name: 'nobody', uid: '11111111-2222-4333-8444-555555555555' }]] as const) {
      await client.create(clusterroles, { metadata: { name, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', ...named }] }, rules: [] });
    }
    await clock.advance(5000);
    for (const name of ['owned', 'lost']) await client.get(clusterroles, { name });
    assert.deepEqual(await fixture.eventsOn('owned'), [`OwnerRefInvalidNamespace ownerRef [v1/ConfigMap, namespace: , name: owner, uid: ${owner.uid}] does not exist in namespace "" x1`]);
  });
});

it('regression: an object that another finalizer holds can be deleted in the foreground once more', async () => {
  await using fixture = await startFixture({ kubelet: false, controllers: ['garbage-collector-controller'] });
  const { client, clock } = fixture;
  await configMap(fixture, 'held', [], { finalizers: ['example.com/hold'] });
  for (let times = 0; times < 2; times++) {
    await client.delete(configmaps, { namespace: 'default', name: 'held' }, { propagationPolicy: 'Foreground' });
    await clock.advance(1000);
    assert.deepEqual((await client.get(configmaps, { namespace: 'default', name: 'held' })).metadata.finalizers, ['example.com/hold']);
  }
});

describe('namespaces', () => {
  it('get a service account and the root certificate', async () => {
    await using fixture = await startFixture({ kubelet: false, settings: { rootCa: 'CERTIFICATE' } });
    const { client, clock } = fixture;
    await client.create(namespaces, { metadata: { name: 'team' } });
    await clock.advance(100);
    await client.get(serviceaccounts, { namespace: 'team', name: 'default' });
    const map = await client.get(configmaps, { namespace: 'team', name: 'kube-root-ca.crt' });
    assert.deepEqual(map.data, { 'ca.crt': 'CERTIFICATE' });
    await client.delete(serviceaccounts, { namespace: 'team', name: 'default' });
    await client.patch(configmaps, { namespace: 'team', name: 'kube-root-ca.crt' }, { type: 'merge', value: { data: { 'ca.crt': 'FORGED' } } });
    await clock.advance(100);
    await client.get(serviceaccounts, { namespace: 'team', name: 'default' });
    assert.deepEqual((await client.get(configmaps, { namespace: 'team', name: 'kube-root-ca.crt' })).data, { 'ca.crt': 'CERTIFICATE' });
  });

  it('are emptied, say what is left, and go', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.create(namespaces, { metadata: { name: 'team' } });
    await clock.advance(100);
    await client.create(deployments, { ...deployment(), metadata: { namespace: 'team', name: 'web' } });
    await client.create(configmaps, { metadata: { namespace: 'team', name: 'held', finalizers: ['example.com/hold'] } });
    await clock.advance(1000);
    await client.delete(namespaces, { name: 'team' });
    await clock.advance(10_000);
    const terminating = await client.get(namespaces, { name: 'team' });
    assert.equal(terminating.status!.phase, 'Terminating');
    assert.deepEqual(terminating.status!.conditions!.map(({ type, status, reason, message }) => `${type} ${status} ${reason} ${message}`), [
      'NamespaceDeletionDiscoveryFailure False ResourcesDiscovered All resources successfully discovered',
      'NamespaceDeletionGroupVersionParsingFailure False ParsedGroupVersions All legacy kube types successfully parsed',
      'NamespaceDeletionContentFailure False ContentDeleted All content successfully deleted, may be waiting on finalization',
      'NamespaceContentRemaining True SomeResourcesRemain Some resources are remaining: configmaps. has 1 resource instances',
      'NamespaceFinalizersRemaining True SomeFinalizersRemain Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    ]);
    assert.equal((await client.list(pods, { namespace: 'team' })).items.length, 0);
    await client.patch(configmaps, { namespace: 'team', name: 'held' }, { type: 'merge', value: { metadata: { finalizers: null } } });
    await clock.advance(30_000);
    await assert.rejects(client.get(namespaces, { name: 'team' }), (error) => isReason(error, 'NotFound'));
    assert.deepEqual(fixture.complaints, []);
  });
});
