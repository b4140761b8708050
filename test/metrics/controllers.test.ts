/** What the controllers count, where it is subtle what counts; the cases of Job's are those of upstream's integration tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCondition } from '../../src/api/meta/conditions.ts';
import { cronjobs, deployments, horizontalpodautoscalers, jobs, pods, resourcequotas, services } from '../../src/api/resources.ts';
import type { Job, JobSpec } from '../../src/api/types/batch/v1.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import { container, World } from '../conformance/world.ts';
import { parseMetrics } from './scrape.ts';

const ns = 'default';

/** The series of one family that are not zero. */
async function counted(world: World, family: string): Promise<Record<string, number>> {
  const series = parseMetrics(await world.plane.server.metrics.render()).get(family)?.series ?? [];
  return Object.fromEntries([...series].filter(([, value]) => value > 0));
}

const job = (name: string, spec: Partial<JobSpec>): Job => ({
  apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace: ns, name },
  spec: { ...spec, template: { spec: { restartPolicy: 'Never', containers: [container({ name: 'c' })] } } },
});

/** Says how so many active pods of a job have ended. */
async function endPods(world: World, count: number, phase: 'Failed' | 'Succeeded', status: Partial<NonNullable<Pod['status']>> = {}): Promise<void> {
  const active = (await world.podsOf(ns)).filter((pod) => pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded' && pod.metadata.deletionTimestamp === undefined);
  assert.ok(active.length >= count, `${active.length} pods are active`);
  for (const pod of active.slice(0, count)) await world.client.update(pods, { ...pod, status: { ...pod.status, ...status, phase } }, { subresource: 'status' });
  await world.clock.advance(3_000);
}

const until = (world: World, name: string, type: string): Promise<unknown> => world.until(`${name} to be ${type}`, async () => findCondition((await world.client.get(jobs, { namespace: ns, name })).status?.conditions, type)?.status === 'True');

test('a parallel job: its syncs by what they did, its pods and its end', async () => {
  await using world = await World.start({ nodes: 0 });
  await world.client.create(jobs, job('parallel', { parallelism: 5, completions: 5 }));
  await world.clock.advance(3_000);
  assert.deepEqual(await counted(world, 'job_controller_job_pods_creation_total'), { '{reason="new",status="succeeded"}': 5 });
  assert.equal((await counted(world, 'job_controller_job_syncs_total'))['{action="pods_created",completion_mode="NonIndexed",result="success"}'], 1);
  assert.equal((await counted(world, 'job_controller_job_sync_duration_seconds'))['_count{action="pods_created",completion_mode="NonIndexed",result="success"}'], 1);
  await endPods(world, 2, 'Failed');
  await world.clock.advance(30_000);
  assert.deepEqual(await counted(world, 'job_controller_job_pods_creation_total'), { '{reason="new",status="succeeded"}': 5, '{reason="recreate_terminating_or_failed",status="succeeded"}': 2 });
  assert.deepEqual(await counted(world, 'job_controller_job_pods_finished_total'), { '{completion_mode="NonIndexed",result="failed"}': 2 });
  await endPods(world, 5, 'Succeeded');
  await until(world, 'parallel', 'Complete');
  await world.clock.advance(3_000);
  assert.deepEqual(await counted(world, 'job_controller_job_pods_finished_total'), { '{completion_mode="NonIndexed",result="failed"}': 2, '{completion_mode="NonIndexed",result="succeeded"}': 5 });
  assert.deepEqual(await counted(world, 'job_controller_jobs_finished_total'), { '{completion_mode="NonIndexed",reason="CompletionsReached",result="succeeded"}': 1 });
  assert.deepEqual(await counted(world, 'job_controller_terminated_pods_tracking_finalizer_total'), { '{event="add"}': 7, '{event="delete"}': 7 });
  const syncs = await counted(world, 'job_controller_job_syncs_total');
  assert.deepEqual(Object.keys(syncs).sort(), ['pods_created', 'reconciling', 'tracking'].filter((action) => `{action="${action}",completion_mode="NonIndexed",result="success"}` in syncs).map((action) => `{action="${action}",completion_mode="NonIndexed",result="success"}`));
  assert.ok((syncs['{action="tracking",completion_mode="NonIndexed",result="success"}'] ?? 0) > 0);
});

test('a job that is suspended deletes pods', async () => {
  await using world = await World.start({ nodes: 0 });
  await world.client.create(jobs, job('suspended', { parallelism: 2 }));
  await world.clock.advance(3_000);
  await world.client.patch(jobs, { namespace: ns, name: 'suspended' }, { type: 'merge', value: { spec: { suspend: true } } });
  await world.clock.advance(3_000);
  assert.ok(((await counted(world, 'job_controller_job_syncs_total'))['{action="pods_deleted",completion_mode="NonIndexed",result="success"}'] ?? 0) >= 1);
  assert.ok(((await counted(world, 'workqueue_adds_total'))['{name="job"}'] ?? 0) > 0);
  // They lost their finalizers before they ended, and count as nothing.
  assert.deepEqual(await counted(world, 'job_controller_job_pods_finished_total'), {});
});

test('pods that cannot be made: the sync is an error, and did what it tried', async () => {
  await using world = await World.start({ nodes: 0 });
  await world.client.create(resourcequotas, { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { namespace: ns, name: 'none' }, spec: { hard: { pods: '0' } } });
  await world.clock.advance(10_000);
  await world.client.create(jobs, job('refused', {}));
  await world.clock.advance(500);
  assert.deepEqual(await counted(world, 'job_controller_job_syncs_total'), { '{action="pods_created",completion_mode="NonIndexed",result="error"}': 1 });
  assert.deepEqual(await counted(world, 'job_controller_job_pods_creation_total'), { '{reason="new",status="failed"}': 1 });
});

test('an indexed job: indexes that are done with, limited together and each alone', async () => {
  for (const [limits, label] of [[{}, 'global'], [{ backoffLimitPerIndex: 0 }, 'perIndex']] as const) {
    await using world = await World.start({ nodes: 0 });
    await world.client.create(jobs, job('indexed', { parallelism: 3, completions: 3, completionMode: 'Indexed', ...limits }));
    await world.clock.advance(3_000);
    await endPods(world, 1, 'Succeeded');
    assert.deepEqual(await counted(world, 'job_controller_job_finished_indexes_total'), { [`{backoffLimit="${label}",status="succeeded"}`]: 1 });
    if (label === 'perIndex') {
      await endPods(world, 1, 'Failed');
      await endPods(world, 1, 'Succeeded');
      await until(world, 'indexed', 'Failed');
      assert.deepEqual(await counted(world, 'job_controller_job_finished_indexes_total'), { '{backoffLimit="perIndex",status="succeeded"}': 2, '{backoffLimit="perIndex",status="failed"}': 1 });
      assert.deepEqual(await counted(world, 'job_controller_jobs_finished_total'), { '{completion_mode="Indexed",reason="FailedIndexes",result="failed"}': 1 });
    } else {
      await endPods(world, 2, 'Succeeded');
      await until(world, 'indexed', 'Complete');
      assert.deepEqual(await counted(world, 'job_controller_job_finished_indexes_total'), { '{backoffLimit="global",status="succeeded"}': 3 });
      assert.deepEqual(await counted(world, 'job_controller_job_pods_finished_total'), { '{completion_mode="Indexed",result="succeeded"}': 3 });
    }
  }
});

test('failures that a rule of the failure policy meant', async () => {
  const exited = (exitCode: number): Partial<NonNullable<Pod['status']>> => ({ containerStatuses: [{ name: 'c', image: 'x', imageID: '', ready: false, restartCount: 0, state: { terminated: { exitCode } } }] });
  const disrupted: Partial<NonNullable<Pod['status']>> = { conditions: [{ type: 'DisruptionTarget', status: 'True' }] };
  const rules: NonNullable<JobSpec['podFailurePolicy']> = {
    rules: [
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action: 'Count', onExitCodes: { operator: 'In', values: [10] } },
      { action: 'FailJob', onExitCodes: { operator: 'In', values: [5, 6, 7] } },
    ],
  };
  const cases: readonly [Partial<NonNullable<Pod['status']>>, Record<string, number>, string][] = [
    [exited(5), { '{action="FailJob"}': 1 }, '{completion_mode="NonIndexed",reason="PodFailurePolicy",result="failed"}'],
    [disrupted, { '{action="Ignore"}': 1 }, '{completion_mode="NonIndexed",reason="CompletionsReached",result="succeeded"}'],
    [exited(10), { '{action="Count"}': 1 }, '{completion_mode="NonIndexed",reason="CompletionsReached",result="succeeded"}'],
    [exited(1), {}, '{completion_mode="NonIndexed",reason="CompletionsReached",result="succeeded"}'],
  ];
  for (const [status, handled, finished] of cases) {
    await using world = await World.start({ nodes: 0 });
    await world.client.create(jobs, job('policy', { podFailurePolicy: rules }));
    await world.clock.advance(3_000);
    await endPods(world, 1, 'Failed', status);
    await world.clock.advance(30_000);
    if (finished.includes('succeeded')) await endPods(world, 1, 'Succeeded');
    await until(world, 'policy', finished.includes('succeeded') ? 'Complete' : 'Failed');
    await world.clock.advance(3_000);
    assert.deepEqual(await counted(world, 'job_controller_pod_failures_handled_by_failure_policy_total'), handled, finished);
    assert.deepEqual(await counted(world, 'job_controller_jobs_finished_total'), { [finished]: 1 });
  }
});

test('pods that are replaced only when they have failed are told apart, and jobs of other controllers', async () => {
  await using world = await World.start({ nodes: 0 });
  await world.client.create(jobs, job('theirs', { managedBy: 'example.com/custom-job-controller' }));
  await world.client.create(jobs, job('failing', { podReplacementPolicy: 'Failed' }));
  await world.clock.advance(3_000);
  await endPods(world, 1, 'Failed');
  await world.clock.advance(30_000);
  assert.deepEqual(await counted(world, 'job_controller_job_pods_creation_total'), { '{reason="new",status="succeeded"}': 1, '{reason="recreate_failed",status="succeeded"}': 1 });
  assert.deepEqual(await counted(world, 'job_controller_jobs_by_external_controller_total'), { '{controller_name="example.com/custom-job-controller"}': 1 });
});

test('a manager that is started anew counts from the beginning, and is there once', async () => {
  await using world = await World.start({ nodes: 0 });
  await world.client.create(jobs, job('theirs', { managedBy: 'example.com/custom-job-controller' }));
  await world.clock.advance(1_000);
  await world.parts.stopControllers();
  assert.equal((await counted(world, 'running_managed_controllers'))['{manager="kube-controller-manager",name="nodeipam"}'], undefined);
  const starting = world.parts.startControllers();
  await world.clock.advance(5_000);
  await starting;
  // It sees the job for the first time.
  assert.deepEqual(await counted(world, 'job_controller_jobs_by_external_controller_total'), { '{controller_name="example.com/custom-job-controller"}': 1 });
  assert.deepEqual(await counted(world, 'running_managed_controllers'), { '{manager="kube-controller-manager",name="nodeipam"}': 1 });
});

test('the skew of a cron job is from when its run was due, also where the controller was away', async () => {
  await using world = await World.start({ nodes: 0 });
  const skew = 'cronjob_controller_job_creation_skew_duration_seconds';
  // It is there before anything was measured.
  assert.equal(parseMetrics(await world.plane.server.metrics.render()).get(skew)?.series.get('_count'), 0);
  await world.client.create(cronjobs, { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { namespace: ns, name: 'hourly' }, spec: { schedule: '0 * * * *', jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [container({ name: 'c' })] } } } } } });
  await world.clock.advance(3_605_000);
  const onTime = await counted(world, skew);
  assert.equal(onTime['_count'], 1);
  assert.ok((onTime['_sum'] ?? 0) < 1);
  await world.parts.stopControllers();
  const now = world.clock.now();
  // Until seven minutes after the next hour.
  await world.clock.advance(3_600_000 - (now % 3_600_000) + 420_000);
  const starting = world.parts.startControllers();
  await world.clock.advance(5_000);
  await starting;
  await world.until('the run that was missed', async () => (await world.client.list(jobs)).items.length === 2);
  const late = await counted(world, skew);
  assert.equal(late['_count'], 1);
  assert.ok(Math.abs((late['_sum'] ?? 0) - 420) < 6, String(late['_sum']));
  assert.equal(late['_bucket{le="256"}'], undefined);
  assert.equal(late['_bucket{le="512"}'], 1);
});

test('endpoints of a service: what comes, goes and is there', async () => {
  await using world = await World.start();
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: ns, name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }], trafficDistribution: 'PreferClose' } };
  const before = await counted(world, 'endpoint_slice_controller_endpoints_added_per_sync');
  assert.equal(before['_sum'], undefined);
  await world.client.create(services, service);
  for (const name of ['a', 'b', 'c']) await world.client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: ns, name, labels: { app: 'web' } }, spec: { containers: [container({ name: 'c' })] } });
  await world.until('three endpoints', async () => (await counted(world, 'endpoint_slice_controller_endpoints_desired'))[''] === 3);
  assert.deepEqual(await counted(world, 'endpoint_slice_controller_num_endpoint_slices'), { '': 1 });
  assert.deepEqual(await counted(world, 'endpoint_slice_controller_desired_endpoint_slices'), { '': 1 });
  assert.deepEqual(await counted(world, 'endpoint_slice_controller_services_count_by_traffic_distribution'), { '{traffic_distribution="PreferClose"}': 1 });
  assert.equal((await counted(world, 'endpoint_slice_controller_endpoints_added_per_sync'))['_sum'], 3);
  assert.ok(((await counted(world, 'endpoint_slice_controller_syncs'))['{result="success"}'] ?? 0) > 0);
  await world.client.delete(pods, { namespace: ns, name: 'a' }, { gracePeriodSeconds: 0 });
  await world.until('two endpoints', async () => (await counted(world, 'endpoint_slice_controller_endpoints_desired'))[''] === 2);
  assert.equal((await counted(world, 'endpoint_slice_controller_endpoints_removed_per_sync'))['_sum'], 1);
  await world.client.delete(services, { namespace: ns, name: 'web' });
  await world.clock.advance(3_000);
  assert.deepEqual(await counted(world, 'endpoint_slice_controller_endpoints_desired'), {});
  assert.deepEqual(await counted(world, 'endpoint_slice_controller_services_count_by_traffic_distribution'), {});
});

test('a node that is tainted for eviction counts in its zone, which is told of from the start', async () => {
  await using world = await World.start({ nodes: 3 });
  const evictions = 'node_collector_evictions_total';
  await world.clock.advance(10_000);
  assert.deepEqual([...(parseMetrics(await world.plane.server.metrics.render()).get(evictions)?.series ?? [])], [['{zone=""}', 0]]);
  await world.parts.nodes.get('node-1')?.stopKubelet();
  await world.until('the taint', async () => Object.keys(await counted(world, evictions)).length > 0, 300_000);
  await world.clock.advance(60_000);
  assert.deepEqual(await counted(world, evictions), { '{zone=""}': 1 });
});

test('an autoscaler: what its limits do, and what its metrics cannot', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container({ name: 'c' })] } };
  await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: ns, name: 'web' }, spec: { replicas: 5, selector: { matchLabels: { app: 'web' } }, template } });
  const metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }];
  await client.create(horizontalpodautoscalers, { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { namespace: ns, name: 'web' }, spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3, metrics } });
  const prefix = 'horizontal_pod_autoscaler_controller_';
  await world.clock.advance(20_000);
  assert.deepEqual(await counted(world, `${prefix}reconciliations_total`), { '{action="scale_down",error="none"}': 1 });
  assert.deepEqual(await counted(world, `${prefix}desired_replicas`), { '{hpa_name="web",namespace="default"}': 3 });
  assert.deepEqual(await counted(world, `${prefix}metric_computation_total`), {});
  // Nobody serves metrics.
  await world.clock.advance(15_000);
  assert.deepEqual(await counted(world, `${prefix}reconciliations_total`), { '{action="none",error="internal"}': 1, '{action="scale_down",error="none"}': 1 });
  assert.deepEqual(await counted(world, `${prefix}metric_computation_total`), { '{action="none",error="internal",metric_type="Resource"}': 1 });
  assert.equal((await counted(world, `${prefix}metric_computation_duration_seconds`))['_count{action="none",error="internal",metric_type="Resource"}'], 1);
  assert.deepEqual(await counted(world, `${prefix}num_horizontal_pod_autoscalers`), { '': 1 });
  await client.delete(horizontalpodautoscalers, { namespace: ns, name: 'web' });
  await world.clock.advance(20_000);
  assert.deepEqual(await counted(world, `${prefix}num_horizontal_pod_autoscalers`), {});
  assert.deepEqual(await counted(world, `${prefix}desired_replicas`), {});
});
