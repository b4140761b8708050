import { test } from 'node:test';
import { configmaps, pods, secrets } from '../../../src/api/resources.ts';
import type { Pod, Volume } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { agnhost, isReadyPod, podOf, script } from '../pods/real-cluster.ts';
import { expectOutput } from './mount-test.ts';

const expansion = '[sig-node] Variable Expansion should';
const annotation = { name: 'ANNOTATION', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: "metadata.annotations['mysubpath']" } } };
const workdir = [{ name: 'workdir1', emptyDir: {} }];

/** Parts of volumes: by path, and by a path with variables in it. */
export function subPathScenarios(cluster: () => RealCluster): void {
  atomicWriters(cluster);
  expansions(cluster);
  annotated(cluster);
}

function atomicWriters(cluster: () => RealCluster): void {
  let made: Promise<unknown> | undefined;
  const makeObjects = (): Promise<unknown> => made ??= Promise.all([
    cluster().client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'my-secret', namespace: 'default' }, data: { 'secret-key': Buffer.from('secret-value').toString('base64') } }),
    cluster().client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'my-configmap', namespace: 'default' }, data: { 'configmap-key': 'configmap-value' } }),
  ]);
  const scenarios: readonly [string, string, string, Omit<Volume, 'name'>, string, string?][] = [
    ['secret pod', 'secret', 'secret-key', { secret: { secretName: 'my-secret' } }, 'secret-value'],
    ['configmap pod', 'configmap', 'configmap-key', { configMap: { name: 'my-configmap' } }, 'configmap-value'],
    ['configmap pod with mountPath of existing file', 'configmap-file', 'configmap-key', { configMap: { name: 'my-configmap' } }, 'configmap-value', '/etc/resolv.conf'],
    ['downward pod', 'downward', 'downward/podname', { downwardAPI: { items: [{ path: 'downward/podname', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } }] } }, 'pod-subpath-test-downward'],
    ['projected pod', 'projected', 'projected/configmap-key', { projected: { sources: [{ configMap: { name: 'my-configmap', items: [{ key: 'configmap-key', path: 'projected/configmap-key' }] } }] } }, 'configmap-value'],
  ];
  for (const [title, id, subPath, source, contents, mountPath = '/test-volume'] of scenarios) {
    test(`[sig-storage] Subpath Atomic writer volumes should support subpaths with ${title} [Conformance]`, async () => {
      await makeObjects();
      const name = `pod-subpath-test-${id}`;
      await expectOutput(cluster(), podOf(name, {
        image: agnhost, args: ['mounttest', `--file_content_in_loop=${mountPath}`, '--retry_time=20'],
        volumeMounts: [{ name: 'test-volume', mountPath, subPath }, { name: 'liveness-probe-volume', mountPath: '/probe-volume' }],
      }, { restartPolicy: 'Never', securityContext: { seLinuxOptions: { level: 's0:c0,c1' } }, volumes: [{ name: 'test-volume', ...source }, { name: 'liveness-probe-volume', emptyDir: {} }] }), [contents]);
      await cluster().client.delete(pods, { namespace: 'default', name });
      await cluster().gone(name);
    });
  }
}

function expansions(cluster: () => RealCluster): void {
  const mounted = (name: string, text: string, value: string): Pod => script(name, text, {
    env: [{ name: 'POD_NAME', value }], volumeMounts: [{ name: 'workdir1', mountPath: '/logscontainer', subPathExpr: '$(POD_NAME)' }, { name: 'workdir1', mountPath: '/testcontainer' }],
  }, { volumes: workdir });
  test(`${expansion} allow substituting values in a volume subpath [Conformance]`, async () => {
    await expectOutput(cluster(), mounted('expand-path', 'test -d /testcontainer/expand-path; echo $?', 'expand-path'), [/^0$/m]);
  });
  for (const [what, name, value] of [['backticks', 'expand-backticks', '..'], ['absolute path', 'expand-absolute', '/tmp']] as const) {
    test(`${expansion} fail substituting values in a volume subpath with ${what} [Conformance]`, async () => {
      await cluster().client.create(pods, mounted(name, 'true', value));
      await cluster().untilPod(name, 'is refused', ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError');
      await cluster().client.delete(pods, { namespace: 'default', name });
      await cluster().gone(name);
    });
  }
}

function annotated(cluster: () => RealCluster): void {
  const pod = (name: string, annotations: Record<string, string>): Pod => {
    const made = script(name, 'tail -f /dev/null', {
      env: [{ name: 'POD_NAME', value: 'foo' }, annotation], volumeMounts: [{ name: 'workdir1', mountPath: '/subpath_mount', subPathExpr: '$(ANNOTATION)/$(POD_NAME)' }, { name: 'workdir1', mountPath: '/volume_mount' }],
    }, { volumes: workdir });
    return { ...made, metadata: { ...made.metadata, annotations } };
  };
  const annotate = (name: string, value: string): Promise<Pod> => cluster().client.patch(pods, { namespace: 'default', name }, { type: 'merge', value: { metadata: { annotations: { mysubpath: value } } } });
  const end = async (name: string): Promise<void> => {
    await cluster().client.delete(pods, { namespace: 'default', name });
    await cluster().gone(name);
  };

  test(`${expansion} verify that a failing subpath expansion can be modified during the lifecycle of a container [Slow] [Conformance]`, async () => {
    const name = 'expand-late';
    await cluster().client.create(pods, pod(name, { notmysubpath: 'mypath' }));
    const waiting = await cluster().untilPod(name, 'is refused', ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError');
    if (waiting.status?.phase !== 'Pending') throw new Error(`phase ${waiting.status?.phase}`);
    await annotate(name, 'mypath');
    await cluster().untilPod(name, 'runs', isReadyPod);
    await end(name);
  });

  test(`${expansion} succeed in writing subpaths in container [Conformance]`, async () => {
    const name = 'expand-writing';
    await cluster().running(pod(name, { mysubpath: 'mypath' }));
    await cluster().exec(name, ['touch', '/volume_mount/mypath/foo/test.log']);
    await cluster().exec(name, ['test', '-f', '/subpath_mount/test.log']);
    await annotate(name, 'mynewpath');
    await cluster().untilPod(name, 'runs', isReadyPod);
    await end(name);
  });
}
