import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf } from '../../src/api/meta/object.ts';
import { controllerrevisions, daemonsets, nodes, pods } from '../../src/api/resources.ts';
import type { DaemonSet, DaemonSetSpec } from '../../src/api/types/apps/v1.ts';
import type { Fixture } from './fixture.ts';
import { startFixture } from './fixture.ts';

const ref = { namespace: 'default', name: 'agent' };
const labels = { app: 'agent' };
const image = (value: string) => ({ type: 'strategic' as const, value: { spec: { template: { spec: { containers: [{ name: 'agent', image: value }] } } } } });

async function started(spec: Partial<DaemonSetSpec> = {}): Promise<Fixture> {
  const fixture = await startFixture({ controllers: ['serviceaccount-controller', 'daemonset-controller'] });
  // New nodes are tainted until somebody finds them ready.
  await fixture.client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { spec: { taints: null } } });
  const set: DaemonSet = { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { namespace: 'default', name: 'agent' }, spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'agent', image: 'agent:1' }] } }, ...spec } };
  await fixture.client.create(daemonsets, set);
  await fixture.clock.advance(2000);
  return fixture;
}

describe('daemon set', () => {
  it('runs, reports, updates, keeps its history short and finds old revisions again', async () => {
    await using fixture = await started({ revisionHistoryLimit: 1 });
    const { client, clock } = fixture;
    assert.deepEqual((await client.get(daemonsets, ref)).status, { currentNumberScheduled: 1, numberMisscheduled: 0, desiredNumberScheduled: 1, numberReady: 1, observedGeneration: 1, updatedNumberScheduled: 1, numberAvailable: 1 });
    const [pod] = await fixture.pods();
    assert.match(nameOf(pod!), /^agent-[a-z0-9]{5}$/);
    assert.deepEqual(await fixture.eventsOn('agent'), [`SuccessfulCreate Created pod: ${nameOf(pod!)} x1`]);
    for (const value of ['agent:2', 'agent:3', 'agent:2']) {
      await client.patch(daemonsets, ref, image(value));
      await clock.advance(3000);
      assert.deepEqual((await fixture.pods()).map(({ spec }) => spec!.containers[0]!.image), [value]);
    }
    const revisions = (await client.list(controllerrevisions)).items;
    assert.deepEqual(revisions.map(({ revision }) => revision).toSorted(), [3, 4]);
    const current = revisions.find(({ revision }) => revision === 4)!;
    assert.equal((await fixture.pods())[0]!.metadata.labels?.['controller-revision-hash'], current.metadata.labels?.['controller-revision-hash']);
    assert.deepEqual(fixture.complaints, []);
  });

  it('says of ended pods that it deletes them', async () => {
    await using fixture = await started();
    const { client, clock } = fixture;
    for (const [phase, event] of [['Failed', /^FailedDaemonPod Found failed daemon pod default\/agent-.* on node node-1, will try to kill it x1$/], ['Succeeded', /^SucceededDaemonPod Found succeeded daemon pod default\/agent-.* on node node-1, will try to delete it x1$/]] as const) {
      const [pod] = await fixture.pods();
      await client.update(pods, { ...pod!, status: { ...pod!.status, phase } }, { subresource: 'status' });
      await clock.advance(2000);
      assert.notEqual((await fixture.pods())[0]?.metadata.uid, pod!.metadata.uid);
      assert.ok((await fixture.eventsOn('agent')).some((text) => event.test(text)), phase);
    }
  });

  it('waits for minReadySeconds before it counts a pod as available', async () => {
    await using fixture = await started({ minReadySeconds: 10 });
    const numbers = async () => {
      const { status } = await fixture.client.get(daemonsets, ref);
      return [status?.numberReady, status?.numberAvailable, status?.numberUnavailable];
    };
    assert.deepEqual(await numbers(), [1, undefined, 1]);
    await fixture.clock.advance(11_000);
    assert.deepEqual(await numbers(), [1, 1, undefined]);
  });
});
