import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configmaps, persistentvolumeclaims, persistentvolumes, pods, resourcequotas, services } from '../../src/api/resources.ts';
import { ApiError } from '../../src/api/status.ts';
import type { Pod, ResourceQuota } from '../../src/api/types/core/v1.ts';
import { startFixture } from './fixture.ts';
import type { Fixture, FixtureOptions } from './fixture.ts';

const options: FixtureOptions = { controllers: ['resourcequota-controller', 'persistentvolumeclaim-protection-controller', 'persistentvolume-protection-controller', 'serviceaccount-controller'], kubelet: false };
const ref = { namespace: 'default', name: 'quota' };

const quota = (spec: NonNullable<ResourceQuota['spec']>, name = 'quota'): ResourceQuota => ({ metadata: { namespace: 'default', name }, spec });
const pod = (name: string, spec: Partial<Pod['spec']> = {}, requests: Record<string, string> = { cpu: '500m', memory: '64Mi' }): Pod => ({
  metadata: { namespace: 'default', name }, spec: { containers: [{ name: 'c', image: 'i', resources: { requests } }], ...spec },
});
const map = (name: string) => ({ metadata: { namespace: 'default', name } });

async function statusOf({ client }: Fixture, name = 'quota'): Promise<ResourceQuota['status']> {
  return (await client.get(resourcequotas, { namespace: 'default', name })).status;
}

/** Overwrites what is used, as a server would that died between charging and storing. */
async function miscount(fixture: Fixture, used: Record<string, string>): Promise<void> {
  const found = await fixture.client.get(resourcequotas, ref);
  await fixture.client.update(resourcequotas, { ...found, status: { ...found.status, used } }, { subresource: 'status' });
}

describe('resource quota controller', () => {
  it('counts what is there when a quota comes, and what goes afterwards', async () => {
    await using fixture = await startFixture(options);
    const { client, clock } = fixture;
    for (const name of ['a', 'b']) await client.create(pods, pod(name));
    await client.create(configmaps, map('m'));
    await client.create(services, { metadata: { namespace: 'default', name: 's' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } });
    await client.create(resourcequotas, quota({ hard: { pods: '5', 'requests.cpu': '2', memory: '1Gi', 'count/configmaps': '10', services: '3', 'services.loadbalancers': '1', 'services.nodeports': '1', 'count/widgets.example.com': '1' } }));
    await clock.advance(1000);
    const status = await statusOf(fixture);
    assert.deepEqual(status!.hard, { pods: '5', 'requests.cpu': '2', memory: '1Gi', 'count/configmaps': '10', services: '3', 'services.loadbalancers': '1', 'services.nodeports': '1', 'count/widgets.example.com': '1' });
    const { 'count/configmaps': configMaps, ...used } = status!.used!;
    assert.deepEqual(used, { pods: '2', 'requests.cpu': '1', memory: '128Mi', services: '2', 'services.loadbalancers': '1', 'services.nodeports': '1' });
    assert.ok(Number(configMaps) >= 1);
    await client.delete(pods, { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 });
    await client.delete(services, { namespace: 'default', name: 's' });
    await client.delete(configmaps, { namespace: 'default', name: 'm' });
    await clock.advance(3000);
    const after = (await statusOf(fixture))!.used!;
    assert.deepEqual(after, { pods: '1', 'requests.cpu': '500m', memory: '64Mi', services: '1', 'services.loadbalancers': '0', 'services.nodeports': '0', 'count/configmaps': String(Number(configMaps) - 1) });
    assert.deepEqual(fixture.complaints, []);
  });

  it('gives back what a pod has that is done, and counts it among the objects still', async () => {
    await using fixture = await startFixture(options);
    const { client, clock } = fixture;
    await client.create(resourcequotas, quota({ hard: { pods: '1', 'count/pods': '2', 'requests.cpu': '1' } }));
    await clock.advance(1000);
    const made = await client.create(pods, pod('a'));
    assert.deepEqual((await statusOf(fixture))!.used, { pods: '1', 'count/pods': '1', 'requests.cpu': '500m' });
    await assert.rejects(client.create(pods, pod('b')), /exceeded quota: quota, requested: pods=1, used: pods=1, limited: pods=1/);
    await client.update(pods, { ...made, status: { phase: 'Succeeded' } }, { subresource: 'status' });
    await clock.advance(3000);
    assert.deepEqual((await statusOf(fixture))!.used, { pods: '0', 'count/pods': '1', 'requests.cpu': '0' });
    await client.create(pods, pod('b'));
    assert.deepEqual((await statusOf(fixture))!.used, { pods: '1', 'count/pods': '2', 'requests.cpu': '500m' });
  });

  it('takes a changed spec into the status at once', async () => {
    await using fixture = await startFixture(options);
    const { client, clock } = fixture;
    await client.create(pods, pod('a'));
    await client.create(resourcequotas, quota({ hard: { pods: '5' } }));
    await clock.advance(1000);
    await client.patch(resourcequotas, ref, { type: 'merge', value: { spec: { hard: { pods: null, 'requests.memory': '1Gi' } } } });
    await clock.advance(1000);
    assert.deepEqual(await statusOf(fixture), { hard: { 'requests.memory': '1Gi' }, used: { 'requests.memory': '64Mi' } });
  });

  it('counts within scopes only', async () => {
    await using fixture = await startFixture(options);
    const { client, clock } = fixture;
    await client.create(pods, pod('lasting'));
    await client.create(pods, pod('short', { activeDeadlineSeconds: 60 }));
    await client.create(pods, pod('humble', {}, {}));
    const hard = { pods: '10' };
    await client.create(resourcequotas, quota({ hard, scopes: ['Terminating'] }, 'terminating'));
    await client.create(resourcequotas, quota({ hard, scopes: ['NotTerminating'] }, 'lasting'));
    await client.create(resourcequotas, quota({ hard, scopes: ['BestEffort'] }, 'best-effort'));
    await client.create(resourcequotas, quota({ hard, scopeSelector: { matchExpressions: [{ scopeName: 'NotBestEffort', operator: 'Exists' }, { scopeName: 'NotTerminating', operator: 'Exists' }] } }, 'both'));
    await clock.advance(1000);
    const used = await Promise.all(['terminating', 'lasting', 'best-effort', 'both'].map(async (name) => (await statusOf(fixture, name))!.used!['pods']));
    assert.deepEqual(used, ['1', '2', '1', '1']);
  });

  it('finds what was charged for nothing, or not at all, when it counts everything anew', async () => {
    await using fixture = await startFixture(options);
    const { client, clock } = fixture;
    await client.create(resourcequotas, quota({ hard: { pods: '5' } }));
    await client.create(pods, pod('a'));
    await clock.advance(1000);
    for (const wrong of ['4', '0']) {
      await miscount(fixture, { pods: wrong });
      await clock.advance(60_000);
      assert.deepEqual((await statusOf(fixture))!.used, { pods: wrong });
      await clock.advance(5 * 60_000);
      assert.deepEqual((await statusOf(fixture))!.used, { pods: '1' });
    }
  });
});

describe('storage protection', () => {
  const claim = { metadata: { namespace: 'default', name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } };
  const claimRef = { namespace: 'default', name: 'data' };
  const gone = (promise: Promise<unknown>) => assert.rejects(promise, (error) => error instanceof ApiError && error.code === 404);

  it('keeps a claim while a scheduled pod uses it, and no longer', async () => {
    await using fixture = await startFixture(options);
    const { client, clock } = fixture;
    const made = await client.create(persistentvolumeclaims, claim);
    assert.deepEqual(made.metadata.finalizers, ['kubernetes.io/pvc-protection']);
    await client.create(pods, pod('user', { nodeName: 'node-1', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }));
    await client.delete(persistentvolumeclaims, claimRef);
    await clock.advance(1000);
    assert.notEqual((await client.get(persistentvolumeclaims, claimRef)).metadata.deletionTimestamp, undefined);
    await client.delete(pods, { namespace: 'default', name: 'user' }, { gracePeriodSeconds: 0 });
    await clock.advance(1000);
    await gone(client.get(persistentvolumeclaims, claimRef));
    assert.deepEqual(fixture.complaints, []);
  });

  it('lets a claim go that only waiting pods name', async () => {
    await using fixture = await startFixture(options);
    const { client, clock } = fixture;
    await client.create(persistentvolumeclaims, claim);
    await client.create(pods, pod('waiting', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] }));
    await client.delete(persistentvolumeclaims, claimRef);
    await clock.advance(1000);
    await gone(client.get(persistentvolumeclaims, claimRef));
  });

  it('keeps a volume while it is bound, and gives the finalizer back to those that lost it', async () => {
    await using fixture = await startFixture(options);
    const { client, clock } = fixture;
    const made = await client.create(persistentvolumes, { metadata: { name: 'disk' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' } } });
    assert.deepEqual(made.metadata.finalizers, ['kubernetes.io/pv-protection']);
    await client.update(persistentvolumes, { ...made, metadata: { ...made.metadata, finalizers: [] } });
    await clock.advance(1000);
    const again = await client.get(persistentvolumes, { name: 'disk' });
    assert.deepEqual(again.metadata.finalizers, ['kubernetes.io/pv-protection']);
    const bound = await client.update(persistentvolumes, { ...again, status: { phase: 'Bound' } }, { subresource: 'status' });
    await client.delete(persistentvolumes, { name: 'disk' });
    await clock.advance(1000);
    const kept = await client.get(persistentvolumes, { name: 'disk' });
    assert.notEqual(kept.metadata.deletionTimestamp, undefined);
    await client.update(persistentvolumes, { ...kept, status: { ...bound.status, phase: 'Released' } }, { subresource: 'status' });
    await clock.advance(1000);
    await gone(client.get(persistentvolumes, { name: 'disk' }));
  });
});
