import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases, nodes, pods } from '../api/resources.ts';
import type { Node } from '../api/types/core/v1.ts';
import { simulatedHost } from './hosts/simulated/simulated-host.ts';
import type { KubeletOptions } from './kubelet-options.ts';
import { TestNode } from './testing/test-node.test.ts';

test('the node registers, becomes ready at once and renews its lease', async () => {
  await using node = await TestNode.start();
  await node.kubelet.ready;
  const { status, metadata } = node.node();
  assert.equal(metadata.labels?.['kubernetes.io/hostname'], 'node-1');
  assert.deepEqual(status?.conditions?.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`), [
    'MemoryPressure=False KubeletHasSufficientMemory', 'DiskPressure=False KubeletHasNoDiskPressure', 'PIDPressure=False KubeletHasSufficientPID', 'Ready=True KubeletReady',
  ]);
  assert.equal(status?.nodeInfo?.containerRuntimeVersion, 'simulated://1.0.0');
  const renewed = (): string | undefined => node.read(leases, 'kube-node-lease', 'node-1')?.spec?.renewTime;
  const first = renewed();
  await node.clock.advance(10_000);
  assert.notEqual(renewed(), first);
  const writes = node.writes.length;
  await node.clock.advance(60_000);
  assert.deepEqual(node.writes.slice(writes).filter((write) => write.includes('nodes/')), [], 'nothing changed, so nothing is written');
  await node.clock.advance(300_000);
  assert.equal(node.writes.filter((write) => write === 'patch nodes/node-1 status').length > 1, true);
});

test('a pod runs, is reported and told of in events', async () => {
  await using node = await TestNode.start();
  await node.createPod('web');
  await node.clock.advance(1000);
  const { status } = node.pod('web');
  assert.equal(status?.phase, 'Running');
  assert.equal(status.podIP, '10.244.1.2');
  assert.equal(status.hostIP, '10.0.0.1');
  assert.equal(status.observedGeneration, 1);
  assert.equal(status.qosClass, 'BestEffort');
  const container = status.containerStatuses?.[0];
  assert.equal(container?.ready, true);
  assert.equal(container?.started, true);
  assert.match(container?.containerID ?? '', /^simulated:\/\/[0-9a-f]{64}$/);
  assert.deepEqual(container?.state, { running: { startedAt: '2026-01-01T00:00:00Z' } });
  assert.deepEqual(status.conditions?.map(({ type, status: is }) => `${type}=${is}`).sort(), ['ContainersReady=True', 'Initialized=True', 'PodReadyToStartContainers=True', 'PodScheduled=True', 'Ready=True']);
  assert.deepEqual(node.eventsOf('web'), ['Pulled: Container image "nginx:1.14.2" already present on machine and can be accessed by the pod', 'Created: Container created', 'Started: Container started']);
  assert.equal(node.writes.filter((write) => write === 'patch pods/web status').length, 1, 'one write from Pending to Running');
});

test('a pod is looked at when it comes, when it runs, when it exits and when it has ended, and no oftener', async () => {
  await using node = await TestNode.start();
  const looks = (): number => {
    const [family] = node.kubelet.context.metrics.families((name) => name === 'kubelet_runtime_operations_total');
    return [...family?.read() ?? []].find(([labels]) => labels['operation_type'] === 'list_podsandbox')?.[1] ?? 0;
  };
  const before = looks();
  await node.createPod('job', { restartPolicy: 'Never' }, { 'coxswain.io/exit-after': '10s' });
  await node.clock.advance(5000);
  assert.equal(node.pod('job').status?.phase, 'Running');
  assert.equal(looks() - before, 2);
  await node.clock.advance(10_000);
  assert.equal(node.pod('job').status?.phase, 'Succeeded');
  assert.equal(looks() - before, 4);
});

test('a pod whose object is gone takes nobody\'s place while it ends', async () => {
  await using node = await TestNode.start();
  const most = { containers: [{ name: 'app', image: 'nginx:1.14.2', resources: { requests: { cpu: '5' } } }] };
  await node.createPod('first', most, { 'coxswain.io/ignore-sigterm': 'true' });
  await node.clock.advance(1000);
  assert.equal(node.pod('first').status?.phase, 'Running');
  await node.client.delete(pods, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
  await node.createPod('second', most);
  await node.clock.advance(5000);
  assert.equal(node.pod('second').status?.reason, undefined);
  assert.equal(node.pod('second').status?.phase, 'Running');
});

test('deletion ends the containers within their grace period, then the object', async () => {
  await using node = await TestNode.start();
  await node.createPod('web', {}, { 'coxswain.io/ignore-sigterm': 'true' });
  await node.clock.advance(1000);
  await node.client.delete(pods, { namespace: 'default', name: 'web' });
  await node.clock.advance(29_000);
  assert.equal(node.pod('web').status?.phase, 'Running');
  await node.clock.advance(2000);
  assert.equal(node.hasPod('web'), false);
  assert.equal(node.eventsOf('web').at(-1), 'Killing: Stopping container app');
  assert.deepEqual(await node.runtime.listPodSandboxes(), []);
  assert.deepEqual(node.kubelet.pods(), []);
});

test('a crash-looping container waits longer each time', async () => {
  await using node = await TestNode.start();
  await node.createPod('crash', {}, { 'coxswain.io/exit-after': '1s', 'coxswain.io/exit-code': '3' });
  await node.clock.advance(1500);
  assert.equal(node.pod('crash').status?.containerStatuses?.[0]?.restartCount, 1, 'the first restart is immediate');
  await node.clock.advance(1000);
  let container = node.pod('crash').status?.containerStatuses?.[0];
  assert.equal(container?.state?.waiting?.reason, 'CrashLoopBackOff');
  assert.equal(container.state.waiting.message, `back-off 10s restarting failed container=app pod=crash_default(${node.pod('crash').metadata.uid})`);
  assert.equal(container.lastState?.terminated?.exitCode, 3);
  assert.equal(container.lastState.terminated.reason, 'Error');
  assert.equal(node.pod('crash').status?.phase, 'Running');
  assert.equal(node.condition('crash', 'Ready')?.message, 'containers with unready status: [app]');
  await node.clock.advance(10_000);
  container = node.pod('crash').status?.containerStatuses?.[0];
  assert.equal(container?.restartCount, 2);
  await node.clock.advance(25_000);
  assert.equal(node.pod('crash').status?.containerStatuses?.[0]?.restartCount, 3);
  assert.equal((await node.runtime.listContainers()).length, 2, 'only the last run is kept beside the current');
});

test('restart policies decide how a pod ends', async (t) => {
  const cases = [
    { policy: 'Never', code: '0', phase: 'Succeeded', ready: 'PodCompleted' },
    { policy: 'Never', code: '1', phase: 'Failed', ready: 'PodFailed' },
    { policy: 'OnFailure', code: '0', phase: 'Succeeded', ready: 'PodCompleted' },
    { policy: 'OnFailure', code: '1', phase: 'Running', ready: 'ContainersNotReady' },
  ];
  for (const { policy, code, phase, ready } of cases) {
    await t.test(`${policy}, exit code ${code}`, async () => {
      await using node = await TestNode.start();
      await node.createPod('job', { restartPolicy: policy }, { 'coxswain.io/exit-after': '2s', 'coxswain.io/exit-code': code });
      await node.clock.advance(5000);
      assert.equal(node.pod('job').status?.phase, phase);
      assert.equal(node.condition('job', 'Ready')?.reason, ready);
    });
  }
});

test('init containers run in order before the others', async () => {
  await using node = await TestNode.start();
  const image = 'busybox:1.28';
  await node.createPod('init', { initContainers: [{ name: 'one', image }, { name: 'two', image }], containers: [{ name: 'app', image }] }, { 'coxswain.io/exit-after.two': '5s' });
  await node.clock.advance(2000);
  let { status } = node.pod('init');
  assert.equal(status?.phase, 'Pending');
  assert.equal(status.initContainerStatuses?.[0]?.state?.terminated?.reason, 'Completed');
  assert.notEqual(status.initContainerStatuses?.[1]?.state?.running, undefined);
  assert.equal(status.containerStatuses?.[0]?.state?.waiting?.reason, 'PodInitializing');
  assert.equal(node.condition('init', 'Initialized')?.message, 'containers with incomplete status: [two]');
  await node.clock.advance(5000);
  ({ status } = node.pod('init'));
  assert.equal(status?.phase, 'Running');
  assert.equal(node.condition('init', 'Ready')?.status, 'True');
});

test('a sidecar starts before and outlives regular containers', async () => {
  await using node = await TestNode.start();
  const image = 'busybox:1.28';
  await node.createPod('job', { restartPolicy: 'Never', initContainers: [{ name: 'proxy', image, restartPolicy: 'Always' }], containers: [{ name: 'app', image }] }, { 'coxswain.io/exit-after.app': '5s' });
  await node.clock.advance(1000);
  assert.equal(node.pod('job').status?.phase, 'Running');
  assert.equal(node.pod('job').status?.initContainerStatuses?.[0]?.ready, true);
  await node.clock.advance(10_000);
  assert.equal(node.pod('job').status?.phase, 'Succeeded');
});

test('an image that cannot be pulled is tried again with a back-off', async () => {
  await using node = await TestNode.start();
  await node.createPod('bad', { containers: [{ name: 'app', image: 'nginx:nonexistent' }] });
  await node.clock.advance(500);
  assert.equal(node.pod('bad').status?.containerStatuses?.[0]?.state?.waiting?.reason, 'ErrImagePull');
  await node.clock.advance(2000);
  const waiting = node.pod('bad').status?.containerStatuses?.[0]?.state?.waiting;
  assert.equal(waiting?.reason, 'ImagePullBackOff');
  assert.match(waiting.message ?? '', /^Back-off pulling image "nginx:nonexistent": ErrImagePull: failed to pull and unpack/);
  assert.equal(node.pod('bad').status?.phase, 'Pending');
  assert.deepEqual(node.eventsOf('bad').slice(0, 2), ['Pulling: Pulling image "nginx:nonexistent"', 'Failed: Failed to pull image "nginx:nonexistent": failed to pull and unpack image "nginx:nonexistent": failed to resolve reference "nginx:nonexistent": nginx:nonexistent: not found']);
  await node.createPod('never', { containers: [{ name: 'app', image: 'x:nonexistent', imagePullPolicy: 'Never' }] });
  await node.createPod('name', { containers: [{ name: 'app', image: 'Upper:1' }] });
  await node.clock.advance(500);
  assert.equal(node.pod('never').status?.containerStatuses?.[0]?.state?.waiting?.reason, 'ErrImageNeverPull');
  assert.equal(node.pod('name').status?.containerStatuses?.[0]?.state?.waiting?.reason, 'InvalidImageName');
});

test('probes: readiness makes the pod ready, liveness restarts its container', async () => {
  await using node = await TestNode.start();
  const probe = { httpGet: { path: '/', port: 80 }, periodSeconds: 5, failureThreshold: 2 };
  await node.createPod('probed', { containers: [{ name: 'app', image: 'nginx:1', readinessProbe: probe, livenessProbe: probe }] }, { 'coxswain.io/probe-readiness': 'pass-after:8s', 'coxswain.io/probe-liveness': 'fail-after:20s' });
  await node.clock.advance(6000);
  assert.equal(node.condition('probed', 'Ready')?.status, 'False');
  await node.clock.advance(5000);
  assert.equal(node.condition('probed', 'Ready')?.status, 'True');
  await node.clock.advance(15_000);
  assert.equal(node.pod('probed').status?.containerStatuses?.[0]?.restartCount, 1);
  assert.equal(node.eventsOf('probed').includes('Killing: Container app failed liveness probe, will be restarted'), true);
  assert.equal(node.eventsOf('probed').some((event) => event.startsWith('Unhealthy: Readiness probe failed: ')), true);
});

test('a startup probe holds the others back', async () => {
  await using node = await TestNode.start();
  const probe = { tcpSocket: { port: 80 }, periodSeconds: 1 };
  await node.createPod('slow', { containers: [{ name: 'app', image: 'nginx:1', startupProbe: { ...probe, failureThreshold: 30 }, livenessProbe: probe }] }, { 'coxswain.io/probe-startup': 'pass-after:10s' });
  await node.clock.advance(5000);
  assert.equal(node.pod('slow').status?.containerStatuses?.[0]?.started, false);
  await node.clock.advance(6000);
  assert.equal(node.pod('slow').status?.containerStatuses?.[0]?.started, true);
  assert.equal(node.condition('slow', 'Ready')?.status, 'True');
});

test('a restarted kubelet adopts what runs and removes what nobody asks for', async () => {
  await using node = await TestNode.start();
  await node.createPod('kept');
  await node.createPod('gone');
  await node.clock.advance(1000);
  const before = node.pod('kept').status?.containerStatuses?.[0]?.containerID;
  await node.kubelet[Symbol.asyncDispose]();
  await node.client.delete(pods, { namespace: 'default', name: 'gone' }, { gracePeriodSeconds: 0 });
  const writes = node.writes.length;
  await node.startKubelet();
  await node.clock.advance(1000);
  assert.equal(node.pod('kept').status?.containerStatuses?.[0]?.containerID, before);
  assert.equal(node.pod('kept').status?.containerStatuses?.[0]?.restartCount, 0);
  assert.equal((await node.runtime.listPodSandboxes()).length, 1);
  assert.deepEqual(node.writes.slice(writes).filter((write) => write.startsWith('patch pods')), []);
});

test('regression: a pod that was deleted while no kubelet ran is ended by the next', async () => {
  await using node = await TestNode.start();
  await node.createPod('web');
  await node.clock.advance(1000);
  await node.kubelet[Symbol.asyncDispose]();
  await node.client.delete(pods, { namespace: 'default', name: 'web' });
  await node.startKubelet();
  await node.clock.advance(35_000);
  assert.equal(node.hasPod('web'), false);
  assert.deepEqual(await node.runtime.listContainers(), []);
});

test('activeDeadlineSeconds fails the pod', async () => {
  await using node = await TestNode.start();
  await node.createPod('late', { activeDeadlineSeconds: 20, restartPolicy: 'Never' });
  await node.clock.advance(25_000);
  const { status } = node.pod('late');
  assert.equal(status?.phase, 'Failed');
  assert.equal(status.reason, 'DeadlineExceeded');
  assert.equal(status.message, 'Pod was active on the node longer than the specified deadline');
});

test('nobody is told that a pod has ended while something of it runs', async () => {
  await using node = await TestNode.start();
  const slow = { 'coxswain.io/stop-delay': '8s' };
  await node.createPod('late', { activeDeadlineSeconds: 20, restartPolicy: 'Never' }, slow);
  // One container has failed, and its sidecar takes its time.
  await node.createPod('job', { restartPolicy: 'Never', initContainers: [{ name: 'proxy', image: 'x:1', restartPolicy: 'Always' }] }, { 'coxswain.io/exit-after.app': '21s', 'coxswain.io/exit-code.app': '3', 'coxswain.io/stop-delay.proxy': '8s' });
  const shown = () => ['late', 'job'].map((name) => {
    const { phase, reason, containerStatuses } = node.pod(name).status ?? {};
    return [name, phase, reason ?? '', containerStatuses?.[0]?.state?.terminated?.exitCode ?? '', node.condition(name, 'Ready')?.status];
  });
  await node.clock.advance(24_000);
  assert.deepEqual(shown(), [['late', 'Running', '', '', 'False'], ['job', 'Running', '', 3, 'False']]);
  assert.notEqual((await node.runtime.listPodSandboxes()).filter(({ ready }) => ready).length, 0);
  await node.clock.advance(8_000);
  assert.deepEqual(shown(), [['late', 'Failed', 'DeadlineExceeded', 0, 'False'], ['job', 'Failed', '', 3, 'False']]);
  assert.equal((await node.runtime.listPodSandboxes()).filter(({ ready }) => ready).length, 0);
});

test('a missing config map keeps a container from starting, until it appears', async () => {
  await using node = await TestNode.start();
  await node.createPod('needs', { containers: [{ name: 'app', image: 'nginx:1', envFrom: [{ configMapRef: { name: 'settings' } }] }] });
  await node.clock.advance(500);
  assert.deepEqual(node.pod('needs').status?.containerStatuses?.[0]?.state?.waiting, { reason: 'CreateContainerConfigError', message: 'configmap "settings" not found' });
  await node.clock.advance(12_000);
  assert.equal(node.eventsOf('needs').some((event) => event.startsWith('Failed: Error: configmap "settings" not found')), true);
});

test('a pod that does not fit is rejected', async () => {
  await using node = await TestNode.start();
  await node.createPod('big', { containers: [{ name: 'app', image: 'nginx:1', resources: { requests: { cpu: '100' } } }] });
  await node.clock.advance(500);
  const { status } = node.pod('big');
  assert.equal(status?.phase, 'Failed');
  assert.equal(status.reason, 'OutOfcpu');
  assert.equal(status.message, "Pod was rejected: Node didn't have enough resource: cpu, requested: 100000, used: 0, capacity: 8000");
});

test('unsupported volumes say so', async () => {
  await using node = await TestNode.start();
  await node.createPod('claims', { volumes: [{ name: 'data', iscsi: { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.com.example:storage', lun: 0 } }], containers: [{ name: 'app', image: 'nginx:1', volumeMounts: [{ name: 'data', mountPath: '/data' }] }] });
  await node.clock.advance(200);
  assert.equal(node.eventsOf('claims')[0], 'FailedMount: not supported: volume "data" of type iscsi');
  assert.equal(node.pod('claims').status?.containerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating');
});

test('hooks run before SIGTERM, and their time counts', async () => {
  await using node = await TestNode.start();
  await node.createPod('hooked', { containers: [{ name: 'app', image: 'nginx:1', lifecycle: { preStop: { sleep: { seconds: 10 } } } }] });
  await node.clock.advance(1000);
  await node.client.delete(pods, { namespace: 'default', name: 'hooked' });
  await node.clock.advance(9500);
  assert.equal((await node.runtime.listContainers())[0]?.state, 'running');
  await node.clock.advance(1000);
  assert.equal(node.hasPod('hooked'), false);
});

test('a second deletion with less patience is heeded', async () => {
  await using node = await TestNode.start();
  await node.createPod('stubborn', { terminationGracePeriodSeconds: 600 }, { 'coxswain.io/ignore-sigterm': 'true' });
  await node.clock.advance(1000);
  await node.client.delete(pods, { namespace: 'default', name: 'stubborn' });
  await node.clock.advance(5000);
  await node.client.delete(pods, { namespace: 'default', name: 'stubborn' }, { gracePeriodSeconds: 1 });
  await node.clock.advance(3000);
  assert.equal(node.hasPod('stubborn'), false);
});

test('a forced deletion leaves nothing behind', async () => {
  await using node = await TestNode.start();
  await node.createPod('forced', {}, { 'coxswain.io/ignore-sigterm': 'true' });
  await node.clock.advance(1000);
  await node.client.delete(pods, { namespace: 'default', name: 'forced' }, { gracePeriodSeconds: 0 });
  await node.clock.advance(3000);
  assert.deepEqual(await node.runtime.listPodSandboxes(), []);
  assert.deepEqual(node.kubelet.pods(), []);
});

test('a pod whose sandbox dies gets a new one', async () => {
  await using node = await TestNode.start();
  await node.createPod('web');
  await node.clock.advance(1000);
  const [sandbox] = await node.runtime.listPodSandboxes();
  await node.runtime.stopPodSandbox(sandbox!.id);
  await node.clock.advance(15_000);
  assert.equal(node.pod('web').status?.containerStatuses?.[0]?.restartCount, 1);
  assert.equal(node.condition('web', 'Ready')?.status, 'True');
  assert.equal(node.pod('web').status?.podIP, '10.244.1.3');
  assert.equal(node.eventsOf('web').includes('SandboxChanged: Pod sandbox changed, it will be killed and re-created.'), true);
});

test('a completed pod keeps its logs until it is deleted', async () => {
  await using node = await TestNode.start();
  await node.createPod('job', { restartPolicy: 'Never' }, { 'coxswain.io/exit-after': '1s' });
  await node.clock.advance(3000);
  assert.equal(node.pod('job').status?.phase, 'Succeeded');
  assert.equal((await node.runtime.listContainers()).length, 1);
  assert.equal(node.pod('job').status?.podIP, '10.244.1.2');
  await node.client.delete(pods, { namespace: 'default', name: 'job' });
  await node.clock.advance(1000);
  assert.equal(node.hasPod('job'), false);
  assert.deepEqual(await node.runtime.listContainers(), []);
});

test('a changed image restarts the container', async () => {
  await using node = await TestNode.start();
  await node.createPod('web');
  await node.clock.advance(1000);
  await node.client.patch(pods, { namespace: 'default', name: 'web' }, { type: 'strategic', value: { spec: { containers: [{ name: 'app', image: 'nginx:1.16.1' }] } } });
  await node.clock.advance(2000);
  const container = node.pod('web').status?.containerStatuses?.[0];
  assert.equal(container?.image, 'nginx:1.16.1');
  assert.equal(container.restartCount, 1);
  assert.equal(node.eventsOf('web').includes('Killing: Container app definition changed, will be restarted'), true);
});

test('a pod that is deleted while its image is pulled goes at once', async () => {
  await using node = await TestNode.start({ runtime: { images: [], pullDelayMs: 600_000 } });
  await node.createPod('slow');
  await node.clock.advance(1000);
  assert.equal(node.pod('slow').status?.containerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating');
  await node.client.delete(pods, { namespace: 'default', name: 'slow' });
  await node.clock.advance(1000);
  assert.equal(node.hasPod('slow'), false);
  await node.clock.advance(700_000);
  assert.deepEqual(await node.runtime.listContainers(), []);
});

test('a pulled image is told of with its time and size', async () => {
  await using node = await TestNode.start({ runtime: { images: [], pullDelayMs: 1234 } });
  await node.createPod('web', { containers: [{ name: 'app', image: 'nginx' }] });
  await node.clock.advance(3000);
  assert.deepEqual(node.eventsOf('web').slice(0, 2), ['Pulling: Pulling image "nginx"', 'Pulled: Successfully pulled image "nginx" in 1.234s (1.234s including waiting). Image size: 1048576 bytes.']);
});

test('a pod on the host\'s network has the node\'s address, and gates hold readiness back', async () => {
  await using node = await TestNode.start();
  await node.createPod('host', { hostNetwork: true, readinessGates: [{ conditionType: 'example.com/ready' }] });
  await node.clock.advance(1000);
  assert.equal(node.pod('host').status?.podIP, '10.0.0.1');
  assert.equal(node.condition('host', 'ContainersReady')?.status, 'True');
  assert.equal(node.condition('host', 'Ready')?.reason, 'ReadinessGatesNotReady');
  const condition = { type: 'example.com/ready', status: 'True' };
  await node.client.patch(pods, { namespace: 'default', name: 'host' }, { type: 'strategic', value: { status: { conditions: [condition] } } }, { subresource: 'status' });
  await node.clock.advance(1000);
  assert.equal(node.condition('host', 'Ready')?.status, 'True');
  assert.equal(node.condition('host', 'Ready')?.message, undefined);
  assert.equal(node.condition('host', 'example.com/ready')?.status, 'True');
});

test('what others write into a status is put right', async () => {
  await using node = await TestNode.start();
  await node.createPod('web');
  await node.clock.advance(1000);
  await node.client.patch(pods, { namespace: 'default', name: 'web' }, { type: 'merge', value: { status: { podIP: '1.2.3.4', podIPs: [{ ip: '1.2.3.4' }] } } }, { subresource: 'status' });
  await node.clock.advance(1000);
  assert.deepEqual(node.pod('web').status?.podIPs, [{ ip: '10.244.1.2' }]);
});

test('a node that comes back with another address says so', async () => {
  await using node = await TestNode.start({ kubelet: { addresses: ['10.0.0.7'] } });
  assert.deepEqual(node.node().status?.addresses, [{ type: 'InternalIP', address: '10.0.0.7' }, { type: 'Hostname', address: 'node-1' }]);
  await node.kubelet[Symbol.asyncDispose]();
  await node.startKubelet({ addresses: ['10.0.0.8'], nodeLabels: { zone: 'a' } });
  await node.clock.advance(1000);
  assert.deepEqual(node.node().status?.addresses, [{ type: 'InternalIP', address: '10.0.0.8' }, { type: 'Hostname', address: 'node-1' }]);
  assert.equal(node.node().metadata.labels?.['zone'], 'a');
});

test('what an administrator announces of a node can be allocated, and what is withdrawn cannot', async () => {
  await using node = await TestNode.start();
  const announce = (capacity: string | null): Promise<Node> => node.client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { status: { capacity: { 'example.com/dongle': capacity } } } }, { subresource: 'status' });
  const dongles = (): unknown[] => [node.node().status?.capacity?.['example.com/dongle'], node.node().status?.allocatable?.['example.com/dongle']];
  await announce('4');
  await node.clock.advance(15_000);
  assert.deepEqual(dongles(), ['4', '4']);
  await node.createPod('greedy', { nodeName: 'node-1', containers: [{ name: 'app', image: 'nginx:1.14.2', resources: { requests: { 'example.com/dongle': '5' }, limits: { 'example.com/dongle': '5' } } }] });
  await node.clock.advance(1000);
  assert.equal(node.pod('greedy').status?.reason, 'OutOfexample.com/dongle');
  await announce(null);
  await node.clock.advance(15_000);
  assert.deepEqual(dongles(), [undefined, undefined]);
});

test('a pod that waits for the kubelet is judged by what the node has, not before that is known', async () => {
  await using node = await TestNode.start();
  const stopping = node.kubelet[Symbol.asyncDispose]();
  await node.clock.settle();
  await stopping;
  await node.createPod('waiting', { containers: [{ name: 'app', image: 'nginx:1.14.2', resources: { requests: { cpu: '100m', memory: '32Mi' } } }] });
  // The machine tells slowly how full it is; pods could be listed long before.
  const usage = node.kubelet.context.host.usage.bind(node.kubelet.context.host);
  const slowHost = { ...node.kubelet.context.host, usage: async () => { await node.clock.sleep(1000); return usage(); } };
  const starting = node.startKubelet({ host: slowHost });
  await node.clock.advance(3000);
  await starting;
  await node.clock.advance(3000);
  assert.equal(node.pod('waiting').status?.reason, undefined);
  assert.equal(node.pod('waiting').status?.phase, 'Running');
});

test('a runtime hears of the pod range once, and again only after it refused', async () => {
  const told: string[] = [];
  // The range comes with the node, and a machine that is not virtual follows it.
  const kubelet = { host: { ...simulatedHost({ hostname: 'node-1' }), virtual: false }, podCidr: undefined } as unknown as Partial<KubeletOptions>;
  await using node = await TestNode.start({ kubelet });
  node.runtime.updatePodCidr = async (range) => { told.push(range); if (told.length === 1) throw new Error('not yet'); };
  const label = (value: string) => node.client.patch(nodes, { name: 'node-1' }, { type: 'merge', value: { metadata: { labels: { value } }, spec: { podCIDR: '10.244.7.0/24' } } });
  for (const value of ['a', 'b', 'c']) {
    await label(value);
    await node.clock.advance(100);
  }
  assert.deepEqual(told, ['10.244.7.0/24', '10.244.7.0/24']);
});

test('what crashes waits no longer than the configuration says', async () => {
  await using node = await TestNode.start({ kubelet: { maxRestartDelayMs: 2000 } });
  await node.createPod('crashing', {}, { 'coxswain.io/exit-after': '1s', 'coxswain.io/exit-code': '1' });
  await node.clock.advance(60_000);
  const [status] = node.pod('crashing').status?.containerStatuses ?? [];
  // One second of life and two of waiting.
  assert.ok((status?.restartCount ?? 0) >= 18, `restarted ${status?.restartCount} times`);
  assert.ok(node.eventsOf('crashing').some((event) => event.includes('Back-off restarting failed container')));
});

test('a pod that was deleted before it ran has failed, for those whose finalizers wait for its end', async () => {
  await using node = await TestNode.start();
  const stopping = node.kubelet[Symbol.asyncDispose]();
  await node.clock.settle();
  await stopping;
  const init = { initContainers: [{ name: 'first', image: 'nginx:1.14.2' }, { name: 'second', image: 'nginx:1.14.2' }] };
  for (const [name, spec] of [['plain', {}], ['with-init', init]] as const) {
    const { metadata } = await node.createPod(name, spec);
    await node.client.patch(pods, { namespace: 'default', name }, { type: 'merge', value: { metadata: { uid: metadata.uid, finalizers: ['example.com/accounting'] } } });
    await node.client.delete(pods, { namespace: 'default', name });
  }
  await node.startKubelet();
  await node.clock.advance(3000);
  const endOf = (name: string, field: 'containerStatuses' | 'initContainerStatuses') => node.pod(name).status?.[field]?.map(({ state }) => state?.terminated?.reason ?? state?.waiting?.reason);
  assert.deepEqual([node.pod('plain').status?.phase, endOf('plain', 'containerStatuses')], ['Failed', ['ContainerStatusUnknown']]);
  assert.deepEqual([node.pod('with-init').status?.phase, endOf('with-init', 'initContainerStatuses'), endOf('with-init', 'containerStatuses')], ['Failed', ['ContainerStatusUnknown', 'PodInitializing'], ['PodInitializing']]);
});
