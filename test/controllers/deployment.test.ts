import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deployments, pods, replicasets } from '../../src/api/resources.ts';
import { podTemplateHash } from '../../src/controllers/common/history/hash.ts';
import { deployment, startFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

const ref = { namespace: 'default', name: 'web' };

async function conditionsOf({ client }: Fixture): Promise<string[]> {
  const { status } = await client.get(deployments, ref);
  return (status?.conditions ?? []).map(({ type, status: value, reason, message }) => `${type} ${value} ${reason} ${message}`);
}

async function sizes({ client }: Fixture): Promise<Record<string, number>> {
  const { items } = await client.list(replicasets, { namespace: 'default' });
  return Object.fromEntries(items.map(({ metadata, spec }) => [metadata.annotations!['deployment.kubernetes.io/revision']!, spec!.replicas!]));
}

const image = (value: string) => ({ type: 'strategic' as const, value: { spec: { template: { spec: { containers: [{ name: 'web', image: value }] } } } } });

describe('deployment', () => {
  it('rolls out, reports, and says what it did', async () => {
    await using fixture = await startFixture();
    await fixture.client.create(deployments, deployment());
    await fixture.clock.advance(1000);
    const made = await fixture.client.get(deployments, ref);
    const { conditions, ...counts } = made.status!;
    assert.deepEqual(counts, { observedGeneration: 1, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, terminatingReplicas: 0 });
    assert.equal(conditions!.length, 2);
    const [set] = (await fixture.client.list(replicasets)).items;
    const name = set!.metadata.name!;
    assert.match(name, /^web-[bcdfghjklmnpqrstvwxz2456789]{1,10}$/);
    assert.deepEqual(await conditionsOf(fixture), [
      'Available True MinimumReplicasAvailable Deployment has minimum availability.',
      `Progressing True NewReplicaSetAvailable ReplicaSet "${name}" has successfully progressed.`,
    ]);
    assert.equal(made.metadata.annotations!['deployment.kubernetes.io/revision'], '1');
    assert.deepEqual(set!.metadata.annotations, { 'deployment.kubernetes.io/desired-replicas': '3', 'deployment.kubernetes.io/max-replicas': '4', 'deployment.kubernetes.io/revision': '1' });
    assert.deepEqual(await fixture.eventsOn('web'), [`ScalingReplicaSet Scaled up replica set ${name} from 0 to 3 x1`]);
    const created = (await fixture.pods()).map((pod) => pod.metadata.name!);
    assert.deepEqual((await fixture.eventsOn(name)).toSorted(), created.map((pod) => `SuccessfulCreate Created pod: ${pod} x1`).toSorted());
    assert.deepEqual(set!.status, { replicas: 3, fullyLabeledReplicas: 3, readyReplicas: 3, availableReplicas: 3, terminatingReplicas: 0, observedGeneration: 1 });
    assert.deepEqual(fixture.complaints, []);
  });

  it('updates without ever having too few or too many pods, keeps history, and rolls back', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.create(deployments, deployment());
    await clock.advance(1000);
    await client.patch(deployments, ref, image('nginx:2'));
    for (let i = 0; i < 40; i++) {
      await clock.advance(0);
      const all = await fixture.pods();
      assert.ok(all.length <= 4, `${all.length} pods`);
      assert.ok(all.filter((pod) => pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')).length >= 3 || all.length < 4);
    }
    await clock.advance(1000);
    assert.deepEqual(await sizes(fixture), { 1: 0, 2: 3 });
    assert.ok((await fixture.pods()).every((pod) => pod.spec!.containers[0]!.image === 'nginx:2'));
    // kubectl rollout undo writes the old template; the old replica set is found again.
    await client.patch(deployments, ref, image('nginx:1.14.2'));
    await clock.advance(1000);
    assert.deepEqual(await sizes(fixture), { 2: 0, 3: 3 });
    const back = (await client.list(replicasets)).items.find(({ spec }) => spec!.replicas === 3)!;
    assert.equal(back.metadata.annotations!['deployment.kubernetes.io/revision-history'], '1');
    assert.equal((await client.get(deployments, ref)).metadata.annotations!['deployment.kubernetes.io/revision'], '3');
    assert.deepEqual(fixture.complaints, []);
  });

  it('scales in proportion in the middle of a rollout', async () => {
    await using fixture = await startFixture({ kubelet: { ready: (pod) => pod.spec!.containers[0]!.image !== 'broken' } });
    const { client, clock } = fixture;
    await client.create(deployments, deployment({ replicas: 10, spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } } }));
    await clock.advance(1000);
    await client.patch(deployments, ref, image('broken'));
    await clock.advance(1000);
    assert.deepEqual(await sizes(fixture), { 1: 8, 2: 5 });
    await client.patch(deployments, ref, { type: 'merge', value: { spec: { replicas: 15 } } });
    await clock.advance(1000);
    assert.deepEqual(await sizes(fixture), { 1: 11, 2: 7 });
  });

  it('reports a rollout that makes no progress', async () => {
    await using fixture = await startFixture({ kubelet: { ready: () => false } });
    const { client, clock } = fixture;
    await client.create(deployments, deployment({ spec: { progressDeadlineSeconds: 60 } }));
    await clock.advance(50_000);
    assert.match((await conditionsOf(fixture)).join(), /Available False MinimumReplicasUnavailable Deployment does not have minimum availability\.,Progressing True ReplicaSetUpdated ReplicaSet "web-\w+" is progressing\./);
    await clock.advance(15_000);
    assert.match((await conditionsOf(fixture)).join(), /Progressing False ProgressDeadlineExceeded ReplicaSet "web-\w+" has timed out progressing\./);
    assert.equal((await client.get(deployments, ref)).status!.unavailableReplicas, 3);
  });

  it('recreates: nothing new before everything old is gone', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.create(deployments, deployment({ spec: { strategy: { type: 'Recreate' } } }));
    await clock.advance(1000);
    await client.patch(deployments, ref, image('nginx:2'));
    for (let i = 0; i < 40; i++) {
      await clock.advance(0);
      const images = new Set((await client.list(pods)).items.map((pod) => pod.spec!.containers[0]!.image));
      assert.ok(images.size <= 1, [...images].join());
    }
    await clock.advance(1000);
    assert.deepEqual(await sizes(fixture), { 1: 0, 2: 3 });
  });

  it('recreates also what it takes over from a rollout of another size', async () => {
    await using fixture = await startFixture({ kubelet: { ready: (pod) => pod.spec!.containers[0]!.image !== 'broken' } });
    const { client, clock } = fixture;
    await client.create(deployments, deployment());
    await clock.advance(1000);
    // Stuck half-way, with pods of two sets, and left to whoever comes.
    await client.patch(deployments, ref, image('broken'));
    await clock.advance(1000);
    assert.deepEqual(await sizes(fixture), { 1: 3, 2: 1 });
    await client.delete(deployments, ref, { propagationPolicy: 'Orphan' });
    await clock.advance(1000);
    await client.create(deployments, deployment({ replicas: 1, image: 'nginx:3', spec: { strategy: { type: 'Recreate' } } }));
    await clock.advance(60_000);
    assert.deepEqual(await sizes(fixture), { 1: 0, 2: 0, 3: 1 });
    assert.deepEqual((await fixture.pods()).map(({ spec }) => spec!.containers[0]!.image), ['nginx:3']);
    assert.deepEqual((await conditionsOf(fixture)).map((text) => text.split(' ', 3).join(' ')), ['Available True MinimumReplicasAvailable', 'Progressing True NewReplicaSetAvailable']);
  });

  it('rolls out also what it takes over of its own size from a deployment of another', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.create(deployments, deployment());
    await clock.advance(1000);
    await client.delete(deployments, ref, { propagationPolicy: 'Orphan' });
    await clock.advance(1000);
    const [set] = (await client.list(replicasets, { namespace: 'default' })).items;
    await client.patch(replicasets, { namespace: 'default', name: set!.metadata.name! }, { type: 'merge', value: { spec: { replicas: 1 } } });
    await clock.advance(1000);
    await client.create(deployments, deployment({ replicas: 1, image: 'nginx:3' }));
    await clock.advance(60_000);
    assert.deepEqual(await sizes(fixture), { 1: 0, 2: 1 });
  });

  it('pauses and resumes', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.create(deployments, deployment());
    await clock.advance(1000);
    await client.patch(deployments, ref, { type: 'merge', value: { spec: { paused: true } } });
    await client.patch(deployments, ref, image('nginx:2'));
    await clock.advance(1000);
    assert.deepEqual(await sizes(fixture), { 1: 3 });
    assert.match((await conditionsOf(fixture)).join(), /Progressing Unknown DeploymentPaused Deployment is paused/);
    await client.patch(deployments, ref, { type: 'merge', value: { spec: { paused: false } } });
    await clock.advance(1000);
    assert.deepEqual(await sizes(fixture), { 1: 0, 2: 3 });
    assert.match((await conditionsOf(fixture)).join(), /Progressing True NewReplicaSetAvailable/);
  });

  it('keeps as much history as it is told', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.create(deployments, deployment({ spec: { revisionHistoryLimit: 2 } }));
    for (let version = 2; version <= 6; version++) {
      await clock.advance(1000);
      await client.patch(deployments, ref, image(`nginx:${version}`));
    }
    await clock.advance(1000);
    assert.deepEqual(await sizes(fixture), { 4: 0, 5: 0, 6: 3 });
  });

  it('takes another name when its own is taken', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    const paused = await client.create(deployments, deployment({ spec: { paused: true } }));
    const { template } = paused.spec!;
    const name = `web-${podTemplateHash(template, undefined)}`;
    const labels = { app: 'web', 'somebody': 'else' };
    await client.create(replicasets, { metadata: { namespace: 'default', name }, spec: { replicas: 0, selector: { matchLabels: { somebody: 'else' } }, template: { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x' }] } } } });
    await client.patch(deployments, ref, { type: 'merge', value: { spec: { paused: false } } });
    await clock.advance(2000);
    const made = await client.get(deployments, ref);
    assert.deepEqual([made.status!.collisionCount, made.status!.availableReplicas], [1, 3]);
    const own = (await client.list(replicasets)).items.find(({ metadata }) => metadata.ownerReferences !== undefined)!;
    assert.equal(own.metadata.name, `web-${podTemplateHash(template, 1)}`);
  });

  it('is left alone by a manager that was told to leave it alone', async () => {
    await using fixture = await startFixture({ controllers: ['-deployment-controller', '*'] });
    await fixture.client.create(deployments, deployment());
    await fixture.clock.advance(1000);
    assert.equal((await fixture.client.list(replicasets)).items.length, 0);
  });
});

describe('replica set', () => {
  it('replaces deleted pods, adopts orphans and releases strangers', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.create(deployments, deployment());
    await clock.advance(1000);
    const [first, second] = await fixture.pods();
    await client.delete(pods, { namespace: 'default', name: first!.metadata.name! });
    await clock.advance(1000);
    assert.equal((await fixture.pods()).length, 3);
    await client.patch(pods, { namespace: 'default', name: second!.metadata.name! }, { type: 'merge', value: { metadata: { labels: { app: 'other' } } } });
    await clock.advance(1000);
    assert.equal((await fixture.pods()).length, 4);
    const released = await client.get(pods, { namespace: 'default', name: second!.metadata.name! });
    assert.deepEqual(released.metadata.ownerReferences ?? [], []);
    // Back again: it is adopted, and one pod too many has to go.
    await client.patch(pods, { namespace: 'default', name: second!.metadata.name! }, { type: 'merge', value: { metadata: { labels: { app: 'web' } } } });
    await clock.advance(1000);
    assert.equal((await fixture.pods()).length, 3);
    assert.deepEqual(fixture.complaints, []);
  });

  it('counts a pod as available after minReadySeconds', async () => {
    await using fixture = await startFixture();
    const { client, clock } = fixture;
    await client.create(deployments, deployment({ spec: { minReadySeconds: 30 } }));
    await clock.advance(20_000);
    const status = async () => (await client.get(deployments, ref)).status!;
    assert.deepEqual([(await status()).readyReplicas, (await status()).availableReplicas], [3, undefined]);
    await clock.advance(12_000);
    assert.equal((await status()).availableReplicas, 3);
  });
});
