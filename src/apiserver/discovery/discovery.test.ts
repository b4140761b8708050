import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceSchema } from '../../api/schema/schema.ts';
import { builtinSchema, servedByDefault } from '../../api/schema/table.ts';
import { Discovery } from './discovery.ts';

const served = builtinSchema.resources.filter(servedByDefault);
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
const json = (document: { body: Uint8Array } | undefined): never => JSON.parse(new TextDecoder().decode(document!.body)) as never;

interface Named { name: string }

test('/api and /apis in the old form', () => {
  const discovery = new Discovery(() => served, { serverAddress: '10.0.0.1:6443' });
  assert.deepEqual(json(discovery.respond('/api', 'application/json')), { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '10.0.0.1:6443' }] });
  const list = json(discovery.respond('/apis/', '*/*')) as { kind: string; apiVersion: string; groups: (Named & { preferredVersion: object })[] };
  assert.equal(list.kind, 'APIGroupList');
  assert.equal(list.apiVersion, 'v1');
  assert.deepEqual(list.groups.map((group) => group.name), [
    'apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io', 'autoscaling', 'batch', 'certificates.k8s.io', 'networking.k8s.io', 'policy',
    'rbac.authorization.k8s.io', 'storage.k8s.io', 'admissionregistration.k8s.io', 'apiextensions.k8s.io', 'scheduling.k8s.io', 'coordination.k8s.io', 'node.k8s.io', 'discovery.k8s.io',
    'flowcontrol.apiserver.k8s.io', 'resource.k8s.io',
  ]);
  assert.deepEqual(list.groups.find((group) => group.name === 'autoscaling')!.preferredVersion, { groupVersion: 'autoscaling/v2', version: 'v2' });
  assert.deepEqual(json(discovery.respond('/apis/apps', 'application/json')), { kind: 'APIGroup', apiVersion: 'v1', name: 'apps', versions: [{ groupVersion: 'apps/v1', version: 'v1' }], preferredVersion: { groupVersion: 'apps/v1', version: 'v1' } });
});

test('the resources of a version, subresources after their resource', () => {
  const discovery = new Discovery(() => served);
  const core = json(discovery.respond('/api/v1', 'application/json, */*')) as { apiVersion?: string; groupVersion: string; resources: Named[] };
  assert.equal(core.apiVersion, undefined);
  assert.equal(core.groupVersion, 'v1');
  assert.deepEqual(core.resources.map((resource) => resource.name).filter((name) => name.startsWith('pod')), [
    'pods', 'pods/attach', 'pods/binding', 'pods/ephemeralcontainers', 'pods/eviction', 'pods/exec', 'pods/log', 'pods/portforward', 'pods/proxy', 'pods/resize', 'pods/status', 'podtemplates',
  ]);
  const find = (name: string): Named => core.resources.find((resource) => resource.name === name)!;
  assert.deepEqual(find('pods'), {
    name: 'pods', singularName: 'pod', namespaced: true, kind: 'Pod', verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    shortNames: ['po'], categories: ['all'], storageVersionHash: 'xPOwRZ+Yhw8=',
  });
  assert.deepEqual(find('pods/eviction'), { name: 'pods/eviction', singularName: '', namespaced: true, group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] });
  assert.deepEqual(find('pods/binding'), { name: 'pods/binding', singularName: '', namespaced: true, kind: 'Binding', verbs: ['create'] });
  assert.deepEqual(find('serviceaccounts/token'), { name: 'serviceaccounts/token', singularName: '', namespaced: true, group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] });
  assert.deepEqual(find('namespaces/finalize'), { name: 'namespaces/finalize', singularName: '', namespaced: false, kind: 'Namespace', verbs: ['update'] });
});

test('aggregated discovery is given to those who ask for it', () => {
  const discovery = new Discovery(() => served);
  const core = discovery.respond('/api', aggregated)!;
  assert.equal(core.contentType, 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
  const list = json(core) as { apiVersion: string; items: { metadata: object; versions: { version: string; freshness: string; resources: { resource: string }[] }[] }[] };
  assert.equal(list.apiVersion, 'apidiscovery.k8s.io/v2');
  assert.equal(list.items.length, 1);
  assert.deepEqual(list.items[0]!.metadata, {});
  assert.equal(list.items[0]!.versions[0]!.freshness, 'Current');
  const others = json(discovery.respond('/apis', aggregated)) as typeof list;
  const deployments = others.items.find((item) => (item.metadata as Named).name === 'apps')!.versions[0]!.resources.find((resource) => resource.resource === 'deployments');
  assert.deepEqual(deployments, {
    resource: 'deployments', responseKind: { group: '', version: '', kind: 'Deployment' }, scope: 'Namespaced', singularResource: 'deployment',
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'], shortNames: ['deploy'], categories: ['all'],
    subresources: [
      { subresource: 'scale', responseKind: { group: 'autoscaling', version: 'v1', kind: 'Scale' }, verbs: ['get', 'patch', 'update'] },
      { subresource: 'status', responseKind: { group: '', version: '', kind: 'Deployment' }, verbs: ['get', 'patch', 'update'] },
    ],
  });
  assert.match(discovery.respond('/apis', 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json')!.contentType, /v=v2beta1/);
  assert.equal(discovery.respond('/apis', 'application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList,application/json')!.contentType, 'application/json');
});

test('what is not served is not found; what is not JSON is not acceptable', () => {
  const discovery = new Discovery(() => served);
  for (const path of ['/apis/none', '/apis/apps/v2', '/api/v2', '/apis/apps/v1/deployments', '/', '/healthz', '/apis/batch/v1beta1']) assert.equal(discovery.respond(path, ''), undefined, path);
  assert.equal(discovery.respond('/apis', 'application/vnd.kubernetes.protobuf')!.code, 406);
  assert.equal(discovery.respond('/apis', 'application/vnd.kubernetes.protobuf, application/json')!.code, 200);
});

test('a document is encoded once, until the resources change', () => {
  let resources: readonly ResourceSchema[] = served;
  const discovery = new Discovery(() => [...resources]);
  const before = discovery.respond('/apis', aggregated)!;
  assert.equal(discovery.respond('/apis', aggregated), before);
  assert.match(before.etag, /^"[0-9A-F]{16}"$/);
  resources = [...served, { ...builtinSchema.resource('apps', 'v1', 'deployments')!, group: 'example.com', resource: 'crontabs', kind: 'CronTab', singular: 'crontab', shortNames: [], categories: [], subresources: [] }];
  const after = discovery.respond('/apis', aggregated)!;
  assert.notEqual(after.etag, before.etag);
  assert.equal(discovery.respond('/apis/example.com/v1', '')!.code, 200);
});
