import assert from 'node:assert/strict';
import test from 'node:test';
import { findCondition } from '../../src/api/meta/conditions.ts';
import { nameOf } from '../../src/api/meta/object.ts';
import { configmaps, leases, nodes, pods, podtemplates, runtimeclasses, secrets } from '../../src/api/resources.ts';
import type { Pod, Taint } from '../../src/api/types/core/v1.ts';
import { formatTime } from '../../src/base/clock.ts';
import { apiOperations, container, found, podOf, refusal, World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });

test('[sig-node] Pods should be submitted and removed [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const selector = { labelSelector: 'time=1234' };
  assert.equal((await world.podsOf(ns, selector)).length, 0);
  const watched = await world.watch(pods, { namespace: ns }, selector);
  await client.create(pods, podOf(ns, 'pod-submit-remove', { labels: { name: 'foo', time: '1234' }, spec: { terminationGracePeriodSeconds: 30 } }));
  assert.equal((await world.podsOf(ns, selector)).length, 1);
  await world.until('the ADDED event', () => watched.events[0]?.type === 'ADDED');
  await world.untilPod(ns, 'pod-submit-remove', (pod) => pod.status?.phase === 'Running');
  const grace = await client.delete(pods, ref('pod-submit-remove'), { gracePeriodSeconds: 30 }) as Pod;
  assert.equal(grace.metadata.deletionGracePeriodSeconds, 30);
  await world.untilGone(pods, ref('pod-submit-remove'));
  const last = watched.events.at(-1)!;
  assert.equal(last.type, 'DELETED');
  assert.notEqual(last.object.metadata.deletionTimestamp, undefined);
  assert.notEqual(last.object.spec?.terminationGracePeriodSeconds, undefined);
  assert.equal((await world.podsOf(ns, selector)).length, 0);
});

test('[sig-node] Pods should be updated [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  await world.runningPod(podOf(ns, 'pod-update', { labels: { name: 'foo', time: '1' } }));
  await world.retry(pods, ref('pod-update'), (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, time: '2' } } }));
  const chosen = await world.podsOf(ns, { labelSelector: 'time=2' });
  assert.equal(chosen.length, 1);
  assert.equal((await world.podsOf(ns, { labelSelector: 'time=1' })).length, 0);
});

test('[sig-node] Pods should allow activeDeadlineSeconds to be updated [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  await world.runningPod(podOf(ns, 'pod-update-activedeadlineseconds'));
  await world.retry(pods, ref('pod-update-activedeadlineseconds'), (pod) => ({ ...pod, spec: { ...pod.spec!, activeDeadlineSeconds: 5 } }));
  const failed = await world.untilPod(ns, 'pod-update-activedeadlineseconds', (pod) => pod.status?.phase === 'Failed');
  assert.equal(failed.status?.reason, 'DeadlineExceeded');
});

test('[sig-node] Pods should get a host IP [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  const pod = await world.runningPod(podOf(ns, 'pod-hostip'));
  assert.match(pod.status?.hostIP ?? '', /^198\.18\.0\.[12]$/);
  assert.deepEqual(pod.status?.hostIPs, [{ ip: pod.status?.hostIP }]);
});

test('[sig-node] Pods should delete a collection of pods [Conformance]', async () => {
  await using world = await World.start();
  for (const name of ['test-pod-1', 'test-pod-2', 'test-pod-3']) await world.client.create(pods, podOf(ns, name, { labels: { type: 'Testing' } }));
  await world.until('all pods to be listed', async () => (await world.podsOf(ns, { labelSelector: 'type=Testing' })).length === 3);
  await world.client.deleteCollection(pods, { namespace: ns }, { gracePeriodSeconds: 1, labelSelector: 'type=Testing' });
  await world.until('all pods to be gone', async () => (await world.podsOf(ns, { labelSelector: 'type=Testing' })).length === 0);
});

test('[sig-node] Pods should patch a pod status [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const pod = await world.runningPod(podOf(ns, 'pod-e2e', { labels: { e2e: 'true' } }));
  const status = await client.getSubresource<Pod>(pods, ref('pod-e2e'), 'status');
  assert.equal(status.metadata.uid, pod.metadata.uid);
  const time = formatTime(world.clock.now());
  const message = 'Patched by e2e test';
  const patched = await client.patch(pods, ref('pod-e2e'), { type: 'strategic', value: { status: { message, conditions: [{ type: 'StatusPatched', status: 'True', lastProbeTime: null, lastTransitionTime: time }] } } }, { subresource: 'status' });
  assert.equal(patched.status?.message, message);
  assert.equal(findCondition(patched.status?.conditions, 'StatusPatched')?.status, 'True');
  assert.equal(findCondition(patched.status?.conditions, 'Ready')?.status, 'True');
});

test('[sig-node] Pods should run through the lifecycle of Pods and PodStatus [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const selector = 'test-pod-static=true';
  const watched = await world.watch(pods, { namespace: ns }, { labelSelector: selector });
  const c = { name: 'pod-test', image: 'registry.k8s.io/e2e-test-images/agnhost:2.59' };
  await client.create(pods, podOf(ns, 'pod-test', { labels: { 'test-pod-static': 'true' }, spec: { containers: [c] } }));
  await world.untilPod(ns, 'pod-test', (pod) => pod.status?.phase === 'Running');
  // As a Go client writes it: zero values and all.
  await client.patch(pods, ref('pod-test'), { type: 'strategic', value: { metadata: { creationTimestamp: null, labels: { 'test-pod': 'patched' } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'pod-test', image: 'registry.k8s.io/e2e-test-images/httpd:2.4', resources: {} }] }, status: {} } });
  const patched = await client.get(pods, ref('pod-test'));
  assert.equal(patched.metadata.labels?.['test-pod'], 'patched');
  assert.notEqual(patched.metadata.creationTimestamp, undefined);
  assert.equal(patched.spec?.containers[0]?.image, 'registry.k8s.io/e2e-test-images/httpd:2.4');
  await world.untilPod(ns, 'pod-test', (pod) => pod.status?.phase === 'Running' && findCondition(pod.status.conditions, 'Ready')?.status === 'True');
  const updated = await world.retry(pods, ref('pod-test'), (pod) => ({
    ...pod, status: { ...pod.status, conditions: pod.status!.conditions!.map((condition) => (condition.type === 'Ready' || condition.type === 'ContainersReady' ? { ...condition, status: 'False' } : condition)) },
  }), 'status');
  assert.equal(updated.status?.conditions?.filter(({ type, status }) => (type === 'Ready' || type === 'ContainersReady') && status === 'False').length, 2);
  await client.deleteCollection(pods, { namespace: ns }, { gracePeriodSeconds: 1, labelSelector: selector });
  await world.until('the DELETED event', () => watched.events.at(-1)?.type === 'DELETED');
  assert.equal(await found(client.get(pods, ref('pod-test'))), undefined);
});

test('[sig-node] Pods Extended Pods Set QOS Class should be set on Pods with matching resource requests and limits for memory and cpu [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const resources = { cpu: '100m', memory: '100Mi' };
  await world.client.create(pods, podOf(ns, 'pod-qos-class', { spec: { containers: [container({ resources: { limits: resources, requests: resources } })] } }));
  const pod = await found(world.client.get(pods, ref('pod-qos-class')));
  assert.equal(pod?.status?.qosClass, 'Guaranteed');
});

test('[sig-node] Pods Extended (pod generation) Pod Generation pod generation should start at 1 and increment per update [MinimumKubeletVersion:1.34] [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const pod = await world.runningPod(podOf(ns, 'pod-generation', { metadata: { generation: 100 }, spec: { activeDeadlineSeconds: 5000, initContainers: [container({ name: 'init' })] } }));
  assert.equal(pod.metadata.generation, 1);
  const steps: readonly [string, (pod: Pod) => Pod, number][] = [
    ['tolerations', (p) => ({ ...p, spec: { ...p.spec!, tolerations: [...(p.spec?.tolerations ?? []), { key: 'foo-1', operator: 'Exists' }] } }), 1],
    ['activeDeadlineSeconds', (p) => ({ ...p, spec: { ...p.spec!, activeDeadlineSeconds: 4000 } }), 1],
    ['container image', (p) => ({ ...p, spec: { ...p.spec!, containers: [{ ...p.spec!.containers[0]!, image: 'registry.k8s.io/pause:3.10' }] } }), 1],
    ['initContainer image', (p) => ({ ...p, spec: { ...p.spec!, initContainers: [{ ...p.spec!.initContainers![0]!, image: 'registry.k8s.io/pause:3.10' }] } }), 1],
    ['pod metadata', (p) => ({ ...p, metadata: { ...p.metadata, annotations: { key: 'value' } } }), 0],
    ['a generation of its own', (p) => ({ ...p, metadata: { ...p.metadata, generation: 100 } }), 0],
  ];
  let generation = 1;
  for (const [what, change, more] of steps) {
    generation += more;
    const updated = await world.retry(pods, ref('pod-generation'), change);
    assert.equal(updated.metadata.generation, generation, what);
    await world.untilPod(ns, 'pod-generation', (p) => p.status?.observedGeneration === generation);
  }
  const resized = await client.patch(pods, ref('pod-generation'), { type: 'strategic', value: { spec: { ephemeralContainers: [{ name: 'debugger', image: 'busybox', targetContainerName: 'agnhost-container' }] } } }, { subresource: 'ephemeralcontainers' });
  assert.equal(resized.metadata.generation, generation + 1);
});

test('[sig-node] Pods Extended (pod generation) Pod Generation custom-set generation on new pods and graceful delete [Conformance]', async () => {
  await using world = await World.start();
  const pod = await world.runningPod(podOf(ns, 'pod-generation', { metadata: { generation: 100 }, annotations: { 'coxswain.io/ignore-sigterm': 'true' }, spec: { terminationGracePeriodSeconds: 30 } }));
  assert.equal(pod.metadata.generation, 1);
  await world.client.delete(pods, ref('pod-generation'));
  const deleted = await world.client.get(pods, ref('pod-generation'));
  assert.notEqual(deleted.metadata.deletionTimestamp, undefined);
  assert.equal(deleted.metadata.generation, 2);
  await world.untilGone(pods, ref('pod-generation'));
});

test('[sig-node] Pods Extended (pod generation) Pod Generation issue 500 podspec updates and verify generation and observedGeneration eventually converge [MinimumKubeletVersion:1.34] [Conformance]', async () => {
  await using world = await World.start({ nodes: 1 });
  await world.runningPod(podOf(ns, 'pod-generation'));
  for (let i = 0; i < 499; i++) await world.client.patch(pods, ref('pod-generation'), { type: 'strategic', value: { spec: { containers: [{ name: 'agnhost-container', image: `registry.k8s.io/pause:${3 + (i % 2)}` }] } } });
  const settled = await world.untilPod(ns, 'pod-generation', (pod) => pod.status?.observedGeneration === 500);
  assert.equal(settled.metadata.generation, 500);
});

test('[sig-node] Ephemeral Containers [NodeConformance] should update the ephemeral containers in an existing pod [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  await world.runningPod(podOf(ns, 'ephemeral-containers-target-pod'));
  const ephemeral = { name: 'debugger', image: 'busybox', command: ['/bin/sh'], stdin: true, tty: true };
  await client.patch(pods, ref('ephemeral-containers-target-pod'), { type: 'strategic', value: { spec: { ephemeralContainers: [ephemeral] } } }, { subresource: 'ephemeralcontainers' });
  await world.untilPod(ns, 'ephemeral-containers-target-pod', (pod) => pod.status?.ephemeralContainerStatuses?.[0]?.state?.running !== undefined);
  const pod = await client.getSubresource<Pod>(pods, ref('ephemeral-containers-target-pod'), 'ephemeralcontainers');
  const more = structuredClone(pod);
  more.spec!.ephemeralContainers!.push({ name: 'debugger2', image: 'busybox', command: ['/bin/sh'] });
  const updated = await client.update(pods, more, { subresource: 'ephemeralcontainers' });
  assert.deepEqual(updated.spec?.ephemeralContainers?.map(({ name }) => name), ['debugger', 'debugger2']);
  await world.untilPod(ns, 'ephemeral-containers-target-pod', (now) => now.status?.ephemeralContainerStatuses?.length === 2);
});

test('[sig-node] InitContainer [NodeConformance] should not start app containers if init containers fail on a RestartAlways pod [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(pods, podOf(ns, 'pod-init', { annotations: { 'coxswain.io/exit-code.init1': '1', 'coxswain.io/exit-after.init1': '0' }, spec: { restartPolicy: 'Always', initContainers: [container({ name: 'init1' }), container({ name: 'init2' })], containers: [container({ name: 'run1' })] } }));
  const pod = await world.untilPod(ns, 'pod-init', (now) => (now.status?.initContainerStatuses?.[0]?.restartCount ?? 0) >= 3);
  assert.equal(pod.status?.phase, 'Pending');
  const initialized = findCondition(pod.status?.conditions, 'Initialized');
  assert.equal(initialized?.status, 'False');
  assert.equal(initialized?.reason, 'ContainersNotInitialized');
  assert.equal(initialized?.message, 'containers with incomplete status: [init1 init2]');
  assert.notEqual(pod.status?.initContainerStatuses?.[1]?.state?.waiting, undefined);
  assert.notEqual(pod.status?.containerStatuses?.[0]?.state?.waiting, undefined);
});

test('[sig-node] InitContainer [NodeConformance] should not start app containers and fail the pod if init containers fail on a RestartNever pod [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(pods, podOf(ns, 'pod-init', { annotations: { 'coxswain.io/exit-code.init2': '1', 'coxswain.io/exit-after.init2': '0' }, spec: { restartPolicy: 'Never', initContainers: [container({ name: 'init1' }), container({ name: 'init2' })], containers: [container({ name: 'run1' })] } }));
  const pod = await world.untilPod(ns, 'pod-init', (now) => now.status?.phase === 'Failed');
  assert.equal(findCondition(pod.status?.conditions, 'Initialized')?.message, 'containers with incomplete status: [init2]');
  assert.equal(pod.status?.initContainerStatuses?.[1]?.state?.terminated?.exitCode, 1);
  assert.notEqual(pod.status?.containerStatuses?.[0]?.state?.waiting, undefined);
});

for (const [restartPolicy, phase] of [['Never', 'Succeeded'], ['Always', 'Running']] as const) {
  test(`[sig-node] InitContainer [NodeConformance] should invoke init containers on a Restart${restartPolicy} pod [Conformance]`, async () => {
    await using world = await World.start();
    await world.client.create(pods, podOf(ns, 'pod-init', { annotations: restartPolicy === 'Never' ? { 'coxswain.io/exit-after': '0' } : {}, spec: { restartPolicy, initContainers: [container({ name: 'init1' }), container({ name: 'init2' })], containers: [container({ name: 'run1' })] } }));
    const pod = await world.untilPod(ns, 'pod-init', (now) => now.status?.phase === phase);
    assert.equal(findCondition(pod.status?.conditions, 'Initialized')?.status, 'True');
    assert.deepEqual(pod.status?.initContainerStatuses?.map(({ ready, state }) => [ready, state?.terminated?.exitCode]), [[true, 0], [true, 0]]);
  });
}

test('[sig-node] Probing container should have monotonically increasing restart count [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  await world.runningPod(podOf(ns, 'liveness', { annotations: { 'coxswain.io/probe-liveness': 'fail-after:10s' }, spec: { containers: [container({ livenessProbe: { httpGet: { path: '/healthz', port: 8080 }, initialDelaySeconds: 5, failureThreshold: 1 } })] } }));
  let last = 0;
  for (let restarts = 1; restarts <= 5; restarts++) {
    const pod = await world.untilPod(ns, 'liveness', (now) => (now.status?.containerStatuses?.[0]?.restartCount ?? 0) >= restarts).catch(() => world.client.get(pods, ref('liveness')));
    const count = pod.status!.containerStatuses![0]!.restartCount;
    assert.ok(count >= last);
    last = count;
    await world.clock.advance(300_000);
  }
  assert.ok(last >= 5);
});

test('[sig-node] Probing container with readiness probe that fails should never be ready and never restart [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(pods, podOf(ns, 'test-webserver', { annotations: { 'coxswain.io/probe-readiness': 'fail' }, spec: { containers: [container({ readinessProbe: { exec: { command: ['/bin/false'] }, initialDelaySeconds: 60, periodSeconds: 10 } })] } }));
  await world.untilPod(ns, 'test-webserver', ({ status }) => status?.phase === 'Running');
  await world.clock.advance(240_000);
  const { status } = await world.client.get(pods, ref('test-webserver'));
  assert.equal(status?.phase, 'Running');
  assert.equal(findCondition(status?.conditions, 'Ready')?.status, 'False');
  assert.equal(status?.containerStatuses?.[0]?.restartCount, 0);
});

test('[sig-node] Probing container with readiness probe should not be ready before initial delay and never restart [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  const created = await world.client.create(pods, podOf(ns, 'test-webserver', { spec: { containers: [container({ readinessProbe: { httpGet: { path: '/', port: 80 }, initialDelaySeconds: 30 } })] } }));
  const pod = await world.untilPod(ns, 'test-webserver', (now) => findCondition(now.status?.conditions, 'Ready')?.status === 'True');
  const readyAt = Date.parse(findCondition(pod.status?.conditions, 'Ready')!.lastTransitionTime!);
  assert.ok(readyAt - Date.parse(created.metadata.creationTimestamp!) >= 30_000);
  assert.equal(pod.status?.containerStatuses?.[0]?.restartCount, 0);
});

test('[sig-node] Node Lifecycle should run through the lifecycle of a node [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const name = 'e2e-fake-node';
  const created = await client.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { unschedulable: true }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', reason: 'E2E', message: 'Set from e2e test', lastHeartbeatTime: null!, lastTransitionTime: null! }] } } as never);
  assert.equal(nameOf(created), name);
  assert.equal(created.status?.conditions?.[0]?.reason, 'E2E');
  const patched = await client.patch(nodes, { name }, { type: 'strategic', value: { metadata: { labels: { [name]: 'patched' } } } });
  assert.equal(patched.metadata.labels?.[name], 'patched');
  assert.ok(BigInt(patched.metadata.resourceVersion!) > BigInt(created.metadata.resourceVersion!));
  assert.equal((await client.list(nodes, {}, { labelSelector: `${name}=patched` })).items.length, 1);
  const updated = await world.retry(nodes, { name }, (node) => ({ ...node, metadata: { ...node.metadata, labels: { ...node.metadata.labels, [name]: 'updated' } } }));
  assert.equal(updated.metadata.labels?.[name], 'updated');
  await client.delete(nodes, { name });
  await world.untilGone(nodes, { name });
});

test('[sig-architecture] Conformance Tests should have at least two untainted nodes [Conformance]', async () => {
  await using world = await World.start();
  await world.until('two untainted nodes', async () => (await world.client.list(nodes)).items.filter(({ spec }) => (spec?.taints ?? []).length === 0).length >= 2);
});

const evict: Taint = { key: 'kubernetes.io/e2e-evict-taint-key', value: 'evictTaintVal', effect: 'NoExecute' };
const tolerating = (name: string, seconds?: number) => podOf(ns, name, { labels: { group: 'taint-eviction' }, spec: { nodeName: 'node-1', tolerations: [{ key: evict.key, value: evict.value!, operator: 'Equal', effect: 'NoExecute', ...(seconds !== undefined && { tolerationSeconds: seconds }) }] } });

test('[sig-node] NoExecuteTaintManager Single Pod [Serial] removing taint cancels eviction [Disruptive] [Conformance]', async () => {
  await using world = await World.start();
  await world.runningPod(tolerating('taint-eviction-3', 130));
  const setTaints = (taints: Taint[]) => world.client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { spec: { taints } } });
  await setTaints([evict]);
  await world.clock.advance(65_000);
  await setTaints([]);
  await world.clock.advance(200_000);
  const pod = await world.client.get(pods, ref('taint-eviction-3'));
  assert.equal(pod.metadata.deletionTimestamp, undefined);
});

test('[sig-node] NoExecuteTaintManager Multiple Pods [Serial] evicts pods with minTolerationSeconds [Disruptive] [Conformance]', async () => {
  await using world = await World.start();
  const watched = await world.watch(pods, { namespace: ns }, { labelSelector: 'group=taint-eviction' });
  await world.runningPod(tolerating('taint-eviction-b1', 10));
  await world.runningPod(tolerating('taint-eviction-b2', 40));
  await world.client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { spec: { taints: [evict] } } });
  const startMs = world.clock.now();
  await world.untilGone(pods, ref('taint-eviction-b1'));
  assert.ok(world.clock.now() - startMs >= 10_000 && world.clock.now() - startMs < 30_000);
  assert.notEqual(await found(world.client.get(pods, ref('taint-eviction-b2'))), undefined);
  await world.untilGone(pods, ref('taint-eviction-b2'));
  assert.ok(world.clock.now() - startMs >= 40_000);
  const disrupted = watched.events.find(({ object }) => nameOf(object) === 'taint-eviction-b1' && object.metadata.deletionTimestamp !== undefined)!.object;
  assert.equal(findCondition(disrupted.status?.conditions, 'DisruptionTarget')?.reason, 'DeletionByTaintManager');
});

test('[sig-node] Lease lease API should be available [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const microTime = (offsetSeconds: number) => `2026-01-01T00:00:${String(offsetSeconds).padStart(2, '0')}.123456Z`;
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { namespace: ns, name: 'lease' }, spec: { holderIdentity: 'holder', leaseDurationSeconds: 30, acquireTime: microTime(0), renewTime: microTime(5), leaseTransitions: 0 } };
  const created = await client.create(leases, lease);
  assert.deepEqual(created.spec, lease.spec);
  const changed = { holderIdentity: 'holder2', leaseDurationSeconds: 60, acquireTime: microTime(50), renewTime: microTime(55), leaseTransitions: 1 };
  const updated = await client.update(leases, { ...created, spec: changed });
  assert.deepEqual(updated.spec, changed);
  const patchSpec = { holderIdentity: 'holder3', leaseDurationSeconds: 60, acquireTime: microTime(51), renewTime: microTime(57), leaseTransitions: 2 };
  await client.patch(leases, ref('lease'), { type: 'strategic', value: { spec: patchSpec } });
  assert.deepEqual((await client.get(leases, ref('lease'))).spec, patchSpec);
  await client.create(leases, { ...lease, metadata: { namespace: ns, name: 'lease2', labels: { deletecollection: 'true' } } });
  assert.equal((await client.list(leases, { namespace: ns })).items.length, 2);
  await client.deleteCollection(leases, { namespace: ns }, { labelSelector: 'deletecollection=true' });
  assert.deepEqual((await client.list(leases, { namespace: ns })).items.map(nameOf), ['lease']);
  await client.delete(leases, ref('lease'));
  await assert.rejects(client.get(leases, ref('lease')), refusal('NotFound'));
  assert.equal((await client.list(leases, { namespace: ns })).items.length, 0);
});

const template = (name: string) => ({ apiVersion: 'v1', kind: 'PodTemplate', metadata: { namespace: ns, name, labels: { 'podtemplate-set': 'true' } }, template: { spec: { containers: [{ name: 'nginx', image: 'nginx' }] } } });

test('[sig-node] PodTemplates should run the lifecycle of PodTemplates [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  await client.create(podtemplates, template('nginx-pod-template'));
  assert.equal((await client.list(podtemplates, {}, { labelSelector: 'podtemplate-set=true' })).items.length, 1);
  await client.patch(podtemplates, ref('nginx-pod-template'), { type: 'strategic', value: { metadata: { labels: { podtemplate: 'patched' } } } });
  assert.equal((await client.get(podtemplates, ref('nginx-pod-template'))).metadata.labels?.['podtemplate'], 'patched');
  await client.delete(podtemplates, ref('nginx-pod-template'));
  assert.equal((await client.list(podtemplates, {}, { labelSelector: 'podtemplate-set=true' })).items.length, 0);
});

test('[sig-node] PodTemplates should replace a pod template [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await world.client.create(podtemplates, template('podtemplate-1'));
  await world.retry(podtemplates, ref('podtemplate-1'), (object) => ({ ...object, metadata: { ...object.metadata, annotations: { updated: 'true' } } }));
  assert.equal((await world.client.get(podtemplates, ref('podtemplate-1'))).metadata.annotations?.['updated'], 'true');
});

test('[sig-node] PodTemplates should delete a collection of pod templates [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  for (const name of ['test-podtemplate-1', 'test-podtemplate-2', 'test-podtemplate-3']) await world.client.create(podtemplates, template(name));
  assert.equal((await world.client.list(podtemplates, { namespace: ns }, { labelSelector: 'podtemplate-set=true' })).items.length, 3);
  await world.client.deleteCollection(podtemplates, { namespace: ns }, { labelSelector: 'podtemplate-set=true' });
  assert.equal((await world.client.list(podtemplates, { namespace: ns }, { labelSelector: 'podtemplate-set=true' })).items.length, 0);
});

const configMap = (name: string, data: Record<string, string>) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: ns, name, labels: { 'test-configmap-static': 'true' } }, data });

test('[sig-node] ConfigMap should fail to create ConfigMap with empty key [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await assert.rejects(world.client.create(configmaps, configMap('configmap-test-emptykey', { '': 'value-1' })), refusal('Invalid', 'data[]: Invalid value: "": a valid config key must consist of alphanumeric characters'));
});

test('[sig-node] ConfigMap should update ConfigMap successfully [NodeConformance] [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const created = await world.client.create(configmaps, configMap('configmap-test', { data: 'value' }));
  await world.client.update(configmaps, { ...created, data: { data: 'value-2' } });
  assert.deepEqual((await world.client.get(configmaps, ref('configmap-test'))).data, { data: 'value-2' });
});

test('[sig-node] ConfigMap should run through a ConfigMap lifecycle [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const watched = await world.watch(configmaps, { namespace: ns }, { labelSelector: 'test-configmap-static=true' });
  await client.create(configmaps, configMap('test-configmap', { valueName: 'value' }));
  await client.patch(configmaps, ref('test-configmap'), { type: 'strategic', value: { metadata: { creationTimestamp: null, labels: { 'test-configmap': 'patched' } }, data: { valueName: 'value1' } } });
  const patched = await client.get(configmaps, ref('test-configmap'));
  assert.deepEqual([patched.data, patched.metadata.labels], [{ valueName: 'value1' }, { 'test-configmap-static': 'true', 'test-configmap': 'patched' }]);
  assert.equal((await client.list(configmaps, {}, { labelSelector: 'test-configmap-static=true' })).items.length, 1);
  await client.deleteCollection(configmaps, { namespace: ns }, { labelSelector: 'test-configmap-static=true' });
  await world.clock.settle();
  assert.deepEqual(watched.events.map(({ type }) => type), ['ADDED', 'MODIFIED', 'DELETED']);
  assert.equal((await client.list(configmaps, { namespace: ns }, { labelSelector: 'test-configmap-static=true' })).items.length, 0);
});

test('[sig-node] Secrets should fail to create secret due to empty secret key [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await assert.rejects(world.client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: ns, name: 'secret-emptykey-test' }, data: { '': 'dmFsdWUtMQo=' } }), refusal('Invalid', 'data[]: Invalid value: "": a valid config key'));
});

test('[sig-node] Secrets should patch a secret [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: ns, name: 'test-secret', labels: { 'testsecret-constant': 'true' } }, data: { key: 'dmFsdWU=' }, type: 'Opaque' });
  assert.equal((await client.list(secrets, {}, { labelSelector: 'testsecret-constant=true' })).items.length, 1);
  await client.patch(secrets, ref('test-secret'), { type: 'strategic', value: { metadata: { labels: { testsecret: 'true' } }, data: { key: 'dmFsdWUx' } } });
  const patched = await client.get(secrets, ref('test-secret'));
  assert.deepEqual([patched.data, patched.metadata.labels?.['testsecret']], [{ key: 'dmFsdWUx' }, 'true']);
  await client.deleteCollection(secrets, {  namespace: ns }, { labelSelector: 'testsecret=true' });
  assert.equal((await client.list(secrets, {}, { labelSelector: 'testsecret-constant=true' })).items.length, 0);
});

test('[sig-node] RuntimeClass should reject a Pod requesting a non-existent RuntimeClass [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  await assert.rejects(world.client.create(pods, podOf(ns, 'p', { spec: { runtimeClassName: 'nonexistent' } })), refusal('Forbidden', 'pods "p" is forbidden: pod rejected: RuntimeClass "nonexistent" not found'));
});

const runtimeClass = (name: string, more: object = {}) => ({ apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler: 'runc', ...more });

test('[sig-node] RuntimeClass should reject a Pod requesting a deleted RuntimeClass [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(runtimeclasses, runtimeClass('doomed'));
  await world.client.delete(runtimeclasses, { name: 'doomed' });
  await world.untilGone(runtimeclasses, { name: 'doomed' });
  await assert.rejects(world.client.create(pods, podOf(ns, 'p', { spec: { runtimeClassName: 'doomed' } })), refusal('Forbidden', 'RuntimeClass "doomed" not found'));
});

test('[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(runtimeclasses, runtimeClass('plain'));
  await world.client.create(pods, podOf(ns, 'p', { spec: { runtimeClassName: 'plain' } }));
  const pod = await world.untilPod(ns, 'p', ({ spec }) => spec?.nodeName !== undefined);
  assert.equal(pod.spec?.overhead, undefined);
});

test('[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its Overhead [NodeConformance] [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(runtimeclasses, runtimeClass('overhead', { overhead: { podFixed: { cpu: '10m', memory: '1Mi' } } }));
  await world.client.create(pods, podOf(ns, 'p', { spec: { runtimeClassName: 'overhead' } }));
  const pod = await world.untilPod(ns, 'p', ({ spec }) => spec?.nodeName !== undefined);
  assert.deepEqual(pod.spec?.overhead, { cpu: '10m', memory: '1Mi' });
});

test('[sig-node] RuntimeClass should support RuntimeClasses API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await apiOperations(world, runtimeclasses, (name) => ({ ...runtimeClass(name), handler: 'e2e-test' }));
});

test('[sig-node] Sysctls [LinuxOnly] [NodeConformance] should reject invalid sysctls [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const sysctls = ['foo-', 'kernel.shmmax', 'safe-and-unsafe', 'bar..'].map((name) => ({ name, value: 'bar' }));
  await assert.rejects(world.client.create(pods, podOf(ns, 'sysctl', { spec: { securityContext: { sysctls } } })), (error: Error) => {
    assert.match(error.message, /Invalid value: "foo-"/);
    assert.match(error.message, /Invalid value: "bar\.\."/);
    assert.doesNotMatch(error.message, /safe-and-unsafe/);
    assert.doesNotMatch(error.message, /kernel\.shmmax/);
    return true;
  });
});
