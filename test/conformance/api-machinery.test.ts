import assert from 'node:assert/strict';
import test from 'node:test';
import { configmaps, deployments, namespaces, pods, podtemplates, replicasets, replicationcontrollers, services } from '../../src/api/resources.ts';
import { findCondition } from '../../src/api/meta/conditions.ts';
import { nameOf } from '../../src/api/meta/object.ts';
import type { ApiError } from '../../src/api/status.ts';
import type { ConfigMap, ReplicationController } from '../../src/api/types/core/v1.ts';
import { container, found, podOf, World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });
const configMap = (name: string, label = '', data: Record<string, string> = {}): ConfigMap => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: ns, name, ...(label !== '' && { labels: { 'watch-this-configmap': label } }) }, data });
const types = (events: readonly { readonly type: string }[]): string[] => events.map(({ type }) => type);

// Watchers

test('[sig-api-machinery] Watchers should observe add, update, and delete watch notifications on configmaps [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const a = await world.watch(configmaps, { namespace: ns }, { labelSelector: 'watch-this-configmap=A' });
  const b = await world.watch(configmaps, { namespace: ns }, { labelSelector: 'watch-this-configmap=B' });
  const both = await world.watch(configmaps, { namespace: ns }, { labelSelector: 'watch-this-configmap in (A, B)' });
  await client.create(configmaps, configMap('e2e-watch-test-configmap-a', 'A'));
  await client.patch(configmaps, ref('e2e-watch-test-configmap-a'), { type: 'merge', value: { data: { mutation: '1' } } });
  await client.patch(configmaps, ref('e2e-watch-test-configmap-a'), { type: 'merge', value: { data: { mutation: '2' } } });
  await client.delete(configmaps, ref('e2e-watch-test-configmap-a'));
  await client.create(configmaps, configMap('e2e-watch-test-configmap-b', 'B'));
  await client.delete(configmaps, ref('e2e-watch-test-configmap-b'));
  await world.clock.settle();
  assert.deepEqual(types(a.events), ['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED']);
  assert.deepEqual(types(b.events), ['ADDED', 'DELETED']);
  assert.deepEqual(types(both.events), ['ADDED', 'MODIFIED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED']);
  assert.deepEqual(a.events[3]!.object.data, { mutation: '2' });
});

test('[sig-api-machinery] Watchers should be able to start watching from a specific resource version [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  await client.create(configmaps, configMap('cm', 'from-resource-version'));
  const first = await client.patch(configmaps, ref('cm'), { type: 'merge', value: { data: { mutation: '1' } } });
  await client.patch(configmaps, ref('cm'), { type: 'merge', value: { data: { mutation: '2' } } });
  await client.delete(configmaps, ref('cm'));
  const watched = await world.watch(configmaps, { namespace: ns }, { labelSelector: 'watch-this-configmap=from-resource-version', resourceVersion: first.metadata.resourceVersion! });
  assert.deepEqual(types(watched.events), ['MODIFIED', 'DELETED']);
});

test('[sig-api-machinery] Watchers should be able to restart watching from the last resource version observed by the previous watch [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const first = await world.watch(configmaps, { namespace: ns }, { labelSelector: 'watch-this-configmap=watch-closed-and-restarted' });
  await client.create(configmaps, configMap('cm', 'watch-closed-and-restarted'));
  await client.patch(configmaps, ref('cm'), { type: 'merge', value: { data: { mutation: '1' } } });
  await world.clock.settle();
  assert.deepEqual(types(first.events), ['ADDED', 'MODIFIED']);
  first.stop();
  await client.patch(configmaps, ref('cm'), { type: 'merge', value: { data: { mutation: '2' } } });
  await client.delete(configmaps, ref('cm'));
  const second = await world.watch(configmaps, { namespace: ns }, { labelSelector: 'watch-this-configmap=watch-closed-and-restarted', resourceVersion: first.events[1]!.object.metadata.resourceVersion! });
  assert.deepEqual(types(second.events), ['MODIFIED', 'DELETED']);
  assert.equal(first.events.length, 2);
});

test('[sig-api-machinery] Watchers should observe an object deletion if it stops meeting the requirements of the selector [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const label = (value: string) => client.patch(configmaps, ref('cm'), { type: 'merge', value: { metadata: { labels: { 'watch-this-configmap': value } } } });
  const mutate = (value: string) => client.patch(configmaps, ref('cm'), { type: 'merge', value: { data: { mutation: value } } });
  const watched = await world.watch(configmaps, { namespace: ns }, { labelSelector: 'watch-this-configmap=label-changed-and-restored' });
  await client.create(configmaps, configMap('cm', 'label-changed-and-restored'));
  await mutate('1');
  await label('wrong-value');
  await mutate('2');
  await label('label-changed-and-restored');
  await mutate('3');
  await client.delete(configmaps, ref('cm'));
  await world.clock.settle();
  assert.deepEqual(types(watched.events), ['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'MODIFIED', 'DELETED']);
  // The object of the first deletion is as it was when it last matched, at the version that took it away.
  assert.equal(watched.events[2]!.object.data?.['mutation'], '1');
  assert.ok(BigInt(watched.events[2]!.object.metadata.resourceVersion!) > BigInt(watched.events[1]!.object.metadata.resourceVersion!));
});

test('[sig-api-machinery] Watchers should receive events on concurrent watches in same order [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const start = (await client.list(configmaps, { namespace: ns })).resourceVersion;
  const versions: string[] = [];
  for (let i = 0; i < 30; i++) {
    const name = `cm-${i % 7}`;
    const existing = await found(client.get(configmaps, ref(name)));
    if (existing === undefined) versions.push((await client.create(configmaps, configMap(name))).metadata.resourceVersion!);
    else if (i % 3 === 0) await client.delete(configmaps, ref(name));
    else await client.patch(configmaps, ref(name), { type: 'merge', value: { data: { mutation: String(i) } } });
  }
  const all = (await world.watch(configmaps, { namespace: ns }, { resourceVersion: start })).events.map(({ type, object }) => `${type} ${object.metadata.resourceVersion}`);
  assert.ok(all.length >= 30);
  for (const version of versions) {
    const seen = (await world.watch(configmaps, { namespace: ns }, { resourceVersion: version })).events.map(({ type, object }) => `${type} ${object.metadata.resourceVersion}`);
    assert.deepEqual(seen, all.slice(all.length - seen.length));
  }
});

// Lists

const total = 400;
const withTemplates = async (): Promise<World> => {
  const world = await World.start({ controllers: false });
  for (let i = 0; i < total; i++) await world.client.create(podtemplates, { apiVersion: 'v1', kind: 'PodTemplate', metadata: { namespace: ns, name: `template-${String(i).padStart(4, '0')}` }, template: { spec: { containers: [{ name: 'test', image: 'test2' }] } } });
  return world;
};

test('[sig-api-machinery] Servers with support for API chunking should return chunks of results for list calls [Conformance]', async () => {
  await using world = await withTemplates();
  const { client } = world;
  for (const limit of [1 + 16, 40, 399]) {
    let token: string | undefined;
    let version: string | undefined;
    const names: string[] = [];
    do {
      const page = await client.list(podtemplates, { namespace: ns }, { limit, ...(token !== undefined && { continue: token }) });
      assert.ok(page.items.length <= limit);
      assert.equal(page.resourceVersion, version ??= page.resourceVersion);
      names.push(...page.items.map(nameOf));
      assert.equal(page.remainingItemCount, page.continue === undefined ? undefined : total - names.length);
      token = page.continue;
      // Writes in between change nothing of what the pages show.
      await client.patch(podtemplates, ref('template-0399'), { type: 'merge', value: { metadata: { labels: { n: String(names.length) } } } });
    } while (token !== undefined);
    assert.deepEqual(names, Array.from({ length: total }, (_, i) => `template-${String(i).padStart(4, '0')}`));
  }
  assert.equal((await client.list(podtemplates, { namespace: ns }, { limit: total + 1 })).items.length, total);
});

test('[sig-api-machinery] Servers with support for API chunking should support continue listing from the last key if the original version has been compacted away, though the list is inconsistent [Slow] [Conformance]', async () => {
  await using world = await withTemplates();
  const { client } = world;
  const first = await client.list(podtemplates, { namespace: ns }, { limit: 40 });
  assert.equal(first.remainingItemCount, 360);
  const expired = await world.until('the token to expire', async () => {
    await client.patch(podtemplates, ref('template-0000'), { type: 'merge', value: { metadata: { labels: { at: String(world.clock.now()) } } } });
    await world.clock.advance(20_000);
    return client.list(podtemplates, { namespace: ns }, { limit: 40, continue: first.continue! }).then(() => undefined, (error: unknown) => error);
  }, 15 * 60_000) as ApiError;
  assert.equal(expired.reason, 'Expired');
  assert.equal(expired.code, 410);
  const raw = await world.http('GET', `/api/v1/namespaces/${ns}/podtemplates?limit=40&continue=${encodeURIComponent(first.continue!)}`);
  assert.equal(raw.status, 410);
  const inconsistent = String(raw.json['metadata']!['continue']);
  assert.ok(inconsistent.length > 10);
  let page = await client.list(podtemplates, { namespace: ns }, { limit: 40, continue: inconsistent });
  assert.notEqual(page.resourceVersion, first.resourceVersion);
  const version = page.resourceVersion;
  const names = [...first.items, ...page.items].map(nameOf);
  while (page.continue !== undefined) {
    assert.equal(page.remainingItemCount, total - names.length);
    page = await client.list(podtemplates, { namespace: ns }, { limit: 40, continue: page.continue });
    assert.equal(page.resourceVersion, version);
    names.push(...page.items.map(nameOf));
  }
  assert.deepEqual(names, Array.from({ length: total }, (_, i) => `template-${String(i).padStart(4, '0')}`));
});

test('[sig-api-machinery] Servers with support for Table transformation should return a 406 for a backend which does not implement metadata [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: { verb: 'list', resource: 'pods' } } };
  const answer = await world.http('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io', body });
  assert.equal(answer.status, 406);
  assert.equal(answer.json['reason'] as unknown, 'NotAcceptable');
});

// Discovery

test('[sig-api-machinery] Discovery should validate PreferredVersion for each APIGroup [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  interface Group { readonly name: string; readonly preferredVersion: { readonly groupVersion: string; readonly version: string }; readonly versions: readonly { readonly groupVersion: string; readonly version: string }[] }
  const { groups } = (await world.client.raw('GET', '/apis')) as { readonly groups: readonly Group[] };
  assert.ok(groups.length > 15);
  for (const { name } of groups) {
    const group = (await world.client.raw('GET', `/apis/${name}`)) as Group;
    assert.ok(group.versions.some((version) => version.groupVersion === group.preferredVersion.groupVersion && version.version === group.preferredVersion.version), name);
  }
});

test('[sig-api-machinery] Discovery should locate the groupVersion and a resource within each APIGroup [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const expected: readonly [string, string, string][] = [
    ['admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations'], ['apiextensions.k8s.io', 'v1', 'customresourcedefinitions'], ['apiregistration.k8s.io', 'v1', 'apiservices'],
    ['apps', 'v1', 'deployments'], ['authentication.k8s.io', 'v1', 'tokenreviews'], ['authorization.k8s.io', 'v1', 'selfsubjectaccessreviews'], ['autoscaling', 'v1', 'horizontalpodautoscalers'],
    ['autoscaling', 'v2', 'horizontalpodautoscalers'], ['batch', 'v1', 'jobs'], ['certificates.k8s.io', 'v1', 'certificatesigningrequests'], ['coordination.k8s.io', 'v1', 'leases'],
    ['discovery.k8s.io', 'v1', 'endpointslices'], ['events.k8s.io', 'v1', 'events'], ['networking.k8s.io', 'v1', 'ingresses'], ['node.k8s.io', 'v1', 'runtimeclasses'], ['policy', 'v1', 'poddisruptionbudgets'],
    ['scheduling.k8s.io', 'v1', 'priorityclasses'], ['storage.k8s.io', 'v1', 'csinodes'],
  ];
  for (const [group, version, resource] of expected) {
    const list = (await world.client.raw('GET', `/apis/${group}/${version}`)) as { readonly groupVersion: string; readonly resources: readonly { readonly name: string }[] };
    assert.equal(list.groupVersion, `${group}/${version}`);
    assert.ok(list.resources.some(({ name }) => name === resource), resource);
  }
});

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
interface AggregatedList { readonly kind: string; readonly items: readonly { readonly metadata: { readonly name?: string }; readonly versions: readonly { readonly version: string; readonly resources: readonly { readonly resource: string }[] }[] }[] }

test('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery endpoint Accept headers [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const apis = (await world.http('GET', '/apis', { accept: aggregated })).json as unknown as AggregatedList;
  const has = (list: AggregatedList, group: string, version: string, resource: string) => list.items.some(({ metadata, versions }) => (metadata.name ?? '') === group && versions.some((entry) => entry.version === version && entry.resources.some((one) => one.resource === resource)));
  for (const [group, version, resource] of [['apps', 'v1', 'deployments'], ['autoscaling', 'v1', 'horizontalpodautoscalers'], ['autoscaling', 'v2', 'horizontalpodautoscalers'], ['storage.k8s.io', 'v1', 'csinodes'], ['apiregistration.k8s.io', 'v1', 'apiservices'], ['admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations']] as const) assert.ok(has(apis, group, version, resource), resource);
  assert.ok(has((await world.http('GET', '/api', { accept: aggregated })).json as unknown as AggregatedList, '', 'v1', 'namespaces'));
});

test('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  // As client-go asks: the newest form first, the old one last.
  const accept = `${aggregated},application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json`;
  for (const path of ['/api', '/apis']) {
    const answer = await world.http('GET', path, { accept });
    assert.equal(answer.status, 200);
    assert.match(answer.contentType, /g=apidiscovery\.k8s\.io/);
    assert.match(answer.contentType, /v=v2;?/);
    assert.equal((answer.json as unknown as AggregatedList).kind, 'APIGroupDiscoveryList');
  }
});

test('[sig-api-machinery] server version should find the server version [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const version = (await world.client.raw('GET', '/version')) as { readonly major: string; readonly minor: string };
  assert.match(version.major, /^\d+$/);
  assert.match(version.minor.replace(/\D/g, ''), /^\d+$/);
  assert.equal(version.minor, '36');
});

// Field validation

test('[sig-api-machinery] FieldValidation should detect unknown and duplicate fields of a typed object [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const post = async (spec: string) => {
    const answer = await world.http('POST', `/apis/apps/v1/namespaces/${ns}/deployments?fieldManager=mgr&fieldValidation=Strict`, { body: `{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"my-dep"},"spec":{${spec}}}` });
    assert.equal(answer.status, 400);
    return String(answer.json['message']).replace(/^.*strict decoding error: /, '');
  };
  // In the order of the text, each once.
  const template = (more = '') => `"selector":{"matchLabels":{"app":"nginx"}},"template":{"metadata":{"labels":{"app":"nginx"}},"spec":{"containers":[{"name":"nginx","image":"nginx:latest"${more}}]}}`;
  assert.equal(await post(`"unknownField":"foo","replicas":2,"replicas":3,${template()}`), 'unknown field "spec.unknownField", duplicate field "spec.replicas"');
  assert.equal(await post(`"unknown1":"val1","unknownDupe":"valDupe","unknownDupe":"valDupe2","paused":true,"paused":false,${template(',"unknownNested":{"a":1,"a":2},"imagePullPolicy":"Always","imagePullPolicy":"Never"')}`),
    'unknown field "spec.unknown1", unknown field "spec.unknownDupe", duplicate field "spec.paused", unknown field "spec.template.spec.containers[0].unknownNested", duplicate field "spec.template.spec.containers[0].imagePullPolicy"');
});

test('[sig-api-machinery] FieldValidation should detect unknown metadata fields of a typed object [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const body = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'my-dep', unknownMeta: 'metaVal', labels: { app: 'nginx' } }, spec: { selector: { matchLabels: { app: 'nginx' } }, template: { metadata: { labels: { app: 'nginx' } }, spec: { containers: [{ name: 'nginx', image: 'nginx:latest' }] } } } };
  const answer = await world.http('POST', `/apis/apps/v1/namespaces/${ns}/deployments?fieldValidation=Strict`, { body });
  assert.equal(answer.status, 400);
  assert.match(String(answer.json['message']), /strict decoding error: unknown field "metadata\.unknownMeta"/);
});

// Namespaces

test('[sig-api-machinery] Namespaces [Serial] should ensure that all pods are removed when a namespace is deleted [Conformance]', async () => {
  await using world = await World.start();
  await world.namespace('nsdeletetest');
  await world.runningPod(podOf('nsdeletetest', 'test-pod', { spec: { terminationGracePeriodSeconds: 30 } }));
  await world.client.delete(namespaces, { name: 'nsdeletetest' });
  await world.untilGone(namespaces, { name: 'nsdeletetest' });
  await world.namespace('nsdeletetest');
  assert.equal((await world.podsOf('nsdeletetest')).length, 0);
});

test('[sig-api-machinery] Namespaces [Serial] should ensure that all services are removed when a namespace is deleted [Conformance]', async () => {
  await using world = await World.start();
  await world.namespace('nsdeletetest');
  await world.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'nsdeletetest', name: 'test-service' }, spec: { selector: { foo: 'bar' }, ports: [{ port: 80, targetPort: 80 }] } });
  await world.client.delete(namespaces, { name: 'nsdeletetest' });
  await world.untilGone(namespaces, { name: 'nsdeletetest' });
  await world.namespace('nsdeletetest');
  assert.equal((await world.client.list(services, { namespace: 'nsdeletetest' })).items.length, 0);
});

test('[sig-api-machinery] OrderedNamespaceDeletion namespace deletion should delete pod first [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const name = await world.namespace('nsdeletetest');
  await client.create(pods, podOf(name, 'held-pod', { metadata: { finalizers: ['e2e.example.com/finalizer'] } }));
  await client.create(configmaps, { ...configMap('cm'), metadata: { namespace: name, name: 'cm' } });
  await client.delete(namespaces, { name });
  await world.until('the pod to be marked', async () => (await client.get(pods, { namespace: name, name: 'held-pod' })).metadata.deletionTimestamp);
  await world.until('the namespace to say so', async () => findCondition((await client.get(namespaces, { name })).status?.conditions, 'NamespaceDeletionContentFailure') !== undefined || findCondition((await client.get(namespaces, { name })).status?.conditions, 'NamespaceFinalizersRemaining')?.status === 'True');
  await world.clock.advance(30_000);
  assert.equal((await client.get(configmaps, { namespace: name, name: 'cm' })).metadata.deletionTimestamp, undefined);
  await client.patch(pods, { namespace: name, name: 'held-pod' }, { type: 'merge', value: { metadata: { finalizers: null } } });
  await world.untilGone(namespaces, { name });
});

test('[sig-api-machinery] Namespaces [Serial] should patch a Namespace [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  await world.namespace('nspatchtest');
  await world.client.patch(namespaces, { name: 'nspatchtest' }, { type: 'strategic', value: { metadata: { labels: { testLabel: 'testValue' } } } });
  assert.equal((await world.client.get(namespaces, { name: 'nspatchtest' })).metadata.labels?.['testLabel'], 'testValue');
});

test('[sig-api-machinery] Namespaces [Serial] should apply an update to a Namespace [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  await world.namespace('nsupdate');
  const updated = await world.retry(namespaces, { name: 'nsupdate' }, (object) => ({ ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, nsupdate: 'updated' } } }));
  assert.equal(updated.metadata.labels?.['nsupdate'], 'updated');
});

test('[sig-api-machinery] Namespaces [Serial] should apply changes to a namespace status [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  await world.namespace('nsstatus');
  assert.equal((await client.getSubresource<{ metadata: object; status: { phase: string } }>(namespaces, { name: 'nsstatus' }, 'status')).status.phase, 'Active');
  const patched = await client.patch(namespaces, { name: 'nsstatus' }, { type: 'merge', value: { metadata: { annotations: { 'e2e-patched-ns-status': 'nsstatus' } }, status: { conditions: [{ type: 'StatusPatch', status: 'True', reason: 'E2E', message: 'Patched by an e2e test' }] } } }, { subresource: 'status' });
  assert.equal(patched.metadata.annotations?.['e2e-patched-ns-status'], 'nsstatus');
  assert.equal(findCondition(patched.status?.conditions, 'StatusPatch')?.message, 'Patched by an e2e test');
  const updated = await world.retry(namespaces, { name: 'nsstatus' }, (object) => ({ ...object, status: { ...object.status, conditions: [...(object.status?.conditions ?? []), { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Updated by an e2e test' }] } }), 'status');
  assert.equal(updated.status?.conditions?.length, 2);
});

test('[sig-api-machinery] Namespaces [Serial] should apply a finalizer to a Namespace [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  await world.namespace('nsfinalizer');
  const object = await client.get(namespaces, { name: 'nsfinalizer' });
  const finalized = await client.update(namespaces, { ...object, spec: { finalizers: [...(object.spec?.finalizers ?? []), 'e2e.example.com/fakeFinalizer'] } }, { subresource: 'finalize' });
  assert.deepEqual(finalized.spec?.finalizers, ['kubernetes', 'e2e.example.com/fakeFinalizer']);
  const now = await client.get(namespaces, { name: 'nsfinalizer' });
  const back = await client.update(namespaces, { ...now, spec: { finalizers: ['kubernetes'] } }, { subresource: 'finalize' });
  assert.deepEqual(back.spec?.finalizers, ['kubernetes']);
  await client.delete(namespaces, { name: 'nsfinalizer' });
  await world.untilGone(namespaces, { name: 'nsfinalizer' });
});

// Garbage collector

const rc = (name: string, replicas: number): ReplicationController => ({
  apiVersion: 'v1', kind: 'ReplicationController', metadata: { namespace: ns, name },
  spec: { replicas, selector: { app: name }, template: { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 0, containers: [container({ name: 'nginx' })] } } },
});
const runningRc = async (world: World, name: string, replicas: number): Promise<ReplicationController> => {
  await world.client.create(replicationcontrollers, rc(name, replicas));
  return world.until(`${name} to run`, async () => {
    const now = await world.client.get(replicationcontrollers, ref(name));
    return now.status?.readyReplicas === replicas && now;
  });
};

test('[sig-api-machinery] Garbage collector should delete pods created by rc when not orphaning [Conformance]', async () => {
  await using world = await World.start();
  const { metadata } = await runningRc(world, 'simpletest.rc', 2);
  await world.client.delete(replicationcontrollers, ref('simpletest.rc'), { propagationPolicy: 'Background', preconditions: { uid: metadata.uid! } });
  await world.until('its pods to be gone', async () => (await world.podsOf(ns)).length === 0, 90_000);
});

test('[sig-api-machinery] Garbage collector should orphan pods created by rc if delete options say so [Serial] [Conformance]', async () => {
  await using world = await World.start();
  const { metadata } = await runningRc(world, 'simpletest.rc', 20);
  await world.client.delete(replicationcontrollers, ref('simpletest.rc'), { propagationPolicy: 'Orphan', preconditions: { uid: metadata.uid! } });
  await world.untilGone(replicationcontrollers, ref('simpletest.rc'));
  await world.clock.advance(30_000);
  const left = await world.podsOf(ns);
  assert.equal(left.length, 20);
  for (const pod of left) assert.deepEqual([pod.metadata.ownerReferences ?? [], pod.metadata.deletionTimestamp], [[], undefined]);
});

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: ns, name: 'simpletest.deployment' }, spec: { replicas: 2, selector: { matchLabels: { app: 'd' } }, template: { metadata: { labels: { app: 'd' } }, spec: { containers: [container({ name: 'nginx' })] } } } };

test('[sig-api-machinery] Garbage collector should delete RS created by deployment when not orphaning [Conformance]', async () => {
  await using world = await World.start();
  const created = await world.client.create(deployments, deployment);
  await world.until('its replica set', async () => (await world.client.list(replicasets, { namespace: ns })).items.length === 1);
  await world.client.delete(deployments, ref('simpletest.deployment'), { propagationPolicy: 'Background', preconditions: { uid: created.metadata.uid! } });
  await world.until('nothing to be left', async () => (await world.client.list(replicasets, { namespace: ns })).items.length === 0 && (await world.podsOf(ns)).length === 0);
});

test('[sig-api-machinery] Garbage collector should orphan RS created by deployment when deleteOptions.PropagationPolicy is Orphan [Conformance]', async () => {
  await using world = await World.start();
  const created = await world.client.create(deployments, deployment);
  await world.until('its replica set', async () => (await world.client.list(replicasets, { namespace: ns })).items[0]?.status?.readyReplicas === 2);
  await world.client.delete(deployments, ref('simpletest.deployment'), { propagationPolicy: 'Orphan', preconditions: { uid: created.metadata.uid! } });
  await world.untilGone(deployments, ref('simpletest.deployment'));
  await world.clock.advance(30_000);
  const { items } = await world.client.list(replicasets, { namespace: ns });
  assert.deepEqual(items.map(({ metadata }) => metadata.ownerReferences ?? []), [[]]);
  assert.equal((await world.podsOf(ns)).length, 2);
});

test('[sig-api-machinery] Garbage collector should keep the rc around until all its pods are deleted if the deleteOptions says so [Serial] [Conformance]', async () => {
  await using world = await World.start();
  const { metadata } = await runningRc(world, 'simpletest.rc', 10);
  await world.client.delete(replicationcontrollers, ref('simpletest.rc'), { propagationPolicy: 'Foreground', preconditions: { uid: metadata.uid! } });
  await world.until('the rc to be gone', async () => {
    const gone = (await found(world.client.get(replicationcontrollers, ref('simpletest.rc')))) === undefined;
    const left = (await world.podsOf(ns)).length;
    if (gone) assert.equal(left, 0, 'the controller went before its pods');
    return gone;
  });
});

test('[sig-api-machinery] Garbage collector should not delete dependents that have both valid owner and owner that\'s waiting for dependents to be deleted [Serial] [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const doomed = await runningRc(world, 'simpletest-rc-to-be-deleted', 10);
  const stays = await client.create(replicationcontrollers, { ...rc('simpletest-rc-to-stay', 0) });
  const all = await world.podsOf(ns);
  for (const pod of all.slice(0, 5)) {
    await client.patch(pods, { namespace: ns, name: nameOf(pod) }, { type: 'strategic', value: { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ReplicationController', name: 'simpletest-rc-to-stay', uid: stays.metadata.uid }] } } });
  }
  await client.delete(replicationcontrollers, ref('simpletest-rc-to-be-deleted'), { propagationPolicy: 'Foreground', preconditions: { uid: doomed.metadata.uid! } });
  await world.untilGone(replicationcontrollers, ref('simpletest-rc-to-be-deleted'));
  const left = await world.podsOf(ns);
  assert.equal(left.length, 5);
  for (const pod of left) {
    assert.equal(pod.metadata.deletionTimestamp, undefined);
    assert.deepEqual(pod.metadata.ownerReferences?.map(({ uid }) => uid), [stays.metadata.uid]);
  }
});

test('[sig-api-machinery] Garbage collector should not be blocked by dependency circle [Conformance]', async () => {
  await using world = await World.start();
  const { client } = world;
  const uids = new Map<string, string>();
  for (const name of ['pod1', 'pod2', 'pod3']) uids.set(name, (await client.create(pods, podOf(ns, name))).metadata.uid!);
  for (const [name, owner] of [['pod1', 'pod3'], ['pod2', 'pod1'], ['pod3', 'pod2']] as const) {
    await client.patch(pods, ref(name), { type: 'strategic', value: { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: owner, uid: uids.get(owner), controller: true, blockOwnerDeletion: true }] } } });
  }
  await client.delete(pods, ref('pod1'), { propagationPolicy: 'Foreground' });
  await world.until('all pods to be gone', async () => (await world.podsOf(ns)).length === 0);
});

