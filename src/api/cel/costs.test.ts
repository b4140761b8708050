import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Schema } from '../groups/apiextensions/json-schema.ts';
import { compileRules } from './schema/compile-rule.ts';
import { declTypeOf } from './schema/decl-type.ts';
import { Shape } from './schema/shape.ts';

const text: Schema = { type: 'string' };
const schema: Schema = {
  type: 'object',
  properties: { a: { type: 'integer' }, b: { type: 'integer' }, s: text, t: { ...text, maxLength: 10 }, list: { type: 'array', items: { type: 'integer' } }, names: { type: 'array', maxItems: 5, items: { ...text, maxLength: 10 } }, map: { type: 'object', additionalProperties: text } },
};
const value = { a: 1, b: 2, s: 'some text of thirty characters', t: 'short', list: [1, 2, 3], names: ['x', 'yy'], map: { k: 'v' } };

/** What upstream's cost model charges for an expression: about this value, and at most about any. */
const costs: readonly (readonly [string, number, number])[] = [
  ['self.a < self.b', 5, 5],
  ['has(self.a)', 1, 1],
  ['self.a == 1 ? self.b == 2 : self.b == 3', 6, 4],
  ["self.s.startsWith('some')", 5, 3],
  ["self.s.contains('thirty')", 5, 314_575],
  ["self.t.contains('thirty')", 3, 6],
  ["self.s.matches('[a-z]+')", 10, 629_148],
  ['self.list.all(x, x > 0)', 18, 7_864_318],
  ["self.names.exists(n, n == 'yy')", 15, 33],
  ['self.names.map(n, n.size()).sum() == 3', 34, 89],
  ["self.map['k'] == 'v'", 4, 4],
  ['1 in [1, 2, 3]', 0, 13],
  ["self.names.join(',') == 'x,yy'", 4, 24],
  ["duration('1h') > duration('1m')", 1, 3],
];

test('expressions cost what they cost upstream, and can cost at most what it estimates', () => {
  const decl = declTypeOf(schema, 'selfType', false);
  assert.ok(decl !== undefined);
  const self = new Shape(schema, false).convert(value);
  const found = compileRules(schema, costs.map(([rule]) => ({ rule })), decl).map(({ rule, program, maxCost, error }) => {
    assert.equal(error, undefined);
    return [rule.rule, program?.run(() => self).cost, maxCost];
  });
  assert.deepEqual(found, costs);
});
