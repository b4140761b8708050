import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { podgroups, pods } from '../../src/api/resources.ts';
import type { PodSpec } from '../../src/api/types/core/v1.ts';
import { usualProfile, usualSettings } from '../../src/scheduler/config/settings.ts';
import type { Extender } from '../../src/scheduler/framework/extender.ts';
import { Scene } from './scene.ts';

const features = { podGroups: true, gangs: true };
const held = 'Unschedulable: pod group is unschedulable, waiting for minCount pods from a gang to be scheduled, one or more plugins asked to wait and no plugin rejected pod';
const starting = (more: Parameters<typeof Scene.start>[0] = {}): Promise<Scene> => Scene.start({ features, ...more });
const group = (scene: Scene, name: string, minCount?: number) =>
  scene.client.create(podgroups, { apiVersion: 'scheduling.k8s.io/v1alpha2', kind: 'PodGroup', metadata: { namespace: 'default', name }, spec: { schedulingPolicy: minCount === undefined ? { basic: {} } : { gang: { minCount } } } });
const member = (scene: Scene, name: string, cpu = '3', spec: Partial<PodSpec> = {}) => scene.pod(name, { schedulingGroup: { podGroupName: 'g' }, ...spec }, cpu);
const members = async (scene: Scene, ...names: string[]): Promise<void> => { for (const name of names) await member(scene, name); };
const told = async (scene: Scene, ...names: string[]) => Promise.all(names.map((name) => scene.told(name)));
/** What the group's status says of it. */
async function status(scene: Scene, name = 'g'): Promise<string | undefined> {
  await scene.server.clock.settle();
  const condition = (await scene.client.get(podgroups, { namespace: 'default', name })).status?.conditions?.find(({ type }) => type === 'PodGroupScheduled');
  return condition === undefined ? undefined : `${condition.status} ${condition.reason}: ${condition.message}`;
}
const nodes = async (scene: Scene, ...names: string[]): Promise<void> => { for (const name of names) await scene.node(name); };

describe('a gang', () => {
  it('of four that fits three stays pending as a whole and holds no room; with a fourth node all are bound', async () => {
    await using scene = await starting();
    await nodes(scene, 'a', 'b', 'c');
    await group(scene, 'g', 4);
    await members(scene, 'p1', 'p2', 'p3', 'p4');
    const first = await told(scene, 'p1', 'p2', 'p3', 'p4');
    assert.deepEqual(first.slice(0, 3), [held, held, held]);
    assert.match(first[3] ?? '', /^Unschedulable: 0\/3 nodes are available: 3 Insufficient cpu\./);
    assert.equal(await status(scene), 'False Unschedulable: pod group is unschedulable');
    assert.deepEqual(await scene.eventsOn('p1'), [`Warning FailedScheduling default-scheduler: ${held.slice('Unschedulable: '.length)}`]);
    // A pod of no group takes room that the gang would have had.
    await scene.pod('alone', {}, '3');
    assert.match(await scene.told('alone') ?? '', /^[abc]$/);
    await nodes(scene, 'd', 'e');
    await scene.server.clock.advance(12_000);
    assert.deepEqual((await told(scene, 'p1', 'p2', 'p3', 'p4', 'alone')).sort(), ['a', 'b', 'c', 'd', 'e']);
    assert.equal(await status(scene), 'True Scheduled: ');
    assert.deepEqual((await scene.eventsOn('p1')).at(-1)?.replace(/to .$/, ''), 'Normal Scheduled default-scheduler: Successfully assigned default/p1 ');
  });

  it('is tried again when its back-off is over, and not in between', async () => {
    await using scene = await starting();
    await nodes(scene, 'a');
    await group(scene, 'g', 2);
    await members(scene, 'p1', 'p2');
    await scene.server.clock.advance(60_000);
    const attempts = scene.scheduler.metrics().find(({ name }) => name === 'scheduler_podgroup_schedule_attempts_total');
    // After 0, 1, 2, 4, 8, 10, 10 … seconds, and what is added to whole ones.
    const [[labels, count] = [{}, 0]] = [...((await attempts?.read()) ?? [])];
    assert.deepEqual(labels, { result: 'unschedulable', profile: 'default-scheduler' });
    assert.ok(Number(count) >= 7 && Number(count) <= 10, String(count));
    assert.deepEqual(scene.scheduler.pending, { active: 0, backoff: 2, unschedulable: 0, gated: 0 });
  });

  it('that was made after its pods wakes them', async () => {
    await using scene = await starting();
    await nodes(scene, 'a', 'b');
    await members(scene, 'p1', 'p2');
    assert.deepEqual(await told(scene, 'p1', 'p2'), [undefined, undefined]);
    assert.equal(scene.scheduler.pending.gated, 2);
    await group(scene, 'other', 2);
    await scene.server.clock.settle();
    assert.equal(scene.scheduler.pending.gated, 2);
    await group(scene, 'g', 2);
    assert.deepEqual((await told(scene, 'p1', 'p2')).sort(), ['a', 'b']);
  });

  it('waits until as many pods are there as it wants', async () => {
    await using scene = await starting();
    await nodes(scene, 'a', 'b', 'c');
    await group(scene, 'g', 3);
    await members(scene, 'p1', 'p2');
    assert.deepEqual(await told(scene, 'p1', 'p2'), [undefined, undefined]);
    assert.equal(await status(scene), undefined);
    await members(scene, 'p3');
    assert.deepEqual((await told(scene, 'p1', 'p2', 'p3')).sort(), ['a', 'b', 'c']);
    // One more than it wants is scheduled for itself; that it does not fit changes nothing of what was said of the group.
    await members(scene, 'p4');
    assert.match(await scene.told('p4') ?? '', /^Unschedulable: 0\/3 nodes are available/);
    assert.equal(await status(scene), 'True Scheduled: ');
  });

  it('is bound as far as it fits once it has what it wants', async () => {
    await using scene = await starting();
    await nodes(scene, 'a', 'b');
    await members(scene, 'p1', 'p2', 'p3');
    await group(scene, 'g', 2);
    const outcome = await told(scene, 'p1', 'p2', 'p3');
    assert.deepEqual([outcome.slice(0, 2).sort(), outcome[2]?.slice(0, 12)], [['a', 'b'], 'Unschedulable'.slice(0, 12)]);
    assert.equal(await status(scene), 'True Scheduled: ');
  });

  it('gives its places to its most important pods first', async () => {
    await using scene = await starting();
    await nodes(scene, 'a');
    await member(scene, 'p1', '3', { priority: 0 });
    await member(scene, 'p2', '3', { priority: 5 });
    await group(scene, 'g', 1);
    assert.deepEqual([await scene.told('p2'), (await scene.told('p1'))?.slice(0, 13)], ['a', 'Unschedulable']);
  });

  it('whose pod was deleted waits for another', async () => {
    await using scene = await starting();
    await nodes(scene, 'a', 'b');
    await group(scene, 'g', 3);
    await members(scene, 'p1', 'p2');
    await scene.client.delete(pods, { namespace: 'default', name: 'p1' });
    await members(scene, 'p3');
    await scene.server.clock.settle();
    assert.equal(scene.scheduler.pending.gated, 2);
    await member(scene, 'p4', '100m');
    assert.ok((await told(scene, 'p2', 'p3', 'p4')).every((one) => one === 'a' || one === 'b'));
  });

  it('evicts others, and is bound when they have left', async () => {
    await using scene = await starting();
    await nodes(scene, 'a', 'b');
    await scene.pod('low', { priority: -1 }, '3');
    const low = await scene.told('low');
    await member(scene, 'p1', '3', { priority: 5 });
    await member(scene, 'p2', '3', { priority: 5 });
    await group(scene, 'g', 2);
    const waits = 'pod group is unschedulable, pod group is waiting for preemption to complete';
    await scene.server.clock.settle();
    const outcome = await told(scene, 'p1', 'p2');
    assert.ok(outcome.includes(`Unschedulable: ${waits}`), outcome.join());
    assert.equal(await status(scene), `False Unschedulable: ${waits}`);
    assert.notEqual((await scene.get('low')).metadata.deletionTimestamp, undefined);
    // There is no kubelet here that would say that it has ended.
    await scene.client.delete(pods, { namespace: 'default', name: 'low' }, { gracePeriodSeconds: 0 });
    await scene.server.clock.advance(12_000);
    assert.deepEqual((await told(scene, 'p1', 'p2')).sort(), ['a', 'b']);
    assert.match(low ?? '', /^[ab]$/);
    assert.equal(await status(scene), 'True Scheduled: ');
  });

  it('that lost a pod while it was placed lets the others keep their places for five minutes, and no longer', async () => {
    // Looks at the third pod for as long as it takes, and finds no node for it.
    const looked = Promise.withResolvers<undefined>();
    const extender: Extender = {
      name: 'slow', ignorable: false, weight: 1,
      isInterested: ({ metadata }) => metadata.name === 'p3',
      filter: async (_pod, found) => {
        await looked.promise;
        return { nodes: [], failed: new Map(found.map(({ name }) => [name, 'not for this one'])), unresolvable: new Map() };
      },
    };
    await using scene = await starting({ extenders: [extender] });
    await nodes(scene, 'a', 'b');
    await members(scene, 'p1', 'p2');
    await member(scene, 'p3', '100m');
    await group(scene, 'g', 2);
    await scene.server.clock.settle();
    // The first two make the gang, but are not sent before the third was looked at.
    await scene.client.delete(pods, { namespace: 'default', name: 'p2' }, { gracePeriodSeconds: 0 });
    await scene.server.clock.settle();
    looked.resolve(undefined);
    const place = (await scene.get('p1')).status?.nominatedNodeName;
    assert.match(place ?? '', /^[ab]$/);
    await scene.server.clock.advance(299_000);
    assert.deepEqual([await scene.told('p1'), (await scene.get('p1')).status?.nominatedNodeName], [undefined, place]);
    await scene.pod('alone', { nodeSelector: { 'kubernetes.io/hostname': place ?? '' } }, '3');
    assert.match(await scene.told('alone') ?? '', /1 Insufficient cpu/);
    await scene.server.clock.advance(1000);
    assert.equal(await scene.told('p1'), 'Unschedulable: 0/1 nodes are available: 1 rejected due to timeout after waiting 5m0s at plugin GangScheduling.');
    assert.ok((await scene.eventsOn('p1')).includes('Warning FailedScheduling default-scheduler: 0/1 nodes are available: 1 rejected due to timeout after waiting 5m0s at plugin GangScheduling.'));
    // Its room is free for others, whom that wakes.
    await scene.server.clock.advance(12_000);
    assert.equal(await scene.told('alone'), place);
    // With another pod the gang is placed after all.
    await nodes(scene, 'c');
    await members(scene, 'p4');
    await scene.server.clock.advance(12_000);
    assert.ok((await told(scene, 'p1', 'p4')).every((one) => /^[abc]$/.test(one ?? '')));
  });

  it('of several scheduler names is refused', async () => {
    await using scene = await starting({ settings: { ...usualSettings, profiles: [usualProfile('default-scheduler', features), usualProfile('second', features)], podGroups: true } });
    await nodes(scene, 'a');
    await member(scene, 'p1', '1');
    await member(scene, 'p2', '1', { schedulerName: 'second' });
    await group(scene, 'g', 2);
    assert.equal(await scene.told('p2'), 'SchedulerError: all pods in a single pod group should have the same .spec.schedulerName set, got: "second" and "default-scheduler"');
    assert.equal(await status(scene), undefined);
  });
});

describe('a group without a gang', () => {
  for (const [title, more] of [['of the policy basic', features], ['while the gate GangScheduling is off', { podGroups: true, gangs: false }]] as const) {
    it(`${title} is bound as far as it fits`, async () => {
      await using scene = await starting({ features: more });
      await nodes(scene, 'a');
      if (more.gangs) await group(scene, 'g');
      else await group(scene, 'g', 2);
      await members(scene, 'p1', 'p2');
      assert.deepEqual((await told(scene, 'p1', 'p2')).map((one) => one?.slice(0, 13)), ['a', 'Unschedulable']);
      assert.equal(await status(scene), 'True Scheduled: ');
    });
  }
});
