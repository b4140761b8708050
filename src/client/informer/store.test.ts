import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ObjectStore } from './store.ts';

const object = (name: string, labels: Record<string, string> = {}, namespace = 'default') => ({ metadata: { namespace, name, labels } });
const names = (objects: readonly { readonly metadata: { readonly name: string } }[]): string[] => objects.map(({ metadata }) => metadata.name);

describe('what an informer holds', () => {
  it('is found under the values that it has now, also by indexes that came later', () => {
    const store = new ObjectStore<ReturnType<typeof object>>();
    store.addIndex('app', ({ metadata }) => Object.values(metadata.labels));
    store.set(object('a', { app: 'x' }));
    store.set(object('b', { app: 'x', tier: 'y' }));
    store.set(object('c'));
    assert.deepEqual([names(store.byIndex('app', 'x')), names(store.byIndex('app', 'y'))], [['a', 'b'], ['b']]);
    const newer = object('a', { app: 'x' });
    assert.equal(store.set(newer)?.metadata.name, 'a');
    assert.equal(store.byIndex('app', 'x')[0], newer);
    store.set(object('b', { tier: 'y' }));
    store.set(object('c', { app: 'x' }));
    assert.deepEqual([names(store.byIndex('app', 'x')), names(store.byIndex('app', 'y'))], [['a', 'c'], ['b']]);
    store.addIndex('first', ({ metadata }) => [metadata.name]);
    assert.deepEqual(names(store.byIndex('first', 'c')), ['c']);
    store.delete('default/a');
    assert.deepEqual([names(store.byIndex('app', 'x')), store.byIndex('first', 'a'), store.size], [['c'], [], 2]);
  });

  it('is listed by namespace from the first time on that somebody asks', () => {
    const store = new ObjectStore<ReturnType<typeof object>>();
    store.set(object('a'));
    store.set(object('b', {}, 'other'));
    assert.deepEqual(names(store.list('other')), ['b']);
    store.set(object('c', {}, 'other'));
    store.delete('other/b');
    assert.deepEqual([names(store.list('other')), names(store.list()), store.list('none')], [['c'], ['a', 'c'], []]);
    assert.throws(() => store.byIndex('nothing', 'x'), /no index "nothing"/);
  });
});
