import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareKeys, toGoYaml } from './go-yaml.ts';

// As upstream's kubectl printed them.
test('strings get the quotes that Go gives them', () => {
  const table: [string, string][] = [
    ['plain', 'plain'], ['', '""'], ['No', '"No"'], ['y', '"y"'], ['2020-01-01', '"2020-01-01"'], ['0x1F', '"0x1F"'], ['0o17', '"0o17"'], ['1e3', '"1e3"'], ['1:30', '"1:30"'], ['1_000', '"1_000"'], ['~', '"~"'], ['=', '='], ['<<', '<<'], ['+1', '"+1"'], ['.5', '".5"'], ['.inf', '".inf"'],
    ['-x', '-x'], ['---', '\'---\''], ['?x', '?x'], [':x', ':x'], ['it\'s: x', '\'it\'\'s: x\''], ['a: b', '\'a: b\''], ['a #b', '\'a #b\''], ['[x]', '\'[x]\''], ['a\tb', '"a\\tb"'], [' x', '\' x\''], ['*x', '\'*x\''], ['- x', '\'- x\''], ['x:', '\'x:\''], ['1.2.3', '1.2.3'], ['10.0.0.1', '10.0.0.1'],
  ];
  for (const [value, written] of table) assert.equal(toGoYaml({ k: value }), `k: ${written}\n`, JSON.stringify(value));
});

test('several lines stand in blocks, where they can', () => {
  assert.equal(toGoYaml({ a: 'a\n b\nc', b: 'x\n', c: ' a\nb\n\n', d: 'a \nb' }), 'a: |-\n  a\n   b\n  c\nb: |\n  x\nc: |2+\n   a\n  b\n\nd: "a \\nb"\n');
});

test('long lines are folded at the space after the eightieth column', () => {
  const words = 'word '.repeat(40).concat('end');
  const [first] = toGoYaml({ plain: words }).split('\n');
  assert.ok(first!.length > 80 && first!.length < 90);
  assert.equal(toGoYaml({ plain: words }).replaceAll('\n  ', ' '), `plain: ${words}\n`);
});

test('lists and objects in one another', () => {
  assert.equal(toGoYaml({ b: [1, { a: 1, b: [[], {}] }, [true, null]], a: {} }), 'a: {}\nb:\n- 1\n- a: 1\n  b:\n  - []\n  - {}\n- - true\n  - null\n');
});

test('keys are in natural order', () => {
  assert.deepEqual(['a10', 'a2', 'B', 'a', '1', 'a-b', 'ab'].sort(compareKeys), ['1', 'B', 'a', 'a2', 'a10', 'a-b', 'ab'].sort(compareKeys));
  assert.ok(compareKeys('a2', 'a10') < 0 && compareKeys('a-b', 'ab') < 0 && compareKeys('1', 'a') < 0);
});
