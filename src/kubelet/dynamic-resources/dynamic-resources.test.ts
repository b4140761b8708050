import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pods, resourceclaims, resourceslices } from '../../api/resources.ts';
import type { Pod, PodSpec } from '../../api/types/core/v1.ts';
import { silentLogger } from '../../base/logger.ts';
import { RealClock } from '../../base/real-clock.ts';
import { GrpcChannel } from '../../runtime/grpc/channel.ts';
import { GrpcCalls } from '../../runtime/grpc/calls.ts';
import { linuxFiles } from '../hosts/linux/linux-files.ts';
import { simulatedHost } from '../hosts/simulated/simulated-host.ts';
import type { Methods as PodResourcesMethods } from '../plugins/generated/pod-resources.ts';
import { methods as podResources } from '../plugins/generated/pod-resources.ts';
import { podResourcesWire } from '../plugins/wires.ts';
import { FakeDraDriver } from '../testing/fake-dra-driver.test.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { checkpointText, readCheckpoint } from './checkpoint.ts';
import { SliceWiper } from './slice-wiper.ts';

const clock = new RealClock();
const driverName = 'gpu.example.com';

interface Parts { readonly node: TestNode; readonly driver: FakeDraDriver; readonly folder: string; until(what: string, is: () => boolean): Promise<void> }

async function withNode(work: (parts: Parts) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dra-'));
  mkdirSync(join(folder, 'plugins_registry'));
  const files = linuxFiles(clock);
  const node = await TestNode.start({
    kubelet: {
      host: { ...simulatedHost({ hostname: 'node-1' }), virtual: false, files }, rootDir: folder,
      devicePlugins: { directory: join(folder, 'device-plugins'), podResourcesDirectory: join(folder, 'pod-resources'), clock },
      plugins: { directory: join(folder, 'plugins_registry'), files, clock },
    },
  });
  const until = async (what: string, is: () => boolean): Promise<void> => {
    const startMs = clock.monotonicMs();
    while (!is()) {
      if (clock.monotonicMs() - startMs > 60_000) throw new Error(`waited in vain for ${what}: ${JSON.stringify(['one', 'two'].flatMap((name) => node.eventsOf(name)))}`);
      // Drivers answer in real time, in which nothing is to do here.
      await clock.sleep(1);
      await node.clock.advance(20);
    }
  };
  const driver = new FakeDraDriver({ name: driverName, folder, registry: join(folder, 'plugins_registry'), prepared: ({ name }) => ['big', 'small'].map((request) => ({ request, device: `gpu-${request}`, cdiId: `example.com/gpu=${name}-${request}` })) });
  try {
    await work({ node, driver, folder, until });
  } finally {
    await node[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

/** A claim that the scheduler has allocated, for these pods. */
async function allocate(node: TestNode, name: string, consumers: readonly Pod[]): Promise<void> {
  const ref = { namespace: 'default', name };
  const requests = ['big', 'small'];
  const claim = node.read(resourceclaims, 'default', name) ?? await node.client.create(resourceclaims, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: ref, spec: { devices: { requests: requests.map((request) => ({ name: request, exactly: { deviceClassName: 'gpu' } })) } } });
  const results = requests.map((request) => ({ request, driver: driverName, pool: 'node-1', device: `gpu-${request}` }));
  await node.client.update(resourceclaims, { ...claim, status: { allocation: { devices: { results } }, reservedFor: consumers.map(({ metadata }) => ({ resource: 'pods', name: metadata.name ?? '', uid: metadata.uid ?? '' })) } }, { subresource: 'status' });
}

const using = (claim: string, request?: string): Partial<PodSpec> => ({
  resourceClaims: [{ name: 'gpu', resourceClaimName: claim }],
  containers: [
    { name: 'app', image: 'nginx:1', resources: { claims: [{ name: 'gpu', ...(request !== undefined && { request }) }] } },
    { name: 'beside', image: 'nginx:1' },
  ],
});

const containers = (node: TestNode): Record<string, readonly string[] | undefined> => Object.fromEntries([...node.runtime.capture().containers.values()].map(({ sandbox, config }) => [`${sandbox.config.name}/${config.name}`, config.cdiDevices]));

test('claims are prepared before the pod starts, and taken back when it has ended', { timeout: 120_000 }, () => withNode(async ({ node, driver, folder, until }) => {
  const pod = await node.createPod('one', using('claim', 'small'));
  await node.clock.advance(2000);
  const events = (): string[] => node.eventsOf('one').map((event) => event.replace(/ \(x\d+\)$/, '')).filter((event) => event.startsWith('Failed'));
  assert.deepEqual(events(), ['FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic resources: fetch ResourceClaim claim: resourceclaims.resource.k8s.io "claim" not found']);
  await allocate(node, 'claim', []);
  await node.clock.advance(5000);
  assert.equal(events().at(-1), `FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic resources: pod one (${pod.metadata.uid}) is not allowed to use ResourceClaim claim (${node.read(resourceclaims, 'default', 'claim')?.metadata.uid})`);
  await allocate(node, 'claim', [pod]);
  await node.clock.advance(60_000);
  assert.equal(events().at(-1), 'FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic resources: DRA driver gpu.example.com is not registered');
  assert.equal(node.pod('one').status?.phase, 'Pending');

  driver.refusal = 'the fan is loose';
  await driver.start();
  await until('the driver to be told', () => driver.registered !== undefined);
  assert.deepEqual(driver.registered, { pluginRegistered: true, error: '' });
  await until('the pod to run', () => node.pod('one').status?.phase === 'Running');
  assert.equal(events().at(-1), 'FailedPrepareDynamicResources: Failed to prepare dynamic resources: prepare dynamic resources: NodePrepareResources failed for ResourceClaim claim: the fan is loose');
  assert.deepEqual(driver.calls, ['prepare claim', 'prepare claim']);
  assert.deepEqual(containers(node), { 'one/app': ['example.com/gpu=claim-small'], 'one/beside': undefined }, 'a container has what its request is for, and the other nothing');

  const [known] = readCheckpoint(readFileSync(join(folder, 'dra_manager_state'), 'utf8'));
  assert.deepEqual([known?.name, [...known?.podUids ?? []], known?.drivers.get(driverName)?.map(({ device }) => device)], ['claim', [pod.metadata.uid], ['gpu-big', 'gpu-small']]);

  await node.client.delete(pods, { namespace: 'default', name: 'one' });
  await until('the pod to go', () => !node.hasPod('one'));
  assert.deepEqual(driver.calls, ['prepare claim', 'prepare claim', 'unprepare claim']);
  assert.deepEqual(readCheckpoint(readFileSync(join(folder, 'dra_manager_state'), 'utf8')), []);
}));

test('a claim that two pods share is prepared once and taken back after the last', { timeout: 120_000 }, () => withNode(async ({ node, driver, until }) => {
  await driver.start({ service: 'v1beta1.DRAPlugin', said: ['v2.DRAPlugin', 'v1beta1.DRAPlugin'] });
  await until('the driver to be told', () => driver.registered !== undefined);
  const one = await node.createPod('one', using('claim'));
  await allocate(node, 'claim', [one]);
  await until('one to run', () => node.pod('one').status?.phase === 'Running');
  const two = await node.createPod('two', using('claim', 'big'));
  await allocate(node, 'claim', [one, two]);
  await until('two to run', () => node.pod('two').status?.phase === 'Running');
  assert.deepEqual(driver.calls, ['prepare claim']);
  assert.deepEqual(containers(node), { 'one/app': ['example.com/gpu=claim-big', 'example.com/gpu=claim-small'], 'one/beside': undefined, 'two/app': ['example.com/gpu=claim-big'], 'two/beside': undefined });

  const watcher = new GrpcCalls<PodResourcesMethods>(new GrpcChannel({ socketPath: join(node.kubelet.context.directories.rootDir, 'pod-resources/kubelet.sock'), clock, loadWire: () => Promise.resolve(podResourcesWire()) }), podResources);
  const { podResources: found } = await watcher.call('Get', { podNamespace: 'default', podName: 'two' });
  watcher.close();
  assert.deepEqual(found?.containers.map(({ name, dynamicResources }) => [name, dynamicResources.map(({ claimName, claimResources }) => [claimName, claimResources.map(({ deviceName, cdiDevices }) => `${deviceName} ${cdiDevices[0]?.name}`)])]), [['app', [['claim', ['gpu-big example.com/gpu=claim-big', 'gpu-small example.com/gpu=claim-small']]]], ['beside', []]]);

  await node.client.delete(pods, { namespace: 'default', name: 'one' });
  await until('one to go', () => !node.hasPod('one'));
  assert.deepEqual(driver.calls, ['prepare claim']);
  await node.client.delete(pods, { namespace: 'default', name: 'two' });
  await until('two to go', () => !node.hasPod('two'));
  assert.deepEqual(driver.calls, ['prepare claim', 'unprepare claim']);
}));

test('what was prepared for a pod that went while no kubelet ran is taken back by the next', { timeout: 120_000 }, () => withNode(async ({ node, driver, until }) => {
  await driver.start();
  const pod = await node.createPod('one', using('claim'));
  await allocate(node, 'claim', [pod]);
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  const stopping = node.kubelet[Symbol.asyncDispose]();
  await node.clock.settle();
  await stopping;
  await node.client.delete(pods, { namespace: 'default', name: 'one' }, { gracePeriodSeconds: 0 });
  driver.registered = undefined;
  await node.startKubelet();
  await until('the next kubelet to take it back', () => driver.calls.includes('unprepare claim'));
  assert.deepEqual(driver.calls, ['prepare claim', 'unprepare claim']);
}));

test('a running pod keeps its claims over a restart: a container that starts again has the same devices', { timeout: 120_000 }, () => withNode(async ({ node, driver, until }) => {
  await driver.start();
  const pod = await node.createPod('one', using('claim'), { 'coxswain.io/exit-after': '30s' });
  await allocate(node, 'claim', [pod]);
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  const stopping = node.kubelet[Symbol.asyncDispose]();
  await node.clock.settle();
  await stopping;
  await node.startKubelet();
  await until('it to have started again', () => (node.pod('one').status?.containerStatuses?.find(({ name }) => name === 'app')?.restartCount ?? 0) > 0);
  const again = [...node.runtime.capture().containers.values()].filter(({ config }) => config.name === 'app' && config.attempt > 0);
  assert.deepEqual(again.map(({ config }) => config.cdiDevices), [['example.com/gpu=claim-big', 'example.com/gpu=claim-small']]);
  assert.deepEqual(driver.calls, ['prepare claim'], 'it was prepared already');
}));

const slice = (node: TestNode): Promise<unknown> => node.client.create(resourceslices, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: 'node-1-gpu' }, spec: { driver: driverName, nodeName: 'node-1', pool: { name: 'node-1', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'gpu-big' }] } });
const hasSlice = (node: TestNode): boolean => node.read(resourceslices, '', 'node-1-gpu') !== undefined;

test('what drivers said that the node has goes when they are away, and when the kubelet starts', { timeout: 120_000 }, () => withNode(async ({ node, driver, until }) => {
  await driver.start();
  await until('the driver to be told', () => driver.registered !== undefined);
  await slice(node);
  await node.clock.advance(120_000);
  assert.ok(hasSlice(node), 'its driver is there');
  await driver[Symbol.asyncDispose]();
  await until('it to be given up', () => !hasSlice(node));

  await slice(node);
  const stopping = node.kubelet[Symbol.asyncDispose]();
  await node.clock.settle();
  await stopping;
  await node.startKubelet();
  await until('the next kubelet to take it back', () => !hasSlice(node));
}));

test('a driver has 30 s to come back', async () => {
  await using node = await TestNode.start();
  const stop = new AbortController();
  const slices = new SliceWiper({ client: node.client, nodeName: 'node-1', clock: node.clock, logger: silentLogger, signal: stop.signal });
  await slice(node);
  slices.observe(driverName, false);
  await node.clock.advance(29_000);
  slices.observe(driverName, true);
  await node.clock.advance(60_000);
  assert.ok(hasSlice(node));
  slices.observe(driverName, false);
  await node.clock.advance(29_000);
  // One of two processes of it went: the time is not given anew.
  slices.observe(driverName, false);
  assert.ok(hasSlice(node));
  await node.clock.advance(1_000);
  assert.ok(!hasSlice(node));
  stop.abort();
});

test('how well its devices are is told in the status of the container that has them', { timeout: 120_000 }, () => withNode(async ({ node, driver, until }) => {
  await driver.start();
  const pod = await node.createPod('one', using('claim', 'small'));
  await allocate(node, 'claim', [pod]);
  const said = (name: string): unknown => node.pod('one').status?.containerStatuses?.find((one) => one.name === name)?.allocatedResourcesStatus;
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  const resource = { name: 'claim:gpu/small', resources: [{ resourceID: 'example.com/gpu=claim-small', health: 'Unknown' }] };
  assert.deepEqual([said('app'), said('beside')], [[resource], undefined]);
  await until('the driver to be heard', () => driver.isHeard);
  driver.say('gpu-small', 'UNHEALTHY', 'it smells');
  await until('its illness to be told', () => JSON.stringify(said('app')) === JSON.stringify([{ ...resource, resources: [{ resourceID: 'example.com/gpu=claim-small', health: 'Unhealthy', message: 'it smells' }] }]));
  driver.say('gpu-small', 'HEALTHY', '');
  await until('its health to be told', () => JSON.stringify(said('app')) === JSON.stringify([{ ...resource, resources: [{ resourceID: 'example.com/gpu=claim-small', health: 'Healthy' }] }]));
}));

test('a driver of another age is told so', { timeout: 120_000 }, () => withNode(async ({ driver, until }) => {
  await driver.start({ said: ['v1alpha3.Node'] });
  await until('the driver to be told', () => driver.registered !== undefined);
  assert.match(JSON.stringify(driver.registered), /invalid supported gRPC versions of DRA driver plugin gpu\.example\.com at endpoint .*: none of services supported by the plugin \(\[\\"v1alpha3\.Node\\"\]\) are supported by the kubelet \(\[\\"v1\.DRAPlugin\\" \\"v1beta1\.DRAPlugin\\"\]\)/);
}));

test('the file is upstream\'s', () => {
  const claims = [{ uid: 'u', name: 'c', namespace: 'n', podUids: new Set(['p']), drivers: new Map([[driverName, [{ pool: 'a', device: 'b', shareId: 's', requests: ['r'], cdiIds: ['v/c=n'] }]]]), isPrepared: false }];
  const text = checkpointText(claims);
  assert.equal((JSON.parse(text) as { Data: string }).Data, '{"kind":"DRACheckpoint","apiVersion":"checkpoint.dra.kubelet.k8s.io/v1","ClaimInfoStateList":[{"ClaimUID":"u","ClaimName":"c","Namespace":"n","PodUIDs":{"p":{}},"DriverState":{"gpu.example.com":{"Devices":[{"PoolName":"a","DeviceName":"b","ShareID":"s","RequestNames":["r"],"CDIDeviceIDs":["v/c=n"]}]}}}]}');
  assert.deepEqual(readCheckpoint(text), claims);
  assert.throws(() => readCheckpoint(text.replace('"c\\"', '"d\\"')), /checkpoint is corrupted/);
});
