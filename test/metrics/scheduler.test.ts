/** What the scheduler counts of its extension points and plug-ins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { podgroups, pods } from '../../src/api/resources.ts';
import type { PodSpec } from '../../src/api/types/core/v1.ts';
import { container, World } from '../conformance/world.ts';
import { parseMetrics } from './scrape.ts';

const pod = (name: string, spec: Partial<PodSpec> = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name }, spec: { containers: [container({ name: 'c' })], ...spec } });

test('extension points that a pod passes, and how often plug-ins are asked', async () => {
  await using world = await World.start({ nodes: 2 });
  const scrape = async (family: string): Promise<ReadonlyMap<string, number>> => parseMetrics(await world.plane.server.metrics.render()).get(family)?.series ?? new Map();
  const asked = async (plugin: string, point: string): Promise<number | undefined> => (await scrape('scheduler_plugin_evaluation_total')).get(`{extension_point="${point}",plugin="${plugin}",profile="default-scheduler"}`);
  const passed = async (): Promise<Record<string, number>> => Object.fromEntries([...await scrape('scheduler_framework_extension_point_duration_seconds')].flatMap(([series, value]) => {
    const [, point, code] = /^_count\{extension_point="(\w+)",profile="default-scheduler",status="(\w+)"\}$/.exec(series) ?? [];
    return point === undefined ? [] : [[`${point} ${code}`, value]];
  }));
  // Plug-ins are told of before they are asked; extension points are not.
  assert.equal(await asked('NodeResourcesFit', 'Filter'), 0);
  assert.deepEqual(await passed(), {});
  await world.client.create(pods, pod('fits'));
  await world.until('it to be bound', async () => (await world.client.get(pods, { namespace: 'default', name: 'fits' })).spec?.nodeName !== undefined);
  await world.clock.settle();
  assert.deepEqual(await passed(), {
    'PreEnqueue Success': 1, 'PreFilter Success': 1, 'Filter Success': 1, 'PreScore Success': 1, 'Score Success': 1, 'Reserve Success': 1, 'Permit Success': 1, 'PreBindPreFlight Skip': 1, 'PreBind Success': 1, 'Bind Success': 1, 'PostBind Success': 1,
  });
  // Of two nodes each.
  assert.deepEqual(await Promise.all([asked('NodeResourcesFit', 'PreFilter'), asked('NodeResourcesFit', 'Filter'), asked('NodeResourcesFit', 'Score')]), [1, 2, 2]);
  // The pod has no affinity, of which the plug-in says that there is nothing to ask.
  assert.deepEqual(await Promise.all([asked('NodeAffinity', 'PreFilter'), asked('NodeAffinity', 'Filter')]), [0, 0]);
  await world.client.create(pods, pod('fits-nowhere', { containers: [container({ name: 'c', resources: { requests: { cpu: '1000' } } })] }));
  await world.clock.advance(3_000);
  const after = await passed();
  assert.deepEqual([after['PreFilter Success'], after['Filter Success'], after['Score Success'], after['Unreserve Success']], [2, 2, 1, undefined]);
  assert.equal((after['PostFilter Unschedulable'] ?? 0) + (after['PostFilter UnschedulableAndUnresolvable'] ?? 0), 1);
  await world.client.create(pods, pod('elsewhere', { nodeSelector: { 'kubernetes.io/hostname': 'nowhere' } }));
  await world.clock.advance(3_000);
  assert.equal((await passed())['Filter Success'], 3);
  assert.equal(await asked('NodeAffinity', 'PreFilter'), 1);
  assert.equal((await scrape('scheduler_unschedulable_pods')).get('{plugin="NodeAffinity",profile="default-scheduler"}'), 1);
});

test('pods that wait for their group are told of by how it ended', async () => {
  await using world = await World.start({ nodes: 1, featureGates: { GenericWorkload: 'true', GangScheduling: 'true' }, runtimeConfig: { 'scheduling.k8s.io/v1alpha2': 'true' } });
  const permit = async (): Promise<Record<string, number>> => Object.fromEntries([...parseMetrics(await world.plane.server.metrics.render()).get('scheduler_permit_wait_duration_seconds')?.series ?? []].filter(([series]) => series.startsWith('_count')));
  assert.deepEqual(await permit(), {});
  await world.client.create(podgroups, { apiVersion: 'scheduling.k8s.io/v1alpha2', kind: 'PodGroup', metadata: { namespace: 'default', name: 'g' }, spec: { schedulingPolicy: { gang: { minCount: 2 } } } });
  for (const name of ['a', 'b']) await world.client.create(pods, pod(name, { schedulingGroup: { podGroupName: 'g' } }));
  await world.until('both to be bound', async () => (await world.podsOf('default')).every(({ spec }) => spec?.nodeName !== undefined));
  // The first waits for the second, which lets it go on.
  assert.deepEqual(await permit(), { '_count{result="Success"}': 1 });
});
