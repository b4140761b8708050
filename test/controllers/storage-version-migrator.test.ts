import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findCondition } from '../../src/api/meta/conditions.ts';
import type { KubeObject } from '../../src/api/meta/object.ts';
import { configmaps, customresourcedefinitions, storageversionmigrations } from '../../src/api/resources.ts';
import type { CustomResourceDefinition } from '../../src/api/types/apiextensions/v1.ts';
import { rbacBootstrapObjects, storageMigratorObjects } from '../../src/apiserver/authorization/bootstrap/objects.ts';
import { MemoryStore } from '../../src/store/drivers/memory/memory-store.ts';
import { bytesOf } from '../../src/store/store.ts';
import type { Fixture } from './fixture.ts';
import { startFixture } from './fixture.ts';

const widgets = { group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true };

async function start(): Promise<Fixture & { readonly store: MemoryStore }> {
  const store = MemoryStore.open();
  const fixture = await startFixture({
    kubelet: false, controllers: ['storage-version-migrator-controller'],
    server: { store, runtimeConfig: { 'storagemigration.k8s.io/v1beta1': 'true' }, bootstrapObjects: [...rbacBootstrapObjects(), ...storageMigratorObjects()] },
  });
  return Object.assign(fixture, { store });
}

const definition = (storage: string): CustomResourceDefinition => ({
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: ['v1', 'v2'].map((name) => ({ name, served: true, storage: name === storage, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } })),
  },
});
const ask = ({ client }: Fixture, name: string, group: string, resource: string): Promise<unknown> => client.create(storageversionmigrations, { metadata: { name }, spec: { resource: { group, resource } } });
const conditions = async ({ client }: Fixture, name: string): Promise<string[]> => ((await client.get(storageversionmigrations, { name })).status?.conditions ?? []).map(({ type, status, reason, message }) => `${type}=${status} ${reason} ${message}`.trim());
/** Lets time pass until the migration has ended and was cleaned up. */
async function ended(fixture: Fixture, name: string): Promise<string[]> {
  for (let i = 0; i < 600; i++) {
    const now = await conditions(fixture, name);
    if (now.some((one) => one.startsWith('Running=False'))) return now;
    await fixture.clock.advance(1000);
  }
  return conditions(fixture, name);
}
const storedVersions = async (store: MemoryStore): Promise<string[]> => (await store.list('/registry/example.com/widgets/')).entries.map(({ value }) => (JSON.parse(new TextDecoder().decode(bytesOf(value))) as KubeObject).apiVersion!);

it('custom resources are written again in the version that is stored now, and the former one is forgotten', async () => {
  await using fixture = await start();
  const { client, clock, store } = fixture;
  await client.create(customresourcedefinitions, definition('v1'));
  await clock.advance(10_000);
  for (let i = 0; i < 3; i++) await client.create(widgets as never, { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { namespace: 'default', name: `w${i}` } } as KubeObject);
  const known = await client.get(customresourcedefinitions, { name: 'widgets.example.com' });
  await client.update(customresourcedefinitions, { ...known, spec: { ...known.spec, versions: definition('v2').spec.versions } });
  await clock.advance(10_000);
  assert.deepEqual(await storedVersions(store), ['example.com/v1', 'example.com/v1', 'example.com/v1']);
  assert.deepEqual((await client.get(customresourcedefinitions, { name: 'widgets.example.com' })).status?.storedVersions, ['v1', 'v2']);

  await ask(fixture, 'first', 'example.com', 'widgets');
  await ask(fixture, 'second', 'example.com', 'widgets');
  for (const name of ['first', 'second']) assert.deepEqual(await ended(fixture, name), ['Running=False MigrationCompleted Migration completed', 'Succeeded=True StorageVersionMigrationSucceeded']);
  assert.deepEqual(await storedVersions(store), ['example.com/v2', 'example.com/v2', 'example.com/v2']);
  const { status } = await client.get(customresourcedefinitions, { name: 'widgets.example.com' });
  assert.deepEqual(status?.storedVersions, ['v2']);
  assert.partialDeepStrictEqual(findCondition(status?.conditions, 'StorageMigrating'), { status: 'False', reason: 'MigrationSucceeded', message: 'The migration has succeeded and the stored versions have been updated' });
});

it('built-in objects that are stored as they should be are not written; nobody becomes their manager', async () => {
  await using fixture = await start();
  const { client } = fixture;
  const made = await client.create(configmaps, { metadata: { namespace: 'default', name: 'a' }, data: { a: 'b' } });
  await ask(fixture, 'maps', '', 'configmaps');
  assert.deepEqual(await ended(fixture, 'maps'), ['Running=False MigrationCompleted Migration completed', 'Succeeded=True StorageVersionMigrationSucceeded']);
  const now = await client.get(configmaps, { namespace: 'default', name: 'a' });
  assert.equal(now.metadata.resourceVersion, made.metadata.resourceVersion);
  assert.deepEqual(fixture.complaints, []);
});

it('what is not served, or cannot be written, fails; through a restart', async () => {
  await using fixture = await start();
  const { clock } = fixture;
  await ask(fixture, 'nothing', 'example.com', 'gadgets');
  await ask(fixture, 'reviews', 'authorization.k8s.io', 'subjectaccessreviews');
  await clock.advance(5000);
  await fixture.restart();
  assert.deepEqual(await ended(fixture, 'nothing'), ['Running=False MigrationCompleted Migration completed', 'Failed=True StorageVersionMigrationFailed resource does not exist in discovery']);
  assert.match((await ended(fixture, 'reviews'))[1] ?? '', /^Failed=True StorageVersionMigrationFailed resource "authorization.k8s.io\/v1, Resource=subjectaccessreviews" does not support discovery operations: \[update patch list\]$/);
});
