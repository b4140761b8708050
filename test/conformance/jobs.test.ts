import assert from 'node:assert/strict';
import test from 'node:test';
import { findCondition, isConditionTrue } from '../../src/api/meta/conditions.ts';
import { controllerOf, nameOf, uidOf } from '../../src/api/meta/object.ts';
import { jobs, pods } from '../../src/api/resources.ts';
import type { Job, JobSpec } from '../../src/api/types/batch/v1.ts';
import type { Eviction } from '../../src/api/types/policy/v1.ts';
import type { Pod, PodSpec } from '../../src/api/types/core/v1.ts';
import type { Status } from '../../src/api/types/meta/v1.ts';
import { container, found, World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });

/** What the scripts of upstream's test jobs do, told to the simulated runtime. */
type Behaviour = 'succeed' | 'fail' | 'notTerminate' | 'failOnce' | 'failOddSucceedEven' | 'notTerminateOncePerIndex';

const exitsWith = (code: string) => ({ 'coxswain.io/exit-after': '1s', 'coxswain.io/exit-code': code });
const gate = 'e2e.test/script';

function jobOf(behaviour: Behaviour, name: string, spec: Partial<JobSpec> = {}, podSpec: Partial<PodSpec> = {}): Job {
  const annotations: Readonly<Record<Behaviour, Record<string, string>>> = {
    succeed: exitsWith('0'), fail: exitsWith('1'), notTerminate: {}, failOnce: exitsWith('1,0'), failOddSucceedEven: {}, notTerminateOncePerIndex: {},
  };
  const scripted = behaviour === 'failOddSucceedEven' || behaviour === 'notTerminateOncePerIndex';
  return {
    apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace: ns, name },
    spec: {
      parallelism: 2, completions: 4, manualSelector: false,
      template: {
        metadata: { labels: { job: name }, annotations: annotations[behaviour] },
        spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [container({ name: 'c' })], ...(scripted && { schedulingGates: [{ name: gate }] }), ...podSpec },
      },
      ...spec,
    },
  };
}

/** For scripts that look at their index, or at what they did before: each pod is told what to do, and let go. */
async function script(world: World, behaviourOf: (pod: Pod) => Record<string, string>): Promise<void> {
  const watched = await world.watch(pods, { namespace: ns });
  const told = new Set<string>();
  watched.events.push = (...events) => {
    for (const { type, object } of events) {
      if (type !== 'ADDED' || told.has(uidOf(object))) continue;
      told.add(uidOf(object));
      void world.client.patch(pods, ref(nameOf(object)), { type: 'merge', value: { metadata: { annotations: behaviourOf(object) }, spec: { schedulingGates: null } } });
    }
    return 0;
  };
}

const indexOf = (pod: Pod): number => Number(pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index']);
const failOddSucceedEven = (pod: Pod) => exitsWith(String(indexOf(pod) % 2));

const untilJob = (world: World, name: string, holds: (job: Job) => boolean, withinMs?: number): Promise<Job> =>
  world.until(`job ${name}`, async () => {
    const now = await world.client.get(jobs, ref(name));
    return holds(now) ? now : undefined;
  }, withinMs);

const hasReason = (type: string, reason: string) => ({ status }: Job): boolean => {
  const condition = findCondition(status?.conditions, type);
  return condition?.status === 'True' && condition.reason === reason;
};

async function untilComplete(world: World, name: string, reason: string, completions: number): Promise<Job> {
  const job = await untilJob(world, name, hasReason('Complete', reason));
  assert.equal(job.status?.succeeded, completions);
  return job;
}

const untilFailed = (world: World, name: string): Promise<Job> => untilJob(world, name, ({ status }) => isConditionTrue(status?.conditions, 'Failed'));
const podsOfJob = (world: World, name: string) => world.podsOf(ns, { labelSelector: `job=${name}` });
const runningPods = async (world: World, name: string) => (await podsOfJob(world, name)).filter(({ status }) => status?.phase === 'Running');
const untilRunning = (world: World, name: string, count: number) => world.until(`${count} pods to run`, async () => (await runningPods(world, name)).length === count);
const ended = { ready: 0, terminating: 0, uncountedTerminatedPods: {} };

test('[sig-apps] Job should run a job to completion when tasks succeed', async () => {
  await using world = await World.start();
  await world.client.create(jobs, jobOf('succeed', 'all-succeed'));
  await untilComplete(world, 'all-succeed', 'CompletionsReached', 4);
  assert.equal((await podsOfJob(world, 'all-succeed')).filter(({ status }) => status?.phase === 'Succeeded').length, 4);
});

test('[sig-apps] Job should allow to use the pod failure policy on exit code to fail the job early [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(jobs, jobOf('fail', 'pod-failure-failjob', { podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [1] } }] } }));
  const job = await untilFailed(world, 'pod-failure-failjob');
  assert.match(findCondition(job.status?.conditions, 'Failed')?.message ?? '', /^Container c for pod default\/pod-failure-failjob-\w+ failed with exit code 1 matching FailJob rule at index 0$/);
});

test('[sig-apps] Job should allow to use a pod failure policy to ignore failure matching on DisruptionTarget condition [Conformance]', async () => {
  await using world = await World.start();
  const name = 'evicted-pod-ignore-on-disruption-condition';
  const marked = new Set<number>();
  await script(world, (pod) => {
    const again = marked.has(indexOf(pod));
    marked.add(indexOf(pod));
    return again ? exitsWith('0') : {};
  });
  await world.client.create(jobs, jobOf('notTerminateOncePerIndex', name, {
    parallelism: 3, completions: 3, backoffLimit: 2, completionMode: 'Indexed',
    podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] },
  }));
  await untilJob(world, name, ({ status }) => status?.ready === 3);
  const running = await runningPods(world, name);
  assert.equal(running.length, 3);
  const watch = await world.watch(pods, { namespace: ns });
  await Promise.all(running.map(async (pod) => {
    await world.client.createSubresource<Eviction, Status>(pods, ref(nameOf(pod)), 'eviction', { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace: ns, name: nameOf(pod) } });
    await world.untilGone(pods, ref(nameOf(pod)));
  }));
  watch.stop();
  const gone = watch.events.filter(({ type }) => type === 'DELETED').map(({ object }) => findCondition(object.status?.conditions, 'DisruptionTarget'));
  assert.deepEqual(gone.map((condition) => `${condition?.status} ${condition?.reason}: ${condition?.message}`), Array.from({ length: 3 }, () => 'True EvictionByEvictionAPI: Eviction API: evicting'));
  await untilComplete(world, name, 'CompletionsReached', 3);
});

test('[sig-apps] Job should create pods for an Indexed job with completion indexes and specified hostname [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(jobs, jobOf('succeed', 'indexed-job', { completionMode: 'Indexed' }));
  await untilComplete(world, 'indexed-job', 'CompletionsReached', 4);
  const succeeded = (await podsOfJob(world, 'indexed-job')).filter(({ status }) => status?.phase === 'Succeeded');
  for (const pod of succeeded) {
    assert.equal(pod.spec?.hostname, `indexed-job-${indexOf(pod)}`);
    assert.equal(pod.metadata.labels?.['batch.kubernetes.io/job-completion-index'], String(indexOf(pod)));
    assert.deepEqual(pod.spec?.containers[0]?.env, [{ name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" } } }]);
  }
  assert.deepEqual(succeeded.map(indexOf).toSorted(), [0, 1, 2, 3]);
});

test('[sig-apps] Job with successPolicy should succeeded when all indexes succeeded [Conformance]', async () => {
  await using world = await World.start();
  const name = 'with-success-policy-all-index-succeeded';
  await world.client.create(jobs, jobOf('succeed', name, { completionMode: 'Indexed', completions: 2, successPolicy: { rules: [{ succeededCount: 2 }] } }));
  await untilJob(world, name, hasReason('SuccessCriteriaMet', 'SuccessPolicy'));
  const { status } = await untilComplete(world, name, 'SuccessPolicy', 2);
  assert.partialDeepStrictEqual(status, ended);
  assert.deepEqual([status?.active, status?.failed], [undefined, undefined]);
});

for (const [test_, rule] of [['succeededIndexes', { succeededIndexes: '0' }], ['succeededCount', { succeededCount: 1 }]] as const) {
  test(`[sig-apps] Job with successPolicy ${test_} rule should succeeded even when some indexes remain pending [Conformance]`, async () => {
    await using world = await World.start();
    await script(world, failOddSucceedEven);
    await world.client.create(jobs, jobOf('failOddSucceedEven', 'with-success-policy', { completionMode: 'Indexed', completions: 5, backoffLimit: 2 ** 31 - 1, successPolicy: { rules: [rule] } }));
    await untilJob(world, 'with-success-policy', hasReason('SuccessCriteriaMet', 'SuccessPolicy'));
    const { status } = await untilComplete(world, 'with-success-policy', 'SuccessPolicy', 1);
    assert.partialDeepStrictEqual(status, { completedIndexes: '0', ...ended });
    assert.equal(status?.active, undefined);
  });
}

test('[sig-apps] Job should execute all indexes despite some failing when using backoffLimitPerIndex [Conformance]', async () => {
  await using world = await World.start();
  const name = 'with-backoff-limit-per-index';
  await script(world, failOddSucceedEven);
  await world.client.create(jobs, jobOf('failOddSucceedEven', name, { completionMode: 'Indexed', backoffLimitPerIndex: 1 }));
  const { status } = await untilFailed(world, name);
  assert.partialDeepStrictEqual(status, { failedIndexes: '1,3', completedIndexes: '0,2', failed: 4, succeeded: 2 });
  assert.equal(findCondition(status?.conditions, 'Failed')?.reason, 'FailedIndexes');
});

test('[sig-apps] Job should terminate job execution when the number of failed indexes exceeds maxFailedIndexes [Conformance]', async () => {
  await using world = await World.start();
  const name = 'with-max-failed-indexes';
  await world.client.create(jobs, jobOf('fail', name, { completionMode: 'Indexed', parallelism: 1, backoffLimitPerIndex: 0, maxFailedIndexes: 0 }));
  const { status } = await untilFailed(world, name);
  assert.partialDeepStrictEqual(status, { failedIndexes: '0', failed: 1 });
  assert.equal(findCondition(status?.conditions, 'Failed')?.reason, 'MaxFailedIndexesExceeded');
});

test('[sig-apps] Job should mark indexes as failed when the FailIndex action is matched in podFailurePolicy [Conformance]', async () => {
  await using world = await World.start();
  const name = 'matching-fail-index-action';
  await script(world, failOddSucceedEven);
  await world.client.create(jobs, jobOf('failOddSucceedEven', name, {
    completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 1, podFailurePolicy: { rules: [{ action: 'FailIndex', onExitCodes: { operator: 'In', values: [1] } }] },
  }));
  const { status } = await untilFailed(world, name);
  assert.partialDeepStrictEqual(status, { failedIndexes: '1', completedIndexes: '0', failed: 1, succeeded: 1 });
});

test('[sig-apps] Job should run a job to completion when tasks sometimes fail and are locally restarted [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(jobs, jobOf('failOnce', 'fail-once-local', {}, { restartPolicy: 'OnFailure' }));
  await untilComplete(world, 'fail-once-local', 'CompletionsReached', 4);
  for (const { status } of await podsOfJob(world, 'fail-once-local')) assert.equal(status?.containerStatuses?.[0]?.restartCount, 1);
});

test('[sig-apps] Job should delete a job [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(jobs, jobOf('notTerminate', 'foo'));
  await untilRunning(world, 'foo', 2);
  await world.client.delete(jobs, ref('foo'), { propagationPolicy: 'Background' });
  await world.untilGone(jobs, ref('foo'));
  await world.until('its pods to be gone', async () => (await podsOfJob(world, 'foo')).length === 0);
});

test('[sig-apps] Job should adopt matching orphans and release non-matching pods [Conformance]', async () => {
  await using world = await World.start();
  const job = await world.client.create(jobs, jobOf('notTerminate', 'adopt-release'));
  await untilRunning(world, 'adopt-release', 2);
  const [pod] = await podsOfJob(world, 'adopt-release');
  const name = nameOf(pod!);
  await world.retry(pods, ref(name), (now) => ({ ...now, metadata: { ...now.metadata, ownerReferences: [] } }));
  await world.untilPod(ns, name, (now) => controllerOf(now)?.uid === uidOf(job) && now.metadata.finalizers?.includes('batch.kubernetes.io/job-tracking') === true);
  await world.retry(pods, ref(name), (now) => ({ ...now, metadata: { ...now.metadata, labels: {} } }));
  await world.untilPod(ns, name, (now) => controllerOf(now) === undefined && (now.metadata.finalizers ?? []).length === 0);
});

test('[sig-apps] Job should apply changes to a job status [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const { metadata: { uid } } = await client.create(jobs, jobOf('notTerminate', 'suspend-false-to-true'));
  await untilRunning(world, 'suspend-false-to-true', 2);
  const condition = { type: 'CustomConditionType', status: 'True', lastTransitionTime: '2026-01-02T00:00:00Z' };
  const patched = await client.patch(jobs, ref('suspend-false-to-true'), { type: 'merge', value: { metadata: { annotations: { patchedstatus: 'true' } }, status: { conditions: [condition] } } }, { subresource: 'status' });
  assert.equal(findCondition(patched.status?.conditions, 'CustomConditionType')?.lastTransitionTime, '2026-01-02T00:00:00Z');
  assert.equal(patched.metadata.annotations?.['patchedstatus'], 'true');
  const updated = await world.retry(jobs, ref('suspend-false-to-true'), (now) => ({ ...now, status: { ...now.status, conditions: now.status!.conditions!.map((one) => ({ ...one, lastTransitionTime: '2026-01-03T00:00:00Z' })) } }), 'status');
  assert.equal(findCondition(updated.status?.conditions, 'CustomConditionType')?.lastTransitionTime, '2026-01-03T00:00:00Z');
  assert.equal((await client.getSubresource<Job>(jobs, ref('suspend-false-to-true'), 'status')).metadata.uid, uid);
});

test('[sig-apps] Job should manage the lifecycle of a job [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const labelSelector = 'e2e-job-label=e2e-life';
  const watched = await world.watch(jobs, { namespace: ns }, { labelSelector });
  const sees = (what: string, holds: (job: Job, type: string) => boolean) => world.until(what, () => watched.events.some(({ type, object }) => holds(object, type)));
  const job = jobOf('succeed', 'e2e-life', { suspend: true });
  const created = await client.create(jobs, { ...job, metadata: { ...job.metadata, labels: { 'e2e-job-label': 'e2e-life' } } });
  const patched = await client.patch(jobs, ref('e2e-life'), { type: 'strategic', value: { metadata: { labels: { 'e2e-life': 'patched' } } } });
  assert.ok(Number(patched.metadata.resourceVersion) > Number(created.metadata.resourceVersion));
  await sees('the label', ({ metadata }, type) => type === 'MODIFIED' && metadata.labels?.['e2e-life'] === 'patched');
  await world.retry(jobs, ref('e2e-life'), (now) => ({ ...now, metadata: { ...now.metadata, annotations: { ...now.metadata.annotations, updated: 'true' } }, spec: { ...now.spec!, suspend: false } }));
  await sees('the annotation', ({ metadata }, type) => type === 'MODIFIED' && metadata.annotations?.['updated'] === 'true');
  assert.equal((await client.list(jobs, {}, { labelSelector })).items.length, 1);
  await untilComplete(world, 'e2e-life', 'CompletionsReached', 4);
  await client.deleteCollection(jobs, { namespace: ns }, { labelSelector, propagationPolicy: 'Background' });
  await sees('the deletion', ({ metadata }, type) => type === 'DELETED' && metadata.labels?.['e2e-job-label'] === 'e2e-life');
  assert.equal((await client.list(jobs, {}, { labelSelector })).items.length, 0);
});

test('[sig-apps] Job should not create pods when created in suspend state', async () => {
  await using world = await World.start();
  await world.client.create(jobs, jobOf('succeed', 'suspend-true-to-false', { suspend: true }));
  const suspended = await untilJob(world, 'suspend-true-to-false', ({ status }) => isConditionTrue(status?.conditions, 'Suspended'));
  assert.equal(suspended.status?.startTime, undefined);
  assert.equal((await podsOfJob(world, 'suspend-true-to-false')).length, 0);
  await world.client.patch(jobs, ref('suspend-true-to-false'), { type: 'merge', value: { spec: { suspend: false } } });
  const { status } = await untilComplete(world, 'suspend-true-to-false', 'CompletionsReached', 4);
  assert.partialDeepStrictEqual(findCondition(status?.conditions, 'Suspended'), { status: 'False', reason: 'JobResumed', message: 'Job resumed' });
});

test('[sig-apps] Job should delete pods when suspended', async () => {
  await using world = await World.start();
  await world.client.create(jobs, jobOf('notTerminate', 'suspend-false-to-true'));
  await untilRunning(world, 'suspend-false-to-true', 2);
  await world.client.patch(jobs, ref('suspend-false-to-true'), { type: 'merge', value: { spec: { suspend: true } } });
  await world.until('its pods to be gone', async () => (await podsOfJob(world, 'suspend-false-to-true')).length === 0);
  const { status } = await untilJob(world, 'suspend-false-to-true', hasReason('Suspended', 'JobSuspended'));
  assert.equal(status?.startTime, undefined);
});

test('[sig-apps] Job should record the failure-count in the Pod annotation when using backoffLimitPerIndex', async () => {
  await using world = await World.start();
  const counts = new Map<number, string[]>();
  const watched = await world.watch(pods, { namespace: ns });
  await world.client.create(jobs, jobOf('fail', 'per-index', { completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 1 }));
  const { status } = await untilFailed(world, 'per-index');
  for (const { type, object } of watched.events) {
    if (type === 'ADDED') counts.set(indexOf(object), [...(counts.get(indexOf(object)) ?? []), object.metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'] ?? '']);
  }
  assert.deepEqual([...counts].toSorted(([a], [b]) => a - b), [[0, ['0', '1']], [1, ['0', '1']]]);
  assert.partialDeepStrictEqual(status, { failedIndexes: '0,1', failed: 4 });
});

test('[sig-apps] Job should fail when exceeds active deadline', async () => {
  await using world = await World.start();
  await world.client.create(jobs, jobOf('notTerminate', 'exceed-active-deadline', { activeDeadlineSeconds: 1 }));
  await untilJob(world, 'exceed-active-deadline', hasReason('FailureTarget', 'DeadlineExceeded'));
  const { status } = await untilJob(world, 'exceed-active-deadline', hasReason('Failed', 'DeadlineExceeded'));
  assert.partialDeepStrictEqual(status, ended);
});

test('[sig-apps] Job should allow to delegate reconciliation to external controller', async () => {
  await using world = await World.start();
  await world.client.create(jobs, jobOf('succeed', 'managed-by', { managedBy: 'example.com/custom-job-controller' }));
  await world.clock.advance(60_000);
  assert.deepEqual((await world.client.get(jobs, ref('managed-by'))).status, {});
  assert.equal((await podsOfJob(world, 'managed-by')).length, 0);
  assert.equal(await found(world.client.get(pods, ref('managed-by-0'))), undefined);
});
