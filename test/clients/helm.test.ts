/**
 * Helm's calls, replayed over TLS: a chart with a definition and its instance, a webhook, an API service, RBAC and a Deployment
 * is installed, waited for, upgraded, rolled back and uninstalled. (No package of this machine has Helm itself.)
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { AdmissionHook } from '../../src/apiserver/testing/admission-hook.ts';
import type { Manifest } from './helm.ts';
import { HelmCalls } from './helm.ts';
import type { RunningCluster } from './simulated-cluster.ts';
import { startSimulatedCluster } from './simulated-cluster.ts';
import { until } from './until.ts';

let running: RunningCluster;
let helm: HelmCalls;
let hook: AdmissionHook;

before(async () => {
  hook = await AdmissionHook.start(({ object }) => (object?.metadata.labels?.['app.kubernetes.io/managed-by'] === 'Helm' ? { allowed: true } : { allowed: false, status: { message: 'Helm alone makes gadgets' } }));
  running = await startSimulatedCluster();
  const config = new KubeConfig();
  config.loadFromFile(running.kubeconfig);
  helm = new HelmCalls(config);
  await helm.discover();
});
after(async () => {
  helm[Symbol.dispose]();
  await running[Symbol.asyncDispose]();
  await hook[Symbol.asyncDispose]();
});

const labels = (name: string) => ({ 'app.kubernetes.io/name': 'gadgets', 'app.kubernetes.io/instance': name, 'app.kubernetes.io/managed-by': 'Helm' });
const meta = (release: string, name: string, more: object = {}) => ({ name, labels: labels(release), annotations: { 'meta.helm.sh/release-name': release, 'meta.helm.sh/release-namespace': 'default' }, ...more });

/** What stands in the chart's `crds/`: it is made first, and never removed. */
const definition: Manifest = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'gadgets.charts.example.com' },
  spec: { group: 'charts.example.com', scope: 'Namespaced', names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer', default: 1 }, tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' } } } } } } }] },
};

function chart(release: string, { replicas, image, extra = false }: { readonly replicas: number; readonly image: string; readonly extra?: boolean }): Manifest[] {
  const name = `${release}-gadgets`;
  const of = (more: object = {}) => meta(release, name, { namespace: 'default', ...more });
  const selector = { 'app.kubernetes.io/instance': release };
  return helm.inOrder([
    { apiVersion: 'charts.example.com/v1', kind: 'Gadget', metadata: of(), spec: { tags: ['a', 'b'] } },
    { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: meta(release, name), webhooks: [{ name: 'gadgets.charts.example.com', rules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: ['charts.example.com'], apiVersions: ['v1'], resources: ['gadgets'] }], clientConfig: hook.clientConfig('/judge'), sideEffects: 'None', admissionReviewVersions: ['v1'] }] },
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: of(), spec: { replicas, selector: { matchLabels: selector }, template: { metadata: { labels: selector }, spec: { serviceAccountName: name, terminationGracePeriodSeconds: 0, containers: [{ name: 'controller', image, args: ['--leader-elect'], ports: [{ name: 'webhook', containerPort: 9443, protocol: 'TCP' }], env: [{ name: 'RELEASE', value: release }] }, ...(extra ? [{ name: 'sidecar', image: 'busybox:1.28' }] : [])] } } } },
    { apiVersion: 'v1', kind: 'Service', metadata: of(), spec: { selector, ports: [{ name: 'https', port: 443, targetPort: 'webhook', protocol: 'TCP' }] } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: of() },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: meta(release, name), rules: [{ apiGroups: ['charts.example.com'], resources: ['gadgets', 'gadgets/status'], verbs: ['get', 'list', 'watch', 'update'] }] },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: meta(release, name), roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }, subjects: [{ kind: 'ServiceAccount', name, namespace: 'default' }] },
    { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: meta(release, 'v1beta1.metrics.charts.example.com'), spec: { group: 'metrics.charts.example.com', version: 'v1beta1', service: { name, namespace: 'default', port: 443 }, insecureSkipTLSVerify: true, groupPriorityMinimum: 100, versionPriority: 100 } },
    ...(extra ? [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: of(), data: { extra: 'yes' } }] : []),
  ]);
}

/** `crds/`, and then discovery anew until the kind is there. */
async function installDefinitions(): Promise<void> {
  const { code } = await helm.apply(definition);
  assert.ok([200, 201].includes(code));
  await until(() => helm.must('GET', helm.path(definition)), ({ status }) => (status as { conditions: { type: string; status: string }[] }).conditions.some(({ type, status: is }) => type === 'Established' && is === 'True'));
  await until(async () => { await helm.discover(); return helm.knows('charts.example.com/v1', 'Gadget'); }, Boolean);
}

interface Deployment extends Manifest { readonly status: { readonly observedGeneration: number; readonly updatedReplicas?: number; readonly readyReplicas?: number; readonly replicas?: number }; readonly spec: { readonly replicas: number; readonly template: { readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string; readonly ports?: unknown }[] } } }; readonly metadata: Manifest['metadata'] & { readonly generation: number } }

/** `--wait`. */
async function rolledOut(deployment: Manifest): Promise<Deployment> {
  return until(() => helm.must<Deployment>('GET', helm.path(deployment)), ({ metadata, spec, status }) => status.observedGeneration >= metadata.generation && status.updatedReplicas === spec.replicas && status.readyReplicas === spec.replicas && status.replicas === spec.replicas);
}

const isGone = async (manifest: Manifest): Promise<boolean> => (await helm.ask('GET', helm.path(manifest))).code === 404;
const pick = (manifests: readonly Manifest[], kind: string): Manifest => manifests.find((one) => one.kind === kind)!;

async function uninstall(manifests: readonly Manifest[]): Promise<void> {
  for (const manifest of manifests.toReversed()) await helm.must('DELETE', helm.path(manifest), { body: { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' } });
  for (const manifest of manifests) await until(() => isGone(manifest), Boolean);
}

test('Helm 4: applied on the server, waited for, upgraded over another manager\'s field, uninstalled', async () => {
  await installDefinitions();
  const first = chart('four', { replicas: 2, image: 'nginx:1.25' });
  await helm.record({ name: 'four', version: 1, status: 'pending-install', manifest: first });
  for (const manifest of first) {
    const dry = await helm.apply(manifest, { dryRun: true });
    assert.equal(dry.code, 201, dry.text);
    const { code, text, json } = await helm.apply(manifest);
    assert.equal(code, 201, text);
    assert.partialDeepStrictEqual(json.metadata.managedFields?.find(({ manager }) => manager === 'helm'), { operation: 'Apply' });
    // The same again changes nothing.
    const again = await helm.apply(manifest);
    assert.deepEqual([again.code, again.json.metadata.uid], [200, json.metadata.uid]);
  }
  await helm.record({ name: 'four', version: 1, status: 'deployed', manifest: first });
  const deployment = pick(first, 'Deployment');
  assert.equal((await rolledOut(deployment)).spec.replicas, 2);
  assert.deepEqual((await helm.must('GET', helm.path(pick(first, 'Gadget'))))['spec'], { size: 1, tags: ['a', 'b'] });
  // The chart's webhook judges; Helm's own objects pass.
  const refused = await helm.ask<{ message: string }>('POST', '/apis/charts.example.com/v1/namespaces/default/gadgets', { body: { apiVersion: 'charts.example.com/v1', kind: 'Gadget', metadata: { name: 'mine' } } });
  assert.deepEqual([refused.code, refused.json.message], [400, 'admission webhook "gadgets.charts.example.com" denied the request: Helm alone makes gadgets']);

  // An autoscaler, say, has taken the replicas over: an upgrade is told of it, and goes through by force.
  await helm.must('PATCH', `${helm.path(deployment)}/scale?fieldManager=autoscaler`, { body: { spec: { replicas: 1 } }, headers: { 'content-type': 'application/merge-patch+json' } });
  const second = chart('four', { replicas: 3, image: 'nginx:1.26', extra: true });
  const conflict = await helm.apply(pick(second, 'Deployment'));
  assert.deepEqual([conflict.code, conflict.json['message']], [409, 'Apply failed with 1 conflict: conflict with "autoscaler" with subresource "scale" using apps/v1: .spec.replicas']);
  for (const manifest of second) {
    const { code, text } = await helm.apply(manifest, { force: true });
    assert.ok(code === 200 || code === 201, text);
  }
  await helm.record({ name: 'four', version: 1, status: 'superseded', manifest: first });
  await helm.record({ name: 'four', version: 2, status: 'deployed', manifest: second });
  const upgraded = await rolledOut(deployment);
  assert.deepEqual([upgraded.spec.replicas, upgraded.spec.template.spec.containers.map(({ image }) => image)], [3, ['nginx:1.26', 'busybox:1.28']]);
  assert.deepEqual((await helm.releases('name=four,owner=helm,status in (deployed,superseded)')).map(({ version, status }) => `${version} ${status}`), ['1 superseded', '2 deployed']);

  // What the newer manifest no longer has goes; what the first had is applied again, and its sidecar goes with it.
  await helm.must('DELETE', helm.path(pick(second, 'ConfigMap')));
  for (const manifest of first) assert.equal((await helm.apply(manifest, { force: true })).code, 200);
  assert.deepEqual((await rolledOut(deployment)).spec.template.spec.containers.map(({ name }) => name), ['controller']);

  await uninstall(first);
  for (const { version } of await helm.releases('name=four,owner=helm')) await helm.must('DELETE', `/api/v1/namespaces/default/secrets/sh.helm.release.v1.four.v${version}`);
  await until(() => helm.must<{ items: unknown[] }>('GET', '/api/v1/namespaces/default/pods?labelSelector=app.kubernetes.io/instance=four'), ({ items }) => items.length === 0);
  assert.equal(await isGone(definition), false);
});

test('Helm 3: created, upgraded by patches of three ways, rolled back, adopted, uninstalled', async () => {
  await installDefinitions();
  const first = chart('three', { replicas: 1, image: 'nginx:1.25' });
  for (const manifest of first) {
    // It looks for what is there already before it makes anything.
    assert.equal((await helm.ask('GET', helm.path(manifest))).code, 404);
  }
  const release = await helm.record({ name: 'three', version: 1, status: 'pending-install', manifest: first });
  for (const manifest of first) await helm.create(manifest);
  assert.equal(release['type'], 'helm.sh/release.v1');
  assert.equal((await helm.ask('POST', helm.path(release, { all: true }), { body: { ...release, metadata: { name: release.metadata.name } } })).code, 409);
  const changedType = await helm.ask<{ message: string }>('PUT', helm.path(release), { body: { ...release, type: 'Opaque' } });
  assert.deepEqual([changedType.code, /type: Invalid value: "Opaque": field is immutable/.test(changedType.json.message)], [422, true], changedType.text);
  await helm.record({ name: 'three', version: 1, status: 'deployed', manifest: first });
  const deployment = pick(first, 'Deployment');
  await rolledOut(deployment);

  // Built-in kinds are patched strategically: the list of containers is merged by name, and its order told.
  const grown = await helm.patch(deployment, { spec: { replicas: 2, template: { spec: { '$setElementOrder/containers': [{ name: 'controller' }, { name: 'sidecar' }], containers: [{ name: 'controller', image: 'nginx:1.26' }, { name: 'sidecar', image: 'busybox:1.28' }] } } } }, 'strategic-merge') as Deployment;
  assert.deepEqual(grown.spec.template.spec.containers.map(({ name, image }) => [name, image]), [['controller', 'nginx:1.26'], ['sidecar', 'busybox:1.28']]);
  assert.deepEqual(grown.spec.template.spec.containers[0]!.ports, [{ name: 'webhook', containerPort: 9443, protocol: 'TCP' }]);
  // Custom ones by merge: a list is replaced as a whole.
  assert.deepEqual((await helm.patch(pick(first, 'Gadget'), { spec: { tags: ['c'], size: 4 } }, 'merge'))['spec'], { tags: ['c'], size: 4 });
  await rolledOut(deployment);
  const shrunk = await helm.patch(deployment, { spec: { replicas: 1, template: { spec: { '$setElementOrder/containers': [{ name: 'controller' }], containers: [{ name: 'controller', image: 'nginx:1.25' }, { $patch: 'delete', name: 'sidecar' }] } } } }, 'strategic-merge') as Deployment;
  assert.deepEqual(shrunk.spec.template.spec.containers.map(({ name, image }) => [name, image]), [['controller', 'nginx:1.25']]);
  // A service keeps the address that it was given, whatever a replacement leaves out.
  const service = pick(first, 'Service');
  const given = (await helm.must('GET', helm.path(service)))['spec'] as { clusterIP: string };
  const { resourceVersion } = (await helm.must('GET', helm.path(service))).metadata;
  const replaced = await helm.must('PUT', `${helm.path(service)}?fieldManager=helm`, { body: { ...service, metadata: { ...service.metadata, resourceVersion } } });
  assert.equal((replaced['spec'] as { clusterIP: string }).clusterIP, given.clusterIP);
  await rolledOut(deployment);
  await uninstall(first);
});

test('what Helm reads of an API server: its version, OpenAPI of both kinds, and discovery that a broken API service does not stop', async () => {
  await installDefinitions();
  const { gitVersion } = (await helm.must<{ gitVersion: string }>('GET', '/version'));
  assert.match(gitVersion, /^v1\.36\./);
  const { paths } = await helm.must<{ paths: Record<string, { serverRelativeURL: string }> }>('GET', '/openapi/v3');
  const described = await until(() => helm.must<{ components: { schemas: Record<string, { properties: { spec: { properties: object } } }> } }>('GET', paths['apis/charts.example.com/v1']!.serverRelativeURL), ({ components }) => 'com.example.charts.v1.Gadget' in components.schemas);
  assert.deepEqual(Object.keys(described.components.schemas['com.example.charts.v1.Gadget']!.properties.spec.properties), ['size', 'tags']);
  const { definitions } = await until(() => helm.must<{ definitions: Record<string, { 'x-kubernetes-group-version-kind'?: unknown }> }>('GET', '/openapi/v2'), (document) => 'com.example.charts.v1.Gadget' in document.definitions);
  assert.deepEqual(definitions['com.example.charts.v1.Gadget']!['x-kubernetes-group-version-kind'], [{ group: 'charts.example.com', kind: 'Gadget', version: 'v1' }]);

  const broken: Manifest = { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: 'v1.broken.example.com' }, spec: { group: 'broken.example.com', version: 'v1', service: { name: 'nowhere', namespace: 'default', port: 443 }, insecureSkipTLSVerify: true, groupPriorityMinimum: 100, versionPriority: 100 } };
  assert.equal((await helm.apply(broken)).code, 201);
  await until(() => helm.must('GET', helm.path(broken)), ({ status }) => ((status as { conditions?: { type: string; status: string; reason: string }[] } | undefined)?.conditions ?? []).some(({ type, status: is, reason }) => type === 'Available' && is === 'False' && reason === 'ServiceNotFound'));
  await helm.discover();
  assert.ok(helm.knows('apps/v1', 'Deployment') && helm.knows('charts.example.com/v1', 'Gadget'));
  assert.equal((await helm.ask('GET', '/apis/broken.example.com/v1')).code, 503);
  await helm.must('DELETE', helm.path(broken));
});
