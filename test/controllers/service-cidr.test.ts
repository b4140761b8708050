import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findCondition } from '../../src/api/meta/conditions.ts';
import { ipaddresses, servicecidrs, services } from '../../src/api/resources.ts';
import type { Service } from '../../src/api/types/core/v1.ts';
import type { ServiceCIDR } from '../../src/api/types/networking/v1.ts';
import { isReason } from '../../src/api/status.ts';
import type { Fixture } from './fixture.ts';
import { startFixture } from './fixture.ts';

const start = (): Promise<Fixture> => startFixture({ kubelet: false, controllers: ['service-cidr-controller'], server: { serviceCidr: '10.96.0.0/28' } });
const service = (name: string, clusterIP?: string): Service => ({ metadata: { namespace: 'default', name }, spec: { ...(clusterIP !== undefined && { clusterIP }), ports: [{ port: 80 }] } });
const range = (name: string, ...cidrs: string[]): ServiceCIDR => ({ metadata: { name }, spec: { cidrs } });
const ready = async ({ client }: Fixture, name: string): Promise<string> => {
  const { status = '', reason = '', message = '' } = findCondition((await client.get(servicecidrs, { name })).status?.conditions, 'Ready') ?? {};
  return [status, reason, message].join('|');
};
const exists = ({ client }: Fixture, name: string): Promise<boolean> => client.get(servicecidrs, { name }).then(() => true, (error: unknown) => {
  if (isReason(error, 'NotFound')) return false;
  throw error;
});

it('the default range has its finalizer and is ready; another one extends a full range', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  const own = await client.get(servicecidrs, { name: 'kubernetes' });
  assert.deepEqual(own.metadata.finalizers, ['networking.k8s.io/service-cidr-finalizer']);
  assert.equal(await ready(fixture, 'kubernetes'), 'True||Kubernetes Service CIDR is ready');

  // 14 addresses, one of which is the kubernetes Service's.
  for (let i = 2; i <= 14; i++) await client.create(services, service(`s${i}`));
  await assert.rejects(client.create(services, service('one-too-many')), /failed to allocate a serviceIP for Service "one-too-many": range is full/);
  await client.create(servicecidrs, range('more', '192.168.7.0/24'));
  await clock.advance(100);
  assert.equal(await ready(fixture, 'more'), 'True||Kubernetes Service CIDR is ready');
  const extended = await client.create(services, service('extended'));
  assert.match(extended.spec?.clusterIP ?? '', /^192\.168\.7\./);
  const address = await client.get(ipaddresses, { name: extended.spec!.clusterIP! });
  assert.deepEqual(address.metadata.labels, { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io' });
  assert.deepEqual(address.spec, { parentRef: { resource: 'services', namespace: 'default', name: 'extended' } });
  assert.deepEqual(fixture.complaints, []);
});

it('a range does not go before its addresses, and waits ten seconds for API servers to hear of it; through a restart', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await client.create(servicecidrs, range('more', '192.168.7.0/24'));
  await clock.advance(100);
  await client.create(services, service('held', '192.168.7.9'));
  await client.delete(servicecidrs, { name: 'more' });
  await clock.advance(60_000);
  assert.equal(await ready(fixture, 'more'), 'False|Terminating|There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR');
  await assert.rejects(client.create(services, service('late', '192.168.7.10')), /failed to allocate IP 192.168.7.10: the provided network does not match the current range/);
  await fixture.restart();
  assert.equal(await exists(fixture, 'more'), true);
  await client.delete(services, { namespace: 'default', name: 'held' });
  await clock.advance(100);
  assert.equal(await exists(fixture, 'more'), false);
  assert.deepEqual(fixture.complaints, []);
});

it('a range without addresses goes after the grace period, no sooner', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await client.create(servicecidrs, range('more', '192.168.7.0/24'));
  await clock.advance(100);
  await client.delete(servicecidrs, { name: 'more' });
  await clock.advance(9000);
  assert.equal(await exists(fixture, 'more'), true);
  await clock.advance(2000);
  assert.equal(await exists(fixture, 'more'), false);
});

it('a range whose addresses another one covers may go', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await client.create(servicecidrs, range('small', '192.168.7.0/24'));
  await clock.advance(100);
  await client.create(services, service('held', '192.168.7.9'));
  await client.delete(servicecidrs, { name: 'small' });
  await clock.advance(20_000);
  assert.equal(await exists(fixture, 'small'), true);
  await client.create(servicecidrs, range('large', '192.168.0.0/16'));
  await clock.advance(100);
  assert.equal(await exists(fixture, 'small'), false);
  assert.equal((await client.get(services, { namespace: 'default', name: 'held' })).spec?.clusterIP, '192.168.7.9');
});

it('the default range comes back when somebody deletes it', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  const { uid } = (await client.get(servicecidrs, { name: 'kubernetes' })).metadata;
  await client.create(servicecidrs, range('parent', '10.96.0.0/24'));
  await clock.advance(100);
  await client.delete(servicecidrs, { name: 'kubernetes' });
  await clock.advance(11_000);
  const again = await client.get(servicecidrs, { name: 'kubernetes' });
  assert.notEqual(again.metadata.uid, uid);
  assert.equal(await ready(fixture, 'kubernetes'), 'True||Kubernetes Service CIDR is ready');
});
