import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import type { ServerUnaryCall, ServerWritableStream, sendUnaryData } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { RealClock } from '../../base/real-clock.ts';
import type { Container, PodSpec } from '../../api/types/core/v1.ts';
import { GrpcCalls } from '../../runtime/grpc/calls.ts';
import { GrpcChannel } from '../../runtime/grpc/channel.ts';
import type { GrpcMethod } from '../../runtime/grpc/channel.ts';
import { connectDevicePlugin } from '../plugins/connect.ts';
import type { Device } from '../plugins/generated/device-plugin.ts';
import { methods } from '../plugins/generated/device-plugin.ts';
import type { Methods as PodResourcesMethods } from '../plugins/generated/pod-resources.ts';
import { methods as podResourcesMethods } from '../plugins/generated/pod-resources.ts';
import { deviceWire, podResourcesWire } from '../plugins/wires.ts';
import type { KubeletOptions } from '../kubelet-options.ts';
import { machine } from '../testing/machine.test.ts';
import { TestNode } from '../testing/test-node.test.ts';

const clock = new RealClock();
const resource = 'example.com/dongle';

/** A device plugin as vendors write them, on a socket of its own. */
class Plugin {
  readonly calls: string[] = [];
  readonly #streams = new Set<ServerWritableStream<object, object>>();
  #devices: Partial<Device>[];
  readonly #server = new Server();

  constructor(devices: Partial<Device>[]) {
    this.#devices = devices;
  }

  async start(folder: string, endpoint: string): Promise<void> {
    const wire = deviceWire();
    const method = ([path, requestType, responseType]: GrpcMethod, responseStream = false) => ({ path, requestStream: false, responseStream, requestSerialize: wire.encoder(requestType), requestDeserialize: wire.decoder(requestType), responseSerialize: wire.encoder(responseType), responseDeserialize: wire.decoder(responseType) });
    const unary = <Request>(name: string, answer: (request: Request) => object) => ({ request }: ServerUnaryCall<Request, object>, done: sendUnaryData<object>): void => {
      this.calls.push(`${name} ${JSON.stringify(request)}`);
      done(null, answer(request));
    };
    this.#server.addService({ options: method(methods.GetDevicePluginOptions), watch: method(methods.ListAndWatch, true), prefer: method(methods.GetPreferredAllocation), allocate: method(methods.Allocate), prestart: method(methods.PreStartContainer) }, {
      options: unary('options', () => ({ preStartRequired: true, getPreferredAllocationAvailable: true })),
      watch: (call: ServerWritableStream<object, object>) => {
        this.#streams.add(call);
        call.write({ devices: this.#devices });
      },
      prefer: unary<{ containerRequests: { availableDeviceIDs: string[]; allocationSize: number }[] }>('prefer', ({ containerRequests }) => ({ containerResponses: containerRequests.map(({ availableDeviceIDs, allocationSize }) => ({ deviceIDs: availableDeviceIDs.toReversed().slice(0, allocationSize) })) })),
      allocate: unary<{ containerRequests: { devicesIds: string[] }[] }>('allocate', ({ containerRequests }) => ({
        containerResponses: containerRequests.map(({ devicesIds }) => ({ envs: { DONGLES: devicesIds.join() }, mounts: [{ containerPath: '/lib/dongle', hostPath: '/opt/dongle', readOnly: true }], devices: devicesIds.map((id) => ({ containerPath: `/dev/${id}`, hostPath: `/dev/real-${id}`, permissions: 'rw' })), annotations: { 'dongle/ids': devicesIds.join() } })),
      })),
      prestart: unary('prestart', () => ({})),
    });
    await new Promise<void>((resolve, reject) => this.#server.bindAsync(`unix:${join(folder, endpoint)}`, ServerCredentials.createInsecure(), (error) => { if (error) reject(error); else resolve(); }));
    const kubelet = connectDevicePlugin({ socketPath: join(folder, 'kubelet.sock'), clock });
    await kubelet.call('Register', { version: 'v1beta1', endpoint, resourceName: resource, options: {} });
    kubelet.close();
  }

  set(devices: Partial<Device>[]): void {
    this.#devices = devices;
    for (const stream of this.#streams) stream.write({ devices });
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

async function withNode(work: (parts: { readonly node: TestNode; readonly folder: string; readonly until: (what: string, is: () => boolean) => Promise<void>; readonly restart: () => Promise<void>; readonly start: (devices: Partial<Device>[]) => Promise<Plugin> }) => Promise<void>, kubelet: Partial<KubeletOptions> = {}): Promise<void> {
  const plugins: Plugin[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'devices-'));
  const podResourcesDirectory = join(folder, 'resources');
  mkdirSync(podResourcesDirectory);
  const starting = TestNode.start({ kubelet: { devicePlugins: { directory: folder, podResourcesDirectory, clock }, ...kubelet } });
  const node = await starting;
  const until = async (what: string, is: () => boolean): Promise<void> => {
    for (let round = 0; !is(); round++) {
      if (round > 2000) throw new Error(`waited in vain for ${what}`);
      await setImmediate();
      await node.clock.advance(20);
    }
  };
  const restart = async (): Promise<void> => {
    await node.kubelet[Symbol.asyncDispose]();
    // What starts next finds no sockets of the last, as on a real machine.
    for (const name of ['kubelet.sock', 'resources/kubelet.sock']) rmSync(join(folder, name), { force: true });
    await node.startKubelet();
  };
  const start = async (devices: Partial<Device>[]): Promise<Plugin> => {
    const plugin = new Plugin(devices);
    plugins.push(plugin);
    await plugin.start(folder, `dongle-${plugins.length}.sock`);
    return plugin;
  };
  try {
    await work({ node, folder, until, restart, start });
  } finally {
    for (const plugin of plugins) plugin.stop();
    await node[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

const dongles = (...ids: string[]): Partial<Device>[] => ids.map((ID) => ({ ID, health: 'Healthy' }));
const asking = (count: number, name = 'app'): Container => ({ name, image: 'nginx:1', resources: { limits: { [resource]: String(count) }, requests: { [resource]: String(count) } } });
const specOf = (...containers: Container[]): Partial<PodSpec> => ({ containers });

test('devices of a plugin are the node\'s, and a container gets what it asks for', { timeout: 120_000 }, () => withNode(async ({ node, folder, until, start }) => {
  const plugin = await start(dongles('a', 'b', 'c'));
  await until('the node to have them', () => node.node().status?.allocatable?.[resource] === '3');
  await node.createPod('one', specOf(asking(2)));
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  assert.deepEqual(node.pod('one').status?.containerStatuses?.[0]?.allocatedResourcesStatus, [{ name: resource, resources: [{ resourceID: 'c', health: 'Healthy' }, { resourceID: 'b', health: 'Healthy' }] }]);
  const config = node.runtime.configOf((await node.runtime.listContainers())[0]!.id);
  assert.deepEqual(config?.env.filter(({ name }) => name === 'DONGLES'), [{ name: 'DONGLES', value: 'c,b' }], 'the plugin prefers the last');
  assert.deepEqual(config?.devices, [{ containerPath: '/dev/c', hostPath: '/dev/real-c', permissions: 'rw' }, { containerPath: '/dev/b', hostPath: '/dev/real-b', permissions: 'rw' }]);
  assert.deepEqual(config?.mounts.filter(({ containerPath }) => containerPath === '/lib/dongle'), [{ containerPath: '/lib/dongle', hostPath: '/opt/dongle', readOnly: true, propagation: 'private' }]);
  assert.equal(config?.annotations['dongle/ids'], 'c,b');
  assert.deepEqual(plugin.calls.map((call) => call.split(' ')[0]), ['options', 'prefer', 'allocate', 'prestart']);

  const resources = new GrpcCalls<PodResourcesMethods>(new GrpcChannel({ socketPath: join(folder, 'resources/kubelet.sock'), clock, loadWire: () => Promise.resolve(podResourcesWire()) }), podResourcesMethods);
  const { podResources } = await resources.call('List', {});
  assert.deepEqual(podResources.map(({ name, containers }) => [name, containers.map(({ devices }) => devices.map(({ resourceName, deviceIds }) => [resourceName, deviceIds]))]), [['one', [[[resource, ['c']], [resource, ['b']]]]]]);
  assert.deepEqual((await resources.call('GetAllocatableResources', {})).devices.map(({ deviceIds }) => deviceIds[0]), ['a', 'b', 'c']);
  await assert.rejects(resources.call('Get', { podName: 'none', podNamespace: 'default' }), { message: 'rpc error: code = Unknown desc = pod none in namespace default not found' });
  resources.close();

  await node.createPod('two', specOf(asking(2)));
  await until('it to be refused', () => node.pod('two').status?.phase === 'Failed');
  assert.equal(node.pod('two').status?.reason, `OutOf${resource}`);
  plugin.set([...dongles('a', 'b'), { ID: 'c', health: 'Unhealthy' }]);
  await until('the sick one to be missed', () => node.node().status?.allocatable?.[resource] === '2');
  await until('its illness to be told with the pod', () => node.pod('one').status?.containerStatuses?.[0]?.allocatedResourcesStatus?.[0]?.resources?.[0]?.health === 'Unhealthy');
  assert.equal(node.node().status?.capacity?.[resource], '3');
  plugin.stop();
  await until('nothing to be well', () => node.node().status?.allocatable?.[resource] === '0');
}));

test('init containers leave their devices to those after them', { timeout: 120_000 }, () => withNode(async ({ node, until, start }) => {
  const plugin = await start(dongles('a', 'b'));
  await until('the node to have them', () => node.node().status?.allocatable?.[resource] === '2');
  await node.createPod('chain', { initContainers: [asking(2, 'first')], ...specOf(asking(1), asking(1, 'other')), restartPolicy: 'Never' }, { 'coxswain.io/exit-after.first': '1s' });
  await until('it to run', () => node.pod('chain').status?.phase === 'Running');
  const given = plugin.calls.filter((call) => call.startsWith('allocate')).map((call) => (JSON.parse(call.slice(9)) as { containerRequests: { devicesIds: string[] }[] }).containerRequests[0]?.devicesIds.toSorted());
  assert.deepEqual(given[0], ['a', 'b']);
  assert.deepEqual([...given[1] ?? [], ...given[2] ?? []].toSorted(), ['a', 'b']);
}));

test('a kubelet that starts again knows from the containers what they have', { timeout: 120_000 }, () => withNode(async ({ node, until, restart, start }) => {
  const plugin = await start(dongles('a', 'b', 'c'));
  await until('the node to have them', () => node.node().status?.allocatable?.[resource] === '3');
  await node.createPod('one', specOf(asking(2)));
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  await restart();
  plugin.stop();
  const again = await start(dongles('a', 'b', 'c'));
  await until('the node to have them', () => node.node().status?.allocatable?.[resource] === '3');
  await node.createPod('two', specOf(asking(1)));
  await until('it to run', () => node.pod('two').status?.phase === 'Running');
  assert.deepEqual(again.calls.filter((call) => call.startsWith('allocate')), ['allocate {"containerRequests":[{"devicesIds":["a"]}]}']);
}));

const mebibyte = 2 ** 20;
const aligned: Partial<KubeletOptions> = {
  machineTopology: machine({ sockets: 2, cores: 2, threads: 1 }),
  reserve: { systemReserved: { cpu: '1', memory: '100Mi' }, evictionHard: {} },
  managers: { cpu: { options: new Set() }, memory: { reserved: [{ numaNode: 0, limits: { memory: '100Mi' } }] }, alignment: { policy: 'single-numa-node', scope: 'container', options: {} } },
};

test('devices, processors and memory come from one NUMA node, or the pod is refused; who watches is told of all', { timeout: 120_000 }, () => withNode(async ({ node, folder, until, start }) => {
  const at = (ID: string, numaNode: number): Partial<Device> => ({ ID, health: 'Healthy', topology: { nodes: [{ ID: numaNode }] } });
  await start([at('a', 0), at('b', 1), at('c', 1)]);
  await until('the node to have them', () => node.node().status?.allocatable?.[resource] === '3');
  const wholly = (count: number, cpu: string): Container => {
    const amounts = { cpu, memory: '64Mi', [resource]: String(count) };
    return { name: 'app', image: 'nginx:1', resources: { limits: amounts, requests: amounts } };
  };
  await node.createPod('two', specOf(wholly(2, '1')));
  await until('it to run', () => node.pod('two').status?.phase === 'Running');
  const resources = new GrpcCalls<PodResourcesMethods>(new GrpcChannel({ socketPath: join(folder, 'resources/kubelet.sock'), clock, loadWire: () => Promise.resolve(podResourcesWire()) }), podResourcesMethods);
  const { podResources: [told] } = await resources.call('List', {});
  assert.deepEqual(told?.containers.map(({ cpuIds, memory, devices }) => [cpuIds, memory.map(({ memoryType, size, topology }) => [memoryType, size, topology?.nodes]), devices.flatMap(({ deviceIds }) => deviceIds).toSorted()]), [[[2], [['memory', 64 * mebibyte, [{ ID: 1 }]]], ['b', 'c']]]);
  const allocatable = await resources.call('GetAllocatableResources', {});
  assert.deepEqual([allocatable.cpuIds, allocatable.memory.map(({ size }) => size / mebibyte)], [[1, 2, 3], [924, 1024]]);
  resources.close();
  await node.createPod('late', specOf(wholly(1, '2')));
  await until('it to be refused', () => node.pod('late').status?.phase === 'Failed');
  const { reason, message } = node.pod('late').status ?? {};
  assert.deepEqual([reason, message], ['TopologyAffinityError', 'Pod was rejected: Resources cannot be allocated with Topology locality']);
  assert.ok(node.eventsOf('late').includes('TopologyAffinityError: Resources cannot be allocated with Topology locality'));
}, aligned));
