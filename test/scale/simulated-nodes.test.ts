import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leases, nodes, pods } from '../../src/api/resources.ts';
import type { Node } from '../../src/api/types/core/v1.ts';
import { SeededRandom } from '../../src/base/random.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SimulatedNodes } from '../../src/cluster/simulated-nodes.ts';
import type { Kubelet } from '../../src/kubelet/kubelet.ts';
import { resourceMetrics } from '../../src/kubelet/server/resource-page.ts';
import { drive } from '../../src/testing/drive.ts';
import { container, isReady, podOf, World } from '../conformance/world.ts';

interface Cluster extends AsyncDisposable { readonly world: World; readonly kubelets: Kubelet[]; readonly nodes: SimulatedNodes }

/** A cluster whose nodes are those of `coxswain up --runtime simulated`. */
async function cluster(names: readonly string[], foresightMs = 0): Promise<Cluster> {
  const undo = new AsyncDisposableStack();
  const world = undo.use(await World.start({ nodes: 0 }));
  const kubelets: Kubelet[] = [];
  const simulated = new SimulatedNodes({
    kubelet: { clock: world.clock, random: new SeededRandom(3), logger: silentLogger, foresightMs },
    clusterCidr: '10.244.0.0/16', rootDir: '/simulated',
    endpoint: world.plane.server.local,
    observer: world.client,
    started: (kubelet) => void kubelets.push(kubelet),
    gone: (kubelet) => void kubelets.splice(kubelets.indexOf(kubelet), 1),
  });
  undo.defer(() => drive(world.clock, simulated[Symbol.asyncDispose]()));
  for (const name of names) {
    await drive(world.clock, simulated.start(name));
    await untilNode(world, name, isReady);
  }
  return { world, kubelets, nodes: simulated, [Symbol.asyncDispose]: () => undo.disposeAsync() };
}

const untilNode = (world: World, name: string, holds: (node: Node) => boolean): Promise<Node> =>
  world.until(`node ${name}`, async () => {
    const { items } = await world.client.list(nodes);
    const node = items.find(({ metadata }) => metadata.name === name);
    return node !== undefined && holds(node) ? node : undefined;
  });

const annotate = (world: World, name: string, annotations: Readonly<Record<string, string | null>>): Promise<unknown> =>
  world.client.patch(nodes, { name }, { type: 'merge', value: { metadata: { annotations } } });

const condition = (node: Node, type: string): string | undefined => node.status?.conditions?.find((one) => one.type === type)?.status;

const hoursMs = 3_600_000;
const failures = [['stops its heartbeats', 'coxswain.io/heartbeat', 'stopped'], ['loses its network', 'coxswain.io/network', 'lost']] as const;

for (const [title, annotation, value] of failures) {
  for (const [saying, foresightMs] of [['', 0], ['with foresight ', 24 * hoursMs]] as const) {
    test(`a node ${saying}that ${title} becomes Unknown after 40 seconds, and ready again when that is over`, async () => {
      await using made = await cluster(['one', 'two'], foresightMs);
      const { world } = made;
      await world.clock.advance(hoursMs);
      await annotate(world, 'one', { [annotation]: value });
      await world.clock.advance(29_000);
      assert.equal(condition(await world.client.get(nodes, { name: 'one' }), 'Ready'), 'True');
      await world.clock.advance(22_000);
      const lost = await world.client.get(nodes, { name: 'one' });
      assert.deepEqual([condition(lost, 'Ready'), lost.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/unreachable')], ['Unknown', true]);
      assert.equal(condition(await world.client.get(nodes, { name: 'two' }), 'Ready'), 'True');
      await annotate(world, 'one', { [annotation]: null });
      await untilNode(world, 'one', (node) => isReady(node) && (node.spec?.taints ?? []).length === 0);
      await world.clock.advance(hoursMs);
      assert.equal(condition(await world.client.get(nodes, { name: 'one' }), 'Ready'), 'True');
    });
  }
}

test('nodes with foresight write nothing while nothing happens', async () => {
  await using made = await cluster(['one', 'two'], 24 * hoursMs);
  const { world } = made;
  await world.clock.advance(60_000);
  const written = async (): Promise<unknown[]> => [...(await world.client.list(leases)).items, ...(await world.client.list(nodes)).items].map(({ metadata }) => [metadata.name, metadata.resourceVersion]);
  const before = await written();
  await world.clock.advance(11 * hoursMs);
  assert.deepEqual(await written(), before);
  // A lease that somebody else takes away is there again before its node is missed for long.
  await world.client.delete(leases, { namespace: 'kube-node-lease', name: 'one' });
  await world.clock.advance(120_000);
  assert.equal(condition(await world.client.get(nodes, { name: 'one' }), 'Ready'), 'True');
  await world.clock.advance(20 * hoursMs);
  assert.deepEqual((await world.client.list(nodes)).items.map((node) => condition(node, 'Ready')), ['True', 'True']);
});

test('pods on a silent node run on; on one without network nothing new starts', async () => {
  await using made = await cluster(['one']);
  const { world } = made;
  const on = { spec: { nodeName: 'one' } };
  await annotate(world, 'one', { 'coxswain.io/heartbeat': 'stopped' });
  await world.runningPod(podOf('default', 'first', on));
  await annotate(world, 'one', { 'coxswain.io/network': 'lost' });
  await world.clock.advance(5000);
  await world.client.create(pods, podOf('default', 'second', on));
  await world.clock.advance(20_000);
  assert.equal((await world.client.get(pods, { namespace: 'default', name: 'second' })).status?.phase, 'Pending');
  await annotate(world, 'one', { 'coxswain.io/network': null, 'coxswain.io/heartbeat': null });
  await world.untilPod('default', 'second', ({ status }) => status?.phase === 'Running');
});

test('a node that runs out of memory says so and is tainted; what pods use adds up to that, too', async () => {
  await using made = await cluster(['one']);
  const { world } = made;
  const underPressure = (node: Node): boolean => condition(node, 'MemoryPressure') === 'True' && node.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/memory-pressure') === true;
  await annotate(world, 'one', { 'coxswain.io/memory': 'exhausted' });
  await untilNode(world, 'one', underPressure);
  await annotate(world, 'one', { 'coxswain.io/memory': null });
  await untilNode(world, 'one', (node) => condition(node, 'MemoryPressure') === 'False' && (node.spec?.taints ?? []).length === 0);
  await world.runningPod(podOf('default', 'hungry'));
  await world.client.patch(pods, { namespace: 'default', name: 'hungry' }, { type: 'merge', value: { metadata: { annotations: { 'coxswain.io/usage-memory': '32Gi' } } } });
  await untilNode(world, 'one', underPressure);
});

test('what a pod uses is measured, may change, and kills a container that has a limit below it', async () => {
  await using made = await cluster(['one']);
  const { world, kubelets } = made;
  const limited = container({ resources: { limits: { memory: '128Mi' } } });
  await world.runningPod(podOf('default', 'busy', { annotations: { 'coxswain.io/usage-cpu': '500m', 'kwok.x-k8s.io/usage-memory': '64Mi' }, spec: { containers: [limited] } }));
  const before = await resourceMetrics(kubelets[0]!);
  await world.clock.advance(10_000);
  const after = await resourceMetrics(kubelets[0]!);
  const seconds = (text: string): number => Number(/^pod_cpu_usage_seconds_total\{[^}]*\} (\S+)/m.exec(text)?.[1]);
  assert.equal(Math.round((seconds(after) - seconds(before)) * 1000), 5000);
  assert.match(after, new RegExp(`^pod_memory_working_set_bytes\\{[^}]*\\} ${64 * 2 ** 20} `, 'm'));
  await world.client.patch(pods, { namespace: 'default', name: 'busy' }, { type: 'merge', value: { metadata: { annotations: { 'kwok.x-k8s.io/usage-memory': '256Mi' } } } });
  await world.untilPod('default', 'busy', ({ status }) => status?.containerStatuses?.[0]?.lastState?.terminated?.reason === 'OOMKilled' || status?.containerStatuses?.[0]?.state?.terminated?.reason === 'OOMKilled');
});

test('a node that is created with kwok\'s annotation gets a kubelet, and loses it with its object', async () => {
  await using made = await cluster([]);
  const { world, kubelets } = made;
  const allocatable = { cpu: '4', memory: '8Gi', pods: '30' };
  await world.client.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'fake', annotations: { 'kwok.x-k8s.io/node': 'fake' }, labels: { type: 'kwok' } }, status: { allocatable, capacity: allocatable } });
  const node = await untilNode(world, 'fake', isReady);
  assert.equal(node.metadata.labels?.['type'], 'kwok');
  assert.partialDeepStrictEqual(node.status?.allocatable, allocatable);
  await world.runningPod(podOf('default', 'there', { spec: { nodeSelector: { type: 'kwok' } } }));
  await world.client.delete(nodes, { name: 'fake' });
  await world.until('its kubelet to be gone', () => kubelets.length === 0);
});
