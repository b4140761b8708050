import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { csidrivers, csinodes, persistentvolumeclaims, persistentvolumes, pods, secrets, serviceaccounts, volumeattachments } from '../../api/resources.ts';
import type { PodSpec } from '../../api/types/core/v1.ts';
import type { CSIDriverSpec } from '../../api/types/storage/v1.ts';
import { RealClock } from '../../base/real-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { Client } from '../../client/client.ts';
import { ServiceAccountTokens } from '../service-account-tokens.ts';
import { tokenAttributes } from '../volumes/csi/csi-attributes.ts';
import { sha256Hex } from '../../base/sha256.ts';
import { GrpcError } from '../../runtime/grpc/channel.ts';
import { serveGrpc } from '../../runtime/grpc/server.ts';
import type { ServedMethod } from '../../runtime/grpc/server.ts';
import type { Host } from '../host.ts';
import { linuxFiles } from '../hosts/linux/linux-files.ts';
import { simulatedHost } from '../hosts/simulated/simulated-host.ts';
import type { NodeExpandVolumeRequest, NodeGetVolumeStatsRequest, NodePublishVolumeRequest, NodeServiceCapabilityRPCType, NodeStageVolumeRequest, NodeUnpublishVolumeRequest, NodeUnstageVolumeRequest } from '../plugins/generated/csi.ts';
import { methods } from '../plugins/generated/csi.ts';
import { methods as registration } from '../plugins/generated/plugin-registration.ts';
import { csiWire, registrationWire } from '../plugins/wires.ts';
import { statsSummary } from '../server/statistics.ts';
import { TestNode } from '../testing/test-node.test.ts';

const clock = new RealClock();
const driverName = 'hostpath.csi.example.com';

/** A CSI driver as vendors write them, whose volumes are directories; with its registrar. */
class Driver implements AsyncDisposable {
  readonly calls: string[] = [];
  readonly published: NodePublishVolumeRequest[] = [];
  readonly staged: NodeStageVolumeRequest[] = [];
  registered: unknown;
  refusal: string | undefined;
  expandRefusal: GrpcError | undefined;
  readonly #servers: AsyncDisposable[] = [];
  readonly #capabilities: readonly NodeServiceCapabilityRPCType[];
  readonly #folder: string;

  constructor(folder: string, capabilities: readonly NodeServiceCapabilityRPCType[]) {
    this.#folder = folder;
    this.#capabilities = capabilities;
  }

  get registrySocket(): string {
    return join(this.#folder, 'plugins_registry/hostpath-reg.sock');
  }

  async start(versions = ['1.0.0']): Promise<void> {
    const endpoint = join(this.#folder, 'csi.sock');
    const note = (name: string, text: string): void => void this.calls.push(`${name} ${text.replace(this.#folder, '')}`);
    const served: ServedMethod[] = [
      { method: methods.NodeGetInfo, handle: async () => ({ nodeId: 'id-of-node-1', maxVolumesPerNode: 7, accessibleTopology: { segments: { 'topology.example.com/rack': 'r1' } } }) },
      { method: methods.NodeGetCapabilities, handle: async () => ({ capabilities: this.#capabilities.map((type) => ({ rpc: { type } })) }) },
      { method: methods.NodeStageVolume, handle: async (request: NodeStageVolumeRequest) => { note('stage', request.volumeId); this.staged.push(request); return {}; } },
      { method: methods.NodeUnstageVolume, handle: async (request: NodeUnstageVolumeRequest) => { note('unstage', request.volumeId); return {}; } },
      {
        method: methods.NodePublishVolume,
        handle: async (request: NodePublishVolumeRequest) => {
          if (this.refusal !== undefined) throw new GrpcError('Internal', this.refusal);
          note('publish', request.volumeId);
          this.published.push(request);
          if (request.volumeCapability?.block !== null) writeFileSync(request.targetPath, 'device');
          else {
            mkdirSync(request.targetPath, { recursive: true });
            writeFileSync(join(request.targetPath, 'data'), 'of the volume');
          }
          return {};
        },
      },
      {
        method: methods.NodeExpandVolume,
        handle: async (request: NodeExpandVolumeRequest) => {
          note('expand', `${request.volumeId} ${request.capacityRange?.requiredBytes} ${request.volumePath === this.published[0]?.targetPath}`);
          if (this.expandRefusal !== undefined) throw this.expandRefusal;
          return { capacityBytes: request.capacityRange?.requiredBytes ?? 0 };
        },
      },
      { method: methods.NodeGetVolumeStats, handle: async (request: NodeGetVolumeStatsRequest) => ({ usage: [{ unit: 'BYTES', total: 100, used: 40, available: 60 }, { unit: 'INODES', total: 10, used: 1, available: request.volumePath === this.published[0]?.targetPath ? 9 : 0 }] }) },
      { method: methods.NodeUnpublishVolume, handle: async (request: NodeUnpublishVolumeRequest) => { note('unpublish', request.volumeId); rmSync(request.targetPath, { recursive: true, force: true }); return {}; } },
    ];
    this.#servers.push(await serveGrpc(endpoint, { wire: csiWire(), methods: served }));
    this.#servers.push(await serveGrpc(this.registrySocket, {
      wire: registrationWire(),
      methods: [
        { method: registration.GetInfo, handle: async () => ({ type: 'CSIPlugin', name: driverName, endpoint, supportedVersions: versions }) },
        { method: registration.NotifyRegistrationStatus, handle: async (status: object) => { this.registered = status; return {}; } },
      ],
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) await server[Symbol.asyncDispose]();
    rmSync(this.registrySocket, { force: true });
  }
}

interface Parts { readonly node: TestNode; readonly driver: Driver; readonly folder: string; readonly devices: readonly string[]; until(what: string, is: () => boolean): Promise<void> }

async function withDriver({ capabilities = ['STAGE_UNSTAGE_VOLUME'], versions = ['1.0.0'], spec }: { readonly capabilities?: readonly NodeServiceCapabilityRPCType[]; readonly versions?: string[]; readonly spec?: CSIDriverSpec }, work: (parts: Parts) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'csi-'));
  mkdirSync(join(folder, 'plugins_registry'));
  const files = linuxFiles(clock);
  const devices: string[] = [];
  const simulated = simulatedHost({ hostname: 'node-1' });
  const host: Host = {
    ...simulated, virtual: false, files,
    devices: {
      ...simulated.devices,
      map: async (device, { place, link }) => void devices.push(`map ${device} ${place} ${link}`),
      unmap: async ({ place, link }) => { if (place.includes('pv-disk')) devices.push(`unmap ${place} ${link} before ${driver.calls.length}`); },
    },
  };
  const sockets = { directory: join(folder, 'device-plugins'), podResourcesDirectory: join(folder, 'pod-resources'), clock };
  const node = await TestNode.start({ kubelet: { host, rootDir: folder, devicePlugins: sockets, plugins: { directory: join(folder, 'plugins_registry'), files, clock } } });
  const until = async (what: string, is: () => boolean): Promise<void> => {
    const startMs = clock.monotonicMs();
    while (!is()) {
      if (clock.monotonicMs() - startMs > 60_000) throw new Error(`waited in vain for ${what}: ${JSON.stringify(['one', 'two', 'inline', 'wrong'].flatMap((name) => node.eventsOf(name)))}`);
      // Drivers answer in real time, in which nothing is to do here.
      await clock.sleep(1);
      await node.clock.advance(20);
    }
  };
  const driver = new Driver(folder, capabilities);
  try {
    if (spec !== undefined) await node.client.create(csidrivers, { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: driverName }, spec });
    await driver.start(versions);
    await until('the driver to be told', () => driver.registered !== undefined);
    await work({ node, driver, folder, devices, until });
  } finally {
    await node[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  }
}

async function bindVolume(node: TestNode, name: string, more: { readonly volumeMode?: string; readonly fsType?: string } = {}): Promise<void> {
  const { volumeMode = 'Filesystem', fsType } = more;
  const shared = { accessModes: ['ReadWriteOnce'], volumeMode };
  await node.client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: 'default' }, spec: { ...shared, volumeName: `pv-${name}`, storageClassName: '', resources: { requests: { storage: '1Gi' } } } });
  const claim = await node.client.get(persistentvolumeclaims, { namespace: 'default', name });
  await node.client.create(persistentvolumes, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: `pv-${name}` }, spec: { ...shared, capacity: { storage: '1Gi' }, claimRef: { namespace: 'default', name, uid: claim.metadata.uid ?? '' }, csi: { driver: driverName, volumeHandle: `handle-${name}`, volumeAttributes: { of: name }, ...(fsType !== undefined && { fsType }) } } });
  await node.client.update(persistentvolumeclaims, { ...claim, status: { phase: 'Bound' } }, { subresource: 'status' });
}

const mounting = (claimName: string, more: Partial<PodSpec> = {}): Partial<PodSpec> => ({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }], containers: [{ name: 'app', image: 'nginx:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }], ...more });
const attachmentOf = (handle: string): string => `csi-${sha256Hex(`${handle}${driverName}node-1`)}`;

test('a driver registers: its node and what it can is in the API until it goes', { timeout: 120_000 }, () => withDriver({}, async ({ node, driver, until }) => {
  assert.deepEqual(driver.registered, { pluginRegistered: true, error: '' });
  const csiNode = await node.client.get(csinodes, { name: 'node-1' });
  assert.deepEqual(csiNode.spec.drivers, [{ name: driverName, nodeID: 'id-of-node-1', topologyKeys: ['topology.example.com/rack'], allocatable: { count: 7 } }]);
  assert.equal(csiNode.metadata.ownerReferences?.[0]?.kind, 'Node');
  assert.equal(node.node().metadata.annotations?.['csi.volume.kubernetes.io/nodeid'], `{"${driverName}":"id-of-node-1"}`);
  assert.equal(node.node().metadata.labels?.['topology.example.com/rack'], 'r1');
  rmSync(driver.registrySocket);
  await until('it to be gone', () => node.read(csinodes, '', 'node-1')?.spec.drivers.length === 0);
}));

test('a driver of another age is told so', { timeout: 120_000 }, () => withDriver({ versions: ['0.3.0'] }, async ({ driver }) => {
  assert.match(JSON.stringify(driver.registered), /"pluginRegistered":false,"error":"RegisterPlugin error -- .*None of the versions specified/);
}));

test('a volume is staged once, published for each pod when it is attached, and taken away in the other order', { timeout: 120_000 }, () => withDriver({}, async ({ node, driver, folder, until }) => {
  await bindVolume(node, 'data');
  await node.createPod('one', mounting('data'));
  await until('the need to be told', () => node.node().status?.volumesInUse?.[0] === `kubernetes.io/csi/${driverName}^handle-data`);
  assert.equal(driver.calls.length, 0, 'nothing is mounted that is not attached');
  assert.deepEqual(node.eventsOf('one'), []);
  const attachment = await node.client.create(volumeattachments, { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', metadata: { name: attachmentOf('handle-data') }, spec: { attacher: driverName, nodeName: 'node-1', source: { persistentVolumeName: 'pv-data' } } });
  await node.client.update(volumeattachments, { ...attachment, status: { attached: true, attachmentMetadata: { device: 'sdb' } } }, { subresource: 'status' });
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  await node.createPod('two', mounting('data'));
  await until('the other to run', () => node.pod('two').status?.phase === 'Running');
  assert.deepEqual(driver.calls.filter((call) => call.startsWith('publish')), ['publish handle-data', 'publish handle-data']);
  const [stage, publish] = [driver.staged[0]!, driver.published[0]!];
  assert.deepEqual(stage.publishContext, { device: 'sdb' });
  assert.equal(publish.stagingTargetPath, stage.stagingTargetPath);
  assert.equal(stage.stagingTargetPath, `${folder}/plugins/kubernetes.io/csi/${driverName}/${sha256Hex('handle-data')}/globalmount`);
  assert.equal(publish.volumeCapability?.accessMode?.mode, 'SINGLE_NODE_WRITER');
  assert.deepEqual(publish.volumeContext, { of: 'data' });
  const uid = node.pod('one').metadata.uid ?? '';
  assert.equal(publish.targetPath, `${folder}/pods/${uid}/volumes/kubernetes.io~csi/pv-data/mount`);
  assert.equal(readFileSync(join(publish.targetPath, 'data'), 'utf8'), 'of the volume');

  driver.calls.splice(0);
  await node.kubelet[Symbol.asyncDispose]();
  await node.startKubelet();
  await node.client.delete(pods, { namespace: 'default', name: 'one' });
  await until('the first to be gone', () => !node.hasPod('one'));
  assert.deepEqual(driver.calls.filter((call) => !call.startsWith('publish') && !call.startsWith('stage')), ['unpublish handle-data']);
  assert.equal(existsSync(publish.targetPath), false);
  await node.client.delete(pods, { namespace: 'default', name: 'two' });
  await until('the other to be gone', () => !node.hasPod('two'));
  assert.deepEqual(driver.calls.filter((call) => !call.startsWith('publish') && !call.startsWith('stage')), ['unpublish handle-data', 'unpublish handle-data', 'unstage handle-data']);
  await until('nobody to need it', () => (node.node().status?.volumesInUse ?? []).length === 0);
}));

test('drivers are told of the pod and given its secrets, and the group owns what they mount', { timeout: 120_000 }, () => withDriver({ capabilities: [], spec: { attachRequired: false, podInfoOnMount: true, fsGroupPolicy: 'File', volumeLifecycleModes: ['Persistent', 'Ephemeral'] } }, async ({ node, driver, until }) => {
  await node.client.create(serviceaccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'default' } });
  await node.client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login', namespace: 'default' }, stringData: { user: 'u' } });
  await node.createPod('inline', { serviceAccountName: 'default', securityContext: { fsGroup: 4711 }, volumes: [{ name: 'v', csi: { driver: driverName, volumeAttributes: { a: 'b' }, nodePublishSecretRef: { name: 'login' } } }], containers: [{ name: 'app', image: 'nginx:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] });
  await until('it to run', () => node.pod('inline').status?.phase === 'Running');
  const [{ volumeContext, secrets: given, volumeId, targetPath }] = driver.published as [NodePublishVolumeRequest];
  const uid = node.pod('inline').metadata.uid ?? '';
  assert.deepEqual(volumeContext, { a: 'b', 'csi.storage.k8s.io/pod.name': 'inline', 'csi.storage.k8s.io/pod.namespace': 'default', 'csi.storage.k8s.io/pod.uid': uid, 'csi.storage.k8s.io/serviceAccount.name': 'default', 'csi.storage.k8s.io/ephemeral': 'true' });
  assert.deepEqual(given, { user: 'u' });
  assert.equal(volumeId, `csi-${sha256Hex(`${uid}v`)}`);
  if (process.getuid?.() === 0) assert.equal(statSync(targetPath).gid, 4711);
}));

test('tokens that a driver wants are given by their audience', async () => {
  const client = { createSubresource: (_type: unknown, _ref: unknown, _subresource: string, { spec }: { readonly spec: { readonly audiences: readonly string[] } }) => Promise.resolve({ status: { token: `token for ${spec.audiences.join()}`, expirationTimestamp: '2026-01-01T01:00:00Z' } }) } as unknown as Client;
  const tokens = new ServiceAccountTokens({ client, clock: new VirtualClock(), random: new SeededRandom(1) });
  const attributes = await tokenAttributes(tokens, { metadata: { name: 'p', namespace: 'n', uid: 'u' } }, { tokenRequests: [{ audience: 'vault' }, { audience: '' }] });
  assert.deepEqual(JSON.parse(attributes['csi.storage.k8s.io/serviceAccount.tokens'] ?? ''), { vault: { token: 'token for vault', expirationTimestamp: '2026-01-01T01:00:00Z' }, '': { token: 'token for ', expirationTimestamp: '2026-01-01T01:00:00Z' } });
  assert.deepEqual(await tokenAttributes(tokens, { metadata: {} }, {}), {});
});

test('a block volume is a device of the container; one that is mounted is refused', { timeout: 120_000 }, () => withDriver({ spec: { attachRequired: false } }, async ({ node, driver, folder, devices, until }) => {
  await bindVolume(node, 'disk', { volumeMode: 'Block' });
  await node.createPod('raw', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'disk' } }], containers: [{ name: 'app', image: 'nginx:1', volumeDevices: [{ name: 'v', devicePath: '/dev/xvda' }] }] });
  await until('it to run', () => node.pod('raw').status?.phase === 'Running');
  const uid = node.pod('raw').metadata.uid ?? '';
  const hostPath = `${folder}/pods/${uid}/volumeDevices/kubernetes.io~csi/pv-disk`;
  const plugin = `${folder}/plugins/kubernetes.io/csi/volumeDevices`;
  const mapped = { device: `${plugin}/publish/pv-disk/${uid}`, place: `${plugin}/pv-disk/dev/${uid}`, link: hostPath };
  assert.deepEqual(devices, [`map ${mapped.device} ${mapped.place} ${mapped.link}`]);
  assert.deepEqual(node.eventsOf('raw').filter((event) => event.startsWith('SuccessfulMountVolume')), [
    `SuccessfulMountVolume: MapVolume.MapPodDevice succeeded for volume "pv-disk" globalMapPath "${plugin}/pv-disk/dev"`,
    `SuccessfulMountVolume: MapVolume.MapPodDevice succeeded for volume "pv-disk" volumeMapPath "${folder}/pods/${uid}/volumeDevices/kubernetes.io~csi"`,
  ]);
  assert.deepEqual(node.runtime.configOf((await node.runtime.listContainers())[0]!.id)?.devices, [{ hostPath, containerPath: '/dev/xvda', permissions: 'mrw' }]);
  assert.notEqual(driver.published[0]?.volumeCapability?.block, null);
  await node.createPod('wrong', mounting('disk'));
  // The device is no longer shown before the driver takes it back.
  await node.client.delete(pods, { namespace: 'default', name: 'raw' }, { gracePeriodSeconds: 0 });
  await until('the driver to have it back', () => driver.calls.includes('unstage handle-disk'));
  assert.deepEqual(devices.slice(1), [`unmap ${mapped.place} ${mapped.link} before ${driver.calls.indexOf('unpublish handle-disk')}`]);
  await until('an event', () => node.eventsOf('wrong').some((event) => event.includes('volume v has volumeMode Block, but is specified in volumeMounts')));
}));

test('what a driver refuses is told in its words, and tried again', { timeout: 120_000 }, () => withDriver({ spec: { attachRequired: false } }, async ({ node, driver, until }) => {
  driver.refusal = 'disk on fire';
  await bindVolume(node, 'data');
  await node.createPod('one', mounting('data'));
  await until('the event', () => node.eventsOf('one').some((event) => event.startsWith('FailedMount: MountVolume.SetUp failed for volume "pv-data" : rpc error: code = Internal desc = disk on fire')));
  driver.refusal = undefined;
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  await node.createPod('inline', { volumes: [{ name: 'v', csi: { driver: driverName } }], containers: [{ name: 'app', image: 'nginx:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] });
  await until('the other event', () => node.eventsOf('inline').some((event) => event.includes(`volume mode "Ephemeral" not supported by driver ${driverName} (only supports ["Persistent"])`)));
}));

test('a claim that has grown is grown on the node while it is in use; how full it is comes from the driver', { timeout: 120_000 }, () => withDriver({ capabilities: ['EXPAND_VOLUME', 'GET_VOLUME_STATS'], spec: { attachRequired: false } }, async ({ node, driver, until }) => {
  await bindVolume(node, 'data');
  const claim = () => node.client.get(persistentvolumeclaims, { namespace: 'default', name: 'data' });
  const say = async (status: object): Promise<void> => { await node.client.update(persistentvolumeclaims, { ...await claim(), status: { phase: 'Bound', ...status } }, { subresource: 'status' }); };
  await say({ capacity: { storage: '1Gi' } });
  await node.createPod('one', mounting('data'));
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  assert.deepEqual(driver.calls, ['publish handle-data'], 'nothing has grown');

  // As an external resizer does once its driver has grown the volume.
  const grow = async (storage: string): Promise<void> => {
    const volume = await node.client.get(persistentvolumes, { name: 'pv-data' });
    await node.client.update(persistentvolumes, { ...volume, spec: { ...volume.spec, capacity: { storage } } });
    await say({ capacity: (await claim()).status?.capacity, allocatedResources: { storage }, allocatedResourceStatuses: { storage: 'NodeResizePending' }, conditions: [{ type: 'FileSystemResizePending', status: 'True' }] });
  };
  await grow('2Gi');
  await until('the driver to be asked', () => driver.calls.includes('expand handle-data 2147483648 true'));
  await until('the claim to know', () => node.read(persistentvolumeclaims, 'default', 'data')?.status?.capacity?.['storage'] === '2Gi');
  const { allocatedResourceStatuses = {}, conditions = [] } = (await claim()).status ?? {};
  assert.deepEqual([allocatedResourceStatuses, conditions], [{}, []]);
  assert.ok(node.eventsOf('one').includes('FileSystemResizeSuccessful: MountVolume.NodeExpandVolume succeeded for volume "pv-data" node-1'));
  assert.ok(node.eventsOf('data').some((event) => event.startsWith('FileSystemResizeSuccessful')));

  driver.expandRefusal = new GrpcError('OutOfRange', 'too large');
  await grow('3Gi');
  await until('the claim to know', () => node.read(persistentvolumeclaims, 'default', 'data')?.status?.allocatedResourceStatuses?.['storage'] === 'NodeResizeInfeasible');
  assert.match((await claim()).status?.conditions?.find(({ type }) => type === 'NodeResizeError')?.message ?? '', /^failed to expand pvc with Expander\.NodeExpand failed to expand the volume rpc error: code = OutOfRange desc = too large$/);
  assert.ok(node.eventsOf('one').some((event) => event.startsWith('VolumeResizeFailed: Expander.NodeExpand failed to expand the volume')));

  const { kubelet } = node;
  const volumes = await kubelet.context.volumes.statsOf(node.pod('one').metadata.uid ?? '');
  assert.deepEqual(volumes, [{ name: 'v', claimName: 'data', stats: { availableBytes: 60, capacityBytes: 100, usedBytes: 40, inodesFree: 9, inodes: 10, inodesUsed: 1 } }]);
  const { pods: told } = await statsSummary(kubelet) as { pods: { volume: { name: string; usedBytes: number; pvcRef: object }[] }[] };
  assert.deepEqual(told[0]?.volume.map(({ name, usedBytes, pvcRef }) => [name, usedBytes, pvcRef]), [['v', 40, { name: 'data', namespace: 'default' }]]);
}));

test('a driver that renews what is in its volumes publishes them again, and stages them once', { timeout: 120_000 }, () => withDriver({ spec: { attachRequired: false, requiresRepublish: true } }, async ({ node, driver, until }) => {
  await bindVolume(node, 'data');
  await node.createPod('one', mounting('data'));
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  await until('it to be published again', () => driver.calls.length === 4);
  assert.deepEqual(driver.calls, ['stage handle-data', 'publish handle-data', 'publish handle-data', 'publish handle-data']);
}));

test('what a pod had that went while no kubelet ran is taken back when its driver is there', { timeout: 40_000 }, () => withDriver({ spec: { attachRequired: false } }, async ({ node, driver, folder, until }) => {
  await bindVolume(node, 'data');
  await node.createPod('one', mounting('data'));
  await until('it to run', () => node.pod('one').status?.phase === 'Running');
  const uid = node.pod('one').metadata.uid ?? '';
  await node.kubelet[Symbol.asyncDispose]();
  await node.client.delete(pods, { namespace: 'default', name: 'one' }, { gracePeriodSeconds: 0 });
  await node.startKubelet();
  await until('the driver to have it back', () => driver.calls.includes('unstage handle-data'));
  await until('its files to be gone', () => !existsSync(join(folder, 'pods', uid)));
}));
