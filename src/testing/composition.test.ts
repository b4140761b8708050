import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, nodes, pods } from '../api/resources.ts';
import type { Deployment } from '../api/types/apps/v1.ts';
import type { Node, Pod } from '../api/types/core/v1.ts';
import { RealClock } from '../base/real-clock.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import type { Client } from '../client/client.ts';
import { createMemoryPki } from '../pki/pki.ts';
import { MemoryStore } from '../store/drivers/memory/memory-store.ts';
import { Composition } from './composition.ts';
import { drive, end } from './drive.ts';
import { startCluster } from './start-cluster.ts';

const pki = createMemoryPki({ clock: new RealClock(), apiServerNames: ['127.0.0.1'] });

/** Three nodes and all that acts on them. */
async function compose(seed = 1): Promise<{ readonly clock: VirtualClock; readonly parts: Composition; readonly client: Client } & AsyncDisposable> {
  const clock = new VirtualClock();
  const parts = new Composition({ clock, seed, store: MemoryStore.open(), pki: await pki });
  await drive(clock, start(parts));
  return { clock, parts, client: parts.clients.administrator(), [Symbol.asyncDispose]: () => end(clock, parts) };
}

async function start(parts: Composition): Promise<void> {
  await parts.startApiServer();
  await Promise.all([parts.startScheduler(), parts.startControllers()]);
  const added = await Promise.all(['a', 'b', 'c'].map((name) => parts.addNode({ name })));
  await Promise.all(added.map(async ({ kubelet }) => kubelet?.ready));
}

const deployment = (replicas: number): Deployment => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'default', name: 'web' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } } },
});

const isReady = (object: Pod | Node): boolean => (object.status?.conditions as { readonly type: string; readonly status: string }[] | undefined)?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;

async function readyPods(client: Client): Promise<readonly Pod[]> {
  return (await client.list(pods, { namespace: 'default' })).items.filter(isReady);
}

test('an API server that is stopped and started again: everybody finds it, and what was asked for is done', async () => {
  await using world = await compose();
  const { clock, parts, client } = world;
  await client.create(deployments, deployment(3));
  await clock.advance(5000);
  assert.equal((await readyPods(client)).length, 3);

  await drive(clock, parts.stopApiServer());
  await assert.rejects(client.list(nodes), /the API server is not running/);
  await clock.advance(20_000);
  await parts.startApiServer();
  await client.patch(deployments, { namespace: 'default', name: 'web' }, { type: 'merge', value: { spec: { replicas: 5 } } });
  await clock.advance(60_000);
  assert.equal((await readyPods(client)).length, 5);
  assert.ok((await client.list(nodes)).items.every(isReady));
});

test('scheduler and controllers are stopped and started again, each by itself', async () => {
  await using world = await compose();
  const { clock, parts, client } = world;
  await parts.stopScheduler();
  await client.create(deployments, deployment(2));
  await clock.advance(5000);
  const waiting = (await client.list(pods, { namespace: 'default' })).items;
  assert.deepEqual(waiting.map(({ spec }) => spec?.nodeName), [undefined, undefined]);
  await drive(clock, parts.startScheduler());
  await clock.advance(5000);
  assert.equal((await readyPods(client)).length, 2);

  await parts.stopControllers();
  await client.patch(deployments, { namespace: 'default', name: 'web' }, { type: 'merge', value: { spec: { replicas: 4 } } });
  await clock.advance(5000);
  assert.equal((await readyPods(client)).length, 2);
  await drive(clock, parts.startControllers());
  await clock.advance(5000);
  assert.equal((await readyPods(client)).length, 4);
});

test('a node that is killed is found out, and what ran on it starts anew when it is switched on again', async () => {
  await using world = await compose();
  const { clock, parts, client } = world;
  await client.create(deployments, deployment(3));
  await clock.advance(5000);
  const victim = parts.nodes.get('b')!;
  const containers = await victim.runtime!.listContainers();
  assert.equal(containers.length, 1);

  await drive(clock, victim.kill());
  await clock.advance(60_000);
  assert.equal(isReady(await client.get(nodes, { name: 'b' })), false);
  await drive(clock, victim.start());
  await clock.advance(60_000);
  assert.equal(isReady(await client.get(nodes, { name: 'b' })), true);
  const anew = await victim.runtime!.listContainers();
  assert.equal(anew.filter(({ state }) => state === 'running').length, 1);
  assert.notEqual(anew[0]!.id, containers[0]!.id);
  assert.equal((await readyPods(client)).length, 3);
});

test('a kubelet that is started again finds its containers', async () => {
  await using world = await compose();
  const { clock, parts, client } = world;
  await client.create(deployments, deployment(3));
  await clock.advance(5000);
  const node = parts.nodes.get('a')!;
  const before = await node.runtime!.listContainers();
  await drive(clock, node.stopKubelet());
  await clock.advance(10_000);
  await drive(clock, node.start());
  await clock.advance(10_000);
  assert.deepEqual((await node.runtime!.listContainers()).map(({ id }) => id), before.map(({ id }) => id));
  assert.equal((await readyPods(client)).length, 3);
});

test('the same seed gives the same cluster, another seed another', async () => {
  const run = async (seed: number): Promise<readonly (readonly (string | undefined)[])[]> => {
    await using world = await compose(seed);
    await world.client.create(deployments, deployment(3));
    await world.clock.advance(5000);
    return (await readyPods(world.client)).map(({ metadata, spec, status }) => [metadata.name, metadata.uid, metadata.resourceVersion, spec?.nodeName, status?.podIP, status?.containerStatuses?.[0]?.containerID]);
  };
  const first = await run(1);
  assert.deepEqual(await run(1), first);
  assert.notDeepEqual(await run(2), first);
});

test('a machine whose plug was pulled does not at once give the addresses away again that its pods are known by', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  const pod = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name }, spec: { containers: [{ name: 'c', image: 'nginx' }] } });
  const addressOf = async (name: string) => (await cluster.expect(pods, name).toBeReady()).status?.podIP;
  await cluster.apply([pod('a'), pod('b')]);
  const before = [await addressOf('a'), await addressOf('b')];
  await cluster.nodes.kill('node-1');
  await cluster.nodes.start('node-1');
  await cluster.settle();
  const after = [await addressOf('a'), await addressOf('b')];
  assert.deepEqual(after.filter((address) => before.includes(address)), []);
});
