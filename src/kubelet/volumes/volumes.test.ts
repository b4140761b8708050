import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, persistentvolumeclaims, persistentvolumes, pods } from '../../api/resources.ts';
import type { PodSpec } from '../../api/types/core/v1.ts';
import type { HostFiles } from '../host.ts';
import { simulatedHost } from '../hosts/simulated/simulated-host.ts';
import { TestNode } from '../testing/test-node.test.ts';

/** A host whose volumes of files are kept in memory, so that they are written and followed as on a real one. */
function recordingHost(): { host: ReturnType<typeof simulatedHost>; trees: Map<string, Record<string, string>>; memory: string[] } {
  const trees = new Map<string, Record<string, string>>();
  const memory: string[] = [];
  const base = simulatedHost({ hostname: 'node-1' });
  const files: HostFiles = {
    ...base.files,
    writeTree: async (directory, tree) => {
      trees.set(directory.split('/').slice(-2).join('/'), Object.fromEntries([...tree].map(([path, { data, mode }]) => [path, `${mode.toString(8)} ${Buffer.from(data).toString('utf8')}`])));
      return true;
    },
    mountMemory: async (directory) => { memory.push(directory.split('/').at(-1)!); return 'mounted'; },
  };
  return { host: { ...base, virtual: false, files }, trees, memory };
}

test('files of running pods follow their sources', async () => {
  const { host, trees, memory } = recordingHost();
  await using node = await TestNode.start({ kubelet: { host } });
  await node.client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'default' }, data: { level: 'info' } });
  await node.createPod('web', {
    volumes: [
      { name: 'plain', configMap: { name: 'settings' } },
      { name: 'all', projected: { sources: [{ configMap: { name: 'settings', items: [{ key: 'level', path: 'log/level', mode: 0o400 }] } }, { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } }] } },
      { name: 'labels', downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      { name: 'unused', configMap: { name: 'never' } },
    ],
    containers: [{ name: 'app', image: 'nginx:1', volumeMounts: ['plain', 'all', 'labels'].map((name) => ({ name, mountPath: `/${name}` })) }],
  });
  await node.clock.advance(1000);
  assert.equal(node.pod('web').status?.phase, 'Running');
  assert.deepEqual(trees.get('kubernetes.io~configmap/plain'), { level: '644 info' });
  assert.deepEqual(trees.get('kubernetes.io~projected/all'), { 'log/level': '400 info', name: '644 web' });
  assert.deepEqual(memory.sort(), ['all', 'labels']);
  await node.client.patch(configmaps, { namespace: 'default', name: 'settings' }, { type: 'merge', value: { data: { level: 'debug' } } });
  await node.client.patch(pods, { namespace: 'default', name: 'web' }, { type: 'merge', value: { metadata: { labels: { a: 'b' } } } });
  await node.clock.advance(1000);
  assert.deepEqual(trees.get('kubernetes.io~configmap/plain'), { level: '644 debug' });
  assert.deepEqual(trees.get('kubernetes.io~downward-api/labels'), { labels: '644 a="b"' });
});

test('a missing source holds the pod back until it appears', async () => {
  const { host } = recordingHost();
  await using node = await TestNode.start({ kubelet: { host } });
  await node.createPod('web', { volumes: [{ name: 'v', configMap: { name: 'late' } }], containers: [{ name: 'app', image: 'nginx:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] });
  await node.clock.advance(300);
  assert.equal(node.pod('web').status?.containerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating');
  assert.equal(node.eventsOf('web')[0], 'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "late" not found');
  await node.client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late', namespace: 'default' } });
  await node.clock.advance(50);
  assert.equal(node.pod('web').status?.phase, 'Running', 'the pod hears of it at once');
});

test('a claim is mounted once it is bound, from the path of its volume', async () => {
  const base = simulatedHost({ hostname: 'node-1' });
  const host = { ...base, virtual: false, files: { ...base.files, typeOf: async () => 'directory' as const } };
  await using node = await TestNode.start({ kubelet: { host } });
  const claim = await node.client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'default' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '', volumeName: 'pv-1' } });
  await node.createPod('db', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }], containers: [{ name: 'app', image: 'nginx:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] });
  await node.clock.advance(300);
  assert.equal(node.eventsOf('db')[0], 'FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: error processing PVC default/data: PVC is not bound');
  await node.client.create(persistentvolumes, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv-1' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/srv/db' }, claimRef: { namespace: 'default', name: 'data', uid: claim.metadata.uid! } } });
  await node.client.patch(persistentvolumeclaims, { namespace: 'default', name: 'data' }, { type: 'merge', value: { status: { phase: 'Bound' } } }, { subresource: 'status' });
  await node.clock.advance(150_000);
  assert.equal(node.pod('db').status?.phase, 'Running');
});

test('volumes of other kinds are refused by name', async () => {
  const host = { ...simulatedHost({ hostname: 'node-1' }), virtual: false };
  await using node = await TestNode.start({ kubelet: { host } });
  const claim = await node.client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'default' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '', volumeName: 'pv-1' } });
  await node.client.patch(persistentvolumeclaims, { namespace: 'default', name: 'data' }, { type: 'merge', value: { status: { phase: 'Bound' } } }, { subresource: 'status' });
  await node.client.create(persistentvolumes, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv-1' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], iscsi: { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.com.example:storage', lun: 0 }, claimRef: { namespace: 'default', name: 'data', uid: claim.metadata.uid! } } });
  await node.createPod('db', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }], containers: [{ name: 'app', image: 'nginx:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] });
  await node.clock.advance(300);
  assert.equal(node.eventsOf('db')[0], 'FailedMount: not supported: persistent volume "pv-1" of type iscsi');
});

const podWith = (volumes: NonNullable<PodSpec['volumes']>, more: Partial<PodSpec> = {}): Partial<PodSpec> => ({
  volumes, containers: [{ name: 'app', image: 'nginx:1', volumeMounts: volumes.map(({ name }) => ({ name, mountPath: `/${name}` })) }], ...more,
});

/** A host that notes what it is asked to mount and whom it gives directories to. */
function notingHost(): { host: ReturnType<typeof simulatedHost>; notes: string[] } {
  const base = simulatedHost({ hostname: 'node-1' });
  const notes: string[] = [];
  const files: HostFiles = {
    ...base.files,
    mount: async ({ source, target, type, options }) => {
      notes.push(`mount ${type} ${source} ${target.split('/').slice(-2).join('/')} ${options.join(',')}`);
      if (source.startsWith('unreachable')) throw new Error('mount failed: exit status 32');
    },
    mountMemory: async (directory, { sizeBytes }) => {
      notes.push(`memory ${directory.split('/').at(-1)} ${sizeBytes}`);
      return 'mounted';
    },
    giveToGroup: async (directory, { groupId, readOnly, onlyOnMismatch }) => void notes.push(`group ${directory.split('/').at(-1)} ${groupId} ${readOnly} ${onlyOnMismatch}`),
    typeOf: async (path) => (path.endsWith('/ready') ? 'missing' : 'directory'),
  };
  return { host: { ...base, virtual: false, files }, notes };
}

test('memory has the least of its limit, the pod\'s and the node\'s; huge pages have the size that was asked for', async () => {
  const { host, notes } = notingHost();
  await using node = await TestNode.start({ kubelet: { host, capacity: { cpu: '8', memory: '64Mi', 'hugepages-2Mi': '8Mi' } } });
  const memory = (sizeLimit?: string) => ({ name: 'm', emptyDir: { medium: 'Memory', ...(sizeLimit !== undefined && { sizeLimit }) } });
  await node.createPod('node', podWith([memory()]));
  await node.createPod('own', podWith([memory('8Mi')], { securityContext: { fsGroup: 99, fsGroupChangePolicy: 'OnRootMismatch' } }));
  await node.createPod('pod', podWith([memory('48Mi')], { containers: [{ name: 'app', image: 'nginx:1', resources: { limits: { memory: '16Mi', cpu: '1' } }, volumeMounts: [{ name: 'm', mountPath: '/m' }] }] }));
  await node.createPod('pages', podWith([], { volumes: [{ name: 'h', emptyDir: { medium: 'HugePages' } }], containers: [{ name: 'app', image: 'nginx:1', resources: { limits: { memory: '1Mi', cpu: '1', 'hugepages-2Mi': '2Mi' } }, volumeMounts: [{ name: 'h', mountPath: '/h' }] }] }));
  await node.createPod('none', podWith([{ name: 'h', emptyDir: { medium: 'HugePages' } }]));
  await node.clock.advance(300);
  const mebibyte = 1024 * 1024;
  assert.deepEqual(notes.filter((note) => note.startsWith('memory')).sort(), [`memory m ${16 * mebibyte}`, `memory m ${64 * mebibyte}`, `memory m ${8 * mebibyte}`]);
  assert.deepEqual(notes.filter((note) => !note.startsWith('memory')), ['group m 99 false false', 'mount hugetlbfs nodev kubernetes.io~empty-dir/h pagesize=2Mi']);
  assert.equal(node.eventsOf('none')[0], 'FailedMount: MountVolume.SetUp failed for volume "h" : medium HugePages: hugePages storage requested, but there is no resource request for huge pages');
});

test('an export of another machine is mounted, inline and by a claim, and its failure told', async () => {
  const { host, notes } = notingHost();
  await using node = await TestNode.start({ kubelet: { host } });
  const claim = await node.client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data', namespace: 'default' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '', volumeName: 'pv-1' } });
  await node.client.patch(persistentvolumeclaims, { namespace: 'default', name: 'data' }, { type: 'merge', value: { status: { phase: 'Bound' } } }, { subresource: 'status' });
  await node.client.create(persistentvolumes, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv-1' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], mountOptions: ['nfsvers=4.2', 'ro'], nfs: { server: 'fd00::1', path: '/srv' }, claimRef: { namespace: 'default', name: 'data', uid: claim.metadata.uid! } } });
  await node.createPod('inline', podWith([{ name: 'v', nfs: { server: 'filer', path: '/export', readOnly: true } }]));
  await node.createPod('claimed', podWith([{ name: 'v', persistentVolumeClaim: { claimName: 'data', readOnly: true } }]));
  await node.createPod('failing', podWith([{ name: 'v', nfs: { server: 'unreachable', path: '/' } }]));
  await node.clock.advance(300);
  assert.deepEqual(notes.sort().slice(0, 2), ['mount nfs [fd00::1]:/srv kubernetes.io~nfs/pv-1 nfsvers=4.2,ro', 'mount nfs filer:/export kubernetes.io~nfs/v ro']);
  assert.equal(node.eventsOf('failing')[0], 'FailedMount: MountVolume.SetUp failed for volume "v" : mount failed: exit status 32');
  await node.clock.advance(400_000);
  assert.match(node.eventsOf('failing').join('\n'), /FailedMount: Unable to attach or mount volumes: unmounted volumes=\[v\], unattached volumes=\[\], failed to process volumes=\[\]: context deadline exceeded/);
});

test('paths of the node and claims are refused in upstream\'s words', async () => {
  const base = simulatedHost({ hostname: 'node-1' });
  const types: Record<string, 'file' | 'directory'> = { '/a-file': 'file', '/a-directory': 'directory' };
  const host = { ...base, virtual: false, files: { ...base.files, typeOf: async (path: string) => types[path] ?? 'missing' as const } };
  await using node = await TestNode.start({ kubelet: { host } });
  const hostPaths: [string, string, string][] = [
    ['dir', '/a-file', 'hostPath type check failed: /a-file is not a directory'], ['file', '/a-directory', 'hostPath type check failed: /a-directory is not a file'],
    ['socket', '/a-file', 'hostPath type check failed: /a-file is not a socket file'], ['chardev', '/a-file', 'hostPath type check failed: /a-file is not a character device'],
    ['blockdev', '/a-file', 'hostPath type check failed: /a-file is not a block device'],
  ];
  const kinds: Record<string, string> = { dir: 'Directory', file: 'FileOrCreate', socket: 'Socket', chardev: 'CharDevice', blockdev: 'BlockDevice' };
  for (const [name, path] of hostPaths) await node.createPod(name, podWith([{ name: 'v', hostPath: { path, type: kinds[name]! } }]));
  await node.createPod('claimed', podWith([{ name: 'v', persistentVolumeClaim: { claimName: 'none' } }]));
  await node.clock.advance(300);
  for (const [name, , message] of hostPaths) assert.equal(node.eventsOf(name)[0], `FailedMount: MountVolume.SetUp failed for volume "v" : ${message}`);
  assert.equal(node.eventsOf('claimed')[0], 'FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[v]: error processing PVC default/none: failed to fetch PVC from API server: persistentvolumeclaims "none" not found');
});

test('all that is missing of a projected volume is told at once', async () => {
  const { host } = recordingHost();
  await using node = await TestNode.start({ kubelet: { host } });
  await node.createPod('missing', podWith([{ name: 'all', projected: { sources: [{ configMap: { name: 'one' } }, { secret: { name: 'two' } }, { clusterTrustBundle: { path: 'ca', name: 'three' } }] } }]));
  await node.clock.advance(300);
  assert.equal(node.eventsOf('missing')[0], 'FailedMount: MountVolume.SetUp failed for volume "all" : [configmap "one" not found, secret "two" not found, not supported: the API server does not serve clustertrustbundles of certificates.k8s.io/v1beta1]');
});
