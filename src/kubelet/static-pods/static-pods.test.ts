import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../api/resources.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { decodeStaticPod } from './static-pod.ts';
import type { StaticPodFiles } from './static-pod-files.ts';

class Manifests implements StaticPodFiles {
  readonly texts = new Map<string, string>();
  #onChange: (() => void) | undefined;
  read(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.texts));
  }
  watch(onChange: () => void): () => void {
    this.#onChange = onChange;
    return () => {};
  }
  set(path: string, text: string | undefined): void {
    if (text === undefined) this.texts.delete(path);
    else this.texts.set(path, text);
    this.#onChange?.();
  }
}

const manifest = (name: string, image = 'nginx:1.14.2', more = ''): string => `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
  terminationGracePeriodSeconds: 5
  containers:
  - name: app
    image: ${image}
${more}`;

test('a manifest becomes a pod that runs, with a mirror in the API that shows its status', async () => {
  const files = new Manifests();
  files.set('/etc/manifests/web.yaml', manifest('web'));
  await using node = await TestNode.start({ kubelet: { staticPods: files } });
  await node.clock.advance(2000);
  const mirror = node.pod('web-node-1');
  const [running] = node.kubelet.pods();
  const uid = running?.metadata.uid ?? '';
  assert.match(uid, /^[0-9a-f]{32}$/);
  const { annotations = {} } = mirror.metadata;
  assert.deepEqual([annotations['kubernetes.io/config.hash'], annotations['kubernetes.io/config.mirror'], annotations['kubernetes.io/config.source']], [uid, uid, 'file']);
  assert.notEqual(mirror.metadata.uid, uid);
  assert.deepEqual(mirror.metadata.ownerReferences?.map(({ kind, name, controller }) => ({ kind, name, controller })), [{ kind: 'Node', name: 'node-1', controller: true }]);
  assert.equal(mirror.status?.phase, 'Running');
  assert.equal(node.condition('web-node-1', 'Ready')?.status, 'True');
  assert.deepEqual(mirror.spec?.tolerations?.filter(({ key }) => key === undefined), [{ operator: 'Exists', effect: 'NoExecute' }]);
  assert.equal(node.kubelet.findPod('default', 'web-node-1', mirror.metadata.uid)?.pod.metadata.uid, uid, 'exec and logs name the mirror');
});

test('deleting the mirror ends nothing: it is made again', async () => {
  const files = new Manifests();
  files.set('/m/web', manifest('web'));
  await using node = await TestNode.start({ kubelet: { staticPods: files } });
  await node.clock.advance(2000);
  const [container] = await node.runtime.listContainers();
  const before = node.pod('web-node-1').metadata.uid;
  await node.client.delete(pods, { namespace: 'default', name: 'web-node-1' });
  await node.clock.advance(2000);
  const after = node.pod('web-node-1');
  assert.notEqual(after.metadata.uid, before);
  assert.equal(after.metadata.deletionTimestamp, undefined);
  assert.equal(after.status?.phase, 'Running');
  assert.deepEqual((await node.runtime.listContainers()).map(({ id, state }) => [id, state]), [[container?.id, 'running']]);
});

test('a changed manifest is another pod under the same name, which waits for the old one; without a manifest both are gone', async () => {
  const files = new Manifests();
  files.set('/m/web', manifest('web', 'nginx:1', '  # ignores SIGTERM').replace('metadata:', 'metadata:\n  annotations: {coxswain.io/ignore-sigterm: "true"}'));
  await using node = await TestNode.start({ kubelet: { staticPods: files } });
  await node.clock.advance(2000);
  const [first] = node.kubelet.pods();
  files.set('/m/web', manifest('web', 'nginx:2'));
  await node.clock.advance(4000);
  assert.deepEqual((await node.runtime.listContainers()).map(({ image, state }) => [image, state]), [['nginx:1', 'running']], 'the old one has its grace period');
  await node.clock.advance(4000);
  assert.deepEqual((await node.runtime.listContainers()).map(({ image, state }) => [image, state]), [['nginx:2', 'running']]);
  const mirror = node.pod('web-node-1');
  assert.notEqual(mirror.metadata.annotations?.['kubernetes.io/config.mirror'], first?.metadata.uid);
  assert.equal(mirror.spec?.containers[0]?.image, 'nginx:2');
  assert.equal(mirror.status?.phase, 'Running');
  files.set('/m/web', undefined);
  await node.clock.advance(8000);
  assert.equal(node.hasPod('web-node-1'), false);
  assert.deepEqual(await node.runtime.listContainers(), []);
  files.set('/m/web', manifest('web', 'nginx:2'));
  await node.clock.advance(4000);
  assert.equal(node.pod('web-node-1').status?.phase, 'Running', 'the same manifest comes back');
});

test('a kubelet that starts again adopts its static pods, and takes away mirrors of those that are no more', async () => {
  const files = new Manifests();
  files.set('/m/a', manifest('a'));
  files.set('/m/b', manifest('b'));
  await using node = await TestNode.start({ kubelet: { staticPods: files } });
  await node.clock.advance(2000);
  const before = (await node.runtime.listContainers()).find(({ labels }) => labels['io.kubernetes.pod.name'] === 'a-node-1')?.id;
  await node.kubelet[Symbol.asyncDispose]();
  files.set('/m/b', undefined);
  await node.startKubelet();
  await node.clock.advance(40_000);
  assert.deepEqual((await node.runtime.listContainers()).map(({ id }) => id), [before]);
  assert.equal(node.hasPod('b-node-1'), false);
  assert.equal(node.pod('a-node-1').status?.phase, 'Running');
});

test('what manifests are refused for', () => {
  const decode = (text: string): unknown => decodeStaticPod(text, { path: '/m/x', nodeName: 'node-1', seenAt: '2026-01-01T00:00:00Z' });
  const volume = (source: string): string => manifest('p', 'a:1', `  volumes:\n  - name: v\n    ${source}`);
  const cases: [string, string][] = [
    ['apiVersion: v1\nkind: Service\nmetadata: {name: x}', '/m/x: couldn\'t parse as pod(invalid pod: kind "Service" of version "v1"), please check config file'],
    ['apiVersion: v1\nkind: Pod\nmetadata: {}\nspec: {containers: [{name: a, image: b}]}', 'invalid pod: name is needed for the pod'],
    ['apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {}', 'invalid pod: spec.containers: Required value'],
    [manifest('p', 'a:1', '  serviceAccountName: x'), 'static pods may not reference serviceaccounts'],
    [volume('configMap: {name: c}'), 'static pods may not reference configmaps'],
    [volume('secret: {secretName: c}'), 'static pods may not reference secrets'],
    [manifest('p', 'a:1', '  imagePullSecrets: [{name: x}]'), 'static pods may not reference secrets'],
    [volume('persistentVolumeClaim: {claimName: c}'), 'static pods may not reference persistentvolumeclaims'],
    [volume('csi: {driver: d.example}'), 'static pods may not reference csidrivers (via CSI volumes)'],
    [volume('projected: {sources: [{clusterTrustBundle: {name: x, path: bundle}}]}'), 'static pods may not reference clustertrustbundles'],
  ];
  for (const [text, message] of cases) assert.throws(() => decode(text), { message }, message);
  decode(volume('hostPath: {path: /etc}'));
  decode(volume('projected: {sources: [{downwardAPI: {items: [{path: x, fieldRef: {fieldPath: metadata.name}}]}}]}'));
  assert.equal((decode(manifest('p')) as { metadata: { name: string } }).metadata.name, 'p-node-1');
});
