import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/types/core/v1.ts';
import type { MachineUsage } from '../host.ts';
import { simulatedHost } from '../hosts/simulated/simulated-host.ts';
import type { KubeletOptions } from '../kubelet-options.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { localStorageViolation } from './local-storage.ts';
import type { PodUsage } from './ranking.ts';
import { rankPods } from './ranking.ts';
import { heldBackOf } from './settings.ts';
import { crossed, observe, parseThresholds, unmended } from './thresholds.ts';

const mebibyte = 2 ** 20;
const pod = (name: string, requests: Record<string, string>, priority = 0): Pod => ({ metadata: { name, uid: name }, spec: { priority, containers: [{ name: 'c', resources: { requests } }] } });

test('thresholds are amounts or shares; zero turns one off, nonsense is refused', () => {
  const usage = { memoryAvailableBytes: 50 * mebibyte, memoryWorkingSetBytes: 950 * mebibyte, storageAvailableBytes: 12, storageCapacityBytes: 100, inodes: 0, inodesFree: 0, pidsMax: 100, pidsUsed: 99, cpuNanoseconds: 0 };
  const of = (hard: Record<string, string>) => crossed(parseThresholds(hard), observe(usage)).map(({ signal }) => signal);
  assert.deepEqual(of({ 'imagefs.available': '15%', 'nodefs.available': '10%', 'memory.available': '100Mi', 'nodefs.inodesFree': '5%', 'pid.available': '5%' }), ['memory.available', 'imagefs.available', 'pid.available']);
  assert.deepEqual(of({ 'memory.available': '0%', 'imagefs.available': '0' }), []);
  assert.throws(() => parseThresholds({ 'swap.available': '1Gi' }), /not supported: eviction signal "swap\.available"/);
  assert.throws(() => parseThresholds({ 'memory.available': 'much' }), /invalid eviction threshold "memory\.available<much"/);
  assert.throws(() => parseThresholds({}, { 'memory.available': '1Gi' }), /grace period must be specified/);
});

test('what was crossed is mended when as much is there as is to be freed beside', () => {
  const at = (memoryAvailableBytes: number) => observe({ memoryAvailableBytes, memoryWorkingSetBytes: 1000 * mebibyte - memoryAvailableBytes, storageAvailableBytes: 1, storageCapacityBytes: 1, inodes: 0, inodesFree: 0, pidsMax: 0, pidsUsed: 0, cpuNanoseconds: 0 });
  for (const reclaim of ['50Mi', '5%']) {
    const thresholds = parseThresholds({ 'memory.available': '100Mi' }, {}, { minimumReclaim: { 'memory.available': reclaim } });
    assert.deepEqual([crossed(thresholds, at(120 * mebibyte)).length, unmended(thresholds, at(120 * mebibyte)).length, unmended(thresholds, at(150 * mebibyte)).length], [0, 1, 0]);
  }
});

test('pods go until as much is free as is to be freed beside the threshold', async () => {
  const host = simulatedHost({ hostname: 'node-1' });
  let memoryAvailableBytes = 1024 * mebibyte;
  const usage = async (): Promise<MachineUsage> => ({ ...(await host.usage()), memoryAvailableBytes });
  await using node = await TestNode.start({ kubelet: { reserve: { evictionHard: { 'memory.available': '100Mi' }, evictionMinimumReclaim: { 'memory.available': '100Mi' } }, host: { ...host, virtual: false, usage, answerProbe: () => ({ success: true, output: '' }) } } as unknown as Partial<KubeletOptions> });
  for (const name of ['one', 'two', 'three']) await node.createPod(name);
  await node.clock.advance(2000);
  const left = () => ['one', 'two', 'three'].filter((name) => node.pod(name).status?.phase === 'Running').length;
  memoryAvailableBytes = 50 * mebibyte;
  await node.clock.advance(10_000);
  assert.equal(left(), 2);
  memoryAvailableBytes = 150 * mebibyte;
  await node.clock.advance(10_000);
  assert.equal(left(), 1, 'above the threshold, and yet not enough');
  memoryAvailableBytes = 250 * mebibyte;
  await node.clock.advance(30_000);
  assert.equal(left(), 1);
  memoryAvailableBytes = 150 * mebibyte;
  await node.clock.advance(30_000);
  assert.equal(left(), 1, 'nothing was crossed again');
});

test('who uses more than was asked for goes first, then who matters least, then who uses most', () => {
  const used: Record<string, number> = { fits: 10, small: 60, large: 90, important: 99 };
  const usageOf = ({ metadata }: Pod): PodUsage | undefined => (used[metadata.name!] === undefined ? undefined : { memoryBytes: used[metadata.name!]! * mebibyte, storageBytes: 0, containers: [] });
  const request = { memory: '50Mi' };
  const pods = [pod('fits', request), pod('important', request, 1000), pod('small', request), pod('unknown', request), pod('large', request)];
  assert.deepEqual(rankPods(pods, 'memory', usageOf).map(({ metadata }) => metadata.name), ['unknown', 'large', 'small', 'important', 'fits']);
});

test('pods that use more disk than they said must go', async () => {
  const usage: PodUsage = { memoryBytes: 0, storageBytes: 30 * mebibyte, containers: [{ containerId: '', name: 'c', sandboxId: '', podUid: '', cpuUsageCoreNanoseconds: 0, memoryWorkingSetBytes: 0, rootfsUsedBytes: 30 * mebibyte }] };
  const limited = (limit: string | undefined, sizeLimit?: string): Pod => ({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', ...(limit !== undefined && { resources: { limits: { 'ephemeral-storage': limit } } }) }], volumes: [{ name: 'v', emptyDir: { ...(sizeLimit !== undefined && { sizeLimit }) } }] } });
  const of = (one: Pod) => localStorageViolation(one, usage, async () => 20 * mebibyte);
  assert.equal(await of(limited('60Mi', '25Mi')), undefined);
  assert.equal(await of(limited(undefined, '10Mi')), 'Usage of EmptyDir volume "v" exceeds the limit "10Mi". ');
  assert.equal(await of(limited('40Mi')), 'Pod ephemeral local storage usage exceeds the total limit of containers 40Mi. ');
});

test('what is reserved is not for pods', () => {
  const machine = { cores: 4, memoryBytes: 1000 * mebibyte, ephemeralStorageBytes: 1000 } as Parameters<typeof heldBackOf>[1];
  assert.deepEqual(heldBackOf({}, machine), { cpu: 0, memory: 100 * mebibyte, 'ephemeral-storage': 100 });
  assert.deepEqual(heldBackOf({ evictionHard: { 'memory.available': '5%' }, systemReserved: { cpu: '500m', memory: '100Mi' }, kubeReserved: { cpu: '1' } }, machine), { cpu: 1500, memory: 150 * mebibyte, 'ephemeral-storage': 0 });
});

test('short of memory, a node says so, evicts the pod that uses most beyond its request, and refuses others of that kind', async () => {
  const host = simulatedHost({ hostname: 'node-1' });
  let memoryAvailableBytes = 1024 * mebibyte;
  const usage = async (): Promise<MachineUsage> => ({ ...(await host.usage()), memoryAvailableBytes });
  await using node = await TestNode.start({ kubelet: { host: { ...host, virtual: false, usage, answerProbe: () => ({ success: true, output: '' }) } } as unknown as Partial<KubeletOptions> });
  await node.createPod('greedy');
  await node.createPod('modest', { containers: [{ name: 'app', image: 'nginx:1', resources: { requests: { memory: '32Mi' } } }] });
  await node.clock.advance(2000);
  const pressure = () => node.node().status?.conditions?.find(({ type }) => type === 'MemoryPressure')?.status;
  assert.equal(pressure(), 'False');
  memoryAvailableBytes = 50 * mebibyte;
  await node.clock.advance(11_000);
  memoryAvailableBytes = 1024 * mebibyte;
  await node.clock.advance(3000);
  assert.equal(pressure(), 'True');
  const { status } = node.pod('greedy');
  assert.deepEqual([status?.phase, status?.reason, status?.message], ['Failed', 'Evicted', 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container app was using 1Mi, request is 0, has larger consumption of memory. ']);
  assert.equal(node.condition('greedy', 'DisruptionTarget')?.reason, 'TerminationByKubelet');
  assert.equal(node.pod('modest').status?.phase, 'Running');
  assert.ok(node.eventsOf('greedy').some((event) => event.startsWith('Evicted: The node was low on resource: memory.')));
  assert.deepEqual(node.eventsOf('node-1').filter((event) => event.includes('reclaim')), ['EvictionThresholdMet: Attempting to reclaim memory']);
  await node.createPod('late');
  await node.clock.advance(1000);
  assert.equal(node.pod('late').status?.reason, 'Evicted');
  assert.equal(node.pod('late').status?.message, 'Pod was rejected: The node had condition: [MemoryPressure]. ');
  await node.clock.advance(320_000);
  assert.equal(pressure(), 'False', 'five minutes later');
});
