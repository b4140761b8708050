import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, events, pods, replicationcontrollers, secrets } from '../../../src/api/resources.ts';
import type { Pod } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { agnhost, isReadyPod, podOf } from '../pods/real-cluster.ts';
import { expectOutput, mountTestPod } from './mount-test.ts';

const nonRootUid = 1001;
const permissions = { '0644': '-rw-r--r--', '0666': '-rw-rw-rw-', '0777': '-rwxrwxrwx' };
const racingMaps = 50;
const racingPods = 5;

/** Directories that live as long as their pods. */
export function emptyDirScenarios(cluster: () => RealCluster): void {
  wrapperRace(cluster);
  for (const medium of ['default', 'tmpfs'] as const) {
    const source = { emptyDir: medium === 'tmpfs' ? { medium: 'Memory' } : {} };
    const type = medium === 'tmpfs' ? ['mount type of "/test-volume": tmpfs'] : [];
    test(`[sig-storage] EmptyDir volumes volume on ${medium === 'tmpfs' ? 'tmpfs' : 'default medium'} should have the correct mode [LinuxOnly] [NodeConformance] [Conformance]`, async () => {
      await expectOutput(cluster(), mountTestPod({ name: `empty-${medium}-mode`, source, path: '/test-volume', ask: [['fs_type', '/test-volume'], ['file_perm', '/test-volume']] }), ['perms of file "/test-volume": -rwxrwxrwx', ...type]);
    });
    for (const user of ['root', 'non-root'] as const) for (const [mode, shown] of Object.entries(permissions)) {
      test(`[sig-storage] EmptyDir volumes should support (${user},${mode},${medium}) [LinuxOnly] [NodeConformance] [Conformance]`, async () => {
        const file = '/test-volume/test-file';
        const pod = mountTestPod({
          name: `empty-${medium}-${user}-${mode}`, source, path: '/test-volume', ask: [['fs_type', '/test-volume'], [`new_file_${mode}`, file], ['file_perm', file]],
          spec: { securityContext: user === 'root' ? {} : { runAsUser: nonRootUid } },
        });
        await expectOutput(cluster(), pod, [`perms of file "${file}": ${shown}`, `content of file "${file}": mount-tester new file`, ...type]);
      });
    }
  }

  test('[sig-storage] EmptyDir volumes pod should support shared volumes between containers [Conformance]', async () => {
    const message = 'Hello from the busy-box sub-container';
    await cluster().client.create(pods, podOf('pod-sharedvolume', {}, {
      restartPolicy: 'Never', terminationGracePeriodSeconds: 0,
      containers: [
        { name: 'busybox-main-container', image: 'busybox:1.36', command: ['/bin/sh'], args: ['-c', 'sleep 100000'], volumeMounts: [{ name: 'shared-data', mountPath: '/usr/share/volumeshare' }] },
        { name: 'busybox-sub-container', image: 'busybox:1.36', command: ['/bin/sh'], args: ['-c', `echo ${message} > /pod-data/shareddata.txt`], volumeMounts: [{ name: 'shared-data', mountPath: '/pod-data' }] },
      ],
      volumes: [{ name: 'shared-data', emptyDir: {} }],
    }));
    await cluster().untilPod('pod-sharedvolume', 'has run its second container', ({ status }) => status?.phase === 'Running' && status.containerStatuses?.[1]?.state?.terminated !== undefined);
    assert.equal(await cluster().exec('pod-sharedvolume', ['cat', '/usr/share/volumeshare/shareddata.txt'], 'busybox-main-container'), `${message}\n`);
  });

  test('[sig-storage] EmptyDir wrapper volumes should not conflict [Conformance]', async () => {
    const { client } = cluster();
    const data = { 'data-1': Buffer.from('value-1\n').toString('base64') };
    await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'wrapper', namespace: 'default' }, data });
    await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'wrapper', namespace: 'default' }, binaryData: data });
    await cluster().running(podOf('pod-wrapper', {
      image: agnhost, args: ['test-webserver'], volumeMounts: [{ name: 'secret-volume', mountPath: '/etc/secret-volume', readOnly: true }, { name: 'configmap-volume', mountPath: '/etc/configmap-volume' }],
    }, { volumes: [{ name: 'secret-volume', secret: { secretName: 'wrapper' } }, { name: 'configmap-volume', configMap: { name: 'wrapper' } }] }));
  });
}

function wrapperRace(cluster: () => RealCluster): void {
  test('[sig-storage] EmptyDir wrapper volumes should not cause race condition when used for configmaps [Serial] [Conformance]', async () => {
    const { client } = cluster();
    const names = Array.from({ length: racingMaps }, (_, index) => `racey-configmap-${index}`);
    await Promise.all(names.map((name) => client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { 'data-1': 'value-1' } })));
    await Promise.all(['a', 'b', 'c'].map(async (round) => {
      const name = `wrapped-volume-race-${round}`;
      await client.create(replicationcontrollers, {
        apiVersion: 'v1', kind: 'ReplicationController', metadata: { name, namespace: 'default' },
        spec: {
          replicas: racingPods, selector: { name },
          template: {
            metadata: { labels: { name } },
            spec: {
              terminationGracePeriodSeconds: 0, dnsPolicy: 'Default',
              containers: [{ name: 'test-container', image: 'registry.k8s.io/pause:3.10', volumeMounts: names.map((volume, index) => ({ name: volume, mountPath: `/etc/config-${index}` })) }],
              volumes: names.map((volume) => ({ name: volume, configMap: { name: volume, items: [{ key: 'data-1', path: 'data-1' }] } })),
            },
          },
        },
      });
      let last: readonly Pod[] = [];
      await cluster().until('the pods with many volumes run', async () => {
        last = (await client.list(pods, { namespace: 'default' }, { labelSelector: `name=${name}` })).items;
        return last.filter(isReadyPod).length === racingPods;
      }, 120_000).catch(async (error: unknown) => {
        const told = (await client.list(events, { namespace: 'default' })).items.filter(({ involvedObject }) => last.some(({ metadata }) => metadata.uid === involvedObject.uid)).map(({ reason, message }) => `${reason}: ${message}`);
        throw new Error(`${(error as Error).message}: ${JSON.stringify(last.filter((pod) => !isReadyPod(pod)).map(({ status }) => status))}\n${told.join('\n')}`, { cause: error });
      });
      await client.delete(replicationcontrollers, { namespace: 'default', name }, { propagationPolicy: 'Background' });
    }));
  });
}
