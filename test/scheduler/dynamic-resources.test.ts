import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
// Loaded before, so that nobody waits for it on virtual time.
import { compileDeviceSelector } from '../../src/api/cel/device-selector.ts';
import { deviceclasses, nodes, pods, resourceclaims, resourceslices } from '../../src/api/resources.ts';
import type { PodSpec } from '../../src/api/types/core/v1.ts';
import type { Device, DeviceClaim, ResourceClaim, ResourceSliceSpec } from '../../src/api/types/resource/v1.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { Client } from '../../src/client/client.ts';
import { usualProfile, usualSettings } from '../../src/scheduler/config/settings.ts';
import { Scene } from './scene.ts';

const driver = 'gpu.example.com';
const gpu = (name: string, more: Partial<Device> = {}): Device => ({ name, attributes: { model: { string: 'a100' }, index: { int: 1 }, driverVersion: { version: '1.2.3' } }, capacity: { memory: { value: '40Gi' } }, ...more });

async function slice(scene: Scene, nodeName: string, devices: Device[], more: Partial<ResourceSliceSpec> = {}): Promise<void> {
  await scene.client.create(resourceslices, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: `slice-${nodeName}` }, spec: { driver, nodeName, pool: { name: nodeName, generation: 1, resourceSliceCount: 1 }, devices, ...more } });
}

async function withClass(scene: Scene, expression = `device.driver == "${driver}"`): Promise<void> {
  await scene.client.create(deviceclasses, { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: { name: 'gpu' }, spec: { selectors: [{ cel: { expression } }] } });
}

const one = { name: 'r', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 } };

/** A claim and a pod that uses it. */
async function pod(scene: Scene, name: string, devices: DeviceClaim = { requests: [one] }, spec: Partial<PodSpec> = {}): Promise<void> {
  await scene.client.create(resourceclaims, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { namespace: 'default', name }, spec: { devices } });
  await scene.pod(name, { resourceClaims: [{ name: 'c', resourceClaimName: name }], ...spec });
}

const claim = (scene: Scene, name: string): Promise<ResourceClaim> => scene.client.get(resourceclaims, { namespace: 'default', name });
const taken = async (scene: Scene, name: string): Promise<string[]> => ((await claim(scene, name)).status?.allocation?.devices?.results ?? []).map(({ request, device }) => `${request}=${device}`);
const none = (count = 1): string => `Unschedulable: 0/${count} nodes are available: ${count} cannot allocate all claims. still not schedulable, preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;

describe('devices for resource claims', () => {
  // Of twenty devices no two are alike, which takes some hundred steps to find out.
  const alike: DeviceClaim = { requests: [one, { name: 'two', exactly: { ...one.exactly, count: 2 } }], constraints: [{ requests: ['two'], matchAttribute: `${driver}/index` }] };
  for (const [title, filterTimeout, expected] of [
    ['are looked for on a node for so long, and again after a back-off', '2ms', 'SchedulerError: running "DynamicResources" filter plugin: node a: timed out trying to allocate devices'],
    ['are looked for on a node for as long as it takes', '0s', none()],
  ] as const) it(title, async () => {
    let passedMs = 0;
    // Three milliseconds pass between two looks at the clock.
    const clockOf = (clock: Clock): Clock => ({ localZone: 'UTC', now: () => clock.now(), monotonicMs: () => clock.monotonicMs() + (passedMs += 3), setTimer: (...given) => clock.setTimer(...given), sleep: (...given) => clock.sleep(...given) });
    await using scene = await Scene.start({ clockOf, settings: { ...usualSettings, profiles: [{ ...usualProfile('default-scheduler'), args: { DynamicResources: { filterTimeout } } }] } });
    await scene.node('a');
    await withClass(scene);
    await slice(scene, 'a', Array.from({ length: 20 }, (_, i) => gpu(`gpu-${i}`, { attributes: { index: { int: i } } })));
    await pod(scene, 'p', alike);
    assert.equal(await scene.told('p'), expected);
  });

  it('are chosen with the node, and written into the claim', async () => {
    await using scene = await Scene.start();
    for (const name of ['a', 'b']) await scene.node(name);
    await withClass(scene);
    await slice(scene, 'b', [gpu('gpu-0')]);
    await pod(scene, 'p');
    assert.equal(await scene.told('p'), 'b');
    const { metadata, status } = await claim(scene, 'p');
    assert.deepEqual(metadata.finalizers, ['resource.kubernetes.io/delete-protection']);
    assert.deepEqual(status?.allocation?.devices?.results, [{ request: 'r', driver, pool: 'b', device: 'gpu-0' }]);
    assert.deepEqual(status?.allocation?.nodeSelector, { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['b'] }] }] });
    assert.partialDeepStrictEqual(status?.reservedFor, [{ resource: 'pods', name: 'p' }]);
  });

  it('are given once; who waits is woken when they are given back', async () => {
    await using scene = await Scene.start();
    await scene.node('a');
    await withClass(scene);
    await slice(scene, 'a', [gpu('gpu-0')]);
    await pod(scene, 'first');
    await pod(scene, 'second');
    assert.deepEqual([await scene.told('first'), await scene.told('second')], ['a', none()]);
    await scene.client.delete(pods, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
    const { status: _, ...released } = await claim(scene, 'first');
    await scene.client.update(resourceclaims, { ...released, status: {} }, { subresource: 'status' });
    await scene.server.clock.advance(1000);
    assert.equal(await scene.told('second'), 'a');
  });

  it('are given once by all profiles together, before any claim is seen to have them', async () => {
    await using scene = await Scene.start({ settings: { ...usualSettings, profiles: [usualProfile('default-scheduler'), usualProfile('second')] } });
    await scene.node('a');
    await withClass(scene);
    await pod(scene, 'p');
    await pod(scene, 'q', { requests: [one] }, { schedulerName: 'second' });
    assert.deepEqual([await scene.told('p'), await scene.told('q')], [none(), none()]);
    // Both are woken by this, and placed in the same turn of the event loop.
    await slice(scene, 'a', [gpu('gpu-0')]);
    await scene.server.clock.advance(1500);
    assert.deepEqual([await scene.told('p'), await scene.told('q')], ['a', none()]);
    assert.deepEqual([await taken(scene, 'p'), await taken(scene, 'q')], [['r=gpu-0'], []]);
  });

  it('may be shared by pods, which then follow the first', async () => {
    await using scene = await Scene.start();
    for (const name of ['a', 'b']) await scene.node(name, { cpu: name === 'a' ? '1' : '64' });
    await withClass(scene);
    await slice(scene, 'a', [gpu('gpu-0')]);
    await pod(scene, 'p');
    assert.equal(await scene.told('p'), 'a');
    await scene.pod('q', { resourceClaims: [{ name: 'c', resourceClaimName: 'p' }] });
    assert.equal(await scene.told('q'), 'a');
    assert.deepEqual((await claim(scene, 'p')).status?.reservedFor?.map(({ name }) => name), ['p', 'q']);
  });

  it('may be shared by many pods that are bound at the same time', async () => {
    await using scene = await Scene.start();
    await scene.node('a');
    await withClass(scene);
    await slice(scene, 'a', [gpu('gpu-0')]);
    await pod(scene, 'first');
    await scene.server.clock.settle();
    const names = Array.from({ length: 40 }, (_, i) => `p${i}`);
    for (const name of names) await scene.pod(name, { resourceClaims: [{ name: 'c', resourceClaimName: 'first' }] }, '1m');
    for (const name of names) assert.equal(await scene.told(name), 'a');
    assert.deepEqual((await claim(scene, 'first')).status?.reservedFor?.map(({ name }) => name).toSorted(), ['first', ...names].toSorted());
    assert.deepEqual((await Promise.all(names.map((name) => scene.eventsOn(name)))).flat().filter((event) => event.includes('FailedScheduling')), []);
  });

  it('wait for the claim, and for its class', async () => {
    await using scene = await Scene.start();
    await scene.node('a');
    await slice(scene, 'a', [gpu('gpu-0')]);
    await scene.pod('p', { resourceClaims: [{ name: 'c', resourceClaimName: 'p' }] });
    await scene.get('p');
    assert.equal(scene.scheduler.pending.gated, 1);
    await scene.client.create(resourceclaims, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { namespace: 'default', name: 'p' }, spec: { devices: { requests: [one] } } });
    assert.match(await scene.told('p') ?? '', /request r: device class gpu does not exist/);
    await withClass(scene);
    await scene.server.clock.advance(3000);
    assert.equal(await scene.told('p'), 'a');
  });

  const both = [gpu('x', { attributes: { model: { string: 'a100' }, rack: { int: 1 } } }), gpu('y', { attributes: { model: { string: 'h100' }, rack: { int: 2 } } }), gpu('z', { attributes: { model: { string: 'h100' }, rack: { int: 3 } } })];
  const two = { name: 'r', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 } };
  for (const [title, devices, expected] of [
    ['by what the claim selects', { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', selectors: [{ cel: { expression: `device.attributes["${driver}"].model == "h100" && device.capacity["${driver}"].memory.isGreaterThan(quantity("10Gi"))` } }] } }] }, ['r=y']],
    ['as many as are asked for', { requests: [two] }, ['r=x', 'r=y']],
    ['all of them', { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', allocationMode: 'All' } }] }, ['r=x', 'r=y', 'r=z']],
    ['that have something in common', { requests: [two], constraints: [{ matchAttribute: `${driver}/model` }] }, ['r=y', 'r=z']],
    ['that have not', { requests: [two], constraints: [{ distinctAttribute: `${driver}/model` }] }, ['r=x', 'r=y']],
    ['for several requests', { requests: [one, { ...one, name: 's' }] }, ['r=x', 's=y']],
    ['by the first alternative that there is', { requests: [{ name: 'r', firstAvailable: [{ name: 'many', deviceClassName: 'gpu', count: 9 }, { name: 'few', deviceClassName: 'gpu', count: 2 }] }] }, ['r/few=x', 'r/few=y']],
    ['not at all, if too many are asked for', { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', count: 4 } }] }, none()],
  ] as const) {
    it(`are chosen ${title}`, async () => {
      await using scene = await Scene.start();
      await scene.node('a');
      await withClass(scene);
      await slice(scene, 'a', both);
      await pod(scene, 'p', structuredClone(devices) as unknown as DeviceClaim);
      const told = await scene.told('p');
      if (typeof expected === 'string') assert.equal(told, expected);
      else assert.deepEqual([told, await taken(scene, 'p')], ['a', expected]);
    });
  }

  for (const [title, devices, more] of [
    ['tainted', [gpu('g', { taints: [{ key: 'k', effect: 'NoSchedule' }] })], {}],
    ['of a pool that is being written', [gpu('g')], { pool: { name: 'a', generation: 1, resourceSliceCount: 2 } }],
  ] as const) {
    it(`are left alone when they are ${title}`, async () => {
      await using scene = await Scene.start();
      await scene.node('a');
      await withClass(scene);
      await slice(scene, 'a', [...devices], more);
      await pod(scene, 'p');
      assert.equal(await scene.told('p'), none());
    });
  }
});

const part = (name: string, memory: string): { name: string; exactly: { deviceClassName: string; capacity: { requests: Record<string, string> } } } => ({ name, exactly: { deviceClassName: 'gpu', capacity: { requests: { memory } } } });

describe('devices that several may have', () => {
  it('are given in parts, each with a name of its own, until nothing is left', async () => {
    await using scene = await Scene.start();
    await scene.node('a');
    await withClass(scene);
    await slice(scene, 'a', [gpu('g', { allowMultipleAllocations: true })]);
    for (const [name, memory] of [['p', '15Gi'], ['q', '25Gi'], ['r', '1Gi']] as const) await pod(scene, name, { requests: [part('r', memory)] });
    assert.deepEqual([await scene.told('p'), await scene.told('q'), await scene.told('r')], ['a', 'a', none()]);
    const [first, second] = await Promise.all(['p', 'q'].map(async (name) => (await claim(scene, name)).status?.allocation?.devices?.results?.[0]));
    assert.deepEqual([first?.consumedCapacity, second?.consumedCapacity], [{ memory: '15Gi' }, { memory: '25Gi' }]);
    assert.ok(first?.shareID !== undefined && first.shareID !== second?.shareID);
  });

  it('share counters with other parts of the same hardware', async () => {
    await using scene = await Scene.start();
    await scene.node('a');
    await withClass(scene);
    const pool = { name: 'a', generation: 1, resourceSliceCount: 2 };
    await scene.client.create(resourceslices, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: 'counters' }, spec: { driver, nodeName: 'a', pool, sharedCounters: [{ name: 'card', counters: { slots: { value: '3' } } }] } });
    const slots = (value: string): Partial<Device> => ({ consumesCounters: [{ counterSet: 'card', counters: { slots: { value } } }] });
    await slice(scene, 'a', [gpu('whole', slots('3')), gpu('half', slots('2')), gpu('third', slots('1'))], { pool });
    await pod(scene, 'p', { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', count: 2 } }] });
    assert.deepEqual([await scene.told('p'), await taken(scene, 'p')], ['a', ['r=half', 'r=third']]);
    await pod(scene, 'q');
    assert.equal(await scene.told('q'), none());
  });
});

describe('of nodes that can give different alternatives', () => {
  it('that is taken which gives what is named first', async () => {
    await using scene = await Scene.start();
    for (const name of ['a', 'b', 'c']) await scene.node(name);
    await withClass(scene);
    for (const [name, count] of [['a', 1], ['b', 2], ['c', 1]] as const) await slice(scene, name, Array.from({ length: count }, (_, i) => gpu(`g${i}`)));
    await pod(scene, 'p', { requests: [{ name: 'r', firstAvailable: [{ name: 'two', deviceClassName: 'gpu', count: 2 }, { name: 'one', deviceClassName: 'gpu' }] }] });
    assert.deepEqual([await scene.told('p'), await taken(scene, 'p')], ['b', ['r/two=g0', 'r/two=g1']]);
  });
});

describe('devices that have to be made ready', () => {
  const conditions = { bindingConditions: ['Attached'], bindingFailureConditions: ['Broken'] };
  const report = async (scene: Scene, type: string): Promise<void> => {
    const now = await claim(scene, 'p');
    const devices = [{ driver, pool: 'a', device: 'g', conditions: [{ type, status: 'True', reason: 'Because', message: 'so', lastTransitionTime: '2026-01-01T00:00:00Z' }] }];
    await scene.client.update(resourceclaims, { ...now, status: { ...now.status, devices } }, { subresource: 'status' });
  };
  const start = async (): Promise<Scene> => {
    const scene = await Scene.start();
    await scene.node('a');
    await withClass(scene);
    await slice(scene, 'a', [gpu('g', conditions)]);
    await pod(scene, 'p');
    assert.equal(await scene.told('p'), undefined);
    return scene;
  };

  it('keep their pod from being bound until they are', async () => {
    await using scene = await start();
    const { status } = await claim(scene, 'p');
    assert.deepEqual(status?.allocation?.devices?.results, [{ request: 'r', driver, pool: 'a', device: 'g', ...conditions }]);
    assert.equal((await scene.get('p')).status?.nominatedNodeName, 'a');
    assert.deepEqual(await scene.eventsOn('p'), ['Normal BindingConditionsPending default-scheduler: waiting for binding conditions for device on node a']);
    await report(scene, 'Attached');
    await scene.server.clock.advance(5000);
    assert.equal(await scene.told('p'), 'a');
  });

  it('are given back when they fail, and others are tried', async () => {
    await using scene = await start();
    await slice(scene, 'a2', [gpu('other')], { nodeName: 'a' });
    await report(scene, 'Broken');
    await scene.server.clock.advance(5000);
    assert.equal(await scene.told('p'), 'SchedulerError: running PreBind plugin "DynamicResources": device binding failed: claim=p, reason=Because, message="so"');
    await scene.server.clock.advance(20_000);
    assert.deepEqual([await scene.told('p'), await taken(scene, 'p')], ['a', ['r=other']]);
    assert.ok((await scene.eventsOn('p')).includes('Warning FailedScheduling default-scheduler: 0/1 nodes are available: 1 resourceclaim not available on the node. deallocation of ResourceClaim completed, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'));
    assert.equal((await claim(scene, 'p')).status?.devices, undefined);
  });

  it('have ten minutes for it', async () => {
    await using scene = await start();
    await scene.server.clock.advance(599_000);
    assert.equal(await scene.told('p'), undefined);
    await scene.server.clock.advance(2000);
    assert.match(await scene.told('p') ?? '', /^SchedulerError: running PreBind plugin "DynamicResources": device binding timeout: /);
    assert.equal((await claim(scene, 'p')).status?.reservedFor, undefined);
  });
});

describe('extended resources that devices stand for', () => {
  const asking = (amount: string, resource = 'example.com/gpu') => ({ containers: [{ name: 'c', image: 'i', resources: { requests: { [resource]: amount }, limits: { [resource]: amount } } }] });
  const start = async (options: Parameters<typeof Scene.start>[0] = {}): Promise<Scene> => {
    const scene = await Scene.start(options);
    await scene.node('a');
    await scene.client.create(deviceclasses, { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: { name: 'gpu' }, spec: { extendedResourceName: 'example.com/gpu', selectors: [{ cel: { expression: `device.driver == "${driver}"` } }] } });
    await slice(scene, 'a', [gpu('g0'), gpu('g1')]);
    return scene;
  };
  const made = async (scene: Scene): Promise<readonly ResourceClaim[]> => (await scene.client.list(resourceclaims, { namespace: 'default' })).items;

  for (const [title, resource] of [['of the name that the class gives', 'example.com/gpu'], ['of the name that every class has', 'deviceclass.resource.kubernetes.io/gpu']] as const) {
    it(`are allocated through a claim that the scheduler makes: ${title}`, async () => {
      await using scene = await start();
      await scene.pod('p', asking('2', resource));
      assert.equal(await scene.told('p'), 'a');
      const [one, ...others] = await made(scene);
      assert.deepEqual(others, []);
      assert.match(one?.metadata.name ?? '', /^p-extended-resources-/);
      assert.equal(one?.metadata.annotations?.['resource.kubernetes.io/extended-resource-claim'], 'true');
      assert.partialDeepStrictEqual(one?.metadata.ownerReferences, [{ kind: 'Pod', name: 'p', controller: true }]);
      assert.deepEqual(one?.spec.devices?.requests, [{ name: 'container-0-request-0', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 2 } }]);
      assert.deepEqual(one?.status?.allocation?.devices?.results?.map(({ device }) => device), ['g0', 'g1']);
      assert.deepEqual((await scene.get('p')).status?.extendedResourceClaimStatus, { resourceClaimName: one?.metadata.name, requestMappings: [{ containerName: 'c', resourceName: resource, requestName: 'container-0-request-0' }] });
    });
  }

  it('are refused when the devices do not suffice', async () => {
    await using scene = await start();
    await scene.pod('p', asking('3'));
    assert.equal(await scene.told('p'), none());
    assert.deepEqual(await made(scene), []);
  });

  it('are nothing of devices where the node has them itself', async () => {
    await using scene = await start();
    await scene.client.patch(nodes, { name: 'a' }, { type: 'merge', value: { status: { capacity: { 'example.com/gpu': '4' }, allocatable: { 'example.com/gpu': '4' } } } }, { subresource: 'status' });
    await scene.pod('p', asking('3'));
    assert.equal(await scene.told('p'), 'a');
    assert.deepEqual(await made(scene), []);
    await scene.pod('q', asking('2'));
    assert.match(await scene.told('q') ?? '', /1 Insufficient example.com\/gpu/);
  });

  for (const [type, expected] of [['LeastAllocated', ['b', 'b', 'a']], ['MostAllocated', ['a', 'a', 'b']]] as const) {
    it(`are scored by the devices that are there: ${type}`, async () => {
      const args = { NodeResourcesFit: { scoringStrategy: { type, resources: [{ name: 'example.com/gpu', weight: 1 }] } }, NodeResourcesBalancedAllocation: { resources: [{ name: 'example.com/gpu', weight: 1 }] } };
      await using scene = await start({ settings: { ...usualSettings, profiles: [{ ...usualProfile('default-scheduler'), args }] } });
      await scene.node('b');
      await slice(scene, 'b', ['g0', 'g1', 'g2', 'g3'].map((name) => gpu(name)));
      await slice(scene, 'a2', [gpu('g2')], { nodeName: 'a' });
      // One of the three of the first is taken. The pods come one by one, and are alike.
      await pod(scene, 'first', undefined, { nodeSelector: { 'kubernetes.io/hostname': 'a' } });
      assert.equal(await scene.told('first'), 'a');
      const outcome: (string | undefined)[] = [];
      for (const name of ['p', 'q', 'r']) {
        await scene.pod(name, asking('1'));
        outcome.push(await scene.told(name));
      }
      assert.deepEqual(outcome, expected);
    });
  }

  it('wait for a class that stands for them', async () => {
    await using scene = await Scene.start();
    await scene.node('a');
    await slice(scene, 'a', [gpu('g0')]);
    await scene.pod('p', asking('1', 'deviceclass.resource.kubernetes.io/gpu'));
    assert.match(await scene.told('p') ?? '', /1 Insufficient deviceclass.resource.kubernetes.io\/gpu/);
    await withClass(scene);
    await scene.server.clock.advance(3000);
    assert.equal(await scene.told('p'), 'a');
  });

  it('are given back when the pod cannot be bound', async () => {
    let fails = true;
    await using scene = await Scene.start({ wrap: (client) => failingBindings(client, () => fails) });
    await scene.node('a');
    await withClass(scene);
    await slice(scene, 'a', [gpu('g0')]);
    await scene.pod('p', asking('1', 'deviceclass.resource.kubernetes.io/gpu'));
    assert.match(await scene.told('p') ?? '', /^SchedulerError: running Bind plugin "DefaultBinder": no/);
    assert.deepEqual(await made(scene), []);
    fails = false;
    await scene.server.clock.advance(5000);
    assert.equal(await scene.told('p'), 'a');
    assert.equal((await made(scene)).length, 1);
  });
});

/** A client whose bindings fail as long as they are told to. */
const failingBindings = (client: Client, fails: () => boolean): Client => new Proxy(client, {
  get(target, property) {
    if (property === 'because') return (...cause: Parameters<Client['because']>) => failingBindings(target.because(...cause), fails);
    if (property === 'createSubresource' && fails()) return () => Promise.reject(new Error('no'));
    const value = Reflect.get(target, property) as unknown;
    return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
  },
});

describe('a selector of devices', () => {
  const device = gpu('g');
  for (const [expression, expected] of [
    [`device.driver == "${driver}"`, true],
    [`device.attributes["${driver}"].index > 0`, true],
    ['device.attributes["other"].?index.hasValue()', false],
    [`"index" in device.attributes["${driver}"]`, true],
    [`device.attributes["${driver}"].driverVersion.isGreaterThan(semver("1.2.0"))`, true],
    ['!device.allowMultipleAllocations', true],
  ] as const) it(expression, () => assert.equal(compileDeviceSelector(expression)(device, driver), expected));

  it('must be a condition', () => assert.throws(() => compileDeviceSelector('device.driver'), { message: 'must evaluate to bool or the unknown type, not string' }));
  it('must name what there is', () => assert.throws(() => compileDeviceSelector(`device.attributes["${driver}"].nothing == 1`)(device, driver), { message: 'no such key: nothing' }));
});
