/** An operator on the official client's informers, over TLS, with a service account that may do what it needs and no more. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiextensionsV1Api, CoordinationV1Api, CoreV1Api, CustomObjectsApi, KubeConfig, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import type { Site } from './operator.ts';
import { SiteOperator } from './operator.ts';
import type { RunningCluster } from './simulated-cluster.ts';
import { startSimulatedCluster } from './simulated-cluster.ts';
import { until } from './until.ts';

const group = 'sites.example.com';
const version = 'v1';
const namespace = 'default';
const plural = 'sites';
let running: RunningCluster;
let admin: KubeConfig;
let operator: KubeConfig;

/** A kubeconfig of a service account that these rules are for. */
async function accountOf(name: string, rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[]): Promise<KubeConfig> {
  const core = admin.makeApiClient(CoreV1Api);
  const rbac = admin.makeApiClient(RbacAuthorizationV1Api);
  await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  await rbac.createNamespacedRole({ namespace, body: { metadata: { name }, rules } });
  await rbac.createNamespacedRoleBinding({ namespace, body: { metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name }, subjects: [{ kind: 'ServiceAccount', name, namespace }] } });
  const { status } = await core.createNamespacedServiceAccountToken({ namespace, name, body: { spec: { audiences: [], expirationSeconds: 3600 } } });
  const config = new KubeConfig();
  config.loadFromClusterAndUser(admin.getCurrentCluster()!, { name, token: status!.token! });
  return config;
}

before(async () => {
  running = await startSimulatedCluster();
  admin = new KubeConfig();
  admin.loadFromFile(running.kubeconfig);
  await admin.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({ body: {
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural, singular: 'site', kind: 'Site', listKind: 'SiteList' }, versions: [{
      name: version, served: true, storage: true, subresources: { status: {} },
      schema: { openAPIV3Schema: { type: 'object', required: ['spec'], properties: { spec: { type: 'object', required: ['title'], properties: { title: { type: 'string', minLength: 1 } } }, status: { type: 'object', properties: { observedGeneration: { type: 'integer' }, phase: { type: 'string' } } } } } },
    }] },
  } });
  await until(() => admin.makeApiClient(CustomObjectsApi).listNamespacedCustomObject({ group, version, namespace, plural }), () => true);
  operator = await accountOf('site-operator', [
    { apiGroups: [group], resources: ['sites', 'sites/status', 'sites/finalizers'], verbs: ['get', 'list', 'watch', 'update', 'patch'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  ]);
});
after(() => running[Symbol.asyncDispose]());

test('two operators agree on who leads, and the other takes over when the leader falls silent', async () => {
  const [a, b] = [new SiteOperator(operator, 'a'), new SiteOperator(operator, 'b')];
  const start = Date.parse('2026-01-01T00:00:00.123Z');
  const at = (seconds: number): Date => new Date(start + seconds * 1000);
  assert.deepEqual((await Promise.all([a.lead(at(0)), b.lead(at(0))])).filter(Boolean).length, 1);
  const leases = admin.makeApiClient(CoordinationV1Api);
  const lease = async () => (await leases.readNamespacedLease({ namespace, name: 'site-operator' })).spec!;
  const [leader, other] = (await lease()).holderIdentity === 'a' ? [a, b] : [b, a];
  assert.deepEqual([await leader.lead(at(10)), await other.lead(at(20)), await other.lead(at(26)), await leader.lead(at(27))], [true, false, true, false]);
  const { holderIdentity, leaseTransitions, renewTime } = await lease();
  assert.deepEqual([holderIdentity, leaseTransitions, new Date(renewTime!).getTime()], [other.identity, 1, at(26).getTime()]);
  // Of two that see the same lease run out, one is told of a conflict.
  assert.equal((await Promise.all(['c', 'd', 'e', 'f'].map((name) => new SiteOperator(operator, name).lead(at(100))))).filter(Boolean).length, 1);
});

test('an operator claims, publishes, repairs, reports and cleans up', async () => {
  await using site = new SiteOperator(operator, 'x');
  const custom = admin.makeApiClient(CustomObjectsApi);
  const core = admin.makeApiClient(CoreV1Api);
  const ref = { group, version, namespace, plural };
  const create = (name: string, title: string): Promise<unknown> => custom.createNamespacedCustomObject({ ...ref, body: { apiVersion: `${group}/${version}`, kind: 'Site', metadata: { name }, spec: { title } } });
  const read = async (name: string): Promise<Site> => await custom.getNamespacedCustomObject({ ...ref, name }) as Site;
  const isReady = (generation: number) => ({ status, metadata }: Site): boolean => (metadata as { generation?: number }).generation === generation && status?.phase === 'Ready' && status.observedGeneration === generation;
  const map = (name: string) => core.readNamespacedConfigMap({ namespace, name: `site-${name}` });
  const isGone = async (ask: () => Promise<unknown>): Promise<boolean> => ask().then(() => false, (error: { code?: number }) => error.code === 404);

  await create('before', 'Before');
  await site.start();
  await create('home', 'Home');
  const ready = await until(() => read('home'), isReady(1));
  assert.deepEqual(ready.metadata!.finalizers, [`${group}/cleanup`]);
  await until(() => read('before'), isReady(1));
  const made = await map('home');
  assert.partialDeepStrictEqual(made.metadata!.ownerReferences, [{ kind: 'Site', name: 'home', uid: ready.metadata!.uid!, controller: true, blockOwnerDeletion: true }]);

  // The spec changes: the generation grows, and the operator follows. Its own writes of the status are no new generation.
  await custom.patchNamespacedCustomObject({ ...ref, name: 'home', body: [{ op: 'replace', path: '/spec/title', value: 'Home 2' }] });
  await until(() => read('home'), isReady(2));
  assert.equal((await map('home')).data!['title'], 'Home 2');

  // What is taken from it, or changed under it, it makes anew.
  await core.deleteNamespacedConfigMap({ namespace, name: 'site-home' });
  const again = await until(() => map('home'), ({ metadata }) => metadata!.uid !== made.metadata!.uid);
  await core.replaceNamespacedConfigMap({ namespace, name: 'site-home', body: Object.assign(again, { data: { title: 'Hijacked' } }) });
  await until(() => map('home'), ({ data }) => data?.['title'] === 'Home 2');

  // Deleted: marked, cleaned up by the operator, gone, and then the garbage collector takes what belonged to it.
  const deleted = await custom.deleteNamespacedCustomObject({ ...ref, name: 'home' }) as Site;
  assert.ok(deleted.metadata!.deletionTimestamp !== undefined);
  await until(() => isGone(() => read('home')), Boolean);
  await until(() => isGone(() => map('home')), Boolean);
  assert.equal(await isGone(() => map('before')), false);
  assert.deepEqual(site.did.filter((line) => line.includes('home')), ['claim home', 'publish home Home', 'ready home', 'publish home Home 2', 'ready home', 'publish home Home 2', 'publish home Home 2', 'clean home']);
  assert.equal(site.failure, undefined);
});

test('an operator in foreground deletion, and one that asks for more than it may', async () => {
  await using site = new SiteOperator(operator, 'y');
  await site.start();
  const custom = admin.makeApiClient(CustomObjectsApi);
  const core = admin.makeApiClient(CoreV1Api);
  const ref = { group, version, namespace, plural };
  await custom.createNamespacedCustomObject({ ...ref, body: { apiVersion: `${group}/${version}`, kind: 'Site', metadata: { name: 'front' }, spec: { title: 'F' } } });
  await until(() => custom.getNamespacedCustomObject({ ...ref, name: 'front' }) as Promise<Site>, ({ status }) => status?.phase === 'Ready');
  await custom.deleteNamespacedCustomObject({ ...ref, name: 'front', propagationPolicy: 'Foreground' });
  // Who is deleted in the foreground goes after what belongs to it, once the operator has cleaned up.
  await until(() => custom.getNamespacedCustomObject({ ...ref, name: 'front' }).then(() => false, (error: { code?: number }) => error.code === 404), Boolean);
  await assert.rejects(core.readNamespacedConfigMap({ namespace, name: 'site-front' }), { code: 404 });

  const mine = operator.makeApiClient(CustomObjectsApi);
  await assert.rejects(mine.createNamespacedCustomObject({ ...ref, body: { apiVersion: `${group}/${version}`, kind: 'Site', metadata: { name: 'no' }, spec: { title: 'no' } } }), (error: { code?: number; body?: string }) => error.code === 403 && /cannot create resource \\?"sites\\?" in API group \\?"sites.example.com\\?" in the namespace \\?"default\\?"/.test(error.body ?? ''));
  await assert.rejects(custom.createNamespacedCustomObject({ ...ref, body: { apiVersion: `${group}/${version}`, kind: 'Site', metadata: { name: 'no' }, spec: { title: '' } } }), (error: { code?: number; body?: string }) => error.code === 422 && /spec\.title in body should be at least 1 chars long/.test(error.body ?? ''));
});
