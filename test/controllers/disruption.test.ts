import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nameOf } from '../../src/api/meta/object.ts';
import { deployments, poddisruptionbudgets, pods, replicasets } from '../../src/api/resources.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import type { PodDisruptionBudgetSpec } from '../../src/api/types/policy/v1.ts';
import { formatTime } from '../../src/base/clock.ts';
import type { Fixture } from './fixture.ts';
import { deployment, startFixture } from './fixture.ts';

const ref = { namespace: 'default', name: 'web' };
const selector = { matchLabels: { app: 'web' } };

async function started(spec: PodDisruptionBudgetSpec): Promise<Fixture> {
  const fixture = await startFixture({ controllers: ['serviceaccount-controller', 'deployment-controller', 'replicaset-controller', 'disruption-controller'] });
  await fixture.client.create(poddisruptionbudgets, { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: ref, spec: { selector, ...spec } });
  await fixture.clock.advance(1000);
  return fixture;
}

const barePod = (owner?: NonNullable<Pod['metadata']['ownerReferences']>[number]): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'bare', labels: { app: 'web' }, ...(owner !== undefined && { ownerReferences: [owner] }) }, spec: { containers: [{ name: 'c', image: 'x' }] } });
const status = async ({ client }: Fixture): Promise<unknown> => {
  const { conditions, ...counts } = (await client.get(poddisruptionbudgets, ref)).status!;
  return { ...counts, condition: (conditions ?? []).map(({ type, status: value, reason, message, observedGeneration }) => `${type} ${value} ${reason} ${message} ${observedGeneration}`) };
};

describe('disruption budgets', () => {
  it('say that nothing is allowed while there are no pods', async () => {
    await using fixture = await started({ minAvailable: 1 });
    assert.deepEqual(await status(fixture), { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 1, expectedPods: 0, condition: ['DisruptionAllowed False InsufficientPods  1'] });
    assert.match((await fixture.eventsOn('web'))[0]!, /^NoPods No matching pods found/);
  });

  for (const [spec, desiredHealthy] of [[{ minAvailable: '50%' }, 2], [{ maxUnavailable: 1 }, 2], [{ maxUnavailable: '34%' }, 1], [{ minAvailable: 1 }, 1]] as const) {
    it(`${JSON.stringify(spec)} of a deployment of 3`, async () => {
      await using fixture = await started(spec);
      await fixture.client.create(deployments, deployment());
      await fixture.clock.advance(2000);
      assert.deepEqual(await status(fixture), { observedGeneration: 1, disruptionsAllowed: 3 - desiredHealthy, currentHealthy: 3, desiredHealthy, expectedPods: 3, condition: ['DisruptionAllowed True SufficientPods  1'] });
    });
  }

  it('take evicted pods off until they are gone, or never went', async () => {
    await using fixture = await started({ maxUnavailable: 1 });
    const { client, clock } = fixture;
    await client.create(deployments, deployment());
    await clock.advance(2000);
    const [pod] = await fixture.pods();
    const at = formatTime(clock.now());
    const budget = await client.get(poddisruptionbudgets, ref);
    await client.update(poddisruptionbudgets, { ...budget, status: { ...budget.status!, disruptedPods: { [nameOf(pod!)]: at, other: at } } }, { subresource: 'status' });
    await clock.advance(1000);
    assert.partialDeepStrictEqual(await status(fixture), { disruptionsAllowed: 0, currentHealthy: 2, disruptedPods: { [nameOf(pod!)]: at } });
    await clock.advance(2 * 60_000);
    assert.partialDeepStrictEqual(await status(fixture), { disruptionsAllowed: 1, currentHealthy: 3, condition: ['DisruptionAllowed True SufficientPods  1'] });
    assert.equal((await client.get(poddisruptionbudgets, ref)).status?.disruptedPods, undefined);
    assert.ok((await fixture.eventsOn(nameOf(pod!))).includes("NotDeleted Pod was expected by PDB default/default to be deleted but it wasn't x1"));
  });

  it('do not count pods that nobody manages in percentages, and say so', async () => {
    await using fixture = await started({ maxUnavailable: 1 });
    await fixture.client.create(pods, barePod());
    await fixture.clock.advance(1000);
    assert.partialDeepStrictEqual(await status(fixture), { disruptionsAllowed: 0, expectedPods: 0, currentHealthy: 1 });
    assert.ok((await fixture.eventsOn('web')).some((event) => event.startsWith('UnmanagedPods Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged.')));
  });

  const cases: readonly [what: string, owner: { apiVersion: string; kind: string }, message: string][] = [
    ['has no scale', { apiVersion: 'apps/v1', kind: 'DaemonSet' }, 'daemonsets.apps does not implement the scale subresource'],
    ['is of no kind that is served', { apiVersion: 'example.com/v1', kind: 'Widget' }, 'no matches for kind "Widget" in version "example.com/v1"'],
    ['is not there', { apiVersion: 'apps/v1', kind: 'StatefulSet' }, 'found no controllers for pod "bare"'],
  ];
  for (const [what, owner, message] of cases) {
    it(`forbid evictions when a controller ${what}`, async () => {
      await using fixture = await started({ maxUnavailable: 1 });
      await fixture.client.create(pods, barePod({ ...owner, name: 'x', uid: 'x', controller: true }));
      await fixture.clock.advance(1000);
      assert.partialDeepStrictEqual(await status(fixture), { disruptionsAllowed: 0, condition: [`DisruptionAllowed False SyncFailed ${message} 1`] });
      assert.ok((await fixture.eventsOn('web')).some((event) => event.startsWith(`CalculateExpectedPodCountFailed Failed to calculate the number of expected pods: ${message}`)));
    });
  }

  it('ask any kind for its scale', async () => {
    await using fixture = await started({ maxUnavailable: 1 });
    const { client, clock } = fixture;
    // An owner that informers do not look up by this group: its scale subresource answers.
    const owner = await client.create(replicasets, { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { namespace: 'default', name: 'rs', ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone', uid: 'gone', controller: true }] }, spec: { replicas: 4, selector, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x' }] } } } });
    await clock.advance(2000);
    assert.equal((await fixture.pods()).every(({ metadata }) => metadata.ownerReferences?.[0]?.uid === owner.metadata.uid), true);
    assert.partialDeepStrictEqual(await status(fixture), { expectedPods: 4, disruptionsAllowed: 1 });
  });

  it('pods that were to be disrupted and then were not are told so', async () => {
    await using fixture = await started({ minAvailable: 1 });
    const { client, clock } = fixture;
    await client.create(pods, barePod());
    await clock.advance(1000);
    const pod = await client.get(pods, { namespace: 'default', name: 'bare' });
    await client.update(pods, { ...pod, status: { ...pod.status, conditions: [...pod.status!.conditions!, { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'x', lastTransitionTime: formatTime(clock.now()) }] } }, { subresource: 'status' });
    const condition = async () => (await client.get(pods, { namespace: 'default', name: 'bare' })).status!.conditions!.find(({ type }) => type === 'DisruptionTarget')!;
    await clock.advance(60_000);
    assert.equal((await condition()).status, 'True');
    await clock.advance(61_000);
    const { status: value, reason } = await condition();
    assert.deepEqual([value, reason], ['False', undefined]);
  });
});
