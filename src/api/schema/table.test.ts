import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { allResources, olderVersions } from './older-versions.ts';
import { builtinSchema, definitionNames, loadOlderResources, servedByDefault } from './table.ts';

const roundtrip = join(import.meta.dirname, '../../../../shared/data/kubernetes-1.36/roundtrip');

test('every definition decodes, and every type that a field names is there', () => {
  let fields = 0;
  for (const name of definitionNames()) {
    const definition = builtinSchema.definition(name);
    assert.ok(definition !== undefined);
    assert.equal(definition.name, name);
    for (const field of definition.fields.values()) {
      assert.ok(field.value !== undefined, `${name}.${field.name}`);
      fields++;
    }
  }
  assert.ok(fields > 3400, String(fields));
});

test('a field knows its type, tag, patch strategy and list type', () => {
  const spec = builtinSchema.definition('io.k8s.api.core.v1.PodSpec')!;
  const { value, ...containers } = spec.fields.get('containers')!;
  assert.deepEqual(containers, { name: 'containers', tag: 2, patchStrategy: ['merge'], patchMergeKey: 'name', listType: 'map', listMapKeys: ['name'] });
  assert.ok(value.kind === 'list' && value.items.kind === 'object' && value.items.name === 'io.k8s.api.core.v1.Container');
  assert.deepEqual(spec.required, ['containers']);
  assert.deepEqual(spec.fields.get('volumes')!.patchStrategy, ['merge', 'retainKeys']);
  assert.equal(spec.fields.get('nodeSelector')!.mapType, 'atomic');
  assert.deepEqual(builtinSchema.definition('io.k8s.api.core.v1.ServiceSpec')!.fields.get('ports')!.listMapKeys, ['port', 'protocol']);
  assert.equal(builtinSchema.definition('io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector')!.mapType, 'atomic');
});

test('scalars of their own are told apart', () => {
  const kindOf = (definition: string, field: string): string => builtinSchema.definition(definition)!.fields.get(field)!.value.kind;
  assert.equal(kindOf('io.k8s.api.core.v1.ServicePort', 'targetPort'), 'int-or-string');
  assert.equal(kindOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', 'creationTimestamp'), 'time');
  assert.equal(kindOf('io.k8s.api.coordination.v1.LeaseSpec', 'renewTime'), 'micro-time');
  assert.equal(kindOf('io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry', 'fieldsV1'), 'any');
  const data = builtinSchema.kind('', 'v1', 'Secret')!.fields.get('data')!.value;
  assert.ok(data.kind === 'map' && data.values.kind === 'bytes');
  const limits = builtinSchema.definition('io.k8s.api.core.v1.ResourceRequirements')!.fields.get('limits')!.value;
  assert.ok(limits.kind === 'map' && limits.values.kind === 'quantity');
});

test('what JSON inlines keeps the protobuf messages around it', () => {
  const volume = builtinSchema.definition('io.k8s.api.core.v1.Volume')!;
  assert.equal(volume.fields.get('name')!.wrappers, undefined);
  assert.deepEqual(volume.fields.get('emptyDir')!.wrappers, [2]);
  assert.deepEqual(builtinSchema.definition('io.k8s.api.admissionregistration.v1.NamedRuleWithOperations')!.fields.get('apiGroups')!.wrappers, [2, 2]);
});

test('resources carry what discovery says of them', () => {
  const pods = builtinSchema.resource('', 'v1', 'pods')!;
  assert.deepEqual({ ...pods, subresources: pods.subresources.map((sub) => `${sub.name} ${sub.verbs.join()} ${sub.group}/${sub.version} ${sub.kind}`), schema: pods.schema.name }, {
    group: '', version: 'v1', resource: 'pods', kind: 'Pod', singular: 'pod', namespaced: true, shortNames: ['po'], categories: ['all'],
    verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    subresources: [
      'attach create,get /v1 PodAttachOptions', 'binding create /v1 Binding', 'ephemeralcontainers get,patch,update /v1 Pod', 'eviction create policy/v1 Eviction',
      'exec create,get /v1 PodExecOptions', 'log get /v1 Pod', 'portforward create,get /v1 PodPortForwardOptions', 'proxy create,delete,get,patch,update /v1 PodProxyOptions',
      'resize get,patch,update /v1 Pod', 'status get,patch,update /v1 Pod',
    ],
    storageVersionHash: 'xPOwRZ+Yhw8=',
    schema: 'io.k8s.api.core.v1.Pod',
  });
  assert.deepEqual(builtinSchema.resource('', 'v1', 'namespaces')!.verbs, ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']);
  assert.deepEqual(builtinSchema.resource('apps', 'v1', 'deployments')!.subresources[0], { name: 'scale', verbs: ['get', 'patch', 'update'], group: 'autoscaling', version: 'v1', kind: 'Scale' });
  assert.equal(builtinSchema.resource('', 'v1', 'endpoints')!.singular, 'endpoints');
});

test('groups come in the order of upstream, versions with the preferred first', () => {
  const groups = [...new Set(builtinSchema.resources.map((resource) => resource.group))];
  assert.deepEqual(groups.slice(0, 6), ['', 'apiregistration.k8s.io', 'apps', 'events.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io']);
  assert.deepEqual([...new Set(builtinSchema.resources.filter((resource) => resource.group === 'autoscaling').map((resource) => resource.version))], ['v2', 'v1']);
  assert.ok(builtinSchema.resources.every((resource) => resource.schema.kinds?.some((kind) => kind.kind === resource.kind) === true));
});

test('only stable versions are served by default', () => {
  assert.equal(servedByDefault({ version: 'v1' }), true);
  assert.equal(servedByDefault({ version: 'v2' }), true);
  assert.equal(servedByDefault({ version: 'v1beta1' }), false);
  assert.equal(servedByDefault({ version: 'v1alpha3' }), false);
});

test('every group and version knows the options and Status of meta/v1', () => {
  assert.equal(builtinSchema.kind('apps', 'v1', 'DeleteOptions')?.name, 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');
  assert.equal(builtinSchema.kind('', 'v1', 'Status')?.name, 'io.k8s.apimachinery.pkg.apis.meta.v1.Status');
  assert.equal(builtinSchema.kind('apps', 'v1', 'Nothing'), undefined);
});

test('every kind of the round-trip data has a schema', { skip: existsSync(roundtrip) ? false : 'the round-trip data is not there' }, async () => {
  await loadOlderResources();
  const missing = readdirSync(roundtrip).filter((file) => file.endsWith('.json')).filter((file) => {
    const match = /^(.+)\.(v\w+)\.(\w+)\.json$/.exec(file)!;
    return builtinSchema.kind(match[1] === 'core' ? '' : match[1]!, match[2]!, match[3]!) === undefined;
  });
  assert.deepEqual(missing, []);
});

test('older versions are known beforehand, have a schema each, and stand where discovery had them', async () => {
  const { resources, older } = await allResources();
  assert.deepEqual(new Set([...older].map(({ group, version }) => `${group}/${version}`)), olderVersions);
  for (const resource of older) assert.equal(resource.schema.kinds?.[0]?.kind, resource.kind, `${resource.group}/${resource.version} ${resource.resource}`);
  assert.deepEqual([...new Set(resources.map(({ group }) => group))].slice(9, 14), ['networking.k8s.io', 'extensions', 'policy', 'rbac.authorization.k8s.io', 'settings.k8s.io']);
  assert.deepEqual([...new Set(resources.filter(({ group }) => group === 'apps').map(({ version }) => version))], ['v1', 'v1beta2', 'v1beta1']);
  assert.deepEqual(builtinSchema.kind('extensions', 'v1beta1', 'Deployment')!.fields.get('spec')!.value.kind, 'object');
  // Types that did not change are those of v1.36.
  const spec = builtinSchema.definition('io.k8s.api.settings.v1alpha1.PodPresetSpec')!.fields.get('env')!.value;
  assert.ok(spec.kind === 'list' && spec.items === builtinSchema.definition('io.k8s.api.core.v1.EnvVar'));
});
