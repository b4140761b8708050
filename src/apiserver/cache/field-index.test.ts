import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CachedObject } from './cached-object.ts';
import { FieldIndex } from './field-index.ts';

const pod = (key: string, nodeName: string, revision = 1): CachedObject =>
  CachedObject.fromObject(key, { metadata: { name: key }, spec: { nodeName } } as never, revision, (object) => ({ 'spec.nodeName': (object as unknown as { spec: { nodeName: string } }).spec.nodeName }));

const keys = (index: FieldIndex, value: string, prefix = '', after?: string): string[] => {
  const found: string[] = [];
  index.scan(value, prefix, after, (object) => found.push(`${object.key}@${object.revision}`) > 0);
  return found;
};

test('objects are found by their value, in order of key, as they come, move and go', () => {
  const [a, b, c] = [pod('x/a', 'n1'), pod('y/b', 'n1'), pod('x/c', '')];
  const index = new FieldIndex('spec.nodeName', (visit) => { for (const object of [b, a, c]) visit(object); });
  assert.deepEqual(keys(index, 'n1'), ['x/a@1', 'y/b@1']);
  assert.deepEqual(keys(index, 'n1', 'y/'), ['y/b@1']);
  assert.deepEqual(keys(index, 'n1', '', 'x/a'), ['y/b@1']);
  assert.deepEqual(keys(index, ''), ['x/c@1']);
  assert.deepEqual(keys(index, 'n2'), []);
  const again = pod('x/a', 'n1', 2);
  index.set(again);
  assert.deepEqual(keys(index, 'n1'), ['x/a@2', 'y/b@1']);
  const bound = pod('x/c', 'n2', 3);
  index.set(bound);
  assert.deepEqual([keys(index, ''), keys(index, 'n2')], [[], ['x/c@3']]);
  index.set(pod('z/d', 'n2', 4));
  index.delete(bound.key);
  index.delete('unknown');
  assert.deepEqual(keys(index, 'n2'), ['z/d@4']);
});
