import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configmaps } from '../../api/resources.ts';
import type { ConfigMap } from '../../api/types/core/v1.ts';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { MemoryEndpoint } from '../testing/memory-endpoint.ts';
import { createLocalClient } from '../transports/local.ts';
import { createInformer } from './informer.ts';
import { createSharedInformers } from './shared-informers.ts';

function setup() {
  const clock = new VirtualClock();
  const endpoint = new MemoryEndpoint(clock);
  const client = createLocalClient(endpoint, { user: { name: 'test', groups: [] } });
  const controller = new AbortController();
  const options = { clock, random: new SeededRandom(1), logger: silentLogger };
  const create = (name: string, data: Record<string, string> = {}, namespace = 'default'): Promise<ConfigMap> => client.create(configmaps, { metadata: { namespace, name }, data });
  return { clock, endpoint, client, controller, options, create };
}

function record(events: string[]) {
  return {
    add: (object: ConfigMap) => { events.push(`add ${object.metadata.name}`); },
    update: (old: ConfigMap, object: ConfigMap) => { events.push(`update ${object.metadata.name} ${old.data?.['v'] ?? '-'}>${object.data?.['v'] ?? '-'}`); },
    delete: (object: ConfigMap) => { events.push(`delete ${object.metadata.name}`); },
  };
}

describe('informer', () => {
  it('lists, then follows by watch', async () => {
    const { clock, client, controller, options, create } = setup();
    await create('a', { v: '1' });
    const informer = createInformer(client, configmaps, options);
    const events: string[] = [];
    informer.addHandler(record(events));
    informer.start(controller.signal);
    await informer.synced();
    assert.deepEqual(events, ['add a']);
    assert.equal(informer.lister.get('default', 'a')?.kind, 'ConfigMap');
    await clock.settle();
    const b = await create('b', { v: '1' });
    await client.update(configmaps, { ...b, data: { v: '2' } });
    await client.delete(configmaps, { namespace: 'default', name: 'a' });
    await clock.settle();
    assert.deepEqual(events, ['add a', 'add b', 'update b 1>2', 'delete a']);
    assert.equal(informer.lister.size, 1);
    const late: string[] = [];
    informer.addHandler(record(late));
    assert.deepEqual(late, ['add b']);
    controller.abort();
  });

  it('keeps indexes true through changes', async () => {
    const { clock, client, controller, options, create } = setup();
    const informer = createInformer(client, configmaps, { ...options, indexes: { colour: (object) => (object.data?.['colour'] === undefined ? [] : [object.data['colour']]) } });
    informer.start(controller.signal);
    await informer.synced();
    await clock.settle();
    const a = await create('a', { colour: 'red' });
    await create('b', { colour: 'red' }, 'other');
    await clock.settle();
    const names = (value: string): unknown[] => informer.lister.byIndex('colour', value).map((object) => object.metadata.name);
    assert.deepEqual(names('red'), ['a', 'b']);
    assert.deepEqual(informer.lister.list('other').map((object) => object.metadata.name), ['b']);
    await client.update(configmaps, { ...a, data: { colour: 'blue' } });
    await clock.settle();
    assert.deepEqual([names('red'), names('blue')], [['b'], ['a']]);
    controller.abort();
  });

  it('watches on from where it was when a watch ends, without a list', async () => {
    const { clock, client, controller, options, create, endpoint } = setup();
    const informer = createInformer(client, configmaps, options);
    const events: string[] = [];
    informer.addHandler(record(events));
    informer.start(controller.signal);
    await informer.synced();
    await clock.settle();
    await create('a');
    await clock.advance(2000);
    endpoint.dropWatches();
    await create('b');
    await clock.advance(60_000);
    assert.deepEqual(events, ['add a', 'add b']);
    assert.equal(endpoint.requests.filter((request) => !request.path.includes('watch=')).filter((request) => request.method === 'GET').length, 1);
    controller.abort();
  });

  it('lists again after 410 and tells of what it missed', async () => {
    const { clock, client, controller, options, create, endpoint } = setup();
    await create('gone');
    const changed = await create('changed', { v: '1' });
    await create('remade');
    const informer = createInformer(client, configmaps, options);
    const events: string[] = [];
    informer.start(controller.signal);
    await informer.synced();
    await clock.advance(2000);
    informer.addHandler(record(events));
    events.length = 0;
    endpoint.dropWatches();
    await client.delete(configmaps, { namespace: 'default', name: 'gone' });
    await client.delete(configmaps, { namespace: 'default', name: 'remade' });
    await create('remade');
    await create('new');
    await client.update(configmaps, { ...changed, data: { v: '2' } });
    endpoint.expire();
    await clock.advance(60_000);
    assert.deepEqual(events.toSorted(), ['add new', 'add remade', 'delete gone', 'delete remade', 'update changed 1>2']);
    controller.abort();
  });

  it('backs off on errors and stops with its signal', async () => {
    const { clock, client, controller, options, endpoint } = setup();
    for (let i = 0; i < 4; i++) endpoint.failNext(() => true, new Error('connection refused'));
    const informer = createInformer(client, configmaps, options);
    informer.start(controller.signal);
    await clock.settle();
    assert.equal(endpoint.requests.length, 1);
    await clock.advance(800 * 2);
    assert.equal(endpoint.requests.length, 2);
    await clock.advance(30_000);
    assert.equal(informer.hasSynced, true);
    const stopped = createInformer(client, configmaps, options);
    endpoint.failNext(() => true, new Error('connection refused'));
    stopped.start(controller.signal);
    const wait = assert.rejects(stopped.synced());
    await clock.settle();
    controller.abort(new Error('stop'));
    await wait;
    assert.equal(clock.nextTimerMs, undefined);
  });

  it('is shared: one list and one watch a type', async () => {
    const { clock, client, controller, options, endpoint } = setup();
    const informers = createSharedInformers(client, { ...options, signal: controller.signal });
    assert.equal(informers.informer(configmaps), informers.informer(configmaps));
    assert.notEqual(informers.informer(configmaps), informers.informer(configmaps, { namespace: 'x' }) );
    await informers.synced();
    await clock.settle();
    assert.equal(endpoint.requests.length, 4);
    controller.abort();
  });
});
