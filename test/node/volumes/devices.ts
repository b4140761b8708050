import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { persistentvolumeclaims, persistentvolumes, pods } from '../../../src/api/resources.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { podOf } from '../pods/real-cluster.ts';

const tool = (name: string, args: readonly string[]): string => execFileSync(name, args, { encoding: 'utf8' });

/** Why there are no disks to try; false where the kernel can make files look like some. */
const withoutDisks: string | false = existsSync('/dev/loop-control') ? false : 'this kernel has no loop devices';

/** A disk of so many bytes; whoever takes it gives it back. */
function disk(folder: string, name: string, bytes: number): { readonly path: string; [Symbol.dispose](): void } {
  const file = join(folder, name);
  const handle = openSync(file, 'w');
  ftruncateSync(handle, bytes);
  closeSync(handle);
  const path = tool('losetup', ['-f', '--show', file]).trim();
  return { path, [Symbol.dispose]: () => void tool('losetup', ['-d', path]) };
}

/** A claim of the name, bound to a local volume. */
async function claim(cluster: RealCluster, name: string, { path, volumeMode }: { readonly path: string; readonly volumeMode: 'Block' | 'Filesystem' }): Promise<void> {
  const spec = { accessModes: ['ReadWriteOnce'], volumeMode, storageClassName: 'manual' };
  await cluster.client.create(persistentvolumes, {
    apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name },
    spec: { ...spec, capacity: { storage: '16Mi' }, persistentVolumeReclaimPolicy: 'Retain', claimRef: { namespace: 'default', name }, local: { path }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-1'] }] }] } } },
  });
  await cluster.client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name, namespace: 'default' }, spec: { ...spec, volumeName: name, resources: { requests: { storage: '16Mi' } } } });
}

/** Disks of the node as volumes: raw, and with a file system. */
export function deviceScenarios(cluster: () => RealCluster): void {
  test('a container has a local disk as its device, and nothing is left of that when the pod is gone', { skip: withoutDisks }, async () => {
    using raw = disk(cluster().folder, 'raw', 16 * 1024 * 1024);
    await claim(cluster(), 'raw', { path: raw.path, volumeMode: 'Block' });
    const pod = await cluster().running(podOf('raw', { command: ['sleep', '3600'], volumeDevices: [{ name: 'v', devicePath: '/dev/xvda' }] }, { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'raw' } }] }));
    await cluster().exec('raw', ['sh', '-c', 'test -b /dev/xvda && echo of the pod | dd of=/dev/xvda conv=sync bs=512 count=1 2>/dev/null']);
    assert.equal(tool('head', ['-c', '10', raw.path]), 'of the pod');
    // A link for the pod, a place for the node, and somebody who keeps the device open.
    const uid = pod.metadata.uid ?? '';
    const kubelet = join(cluster().dataDir, 'kubelet');
    const place = join(kubelet, 'plugins/kubernetes.io~local-volume/volumeDevices/raw', uid);
    assert.equal(tool('readlink', [join(kubelet, 'pods', uid, 'volumeDevices/kubernetes.io~local-volume/raw')]).trim(), raw.path);
    assert.match(tool('losetup', ['-a']), new RegExp(`\\(${place}\\)`));
    await cluster().client.delete(pods, { namespace: 'default', name: 'raw' }, { gracePeriodSeconds: 0 });
    await cluster().gone('raw');
    await cluster().until('nothing is left', () => !existsSync(place) && !tool('losetup', ['-a']).includes(place) && !readFileSync('/proc/self/mountinfo', 'utf8').includes(uid));
  });

  test('a local disk gets a file system when it has none, which stays for the next pod', { skip: withoutDisks }, async () => {
    using blank = disk(cluster().folder, 'blank', 16 * 1024 * 1024);
    await claim(cluster(), 'blank', { path: blank.path, volumeMode: 'Filesystem' });
    const of = (name: string, command: string) => podOf(name, { command: ['sh', '-c', command], volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { restartPolicy: 'Never', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'blank' } }] });
    assert.match(await cluster().output(of('first', 'echo kept > /v/file; grep " /v " /proc/mounts')), / \/v ext4 /);
    await cluster().client.delete(pods, { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
    await cluster().gone('first');
    assert.equal(await cluster().output(of('second', 'cat /v/file')), 'kept\n');
    const uid = (await cluster().get('second')).metadata.uid ?? '';
    await cluster().client.delete(pods, { namespace: 'default', name: 'second' }, { gracePeriodSeconds: 0 });
    await cluster().gone('second');
    await cluster().until('it is not mounted', () => !readFileSync('/proc/self/mountinfo', 'utf8').includes(uid));
  });
}
