import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machine } from '../testing/machine.test.ts';
import type { MachineTopology } from '../topology/machine-topology.ts';
import { formatCpuSet, parseCpuSet } from './cpu-set.ts';
import { CpuTopology } from './cpu-topology.ts';
import { distributeCpus } from './distribute-cpus.ts';
import { packed, takeCpus } from './take-cpus.ts';

const small = machine({ sockets: 1, cores: 4, threads: 2 });
const dual = machine({ sockets: 2, cores: 2, threads: 2 });
const quarters = machine({ sockets: 2, cores: 8, threads: 2, numaNodes: 4 });
const cached = machine({ sockets: 1, cores: 8, threads: 2, caches: 4 });
const single = machine({ sockets: 2, cores: 8, threads: 1, numaNodes: 4 });

test('lists of processors are read and written as the kernel has them', () => {
  assert.deepEqual(parseCpuSet('0-2,5,7-8\n'), [0, 1, 2, 5, 7, 8]);
  assert.equal(formatCpuSet([8, 7, 0, 1, 2, 5, 5]), '0-2,5,7-8');
  assert.deepEqual([parseCpuSet(''), formatCpuSet([])], [[], '']);
  assert.throws(() => parseCpuSet('3-1'), /invalid cpu list/);
});

type Case = [what: string, topology: MachineTopology, free: string, count: number, expected: string];

function check(cases: readonly Case[], take: (topology: CpuTopology, free: ReadonlySet<number>, count: number) => readonly number[]): void {
  for (const [what, { cpus }, free, count, expected] of cases) assert.equal(formatCpuSet(take(new CpuTopology(cpus), new Set(parseCpuSet(free)), count)), expected, what);
}

test('what is taken lies close together', () => {
  check([
    ['nothing', small, '0-7', 0, ''],
    ['a thread', small, '0-7', 1, '0'],
    ['a core', small, '0-7', 2, '0,4'],
    ['a core, not the halves of two', small, '1-7', 2, '1,5'],
    ['a core and a half that is left over', small, '1-7', 3, '1,4-5'],
    ['all', small, '0-7', 8, '0-7'],
    ['a whole socket', dual, '0-7', 4, '0-1,4-5'],
    ['the socket that is whole', dual, '1-7', 4, '2-3,6-7'],
    ['a core of the socket with less room', dual, '1-3,5-7', 2, '1,5'],
    ['a thread of the core that is broken already', dual, '1-7', 1, '4'],
    ['a NUMA node of the socket with less room', quarters, '1-31', 8, '4-7,20-23'],
    ['a socket and a NUMA node', quarters, '0-31', 24, '0-11,16-27'],
    ['a socket, though a part of another is free', quarters, '4-31', 16, '8-15,24-31'],
  ], (topology, free, count) => takeCpus(topology, free, count));
  assert.throws(() => takeCpus(new CpuTopology(small.cpus), new Set([1]), 2), { message: 'not enough cpus available to satisfy request: requested=2, available=1' });
});

test('distribute-cpus-across-cores: threads of different cores first', () => {
  check([
    ['three', small, '0-7', 3, '0-2'],
    ['more than cores', small, '0-7', 6, '0-5'],
    ['on one socket', dual, '0-7', 2, '0-1'],
    ['a whole socket is taken whole', dual, '0-7', 4, '0-1,4-5'],
  ], (topology, free, count) => takeCpus(topology, free, count, { spread: true, alignCaches: false }));
});

test('prefer-align-cpus-by-uncorecache: as few caches as can be', () => {
  check([
    ['a whole cache', cached, '0-15', 4, '0-1,8-9'],
    ['a whole cache and a part of the next', cached, '0-15', 6, '0-2,8-10'],
    ['a part where it fits, past a cache that is too full', cached, '1-15', 4, '2-3,10-11'],
    ['an odd number: the last core is broken', cached, '2-15', 3, '2-3,10'],
    ['from any when none has room', cached, '1,3,5,7,9,11', 3, '1,5,9'],
  ], (topology, free, count) => takeCpus(topology, free, count, { spread: false, alignCaches: true }));
});

test('distribute-cpus-across-numa: equal parts of as few nodes as will do', () => {
  const spread = (groupSize: number) => (topology: CpuTopology, free: ReadonlySet<number>, count: number) => distributeCpus(topology, free, count, { groupSize, rules: packed });
  check([
    ['one node is enough', single, '0-15', 4, '0-3'],
    ['two equal parts', single, '0-15', 6, '0-2,4-6'],
    ['what is left evens out what is there', single, '0-15', 5, '0-2,4-5'],
    ['one node is full: the other two', single, '4-15', 6, '4-6,8-10'],
    ['no equal parts: packed', single, '0-3,4,8,12', 7, '0-4,8,12'],
  ], spread(1));
  check([
    ['by cores', quarters, '0-31', 12, '0-2,4-6,16-18,20-22'],
    ['a core more on one of them', quarters, '0-31', 10, '0-2,4-5,16-18,20-21'],
    ['an odd number is packed', quarters, '0-31', 3, '0-1,16'],
  ], spread(2));
});
