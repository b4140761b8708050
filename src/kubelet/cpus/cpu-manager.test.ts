import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../api/resources.ts';
import type { Container, Pod } from '../../api/types/core/v1.ts';
import type { ManagerSettings } from '../resource-managers/settings.ts';
import { createMachineManagers } from '../resource-managers/machine-managers.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { noMetrics } from '../metrics/kubelet-metrics.ts';
import { ResourceManagers } from '../resource-managers/resource-managers.ts';
import { machine } from '../testing/machine.test.ts';
import type { MachineTopology } from '../topology/machine-topology.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { formatCpuSet } from './cpu-set.ts';
import { readCpuPolicyOptions } from './policy-options.ts';

const small = machine({ sockets: 1, cores: 4, threads: 2 });
const dual = machine({ sockets: 2, cores: 2, threads: 2 });
const gates = { CPUManagerPolicyAlphaOptions: true };

const container = (name: string, cpu: string, more: Partial<Container> = {}): Container => ({ name, image: 'a:1', resources: { requests: { cpu, memory: '1Mi' }, limits: { cpu, memory: '1Mi' } }, ...more });
const pod = (uid: string, containers: Container[], initContainers: Container[] = []): Pod => ({ metadata: { name: uid, namespace: 'default', uid }, spec: { containers, initContainers } });

function managers(topology: MachineTopology, { options = {}, ...settings }: Omit<ManagerSettings, 'cpu'> & { readonly options?: Record<string, string> } = {}, reservedMilliCpu = 500) {
  const changes: string[] = [];
  const { cpus, alignment } = createMachineManagers({ settings: { cpu: { options: readCpuPolicyOptions(options, gates) }, ...settings }, topology, heldBack: { cpu: reservedMilliCpu }, onPool: () => changes.push(formatCpuSet(cpus?.shared ?? [])) });
  assert.ok(cpus !== undefined);
  const all = new ResourceManagers({ metrics: noMetrics, clock: new VirtualClock() });
  all.add(cpus);
  if (alignment !== undefined) all.align(alignment);
  return { cpus, all, changes, of: (uid: string, name = 'a') => formatCpuSet(cpus.cpusOf(uid, name)) };
}

test('guaranteed containers that ask for whole processors have them alone; others share the rest', async () => {
  const { cpus, all, changes, of } = managers(small);
  assert.equal(formatCpuSet(cpus.shared), '0-7');
  assert.equal(await all.allocate(pod('whole', [container('a', '2'), container('b', '500m')])), undefined);
  const annotations = { 'coxswain.io/cpus': '{"a":"1,5"}' };
  const grant = { env: {}, mounts: [], devices: [], cdiDevices: [] };
  assert.deepEqual(await all.grantOf(pod('whole', []), 'a'), { ...grant, cpus: '1,5', annotations, isUnthrottled: true }, 'the reserved one breaks the first core');
  assert.deepEqual(await all.grantOf(pod('whole', []), 'b'), { ...grant, cpus: '0,2-4,6-7', annotations });
  await all.allocate(pod('burstable', [{ ...container('a', '2'), resources: { requests: { cpu: '2' } } }]));
  assert.equal(of('burstable'), '');
  assert.deepEqual(await all.allocate(pod('large', [container('a', '4'), container('b', '2')])), { reason: 'UnexpectedAdmissionError', message: 'Allocate failed due to not enough cpus available to satisfy request: requested=2, available=1, which is unexpected' });
  assert.equal(formatCpuSet(cpus.shared), '0,2-4,6-7', 'nothing is kept of what was refused');
  all.release('whole');
  assert.deepEqual(changes, ['0,2-4,6-7', '0,4', '0,2-4,6-7', '0-7']);
  await all.allocate(pod('chain', [container('after', '2')], [container('first', '4'), container('beside', '1', { restartPolicy: 'Always' })]));
  assert.deepEqual([of('chain', 'first'), of('chain', 'beside'), of('chain', 'after')], ['1-2,5-6', '4', '1,5'], 'what an init container had is used again');
  assert.deepEqual(await all.allocate({ ...pod('whole-pod', [container('a', '1')]), spec: { containers: [container('a', '1')], resources: { limits: { cpu: '2' } } } }), undefined);
  assert.equal(of('whole-pod'), '', 'limits of the whole pod: nothing is alone');
});

test('options of the static policy', async () => {
  const strict = managers(small, { options: { 'strict-cpu-reservation': 'true' }, reservedSystemCpus: [0, 4] }, 2000);
  assert.equal(formatCpuSet(strict.cpus.shared), '1-3,5-7');
  const whole = managers(small, { options: { 'full-pcpus-only': 'true' } });
  assert.deepEqual(await whole.all.allocate(pod('odd', [container('a', '3')])), { reason: 'SMTAlignmentError', message: 'SMT Alignment Error: requested 3 cpus not multiple cpus per core = 2' });
  assert.deepEqual(await whole.all.allocate(pod('much', [container('a', '8')])), { reason: 'SMTAlignmentError', message: 'SMT Alignment Error: not enough free physical CPUs: available physical CPUs = 6, requested CPUs = 8, CPUs per core = 2' });
  const spread = managers(small, { options: { 'distribute-cpus-across-cores': '1' } });
  await spread.all.allocate(pod('spread', [container('a', '3')]));
  assert.equal(spread.of('spread'), '1-3');
  const across = managers(dual, { options: { 'distribute-cpus-across-numa': 'true' } });
  await across.all.allocate(pod('across', [container('a', '4')]));
  assert.equal(across.of('across'), '2-3,6-7', 'one node has room for all');
  await across.all.allocate(pod('more', [container('a', '2')]));
  assert.equal(across.of('more'), '1,5');
  const caches = managers(machine({ sockets: 1, cores: 4, threads: 2, caches: 2 }), { options: { 'prefer-align-cpus-by-uncorecache': 'true' } });
  await caches.all.allocate(pod('cache', [container('a', '4')]));
  assert.equal(caches.of('cache'), '2-3,6-7');
});

test('options that do not go together, and what a machine does not have, are refused in upstream\'s words', () => {
  for (const [options, message] of [
    [{ fast: 'true' }, 'unknown CPU Manager Policy option: "fast"'],
    [{ 'full-pcpus-only': 'yes' }, 'bad value for option "full-pcpus-only": strconv.ParseBool: parsing "yes": invalid syntax'],
    [{ 'full-pcpus-only': 'true', 'distribute-cpus-across-cores': 'true' }, 'static policy options full-pcpus-only and distribute-cpus-across-cores can not be used at the same time'],
    [{ 'distribute-cpus-across-numa': 'true', 'prefer-align-cpus-by-uncorecache': 'true' }, 'static policy options prefer-align-cpus-by-uncorecache and distribute-cpus-across-numa can not be used at the same time'],
  ] as const) assert.throws(() => readCpuPolicyOptions(options, gates), { message });
  assert.throws(() => readCpuPolicyOptions({ 'align-by-socket': 'true' }), { message: 'CPU Manager Policy Alpha-level Options not enabled, but option "align-by-socket" provided' });
  assert.throws(() => managers(small, {}, 0), { message: '[cpumanager] the static policy requires systemreserved.cpu + kubereserved.cpu to be greater than zero' });
  assert.throws(() => managers(small, { reservedSystemCpus: [0, 9] }, 2000), { message: 'reserved-cpus: 0,9 is not a subset of online-cpus: 0-7' });
  assert.throws(() => managers(small, { reservedSystemCpus: [0, 4] }), { message: 'new static policy error: [cpumanager] unable to reserve the required amount of CPUs (size of 0,4 did not equal 1)' });
  assert.throws(() => managers(small, { options: { 'align-by-socket': 'true' }, alignment: { policy: 'single-numa-node', scope: 'container', options: {} } }), { message: 'Topolgy manager single-numa-node policy is incompatible with CPUManager align-by-socket policy option' });
});

test('processors come from the NUMA nodes that the topology policy allows, or the pod is refused', async () => {
  const refused = { reason: 'TopologyAffinityError', message: 'Resources cannot be allocated with Topology locality' };
  const alignment = (policy: 'restricted' | 'single-numa-node' | 'best-effort', scope: 'container' | 'pod' = 'container') => ({ alignment: { policy, scope, options: {} } });
  const node = managers(dual, alignment('single-numa-node'));
  assert.equal(await node.all.allocate(pod('three', [container('a', '3')])), undefined);
  assert.equal(node.of('three'), '1,4-5');
  assert.deepEqual(await node.all.allocate(pod('five', [container('a', '5')])), refused, 'no node has five');
  assert.equal(await node.all.allocate(pod('two', [container('a', '1'), container('b', '2')])), undefined, 'each container from one node');
  assert.deepEqual([node.of('two'), node.of('two', 'b')], ['2', '3,7']);
  assert.deepEqual(await node.all.allocate(pod('two-more', [container('a', '2')])), refused, 'one thread is left');
  const whole = managers(dual, alignment('single-numa-node', 'pod'));
  assert.deepEqual(await whole.all.allocate(pod('both', [container('a', '3'), container('b', '2')])), refused, 'the pod as a whole');
  assert.equal(await whole.all.allocate(pod('fits', [container('a', '2'), container('b', '2')])), undefined);
  assert.deepEqual([whole.of('fits'), whole.of('fits', 'b')], ['2,6', '3,7']);
  const restricted = managers(dual, alignment('restricted'));
  assert.equal(await restricted.all.allocate(pod('five', [container('a', '5')])), undefined, 'two nodes are the fewest that have five');
  assert.deepEqual(await restricted.all.allocate(pod('late', [container('a', '3')])), { reason: 'TopologyAffinityError', message: refused.message }, 'one node could have had them');
  const effort = managers(dual, alignment('best-effort'));
  assert.equal(await effort.all.allocate(pod('six', [container('a', '6')])), undefined);
  const sockets = managers(machine({ sockets: 2, cores: 4, threads: 1, numaNodes: 4 }), { options: { 'align-by-socket': 'true' }, ...alignment('restricted') });
  assert.equal(await sockets.all.allocate(pod('socket', [container('a', '3')])), undefined);
  assert.equal(sockets.of('socket'), '1-3');
});

test('a node with the policy pins containers, moves those that share, and knows both after a restart', async () => {
  const kubelet = { managers: { cpu: { options: new Set<never>() } }, machineTopology: small, reserve: { systemReserved: { cpu: '500m' } } };
  await using node = await TestNode.start({ kubelet });
  await node.createPod('shares');
  await node.clock.advance(1000);
  const resourcesOf = async (name: string) => {
    const [found] = (await node.runtime.listContainers()).filter(({ labels }) => labels['io.kubernetes.pod.name'] === name);
    return (await node.runtime.containerStatus(found?.id ?? ''))?.resources;
  };
  const cpusOf = async (name: string): Promise<string | undefined> => (await resourcesOf(name))?.cpus;
  assert.equal(await cpusOf('shares'), '0-7');
  await node.createPod('alone', { containers: [container('app', '2')] });
  await node.clock.advance(1000);
  assert.deepEqual([await cpusOf('alone'), await cpusOf('shares')], ['1,5', '0,2-4,6-7']);
  assert.equal((await resourcesOf('alone'))?.cpuQuota, -1, 'no quota on processors of its own');
  assert.equal(node.pod('alone').status?.containerStatuses?.[0]?.resources?.limits?.['cpu'], '2');
  await node.client.patch(pods, { namespace: 'default', name: 'alone' }, { type: 'strategic', value: { spec: { containers: [{ name: 'app', resources: { requests: { cpu: '1' }, limits: { cpu: '1' } } }] } } }, { subresource: 'resize' });
  await node.clock.advance(1000);
  const { reason, message } = node.condition('alone', 'PodResizePending') ?? {};
  assert.deepEqual([reason, message], ['Infeasible', 'Resize is infeasible for Guaranteed Pods alongside CPU Manager policy "static"']);
  await node.kubelet[Symbol.asyncDispose]();
  await node.startKubelet();
  await node.createPod('next', { containers: [container('app', '2')] });
  await node.clock.advance(1000);
  assert.deepEqual([await cpusOf('next'), await cpusOf('shares')], ['2,6', '0,3-4,7']);
});
