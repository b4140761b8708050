import assert from 'node:assert/strict';
import { it } from 'node:test';
import { configmaps, pods, secrets, serviceaccounts } from '../../src/api/resources.ts';
import type { Secret } from '../../src/api/types/core/v1.ts';
import type { Fixture } from './fixture.ts';
import { startFixture } from './fixture.ts';

const ns = 'default';
const dayMs = 24 * 3600 * 1000;
const lastUsed = 'kubernetes.io/legacy-token-last-used';
const invalidSince = 'kubernetes.io/legacy-token-invalid-since';
const start = (): Promise<Fixture> => startFixture({ kubelet: false, controllers: ['legacy-serviceaccount-token-cleaner-controller'], settings: { legacyServiceAccountTokenCleanUpPeriodMs: 30 * dayMs } });

async function cluster(fixture: Fixture, tokens: Readonly<Record<string, Record<string, string>>>, listed: readonly string[] = Object.keys(tokens)): Promise<void> {
  const { client } = fixture;
  await client.create(configmaps, { metadata: { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }, data: { since: '2026-01-01' } });
  await client.create(serviceaccounts, { metadata: { namespace: ns, name: 'build' }, secrets: listed.map((name) => ({ name })) });
  for (const [name, labels] of Object.entries(tokens)) {
    await client.create(secrets, { metadata: { namespace: ns, name, labels, annotations: { 'kubernetes.io/service-account.name': 'build' } }, type: 'kubernetes.io/service-account-token' } as Secret);
  }
}
const labels = async ({ client }: Fixture): Promise<Record<string, unknown>> => Object.fromEntries((await client.list(secrets, { namespace: ns })).items.map(({ metadata }) => [metadata.name!, metadata.labels ?? {}]));

it('tokens that were made unasked and are not used are marked, and deleted later; a restart changes nothing', async () => {
  await using fixture = await start();
  const { clock, client } = fixture;
  await cluster(fixture, { old: {}, asked: {}, mounted: {}, odd: { [lastUsed]: 'yesterday' } }, ['old', 'mounted', 'odd']);
  await client.create(pods, { metadata: { namespace: ns, name: 'web' }, spec: { serviceAccountName: 'build', containers: [{ name: 'c', image: 'x' }], volumes: [{ name: 'token', secret: { secretName: 'mounted' } }] } });
  await clock.advance(30 * dayMs);
  assert.deepEqual(await labels(fixture), { old: {}, asked: {}, mounted: {}, odd: { [lastUsed]: 'yesterday' } });
  await clock.advance(2 * dayMs);
  assert.deepEqual((await labels(fixture))['old'], { [invalidSince]: '2026-02-01' });
  await fixture.restart();
  await clock.advance(29 * dayMs);
  assert.deepEqual(Object.keys(await labels(fixture)).sort(), ['asked', 'mounted', 'odd', 'old']);
  await clock.advance(3 * dayMs);
  assert.deepEqual(Object.keys(await labels(fixture)).sort(), ['asked', 'mounted', 'odd']);
});

it('a token that is used stays, marked or not', async () => {
  await using fixture = await start();
  const { clock, client } = fixture;
  await cluster(fixture, { used: { [lastUsed]: '2026-01-25' } });
  await clock.advance(40 * dayMs);
  assert.deepEqual(await labels(fixture), { used: { [lastUsed]: '2026-01-25' } });
  await client.patch(secrets, { namespace: ns, name: 'used' }, { type: 'merge', value: { metadata: { labels: { [lastUsed]: '2026-04-01', [invalidSince]: '2026-02-01' } } } });
  await clock.advance(60 * dayMs);
  assert.deepEqual(Object.keys(await labels(fixture)), ['used']);
});
