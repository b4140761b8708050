import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '../../api/types/core/v1.ts';
import { createMachineManagers } from '../resource-managers/machine-managers.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { noMetrics } from '../metrics/kubelet-metrics.ts';
import { ResourceManagers } from '../resource-managers/resource-managers.ts';
import { machine } from '../testing/machine.test.ts';
import type { AlignmentPolicy } from '../topology/merge-hints.ts';
import type { MemoryReservation } from './reserved-memory.ts';
import { readReservedMemory } from './reserved-memory.ts';

const mebibyte = 2 ** 20;
/** Two nodes with 1 GiB each, of which 64 MiB are huge pages, and 100 MiB of the first are reserved. */
const topology = machine({ sockets: 2, cores: 2, threads: 1, hugePages: [{ pageBytes: 2 * mebibyte, pages: 32 }] });
const reserved: MemoryReservation[] = [{ numaNode: 0, limits: { memory: '100Mi' } }];

const container = (name: string, memory: string, more: Record<string, string> = {}, restartPolicy?: string): Container => ({ name, image: 'a:1', resources: { requests: { cpu: '1', memory, ...more }, limits: { cpu: '1', memory, ...more } }, ...(restartPolicy !== undefined && { restartPolicy }) });
const pod = (uid: string, containers: Container[], initContainers: Container[] = []): Pod => ({ metadata: { name: uid, namespace: 'default', uid }, spec: { containers, initContainers } });

function managers(policy?: AlignmentPolicy) {
  const { memory, alignment } = createMachineManagers({ settings: { memory: { reserved }, ...(policy !== undefined && { alignment: { policy, scope: 'container', options: {} } }) }, topology, heldBack: { cpu: 0, memory: 100 * mebibyte }, onPool: () => {} });
  assert.ok(memory !== undefined);
  const all = new ResourceManagers({ metrics: noMetrics, clock: new VirtualClock() });
  all.add(memory);
  if (alignment !== undefined) all.align(alignment);
  return { memory, all, of: (uid: string, name = 'a') => memory.memoryOf(uid, name).map(({ type, nodes, bytes }) => `${type}:${bytes / mebibyte}Mi@${nodes.join()}`).join(' ') };
}

test('memory of guaranteed containers comes from as few nodes as can be', async () => {
  const { memory, all, of } = managers();
  assert.deepEqual(memory.allocatableMemory().map(({ type, nodes, bytes }) => [type, nodes[0], bytes / mebibyte]), [['hugepages-2Mi', 0, 64], ['memory', 0, 860], ['hugepages-2Mi', 1, 64], ['memory', 1, 960]]);
  assert.equal(await all.allocate(pod('first', [container('a', '900Mi', { 'hugepages-2Mi': '4Mi' })])), undefined);
  assert.equal(of('first'), 'memory:900Mi@1 hugepages-2Mi:4Mi@1');
  assert.equal((await all.grantOf(pod('first', []), 'a')).memoryNodes, '1');
  assert.equal(await all.allocate(pod('second', [container('a', '500Mi')])), undefined);
  assert.equal(of('second'), 'memory:500Mi@0');
  assert.deepEqual(await all.allocate(pod('third', [container('a', '1100Mi')])), { reason: 'UnexpectedAdmissionError', message: 'Allocate failed due to [memorymanager] failed to get the default NUMA affinity, no NUMA nodes with enough memory is available, which is unexpected' }, 'nodes that give alone do not give together');
  assert.equal(await all.allocate(pod('burstable', [{ name: 'a', resources: { requests: { memory: '5Gi' } } }])), undefined);
  assert.equal(of('burstable'), '');
  all.release('first');
  all.release('second');
  assert.equal(await all.allocate(pod('third', [container('a', '1100Mi')])), undefined);
  assert.equal(of('third'), 'memory:1100Mi@0,1');
  assert.equal(await all.allocate(pod('fourth', [container('a', '10Mi')])), undefined);
  assert.equal(of('fourth'), 'memory:10Mi@0,1', 'and those that give together do not give alone');
});

test('what an init container had is counted once', async () => {
  const { all, of } = managers();
  const chain = pod('chain', [container('a', '300Mi'), container('b', '300Mi')], [container('init', '500Mi'), container('side', '100Mi', {}, 'Always')]);
  assert.equal(await all.allocate(chain), undefined);
  assert.deepEqual(['init', 'side', 'a', 'b'].map((name) => of('chain', name)), ['memory:0Mi@0', 'memory:100Mi@0', 'memory:300Mi@0', 'memory:300Mi@0']);
  assert.equal(await all.allocate(pod('rest', [container('a', '160Mi')])), undefined);
  assert.equal(of('rest'), 'memory:160Mi@0', '700 of 860 were taken');
  await all.grantOf(chain, 'a');
  assert.equal(of('chain', 'init'), '', 'it has ended by now');
});

test('a topology policy refuses what no node has alone', async () => {
  const refused = { reason: 'TopologyAffinityError', message: 'Resources cannot be allocated with Topology locality' };
  const single = managers('single-numa-node');
  assert.deepEqual(await single.all.allocate(pod('wide', [container('a', '1100Mi')])), refused);
  assert.equal(await managers('restricted').all.allocate(pod('wide', [container('a', '1100Mi')])), undefined);
  assert.equal(await single.all.allocate(pod('fits', [container('a', '900Mi')])), undefined);
  assert.deepEqual([single.of('fits')], ['memory:900Mi@1']);
});

test('what is known is read from the containers', async () => {
  const { all } = managers();
  const both = pod('both', [container('a', '300Mi'), container('b', '300Mi')]);
  await all.allocate(both);
  const { annotations } = await all.grantOf(both, 'a');
  const later = managers();
  later.all.recover([{ id: 'x', sandboxId: 's', name: 'a', attempt: 0, image: '', imageRef: '', state: 'running', createdAtMs: 0, labels: { 'io.kubernetes.pod.uid': 'both' }, annotations }]);
  assert.deepEqual([later.of('both'), later.of('both', 'b')], ['memory:300Mi@0', 'memory:300Mi@0']);
  assert.equal(await later.all.allocate(both), undefined);
});

test('reserved memory is checked as upstream does', () => {
  const start = (reservations: MemoryReservation[], memory: number) => createMachineManagers({ settings: { memory: { reserved: reservations } }, topology, heldBack: { memory }, onPool: () => {} });
  assert.throws(() => start(reserved, 5 * mebibyte), { message: 'the total amount "100Mi" of type "memory" is not equal to the value "5Mi" determined by Node Allocatable feature' });
  assert.throws(() => start([{ numaNode: 4, limits: { memory: '5Mi' } }], 5 * mebibyte), { message: 'the reserved memory configuration references a NUMA node 4 that does not exist on this machine' });
  assert.throws(() => start([], 0), { message: '[memorymanager] you should specify the system reserved memory' });
  for (const [written, message] of [
    [[{ numaNode: 0, limits: { cpu: '1' } }], 'invalid configuration: the limit type "cpu" for NUMA node 0 is not supported, only [memory hugepages-<HugePageSize>] is accepted'],
    [[{ numaNode: 0, limits: { memory: '0' } }], 'invalid configuration: reserved memory may not be zero for NUMA node 0 and resource "memory"'],
    [[{ numaNode: 0, limits: { memory: '1Mi' } }, { numaNode: 0, limits: { memory: '1Mi' } }], 'invalid configuration: the reserved memory has a duplicate value for NUMA node 0 and resource "memory"'],
    [{ numaNode: 0 }, 'reservedMemory: wants a list of numaNode and limits, got {"numaNode":0}'],
  ] as const) assert.throws(() => readReservedMemory(written), { message });
});
