import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configmaps, pods } from '../../../src/api/resources.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { podOf, script } from '../pods/real-cluster.ts';
import { expectOutput, mountTestPod, untilSaid } from './mount-test.ts';

const mountsOf = (text: string): string[] => readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(text));

/** What volumes must do beside what conformance asks. */
export function volumeScenarios(cluster: () => RealCluster): void {
  groups(cluster);
  sources(cluster);
  parts(cluster);
  propagation(cluster);
  ends(cluster);
}

function groups(cluster: () => RealCluster): void {
  test('new files in a volume belong to the pod\'s group, on disk and in memory', async () => {
    for (const medium of ['', 'Memory']) {
      const file = '/test-volume/test-file';
      await expectOutput(cluster(), mountTestPod({
        name: `group-${medium.toLowerCase()}file`, source: { emptyDir: { medium } }, path: '/test-volume', ask: [['new_file_0660', file], ['file_perm', file], ['file_owner', file], ['file_mode', '/test-volume']],
        spec: { securityContext: { runAsUser: 1001, fsGroup: 123 } },
      }), [`perms of file "${file}": -rw-rw----`, `content of file "${file}": mount-tester new file`, `owner UID of "${file}": 1001`, `owner GID of "${file}": 123`, /mode of file "\/test-volume": dgt?rwxrwxrwx/]);
    }
  });

  test('a volume in memory is as large as its limit', async () => {
    await expectOutput(cluster(), script('memory-size', 'df -k /v | tail -1', { volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { volumes: [{ name: 'v', emptyDir: { medium: 'Memory', sizeLimit: '10Mi' } }] }), [/ 10240 /]);
  });
}

function sources(cluster: () => RealCluster): void {
  test('variables come from a file that an init container writes', async () => {
    await expectOutput(cluster(), script('env-file', 'echo "$HOST and $NOTHING."', {
      env: [{ name: 'HOST', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'conf/env', key: 'DB_HOST' } } }, { name: 'NOTHING', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'conf/env', key: 'NONE', optional: true } } }],
    }, {
      initContainers: [{ name: 'writer', image: 'busybox:1.36', command: ['sh', '-c', 'mkdir /v/conf && echo "DB_HOST=\'db.example\' # where it is" > /v/conf/env'], volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
      volumes: [{ name: 'v', emptyDir: {} }],
    }), ['db.example and .']);
  });

  test('a volume is mounted below a read-only one', async () => {
    await cluster().client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'outer', namespace: 'default' }, data: { key: 'outer value' } });
    await expectOutput(cluster(), script('nested', 'cat /etc/outer/key && touch /etc/outer/inner/file && ls /etc/outer', {
      volumeMounts: [{ name: 'outer', mountPath: '/etc/outer' }, { name: 'inner', mountPath: '/etc/outer/inner' }],
    }, { volumes: [{ name: 'outer', configMap: { name: 'outer' } }, { name: 'inner', emptyDir: {} }] }), ['outer value', 'inner']);
  });

  test('a path of the node must be what its type says', async () => {
    const path = join(cluster().folder, 'a-file');
    writeFileSync(path, 'of the node');
    await expectOutput(cluster(), script('host-file', 'cat /f', { volumeMounts: [{ name: 'f', mountPath: '/f', readOnly: true }] }, { volumes: [{ name: 'f', hostPath: { path, type: 'File' } }] }), ['of the node']);
    const made = join(cluster().folder, 'made/deep');
    await cluster().output(script('host-made', 'touch /d/file', { volumeMounts: [{ name: 'd', mountPath: '/d' }] }, { volumes: [{ name: 'd', hostPath: { path: made, type: 'DirectoryOrCreate' } }] }));
    assert.ok(existsSync(join(made, 'file')));
  });
}

function parts(cluster: () => RealCluster): void {
  test('a container that starts again sees the newer file behind its sub-path', async () => {
    const { client } = cluster();
    await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'modified', namespace: 'default' }, data: { key: 'first' } });
    await client.create(pods, podOf('modified', { command: ['sh', '-c', 'cat /f; echo; until [ -e /v/go ]; do usleep 100000; done; rm /v/go; exit 1'], volumeMounts: [{ name: 'cm', mountPath: '/f', subPath: 'key' }, { name: 'v', mountPath: '/v' }] }, {
      restartPolicy: 'Always', volumes: [{ name: 'cm', configMap: { name: 'modified' } }, { name: 'v', emptyDir: {} }],
    }));
    await untilSaid(cluster(), 'modified', 'main', 'first');
    await client.patch(configmaps, { namespace: 'default', name: 'modified' }, { type: 'merge', value: { data: { key: 'second' } } });
    const uid = (await cluster().get('modified')).metadata.uid ?? '';
    const file = join(cluster().dataDir, 'kubelet/pods', uid, 'volumes/kubernetes.io~configmap/cm/key');
    await cluster().until('the volume follows', () => readFileSync(file, 'utf8') === 'second');
    await cluster().exec('modified', ['touch', '/v/go']);
    await untilSaid(cluster(), 'modified', 'main', 'second');
    await client.delete(pods, { namespace: 'default', name: 'modified' }, { gracePeriodSeconds: 0 });
  });

  test('a sub-path that a container turned into a link leads nowhere', async () => {
    const { client } = cluster();
    const mount = { name: 'v', mountPath: '/v' };
    await client.create(pods, podOf('escape', { command: ['cat', '/secret'], volumeMounts: [{ name: 'v', mountPath: '/secret', subPath: 'link/shadow' }] }, {
      restartPolicy: 'Never', initContainers: [{ name: 'evil', image: 'busybox:1.36', command: ['ln', '-s', '/etc', '/v/link'], volumeMounts: [mount] }], volumes: [{ name: 'v', emptyDir: {} }],
    }));
    const pod = await cluster().untilPod('escape', 'is refused', ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError');
    assert.equal(pod.status?.containerStatuses?.[0]?.state?.waiting?.message, 'failed to prepare subPath for volumeMount "v" of container "main"');
    await client.delete(pods, { namespace: 'default', name: 'escape' }, { gracePeriodSeconds: 0 });
  });
}

function propagation(cluster: () => RealCluster): void {
  test('mounts are seen by whom their propagation says', async () => {
    const shared = join(cluster().folder, 'shared');
    mkdirSync(shared);
    execFileSync('mount', ['--bind', shared, shared]);
    try {
      execFileSync('mount', ['--make-shared', shared]);
      const of = (name: string, mountPropagation: string, privileged: boolean) => cluster().running(podOf(name, { command: ['sleep', '3600'], securityContext: { privileged }, volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation }] }, { volumes: [{ name: 'v', hostPath: { path: shared } }] }));
      await Promise.all([of('propagation-both', 'Bidirectional', true), of('propagation-in', 'HostToContainer', false), of('propagation-none', 'None', false)]);
      await cluster().exec('propagation-both', ['sh', '-c', 'mkdir /v/of-pod && mount -t tmpfs tmpfs /v/of-pod && touch /v/of-pod/file']);
      mkdirSync(join(shared, 'of-node'));
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(shared, 'of-node')]);
      writeFileSync(join(shared, 'of-node/file'), '');
      const seen = async (pod: string): Promise<string> => (await cluster().exec(pod, ['sh', '-c', 'ls /v/of-pod /v/of-node'])).split('\n').filter((line) => line === 'file').length.toString();
      assert.deepEqual([readdirSync(join(shared, 'of-pod')), await seen('propagation-both'), await seen('propagation-in'), await seen('propagation-none')], [['file'], '2', '2', '0']);
    } finally {
      for (const name of ['propagation-both', 'propagation-in', 'propagation-none']) {
        await cluster().client.delete(pods, { namespace: 'default', name }, { gracePeriodSeconds: 0 });
        await cluster().gone(name);
      }
      for (const [point] of mountsOf(shared).map((line) => line.split(' ').slice(4, 5)).reverse()) execFileSync('umount', ['--lazy', point!]);
    }
  });
}

function ends(cluster: () => RealCluster): void {
  test('nothing of a pod\'s volumes is left when it is gone', async () => {
    const pod = await cluster().running(podOf('leaves', {
      command: ['sleep', '3600'], volumeMounts: [{ name: 'm', mountPath: '/m' }, { name: 'm', mountPath: '/part', subPath: 'a/b' }, { name: 'd', mountPath: '/d' }],
    }, { volumes: [{ name: 'm', emptyDir: { medium: 'Memory' } }, { name: 'd', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } }] }));
    const uid = pod.metadata.uid ?? '';
    assert.ok(mountsOf(uid).length >= 3, 'two in memory, and a part');
    await cluster().client.delete(pods, { namespace: 'default', name: 'leaves' });
    await cluster().gone('leaves');
    await cluster().until('its directory is gone', () => mountsOf(uid).length === 0 && !existsSync(join(cluster().dataDir, 'kubelet/pods', uid)));
  });
}

/** A kubelet that starts again finds the volumes of its pods. Stops the cluster: nothing else may run. */
export function restartScenario(cluster: () => RealCluster): void {
  test('volumes outlive the kubelet, are followed again, and go with their pods', async () => {
    const { client } = cluster();
    await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'outlives', namespace: 'default' }, data: { key: 'before' } });
    const spec = { volumes: [{ name: 'm', emptyDir: { medium: 'Memory' } }, { name: 'c', configMap: { name: 'outlives' } }], securityContext: { fsGroup: 77 } };
    const mounted = { command: ['sleep', '3600'], volumeMounts: [{ name: 'm', mountPath: '/m' }, { name: 'c', mountPath: '/c' }] };
    const stays = await cluster().running(podOf('stays', mounted, spec));
    const goes = await cluster().running(podOf('goes', mounted, spec));
    await cluster().exec('stays', ['sh', '-c', 'echo kept > /m/file && chgrp 5 /m/file && chmod 600 /m/file']);
    await cluster().stop();
    await cluster().start();
    const again = cluster().client;
    await again.delete(pods, { namespace: 'default', name: 'goes' });
    await again.patch(configmaps, { namespace: 'default', name: 'outlives' }, { type: 'merge', value: { data: { key: 'after' } } });
    await cluster().gone('goes');
    await cluster().until('its mounts are gone', () => mountsOf(goes.metadata.uid ?? '').length === 0);
    await cluster().until('the volume follows', async () => (await cluster().exec('stays', ['cat', '/c/key'])) === 'after');
    assert.equal(await cluster().exec('stays', ['sh', '-c', 'cat /m/file && stat -c "%g %a" /m/file']), 'kept\n5 600\n', 'what the pod did with its files is left alone');
    assert.equal((await cluster().get('stays')).status?.containerStatuses?.[0]?.restartCount, 0);
    await again.delete(pods, { namespace: 'default', name: 'stays' });
    await cluster().gone('stays');
    await cluster().until('its mounts are gone', () => mountsOf(stays.metadata.uid ?? '').length === 0);
  });
}
