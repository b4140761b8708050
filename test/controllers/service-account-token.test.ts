import assert from 'node:assert/strict';
import { it } from 'node:test';
import { secrets, serviceaccounts } from '../../src/api/resources.ts';
import { found, World } from '../conformance/world.ts';

it('a secret for a token of a service account is filled, works, and goes with the account', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ref = { namespace: 'default', name: 'robot-token' };
  const { metadata } = await client.create(serviceaccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: 'default', name: 'robot' } });
  await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token', metadata: { ...ref, annotations: { 'kubernetes.io/service-account.name': 'robot' } } });
  const secret = await world.until('its token', async () => {
    const now = await client.get(secrets, ref);
    return now.data?.['token'] !== undefined && now;
  });
  assert.equal(secret.metadata.annotations?.['kubernetes.io/service-account.uid'], metadata.uid);
  assert.deepEqual([atob(secret.data!['namespace']!), atob(secret.data!['ca.crt']!).startsWith('-----BEGIN CERTIFICATE-----')], ['default', true]);
  const token = atob(secret.data!['token']!);
  const review = (await client.raw('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } })) as { status: { authenticated?: boolean; user?: { username?: string } } };
  assert.deepEqual([review.status.authenticated, review.status.user?.username], [true, 'system:serviceaccount:default:robot']);
  await client.delete(serviceaccounts, { namespace: 'default', name: 'robot' });
  await world.until('the secret to be gone', async () => (await found(client.get(secrets, ref))) === undefined);
});
