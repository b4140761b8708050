import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFieldSelector } from './fields.ts';
import { parseLabelSelector } from './label-selector-parser.ts';
import { formatLabels, formatLabelSelector, labelSelectorAsSelector, selectorFromLabels } from './labels.ts';

test('a label selector matches as upstream says', () => {
  const table: [string, Record<string, string>, boolean][] = [
    ['', {}, true], ['x=y', { x: 'y' }, true], ['x==y', { x: 'z' }, false], ['x!=y', {}, true], ['x', { x: '' }, true], ['!x', { x: '' }, false], ['!x', {}, true],
    ['x in (a,b)', { x: 'b' }, true], ['x in (a,b)', {}, false], ['x notin (a,b)', {}, true], ['x notin (a)', { x: 'a' }, false], ['x in ()', { x: '' }, true],
    ['x>7', { x: '8' }, true], ['x<7', { x: '8' }, false], ['x>7', { x: 'q' }, false], ['x=,y=a', { x: '', y: 'a' }, true], ['in in (in)', { in: 'in' }, true], [' a = b , c ', { a: 'b', c: '1' }, true],
    ['constructor', {}, false],
  ];
  for (const [text, labels, expected] of table) assert.equal(parseLabelSelector(text).matches(labels), expected, text);
});

test('canonical text of a label selector', () => {
  const table: Record<string, string> = { 'z in (b,a,b),a=1': 'a=1,z in (a,b)', '!x , y': '!x,y', 'a != b': 'a!=b', 'a gt': '' };
  for (const [text, expected] of Object.entries(table)) if (expected !== '') assert.equal(String(parseLabelSelector(text)), expected);
});

test('errors of the label selector parser', () => {
  const table: Record<string, string> = {
    'x=a||y=b': 'values[0][x]: Invalid value: "a||y"',
    'x==a==b': "found '==', expected: ',' or 'end of string'",
    '!x=a': "found '=', expected: ',' or 'end of string'",
    'x<a': 'unable to parse requirement: values[0]: Invalid value: "a": for \'Gt\', \'Lt\' operators, the value must be an integer',
    ',': "found ',', expected: !, identifier, or 'end of string'",
    'x,': "found '', expected: identifier after ','",
    'x in a': "unable to parse requirement: found 'a' expected: '('",
    'x y': "unable to parse requirement: found 'y', expected: in, notin, =, ==, !=, gt, lt",
    'a/b/c=d': 'unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key must consist of',
  };
  for (const [text, expected] of Object.entries(table)) assert.throws(() => parseLabelSelector(text), (error: Error) => error.message.includes(expected) || assert.fail(`${text}: ${error.message}`));
});

test('metav1.LabelSelector', () => {
  assert.equal(labelSelectorAsSelector(undefined).matches({}), false);
  assert.equal(labelSelectorAsSelector({}).matches({}), true);
  assert.equal(formatLabelSelector(undefined), '<none>');
  assert.equal(formatLabelSelector({ matchLabels: { b: '1', a: '2' }, matchExpressions: [{ key: 'c', operator: 'DoesNotExist' }] }), 'a=2,b=1,!c');
  assert.equal(formatLabelSelector({ matchExpressions: [{ key: 'c', operator: 'Nope' }] }), '<error>');
  assert.equal(formatLabels({ b: '1', a: '2' }), 'a=2,b=1');
  assert.equal(selectorFromLabels({ a: 'b' }).requiredValue('a'), 'b');
});

test('field selectors', () => {
  const selector = parseFieldSelector('spec.nodeName!=,metadata.name=a\\,b');
  assert.equal(selector.matches({ 'spec.nodeName': 'n', 'metadata.name': 'a,b' }), true);
  assert.equal(selector.matches({ 'metadata.name': 'a,b' }), false);
  assert.equal(selector.requiredValue('metadata.name'), 'a,b');
  assert.equal(String(selector), 'metadata.name=a\\,b,spec.nodeName!=');
  assert.throws(() => parseFieldSelector('abc'), { message: "invalid selector: 'abc'; can't understand 'abc'" });
});
