import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiError } from '../api/status.ts';
import type { ManagedFieldsEntry } from '../api/types/meta/v1.ts';
import type { LocalRequest } from '../client/transports/local-endpoint.ts';
import type { Shown } from './testing/server.ts';
import { refusal, TestServer } from './testing/server.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const configMaps = '/api/v1/namespaces/default/configmaps';
const applyType = 'application/apply-patch+yaml';

function deployment(spec: object = {}): { apiVersion: string; kind: string; metadata: { name: string; annotations?: Record<string, string> }; spec: object } {
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1', ports: [{ containerPort: 80 }] }] } }, ...spec },
  };
}

const configMap = (data: Record<string, string | number | null> | undefined): { apiVersion: string; kind: string; metadata: { name: string; namespace?: string } & Record<string, unknown>; data?: unknown } => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, ...(data !== undefined && { data }) });

class Applier {
  readonly api: TestServer;
  constructor(api: TestServer) {
    this.api = api;
  }

  apply(path: string, object: unknown, query: string, more: Partial<LocalRequest> = {}): Promise<Shown> {
    return this.api.request('PATCH', `${path}?${query}`, object, { contentType: applyType, ...more });
  }
}

const entriesOf = (object: Shown): readonly ManagedFieldsEntry[] => object.metadata.managedFields ?? [];
const fieldsOf = (object: Shown, manager: string, subresource?: string): unknown => entriesOf(object).find((entry) => entry.manager === manager && entry.subresource === subresource)?.fieldsV1;
const managersOf = (object: Shown): string[] => entriesOf(object).map(({ manager, operation, subresource = '' }) => `${manager} ${operation} ${subresource}`.trim());

test('a created object is its creator\'s, who is called by the User-Agent or the field manager', async () => {
  await using api = await TestServer.start();
  const created = await api.request('POST', deployments, deployment(), { userAgent: 'kubectl/v1.36.0 (linux/amd64) kubernetes/1' });
  assert.deepEqual(entriesOf(created), [{
    manager: 'kubectl', operation: 'Update', apiVersion: 'apps/v1', time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:spec': {
        'f:progressDeadlineSeconds': {}, 'f:replicas': {}, 'f:revisionHistoryLimit': {}, 'f:selector': {},
        'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
        'f:template': {
          'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"main"}': {
                '.': {}, 'f:image': {}, 'f:imagePullPolicy': {}, 'f:name': {},
                'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} } },
                'f:resources': {}, 'f:terminationMessagePath': {}, 'f:terminationMessagePolicy': {},
              },
            },
            'f:dnsPolicy': {}, 'f:restartPolicy': {}, 'f:schedulerName': {}, 'f:securityContext': {}, 'f:terminationGracePeriodSeconds': {},
          },
        },
      },
    },
  }]);
  const named = await api.request('POST', `${configMaps}?fieldManager=me`, configMap({ k: 'v' }), { userAgent: 'kubectl/v1' });
  assert.deepEqual(managersOf(named), ['me Update']);
  assert.deepEqual(managersOf(await api.request('POST', configMaps, { ...configMap({}), metadata: { name: 'b', labels: { x: 'y' } } })), ['unknown Update']);
  assert.deepEqual((await api.get(`${configMaps}/a`)).metadata.managedFields, named.metadata.managedFields);
  const list = await api.get(configMaps);
  assert.ok(list.items.every(({ metadata }) => metadata.managedFields?.length === 1));
});

test('apply creates, changes, takes back and owns together', async () => {
  await using api = await TestServer.start();
  const { apply } = { apply: new Applier(api) };
  const created = await apply.apply(`${configMaps}/a`, configMap({ one: '1', two: '2' }), 'fieldManager=first');
  assert.deepEqual(created.data, { one: '1', two: '2' });
  assert.deepEqual(fieldsOf(created, 'first'), { 'f:data': { 'f:one': {}, 'f:two': {} } });

  const again = await apply.apply(`${configMaps}/a`, configMap({ one: '1', two: '2' }), 'fieldManager=first');
  assert.equal(again.metadata.resourceVersion, created.metadata.resourceVersion, 'the same again is no change');

  const shared = await apply.apply(`${configMaps}/a`, configMap({ one: '1', three: '3' }), 'fieldManager=second');
  assert.deepEqual(shared.data, { one: '1', two: '2', three: '3' });
  assert.deepEqual(fieldsOf(shared, 'second'), { 'f:data': { 'f:one': {}, 'f:three': {} } });

  // What the first no longer wants goes, unless the second wants it.
  const pruned = await apply.apply(`${configMaps}/a`, configMap(undefined), 'fieldManager=first');
  assert.deepEqual(pruned.data, { one: '1', three: '3' });
  assert.deepEqual(managersOf(pruned), ['second Apply']);
});

test('a conflict names the field and who has it; force takes it', async () => {
  await using api = await TestServer.start();
  const applier = new Applier(api);
  await api.request('POST', deployments, deployment({ replicas: 1 }), { userAgent: 'controller/1' });
  const refused = await applier.apply(`${deployments}/web`, deployment({ replicas: 2 }), 'fieldManager=me').then(() => undefined, (error: unknown) => error as ApiError);
  assert.equal(refused?.message, 'Apply failed with 1 conflict: conflict with "controller" using apps/v1: .spec.replicas');
  assert.equal(refused?.code, 409);
  assert.deepEqual(refused?.toStatus().details, { causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "controller" using apps/v1', field: '.spec.replicas' }] });
  const image = { containers: [{ name: 'main', image: 'web:2' }] };
  await assert.rejects(
    applier.apply(`${deployments}/web`, deployment({ replicas: 2, template: { metadata: { labels: { app: 'web' } }, spec: image } }), 'fieldManager=me'),
    refusal('Conflict', 'Apply failed with 2 conflicts: conflicts with "controller" using apps/v1:\n- .spec.replicas\n- .spec.template.spec.containers[name="main"].image'),
  );
  const forced = await applier.apply(`${deployments}/web`, deployment({ replicas: 2 }), 'fieldManager=me&force=true');
  assert.equal(forced.spec['replicas'], 2);
  assert.equal(Object.hasOwn((fieldsOf(forced, 'controller') as Record<string, object>)['f:spec']!, 'f:replicas'), false);
  // A field that is given back to nobody gets its default.
  const dropped = await applier.apply(`${deployments}/web`, deployment(), 'fieldManager=me');
  assert.equal(dropped.spec['replicas'], 1);
});

test('what an apply may not do', async () => {
  await using api = await TestServer.start();
  const applier = new Applier(api);
  const path = `${configMaps}/a`;
  const on = (object: unknown, query = 'fieldManager=me'): Promise<Shown> => applier.apply(path, object, query);
  await assert.rejects(on(configMap({}), 'force=true'), refusal('Invalid', /fieldManager: Required value: is required for apply patch/));
  await assert.rejects(api.request('PATCH', `${path}?force=true`, {}, { contentType: 'application/merge-patch+json' }), refusal('Invalid', /force: Forbidden: may not be specified for non-apply patch/));
  await assert.rejects(on(configMap({}), `fieldManager=${'x'.repeat(129)}`), refusal('Invalid', /fieldManager: Too long: may not be more than 128 bytes/));
  await assert.rejects(on(undefined), refusal('BadRequest', 'invalid object type: /, Kind='));
  await assert.rejects(on({ ...configMap({}), kind: 'Secret' }), refusal('BadRequest', 'invalid object type: /v1, Kind=Secret'));
  await assert.rejects(on({ ...configMap({}), metadata: { name: 'a', managedFields: [] } }), refusal('BadRequest', 'metadata.managedFields must be nil'));
  await assert.rejects(on({ ...configMap({}), metadata: { name: 'b' } }), refusal('BadRequest', 'the name of the object (b) does not match the name on the URL (a)'));
  await assert.rejects(on({ ...configMap({}), metadata: { name: 'a', namespace: 'other' } }), refusal('BadRequest', 'the namespace of the provided object does not match the namespace sent on the request'));
  await assert.rejects(on({ ...configMap({}), metadata: { name: 'a', uid: 'u' } }), refusal('Conflict', /uid mismatch: the provided object specified uid u, and no existing object was found/));
  await assert.rejects(on({ ...configMap({}), extra: 1 }), (error: unknown) => (error as ApiError).message === 'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .extra: field not declared in schema' && (error as ApiError).code === 500);
  await assert.rejects(on(configMap({ k: 1 })), (error: unknown) => (error as ApiError).message === 'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .data.k: expected string, got &value.valueUnstructured{Value:1}');
  await assert.rejects(applier.apply(`${deployments}/web`, deployment({ template: { spec: { containers: [{ name: 'a' }, { name: 'a' }] } } }), 'fieldManager=me'), (error: unknown) => (error as ApiError).message === 'failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.template.spec.containers: duplicate entries for key [name="a"]');
  const made = await on(configMap({ k: 'v' }));
  await assert.rejects(on({ ...configMap({ k: 'w' }), metadata: { name: 'a', resourceVersion: '1' } }), refusal('Conflict', /the object has been modified/));
  assert.equal((await on({ ...configMap({ k: 'w' }), metadata: { name: 'a', resourceVersion: made.metadata.resourceVersion } })).data['k'], 'w');
  await assert.rejects(applier.apply('/apis/apps/v1/namespaces/default/deployments/none/status', { ...deployment(), metadata: { name: 'none' }, spec: undefined }, 'fieldManager=me'), refusal('NotFound'));
});
