import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, persistentvolumeclaims, persistentvolumes, pods } from '../../api/resources.ts';
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
