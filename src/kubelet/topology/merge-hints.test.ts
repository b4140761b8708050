import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAlignment, readOptions } from './alignment.ts';
import { machine } from '../testing/machine.test.ts';
import type { Hint, Hints } from './hints.ts';
import { masksOf, maskOf, nodesOf } from './masks.ts';
import type { AlignmentPolicy } from './merge-hints.ts';
import { mergeHints } from './merge-hints.ts';

const numaNodes = [0, 1, 2, 3];
/** `01!`: of nodes 0 and 1, preferred; `-`: from anywhere. */
const hint = (text: string): Hint => ({ affinity: text.startsWith('-') ? undefined : maskOf(text.replace('!', '').split('').map(Number)), preferred: text.endsWith('!') });
const hints = (texts: readonly string[] | undefined): Hints => new Map([['x', texts?.map(hint)]]);
const text = ({ affinity, preferred }: Hint): string => `${affinity === undefined ? '-' : nodesOf(affinity).join('')}${preferred ? '!' : ''}`;

test('masks come by size, then in order', () => {
  assert.deepEqual([...masksOf([0, 1, 2])].map((mask) => nodesOf(mask).join('')), ['0', '1', '2', '01', '02', '12', '012']);
});

test('the place that suits all is the one that all prefer, then the narrowest', () => {
  const cases: [string, AlignmentPolicy, (readonly string[] | undefined)[], string, boolean][] = [
    ['nobody cares', 'restricted', [undefined, undefined], '0123!', true],
    ['nobody cares, and one node must do', 'single-numa-node', [undefined], '-!', true],
    ['the same', 'restricted', [['0!'], ['0!', '1!']], '0!', true],
    ['one cares', 'single-numa-node', [undefined, ['1!', '01']], '1!', true],
    ['the lower of two', 'restricted', [['0!', '1!', '01'], ['0!', '1!', '01']], '0!', true],
    ['no common node', 'restricted', [['0!'], ['1!']], '0123', false],
    ['no common node, and it does not matter', 'best-effort', [['0!'], ['1!']], '0123', true],
    ['a part of what one prefers', 'restricted', [['01!'], ['0!']], '0', false],
    ['more nodes where all agree', 'restricted', [['01!', '012'], ['01!', '013']], '01!', true],
    ['that needs more than one', 'single-numa-node', [['01!'], ['01!']], '-', false],
    ['nowhere', 'restricted', [[], ['0!']], '0', false],
    ['nowhere, at best', 'best-effort', [[], ['0!']], '0', true],
    ['none is preferred: as many nodes as one needs at least', 'best-effort', [['01', '012'], ['0', '1', '01']], '01', true],
  ];
  for (const [what, policy, lists, expected, isAdmitted] of cases) {
    const merged = mergeHints({ policy, numaNodes }, lists.map(hints));
    assert.deepEqual([text(merged.hint), merged.isAdmitted], [expected, isAdmitted], what);
  }
});

test('prefer-closest-numa-nodes looks at distances', () => {
  const distances = new Map([[0, [10, 20, 20, 12]], [1, [20, 10, 12, 20]], [2, [20, 12, 10, 20]], [3, [12, 20, 20, 10]]]);
  const lists = [hints(['01!', '12!', '03!'])];
  assert.equal(text(mergeHints({ policy: 'restricted', numaNodes }, lists).hint), '01!');
  assert.equal(text(mergeHints({ policy: 'restricted', numaNodes, distances }, lists).hint), '12!', 'of two that are as close the lower');
});

test('options are read as upstream reads them', () => {
  assert.deepEqual(readOptions({ 'prefer-closest-numa-nodes': 'true', 'max-allowable-numa-nodes': '16' }), { preferClosest: true, maxNumaNodes: 16 });
  for (const [options, message] of [
    [{ fastest: 'true' }, 'unknown Topology Manager Policy option: "fastest"'],
    [{ 'max-allowable-numa-nodes': '4' }, 'the minimum value of "max-allowable-numa-nodes" should not be less than 8'],
    [{ 'max-allowable-numa-nodes': 'many' }, 'unable to convert policy option to integer "max-allowable-numa-nodes": strconv.Atoi: parsing "many": invalid syntax'],
    [{ 'prefer-closest-numa-nodes': 'maybe' }, 'bad value for option "prefer-closest-numa-nodes": strconv.ParseBool: parsing "maybe": invalid syntax'],
  ] as const) assert.throws(() => readOptions(options), { message });
  const large = machine({ sockets: 9, cores: 1, threads: 1 });
  assert.throws(() => createAlignment({ policy: 'restricted', scope: 'container', options: {} }, large), { message: 'unsupported on machines with more than 8 NUMA Nodes' });
});
