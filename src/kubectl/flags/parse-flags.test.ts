import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, bool, duration, int, list, text } from './flags.ts';
import { parseFlags } from './parse-flags.ts';

const flags = { 'watch': bool('', { short: 'w' }), 'tty': bool('', { short: 't' }), 'stdin': bool('', { short: 'i' }), 'namespace': text('', { short: 'n' }), 'dry-run': text('', { initial: 'none', bare: 'unchanged' }), 'tail': int('', { initial: -1 }), 'timeout': duration('', { initial: 0, text: '0s' }), 'labels': list(''), 'header': array('') };

const read = (...line: string[]) => parseFlags(flags, line);

test('flags stand anywhere, together, and with or without their equals sign', () => {
  const { values, args, given } = read('-it', 'web', '-nkube-system', '--tail=5', '--dry-run', 'x', '--timeout=1m30s', '-w=false');
  assert.deepEqual(args, ['web', 'x']);
  assert.deepEqual([values.stdin, values.tty, values.watch, values.namespace, values.tail, values['dry-run'], values.timeout], [true, true, false, 'kube-system', 5, 'unchanged', 90_000]);
  assert.ok(given.has('watch') && !given.has('labels'));
  assert.equal(read('-n=a').values.namespace, 'a');
});

test('lists gather; commas part values of some, and quotes protect them', () => {
  assert.deepEqual(read('--labels=a,b', '--labels', '"c,d",e').values.labels, ['a', 'b', 'c,d', 'e']);
  assert.deepEqual(read('--header=a,b').values.header, ['a,b']);
});

test('after two dashes nothing is a flag', () => {
  const { args, dashAt } = read('pod', '--', 'ls', '-w');
  assert.deepEqual([args, dashAt], [['pod', 'ls', '-w'], 1]);
});

test('mistakes are told in the words of upstream', () => {
  const table: [string[], string][] = [
    [['--nope'], 'unknown flag: --nope'],
    [['-x'], 'unknown shorthand flag: \'x\' in -x'],
    [['-n'], 'flag needs an argument: \'n\' in -n'],
    [['--namespace'], 'flag needs an argument: --namespace'],
    [['--tail=x'], 'invalid argument "x" for "--tail" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    [['--watch=maybe'], 'invalid argument "maybe" for "-w, --watch" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
    [['--timeout=5'], 'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"'],
    [['--=x'], 'bad flag syntax: --=x'],
  ];
  for (const [line, message] of table) assert.throws(() => read(...line), { message });
});
