import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments } from '../../api/resources.ts';
import type { Deployment } from '../../api/types/apps/v1.ts';
import { createLocalClient } from '../../client/transports/local.ts';
import { TestServer } from '../testing/server.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'pause' }] } };
const web = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'default', name: 'web' }, spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template } } satisfies Deployment;

const clientOf = (server: TestServer) => createLocalClient(server.server.local, { user: { name: 'admin', groups: ['system:masters', 'system:authenticated'] }, userAgent: 'test' });

test('a status that a component writes leaves all else of the object the very same, and in its order', async () => {
  await using server = await TestServer.start();
  const client = clientOf(server);
  // What nobody watches is not kept decoded.
  server.watch('/apis/apps/v1/deployments?watch=true');
  const ref = { namespace: 'default', name: 'web' };
  await client.create(deployments, web);
  const before = await client.get(deployments, ref);
  const put = await client.update(deployments, { ...before, status: { replicas: 1 } }, { subresource: 'status' });
  assert.equal(put.spec, before.spec);
  assert.deepEqual([put.status, Object.keys(put)], [{ replicas: 1 }, [...Object.keys(before), 'status']]);
  const patched = await client.patch(deployments, ref, { type: 'merge', value: { status: { replicas: 2 } } }, { subresource: 'status' });
  assert.equal(patched.spec, before.spec);
  assert.deepEqual(patched.metadata.managedFields?.map(({ manager, subresource }) => [manager, subresource]), [['test', undefined], ['test', 'status']]);
  const scaled = await client.update(deployments, { ...patched, spec: { ...patched.spec!, replicas: 3 } });
  assert.equal(scaled.status, patched.status);
  assert.deepEqual([scaled.spec?.replicas, scaled.metadata.generation], [3, 2]);
  assert.deepEqual(patched.spec?.replicas, 2);
});

test('what a component sends stays its own, and is stored without what JSON would drop', async () => {
  await using server = await TestServer.start();
  const client = clientOf(server);
  server.watch('/apis/apps/v1/deployments?watch=true');
  const sent: Deployment = structuredClone({ ...web, metadata: { ...web.metadata, labels: { app: 'web' } } });
  sent.metadata.annotations = { none: undefined } as never;
  sent.spec!.minReadySeconds = undefined as never;
  const copy = structuredClone(sent);
  const created = await client.create(deployments, sent);
  assert.deepEqual(sent, copy);
  assert.ok(![sent, sent.metadata, sent.metadata.labels, sent.spec?.template, sent.spec?.template.spec?.containers].some((part) => Object.isFrozen(part)));
  assert.deepEqual([created.metadata.annotations, 'minReadySeconds' in created.spec!, created.metadata.labels], [undefined, false, { app: 'web' }]);
  const next: Deployment = { ...created, metadata: { ...created.metadata, labels: { app: 'other' } } };
  const updated = await client.update(deployments, next);
  next.metadata.labels!['app'] = 'mine';
  assert.deepEqual([updated.metadata.labels, Object.isFrozen(next.metadata.labels)], [{ app: 'other' }, false]);
});

test('a spec that was sent with a status is not written, whatever it is', async () => {
  await using server = await TestServer.start();
  const client = clientOf(server);
  const created = await client.create(deployments, web);
  const put = await client.update(deployments, { ...created, spec: { ...created.spec!, replicas: 9 }, status: { replicas: 1 } }, { subresource: 'status' });
  assert.deepEqual([put.spec?.replicas, put.status?.replicas], [2, 1]);
  await assert.rejects(client.update(deployments, { ...put, spec: { replicas: 'many' } as never, status: {} }, { subresource: 'status' }), /cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas/);
  assert.ok(Object.isFrozen(created.spec));
});

test('what was stored before there were some defaults is written with them', async () => {
  await using server = await TestServer.start();
  const client = clientOf(server);
  const key = '/registry/apps/deployments/default/old';
  const { metadata, ...rest } = web;
  await server.store.write({ type: 'put', key, value: new TextEncoder().encode(`{"kind":"Deployment","apiVersion":"apps/v1","metadata":${JSON.stringify({ ...metadata, name: 'old', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' })},"spec":${JSON.stringify(rest.spec)}}`) });
  const old = await client.get(deployments, { namespace: 'default', name: 'old' });
  assert.equal(old.spec?.strategy, undefined);
  const put = await client.update(deployments, { ...old, status: { replicas: 1 } }, { subresource: 'status' });
  assert.deepEqual([put.status, put.spec?.strategy], [{ replicas: 1 }, undefined]);
});
