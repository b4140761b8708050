import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '../../api/types/core/v1.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { CpuManager } from './cpu-manager.ts';
import { formatCpuSet, parseCpuSet } from './cpu-set.ts';
import type { Cpu } from './take-cpus.ts';
import { takeCpus } from './take-cpus.ts';

/** Threads numbered as Linux does: the first of each core before the second. */
function machine({ sockets, cores, threads }: { readonly sockets: number; readonly cores: number; readonly threads: number }): Cpu[] {
  return Array.from({ length: sockets * cores * threads }, (_, id) => {
    const core = id % (sockets * cores);
    return { id, core, socket: Math.floor(core / cores), numaNode: Math.floor(core / cores) };
  });
}

const small = machine({ sockets: 1, cores: 4, threads: 2 });
const dual = machine({ sockets: 2, cores: 2, threads: 2 });
const policy = { reservedMilliCpu: 500, fullCoresOnly: false, strictReservation: false };

test('lists of processors are read and written as the kernel has them', () => {
  assert.deepEqual(parseCpuSet('0-2,5,7-8\n'), [0, 1, 2, 5, 7, 8]);
  assert.equal(formatCpuSet([8, 7, 0, 1, 2, 5, 5]), '0-2,5,7-8');
  assert.deepEqual([parseCpuSet(''), formatCpuSet([])], [[], '']);
  assert.throws(() => parseCpuSet('3-1'), /invalid cpu list/);
});

test('what is taken lies close together', () => {
  const cases: [string, Cpu[], string, number, string][] = [
    ['a thread', small, '0-7', 1, '0'],
    ['a core', small, '0-7', 2, '0,4'],
    ['a core, not the halves of two', small, '1-7', 2, '1,5'],
    ['a core and a half that is left over', small, '1-7', 3, '1,4-5'],
    ['all', small, '0-7', 8, '0-7'],
    ['a whole socket', dual, '0-7', 4, '0-1,4-5'],
    ['the socket that is whole', dual, '1-7', 4, '2-3,6-7'],
    ['a core of the socket with less room', dual, '1-3,5-7', 2, '1,5'],
    ['a thread of the core that is broken already', dual, '1-7', 1, '4'],
  ];
  for (const [what, topology, free, count, expected] of cases) assert.equal(formatCpuSet(takeCpus(topology, new Set(parseCpuSet(free)), count)), expected, what);
  assert.throws(() => takeCpus(small, new Set([1]), 2), { message: 'not enough cpus available to satisfy request: requested=2, available=1' });
});

const container = (name: string, cpu: string): Container => ({ name, image: 'a:1', resources: { requests: { cpu, memory: '1Mi' }, limits: { cpu, memory: '1Mi' } } });
const pod = (uid: string, containers: Container[], initContainers: Container[] = []): Pod => ({ metadata: { name: uid, namespace: 'default', uid }, spec: { containers, initContainers } });

test('guaranteed containers that ask for whole processors have them alone; others share the rest', async () => {
  const changes: string[] = [];
  const manager: CpuManager = new CpuManager(small, policy, () => changes.push(formatCpuSet(manager.shared)));
  assert.equal(formatCpuSet(manager.shared), '0-7');
  await manager.allocate(pod('whole', [container('a', '2'), container('b', '500m')]));
  assert.deepEqual(await manager.grantOf(pod('whole', []), 'a'), { cpus: '1,5', annotations: { 'coxswain.io/cpus': '1,5' } }, 'the reserved one breaks the first core');
  assert.deepEqual(await manager.grantOf(pod('whole', []), 'b'), { cpus: '0,2-4,6-7' });
  await manager.allocate(pod('burstable', [{ ...container('a', '2'), resources: { requests: { cpu: '2' } } }]));
  assert.equal(manager.cpusOf('burstable', 'a').length, 0);
  await assert.rejects(manager.allocate(pod('large', [container('a', '4'), container('b', '2')])), { message: 'not enough cpus available to satisfy request: requested=2, available=1' });
  assert.equal(formatCpuSet(manager.shared), '0,2-4,6-7', 'nothing is kept of what was refused');
  manager.release('whole');
  assert.deepEqual(changes, ['0,2-4,6-7', '0-7']);
  await manager.allocate(pod('chain', [container('after', '2')], [container('first', '4')]));
  assert.ok(manager.cpusOf('chain', 'after').every((cpu) => manager.cpusOf('chain', 'first').includes(cpu)));
});

test('options and what a policy cannot do', async () => {
  const strict = new CpuManager(small, { ...policy, reservedCpus: [0, 4], strictReservation: true }, () => {});
  assert.equal(formatCpuSet(strict.shared), '1-3,5-7');
  const whole = new CpuManager(small, { ...policy, fullCoresOnly: true }, () => {});
  await assert.rejects(whole.allocate(pod('odd', [container('a', '3')])), { reason: 'SMTAlignmentError', message: 'SMT Alignment Error: requested 3 cpus not multiple cpus per core = 2' });
  assert.throws(() => new CpuManager(small, { ...policy, reservedMilliCpu: 0 }, () => {}), /requires systemreserved.cpu \+ kubereserved.cpu to be greater than zero/);
  assert.throws(() => new CpuManager(small, { ...policy, reservedCpus: [9] }, () => {}), /there is no CPU 9/);
});

test('a node with the policy pins containers, moves those that share, and knows both after a restart', async () => {
  await using node = await TestNode.start({ kubelet: { cpuPolicy: policy, cpuTopology: small } });
  await node.createPod('shares');
  await node.clock.advance(1000);
  const cpusOf = async (name: string): Promise<string | undefined> => {
    const [found] = (await node.runtime.listContainers()).filter(({ labels }) => labels['io.kubernetes.pod.name'] === name);
    return (await node.runtime.containerStatus(found?.id ?? ''))?.resources?.cpus;
  };
  assert.equal(await cpusOf('shares'), '0-7');
  await node.createPod('alone', { containers: [container('app', '2')] });
  await node.clock.advance(1000);
  assert.deepEqual([await cpusOf('alone'), await cpusOf('shares')], ['1,5', '0,2-4,6-7']);
  await node.kubelet[Symbol.asyncDispose]();
  await node.startKubelet();
  await node.createPod('next', { containers: [container('app', '2')] });
  await node.clock.advance(1000);
  assert.deepEqual([await cpusOf('next'), await cpusOf('shares')], ['2,6', '0,3-4,7']);
});
