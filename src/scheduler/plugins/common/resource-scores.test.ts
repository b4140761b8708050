import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node } from '../../../api/types/core/v1.ts';
import type { Device, DeviceClass, DeviceRequestAllocationResult, ResourceClaim, ResourceSlice, ResourceSliceSpec } from '../../../api/types/resource/v1.ts';
import { podInfoOf } from '../../cache/pod-info.ts';
import { usualProfile } from '../../config/settings.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { likeNoOther } from '../../framework/plugin.ts';
import { node, pod, TestCluster } from '../../testing/cluster.ts';
import type { NodeResourcesBalancedAllocationArgs } from '../node-resources-balanced-allocation/node-resources-balanced-allocation.ts';
import type { ScoringStrategy } from '../node-resources-fit/score-strategy.ts';

const driver = 'test-driver';
const resource = 'extended.resource.dra.io/something';
const implicit = 'deviceclass.resource.kubernetes.io/class';

const classOf = (spec: DeviceClass['spec'] = { extendedResourceName: resource }): DeviceClass => ({ apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: { name: 'class' }, spec });
const selecting = (...expressions: string[]): DeviceClass => classOf({ extendedResourceName: resource, selectors: expressions.map((expression) => ({ cel: { expression } })) });
const named = (...names: string[]): Device[] => names.map((name) => ({ name }));
const slice = (name: string, devices: readonly Device[], spec: Partial<ResourceSliceSpec> = { nodeName: name }): ResourceSlice =>
  ({ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name }, spec: { driver, pool: { name, generation: 1, resourceSliceCount: 1 }, devices: [...devices], ...spec } });
const claim = (...results: Partial<DeviceRequestAllocationResult>[]): ResourceClaim =>
  ({ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { namespace: 'default', name: JSON.stringify(results), uid: JSON.stringify(results) }, spec: {}, status: { allocation: { devices: { results: results.map((one) => ({ request: 'r', driver, pool: 'a', device: 'd1', ...one })) } } } });

interface World {
  readonly nodes?: readonly Node[];
  readonly classes?: readonly DeviceClass[];
  readonly slices?: readonly ResourceSlice[];
  readonly claims?: readonly ResourceClaim[];
  readonly running?: readonly (readonly [requests: Record<string, string>, nodeName: string])[];
  /** A plug-in that is not enabled. */
  readonly without?: string;
}

/** A cluster that understands selectors. */
async function clusterOf({ nodes = [node('a'), node('b')], classes = [classOf()], slices = [], claims = [], running = [], without }: World, args: Record<string, unknown>): Promise<TestCluster> {
  const waiting: (() => void)[] = [];
  const usual = usualProfile('s');
  const cluster = new TestCluster({ nodes, running: running.map(([requests, nodeName]) => [pod({}, requests), nodeName] as const), settings: { ...usual, plugins: usual.plugins.filter(({ name }) => name !== without), args }, ungate: () => { for (const resolve of waiting.splice(0)) resolve(); } });
  for (const one of classes) cluster.stores.deviceClasses.set(one);
  for (const one of slices) cluster.stores.resourceSlices.set(one);
  for (const one of claims) cluster.stores.resourceClaims.set(one);
  const asking = podInfoOf(pod({}, { [resource]: '1', [implicit]: '1' }));
  while (cluster.profile.gate.some((plugin) => plugin.gate?.(asking) !== undefined)) await new Promise<void>((resolve) => { waiting.push(resolve); });
  return cluster;
}

/** What each node is worth to a pod that asks for this. */
function scores(cluster: TestCluster, plugin: Plugin, requests: Record<string, string>): Record<string, number> {
  const info = podInfoOf(pod({}, requests));
  const { nodes } = cluster.cache;
  const prepared = plugin.prepareScore?.(info, nodes, cluster.cache);
  return Object.fromEntries(nodes.map((one) => [one.name, prepared?.skip === true || plugin.score === undefined ? -1 : plugin.score(info, one, prepared?.state)]));
}

const spec = (name: string, weight = 1): { name: string; weight: number } => ({ name, weight });
const fit = (type: ScoringStrategy['type'], ...resources: string[]): Record<string, unknown> => ({ NodeResourcesFit: { scoringStrategy: { type, resources: (resources.length === 0 ? [resource] : resources).map((name) => spec(name)), ...(type === 'RequestedToCapacityRatio' && { requestedToCapacityRatio: { shape: [{ utilization: 0, score: 0 }, { utilization: 100, score: 10 }] } }) } } });
const balanced = (...resources: string[]): Record<string, unknown> => ({ NodeResourcesBalancedAllocation: { resources: resources.map((name) => spec(name)) } satisfies NodeResourcesBalancedAllocationArgs });

const memory = (value: string): Partial<Device> => ({ capacity: { memory: { value } } });
const model = (string: string): Partial<Device> => ({ attributes: { model: { string } } });
const inZone = { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['z'] }] }] };
const three = slice('a', named('d1', 'd2', 'd3'));
const two = slice('b', named('d1', 'd2'));
const one = { [resource]: '1' };

describe('extended resources that devices stand for', () => {
  // What nodes of the default size are worth without a device: nothing else is scored.
  for (const [title, world, expected, args = fit('LeastAllocated'), requests = one] of [
    ['score least where most is taken', { slices: [three, two] }, { a: 66, b: 50 }],
    ['score most there by the other strategy', { slices: [three, two] }, { a: 33, b: 50 }, fit('MostAllocated')],
    ['score by the shape', { slices: [three, two] }, { a: 33, b: 50 }, fit('RequestedToCapacityRatio')],
    ['score by the name that every class has', { classes: [classOf({})], slices: [three, two] }, { a: 66, b: 50 }, fit('LeastAllocated', implicit), { [implicit]: '1' }],
    ['score among others', { slices: [three, two] }, { a: (66 + 75) / 2 - 0.5, b: (50 + 75) / 2 - 0.5 }, fit('LeastAllocated', resource, 'cpu'), { ...one, cpu: '1' }],
    ['score nothing where there are none', { slices: [three] }, { a: 66, b: 0 }],
    ['score nothing of a class that there is not', { classes: [], slices: [three] }, { a: 0, b: 0 }],
    ['score nothing for who does not ask for them', { slices: [three, two] }, { a: 0, b: 0 }, fit('LeastAllocated'), { cpu: '1' }],
    ['are the node\'s own where it has any', { nodes: [node('a', { allocatable: { [resource]: '4' } }), node('b', { allocatable: { [resource]: '0' } })], slices: [three, two], claims: [claim()] }, { a: 75, b: 50 }],
    ['are taken whole', { slices: [three, two], claims: [claim({}), claim({ device: 'd2' })] }, { a: 0, b: 50 }],
    ['are taken in part', { slices: [three, two], claims: [claim({ shareID: 's' })] }, { a: 33, b: 50 }],
    ['are taken once by several', { slices: [three, two], claims: [claim({ shareID: 's', consumedCapacity: { memory: '1Gi' } }), claim({ shareID: 't', consumedCapacity: { memory: '1Gi' } })] }, { a: 33, b: 50 }],
    ['are not taken by administrators', { slices: [three, two], claims: [claim({ adminAccess: true })] }, { a: 66, b: 50 }],
    ['are too few', { slices: [two] }, { a: 0, b: 0 }, fit('LeastAllocated'), { [resource]: '3' }],
    ['are all used when they are too few', { slices: [two] }, { a: 0, b: 100 }, fit('MostAllocated'), { [resource]: '3' }],
    ['count in pools that are being written', { slices: [slice('a', named('d1', 'd2', 'd3'), { nodeName: 'a', pool: { name: 'a', generation: 1, resourceSliceCount: 2 } })] }, { a: 66, b: 0 }],
    ['count on all nodes', { slices: [slice('s', named('d1', 'd2'), { allNodes: true })] }, { a: 50, b: 50 }],
    ['count on nodes that are selected', { nodes: [node('a', { labels: { zone: 'z' } }), node('b')], slices: [slice('s', named('d1', 'd2'), { nodeSelector: inZone })] }, { a: 50, b: 0 }],
    ['count each on its nodes', {
      nodes: [node('a', { labels: { zone: 'z' } }), node('b')],
      slices: [slice('s', [{ name: 'd1', nodeName: 'a' }, { name: 'd2', nodeName: 'b' }, { name: 'd3', nodeSelector: inZone }, { name: 'd4', allNodes: true }], { perDeviceNodeSelection: true })],
      claims: [claim({ pool: 's' })],
    }, { a: 33, b: 50 }],
    ['are selected', {
      classes: [selecting(`device.driver == "${driver}"`, `device.capacity["${driver}"].memory.compareTo(quantity("8Gi")) >= 0 && device.attributes["${driver}"].model.startsWith("SOME-")`)],
      slices: [slice('a', [{ name: 'd1', ...memory('16Gi'), ...model('SOME-XYZ') }, { name: 'd2', ...memory('8Gi'), ...model('SOME-ZYX') }, { name: 'd3', ...memory('4Gi'), ...model('SOME-XYZ') }, { name: 'd4', ...memory('16Gi'), ...model('OTHER') }])],
      claims: [claim({}), claim({ device: 'd3' })],
    }, { a: 0, b: 0 }],
    ['are selected also where the plug-in is off that gives them', { classes: [selecting(`device.driver == "${driver}"`)], slices: [three, two], without: 'DynamicResources' }, { a: 66, b: 50 }],
    ['are nothing where it cannot be told whether they are selected', {
      classes: [selecting(`device.attributes["${driver}"].model == "x"`)],
      slices: [slice('a', named('d1')), slice('b', [{ name: 'd1', ...model('x') }, { name: 'd2', ...model('x') }])],
    }, { a: 0, b: 50 }],
    ['are nothing when their class says nonsense', { classes: [selecting('nonsense')], slices: [three, two] }, { a: 0, b: 0 }],
  ] as readonly (readonly [string, World, Record<string, number>, Record<string, unknown>?, Record<string, string>?])[]) {
    it(title, async () => {
      const cluster = await clusterOf(world, args);
      assert.deepEqual(scores(cluster, cluster.profile.byName.get('NodeResourcesFit')!, requests), expected);
    });
  }

  const uneven: World = {
    nodes: ['a', 'b'].map((name) => node(name, { cpu: '3500m', memory: '40000' })),
    running: [[{ cpu: '3' }, 'a'], [{ cpu: '3', memory: '5000' }, 'b']],
    slices: [slice('a', named('d1', 'd2', 'd3', 'd4', 'd5', 'd6', 'd7', 'd8'))],
  };
  for (const [title, world, expected, args = balanced('cpu', 'memory', resource), requests = one] of [
    ['are balanced with others where there are any', uneven, { a: 76, b: 75 }],
    ['are balanced with what is taken', { ...uneven, claims: [claim({ shareID: 's' }), claim(...[2, 3, 4, 5, 6, 7].map((i) => ({ device: `d${i}` })))] }, { a: 73, b: 75 }],
    ['are not balanced for who does not ask for them', uneven, { a: 75, b: 75 }, balanced('cpu', 'memory', resource), { cpu: '1m' }],
    ['are asked for where nothing else is', uneven, { a: 75, b: 75 }, balanced(resource)],
    ['are not asked for by a pod that asks for nothing', uneven, { a: -1, b: -1 }, balanced('cpu', 'memory', resource), {}],
  ] as readonly (readonly [string, World, Record<string, number>, Record<string, unknown>?, Record<string, string>?])[]) {
    it(title, async () => {
      const cluster = await clusterOf(world, args);
      assert.deepEqual(scores(cluster, cluster.profile.byName.get('NodeResourcesBalancedAllocation')!, requests), expected);
    });
  }

  for (const [plugin, args] of [['NodeResourcesFit', fit('LeastAllocated')], ['NodeResourcesBalancedAllocation', balanced('cpu', resource)]] as const) {
    it(`${plugin} remembers nothing of pods that ask for them, and of no others less`, async () => {
      const { profile, stores } = await clusterOf({ slices: [three] }, args);
      const alike = (requests: Record<string, string>): unknown => profile.byName.get(plugin)?.alike?.(podInfoOf(pod({}, requests)));
      assert.equal(alike(one), likeNoOther);
      assert.notEqual(alike({ cpu: '1' }), likeNoOther);
      stores.deviceClasses.delete('class');
      assert.notEqual(alike(one), likeNoOther);
    });
  }

  it('are selected anew when their driver says something else of them', async () => {
    const cluster = await clusterOf({ classes: [selecting(`device.attributes["${driver}"].model == "x"`)], slices: [slice('a', [{ name: 'd1', ...model('x') }, { name: 'd2', ...model('x') }])] }, fit('LeastAllocated'));
    const fits = cluster.profile.byName.get('NodeResourcesFit')!;
    assert.deepEqual(scores(cluster, fits, one), { a: 50, b: 0 });
    cluster.stores.resourceSlices.set(slice('a', [{ name: 'd1', ...model('x') }, { name: 'd2', ...model('y') }]));
    assert.deepEqual(scores(cluster, fits, one), { a: 0, b: 0 });
    cluster.stores.resourceSlices.set(slice('a', ['d1', 'd2', 'd3', 'd4'].map((name) => ({ name, ...model('x') }))));
    assert.deepEqual(scores(cluster, fits, one), { a: 75, b: 0 });
  });

  it('are looked at anew for each pod of a kind', async () => {
    const { placer, profile, stores } = await clusterOf({ slices: [three, two] }, { ...fit('LeastAllocated'), DynamicResources: {} });
    const place = (): string => {
      // The claim is not told of: nothing but what is scored here makes the nodes differ.
      const placed = placer.place(podInfoOf(pod({}, one)), profile);
      return placed.kind === 'placed' ? placed.node.name : placed.kind;
    };
    assert.deepEqual([place(), place(), place()], ['a', 'a', 'a']);
    stores.resourceClaims.set(claim({}, { device: 'd2' }));
    assert.equal(place(), 'b');
  });
});

it('the number of pods is no resource that is scored', async () => {
  const cluster = await clusterOf({}, fit('LeastAllocated', 'cpu', 'pods'));
  assert.deepEqual(scores(cluster, cluster.profile.byName.get('NodeResourcesFit')!, { cpu: '1' }), { a: 75, b: 75 });
});
