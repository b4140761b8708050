import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiServerOptions } from '../../options.ts';
import type { Shown } from '../../testing/server.ts';
import { refusal, TestServer } from '../../testing/server.ts';
import { podPreset } from './pod-preset.ts';

const presetsPath = '/apis/settings.k8s.io/v1alpha1/namespaces/default/podpresets';
const podsPath = '/api/v1/namespaces/default/pods';
const preset = (name: string, spec: object): object => ({ apiVersion: 'settings.k8s.io/v1alpha1', kind: 'PodPreset', metadata: { name }, spec });
/** The one that upstream's documentation begins with. */
const database = preset('allow-database', {
  selector: { matchLabels: { role: 'frontend' } },
  env: [{ name: 'DB_PORT', value: '6379' }],
  envFrom: [{ configMapRef: { name: 'etcd-env-config' } }],
  volumeMounts: [{ mountPath: '/cache', name: 'cache-volume' }],
  volumes: [{ name: 'cache-volume', emptyDir: {} }],
});
const pod = (more: { name?: string; labels?: object; annotations?: object; ownerReferences?: object[]; generateName?: string } = {}, container: object = {}, spec: object = {}): object => ({
  apiVersion: 'v1', kind: 'Pod', metadata: { ...(more.generateName === undefined && { name: 'website' }), labels: { app: 'website', role: 'frontend' }, ...more },
  spec: { containers: [{ name: 'website', image: 'nginx', ...container }], ...spec },
});

const start = (more: Partial<ApiServerOptions> = {}): Promise<TestServer> => TestServer.start({ runtimeConfig: { 'settings.k8s.io/v1alpha1': 'true' }, plugged: (parts) => ({ admission: [podPreset(parts)] }), ...more });

interface Container { readonly env?: object[]; readonly envFrom?: object[]; readonly volumeMounts?: object[] }
const containersOf = (shown: Shown, field = 'containers'): Container[] => (shown.spec as unknown as Record<string, Container[]>)[field]!;

test('a pod that the selector chooses gets everything, in every container, and says so', async () => {
  await using server = await start();
  const { resourceVersion } = (await server.create(presetsPath, database)).metadata;
  const created = await server.create(podsPath, pod({}, { env: [{ name: 'OWN', value: '1' }] }, { initContainers: [{ name: 'init', image: 'busybox' }] }));
  const [website] = containersOf(created);
  assert.deepEqual(website!.env, [{ name: 'OWN', value: '1' }, { name: 'DB_PORT', value: '6379' }]);
  assert.deepEqual(website!.envFrom, [{ configMapRef: { name: 'etcd-env-config' } }]);
  assert.deepEqual(website!.volumeMounts, [{ mountPath: '/cache', name: 'cache-volume' }]);
  assert.deepEqual(containersOf(created, 'initContainers')[0]!.volumeMounts, [{ mountPath: '/cache', name: 'cache-volume' }]);
  assert.deepEqual(created.spec['volumes'], [{ name: 'cache-volume', emptyDir: {} }]);
  assert.deepEqual(created.metadata.annotations, { 'podpreset.admission.kubernetes.io/podpreset-allow-database': resourceVersion });
});

test('other pods, pods that opt out and mirror pods are left alone', async () => {
  await using server = await start();
  await server.create(presetsPath, database);
  for (const [name, more] of Object.entries({
    other: { labels: { role: 'backend' } },
    excluded: { annotations: { 'podpreset.admission.kubernetes.io/exclude': 'true' } },
    mirror: { annotations: { 'kubernetes.io/config.mirror': 'x' } },
  })) {
    const created = await server.create(podsPath, pod({ ...more, name }, {}, { nodeName: 'node-1' }));
    assert.equal(containersOf(created)[0]!.env, undefined, name);
    assert.ok(!Object.keys(created.metadata.annotations ?? {}).some((key) => key.includes('podpreset-')), name);
  }
});

test('several presets are applied together, what they agree on once', async () => {
  await using server = await start();
  await server.create(presetsPath, database);
  await server.create(presetsPath, preset('proxy', { selector: {}, env: [{ name: 'DB_PORT', value: '6379' }, { name: 'PROXY', value: 'p' }], volumes: [{ name: 'cache-volume', emptyDir: {} }] }));
  const created = await server.create(podsPath, pod());
  assert.deepEqual(containersOf(created)[0]!.env, [{ name: 'DB_PORT', value: '6379' }, { name: 'PROXY', value: 'p' }]);
  assert.equal((created.spec['volumes'] as unknown as object[]).length, 1);
  assert.deepEqual(Object.keys(created.metadata.annotations ?? {}).sort(), ['podpreset.admission.kubernetes.io/podpreset-allow-database', 'podpreset.admission.kubernetes.io/podpreset-proxy']);
});

for (const [what, container, spec, message] of [
  ['env', { env: [{ name: 'DB_PORT', value: '1' }] }, {}, /^merging env for allow-database has a conflict on DB_PORT: /],
  ['volumes', {}, { volumes: [{ name: 'cache-volume', hostPath: { path: '/x' } }] }, /^merging volumes for allow-database has a conflict on cache-volume: /],
  ['mount paths', { volumeMounts: [{ name: 'mine', mountPath: '/cache' }] }, { volumes: [{ name: 'mine', emptyDir: {} }] }, /^merging volume mounts for allow-database has a conflict on mount path \/cache: /],
] as const) {
  test(`a conflict of ${what} leaves the pod as it is, and its owner is told`, async () => {
    await using server = await start();
    await server.create(presetsPath, database);
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'website', uid: 'u-1', controller: true };
    const created = await server.create(podsPath, pod({ generateName: 'website-', ownerReferences: [owner] }, container, spec));
    assert.equal(created.metadata.annotations, undefined);
    assert.deepEqual(containersOf(created)[0]!.envFrom, undefined);
    const { items } = await server.get('/api/v1/namespaces/default/events');
    assert.equal(items.length, 1);
    assert.match(items[0]!.message, message);
    assert.deepEqual(items[0]!.involvedObject, { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: 'default', name: 'website', uid: 'u-1' });
    await server.create(`${podsPath}?dryRun=All`, pod({}, container, spec));
    assert.equal((await server.get('/api/v1/namespaces/default/events')).items.length, 1);
  });
}

test('a preset that says nothing, or something wrong, is refused', async () => {
  await using server = await start();
  await assert.rejects(server.create(presetsPath, preset('empty', { selector: {} })), refusal('Invalid', 'PodPreset.settings.k8s.io "empty" is invalid: spec.volumes.env.envFrom.volumeMounts: Required value: must specify at least one'));
  await assert.rejects(server.create(presetsPath, preset('bad', { env: [{ name: '' }] })), refusal('Invalid', /spec\.env\[0\]\.name: Required value/));
  await assert.rejects(server.create(presetsPath, preset('bad', { volumeMounts: [{ name: 'none', mountPath: '/x' }] })), refusal('Invalid', /spec\.volumeMounts\[0\]\.name: Not found: "none"/));
});

test('where the version is not served there is no plug-in to ask', async () => {
  let made: ReturnType<typeof podPreset> | undefined;
  await using server = await start({ runtimeConfig: {}, plugged: (parts) => ({ admission: [(made = podPreset(parts))] }) });
  await server.create(podsPath, pod());
  assert.equal(made?.admit, undefined);
});
