import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
// Loaded before, so that nobody waits for it on virtual time.
import { compileDeviceSelector } from '../../src/api/cel/device-selector.ts';
import { deviceclasses, pods, resourceclaims, resourceslices } from '../../src/api/resources.ts';
import type { Device, DeviceClaim, ResourceClaim, ResourceSliceSpec } from '../../src/api/types/resource/v1.ts';
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
async function pod(scene: Scene, name: string, devices: DeviceClaim = { requests: [one] }): Promise<void> {
  await scene.client.create(resourceclaims, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { namespace: 'default', name }, spec: { devices } });
  await scene.pod(name, { resourceClaims: [{ name: 'c', resourceClaimName: name }] });
}

const claim = (scene: Scene, name: string): Promise<ResourceClaim> => scene.client.get(resourceclaims, { namespace: 'default', name });
const taken = async (scene: Scene, name: string): Promise<string[]> => ((await claim(scene, name)).status?.allocation?.devices?.results ?? []).map(({ request, device }) => `${request}=${device}`);
const none = (count = 1): string => `Unschedulable: 0/${count} nodes are available: ${count} cannot allocate all claims. preemption: 0/${count} nodes are available: ${count} Preemption is not helpful for scheduling.`;

describe('devices for resource claims', () => {
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
