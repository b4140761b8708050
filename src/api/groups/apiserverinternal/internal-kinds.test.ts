/** Kinds that the API server's own parts write: who serves what, what is stored in which version, what is to be written again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTime } from '../../../base/clock.ts';
import { validateName } from '../../meta/validation.ts';
import { apiServiceDefinition } from '../apiregistration/api-service.ts';
import { storageVersionMigrationDefinition } from '../storagemigration/storage-version-migration.ts';
import { context, kindOf } from '../testing/kind.ts';
import type { Fields } from '../testing/kind.ts';
import { storageVersionDefinition } from './storage-version.ts';

const api = kindOf(apiServiceDefinition, { metadata: { name: 'v1.a.b' } });
const spec = (fields: Fields = {}): Fields => ({ spec: { group: 'a.b', version: 'v1', groupPriorityMinimum: 100, versionPriority: 15, ...fields } });

test('API services', () => {
  const table: readonly (readonly [Fields, ...string[]])[] = [
    [spec()],
    [spec({ service: { namespace: 'n', name: 's' } })],
    [{ ...spec({ group: undefined, version: 'v2' }), metadata: { name: 'v2.' } }, 'spec.group: Required value: only v1 may have an empty group and it better be legacy kube'],
    [{ ...spec(), metadata: { name: 'v1.x' } }, 'metadata.name: Invalid value: "v1.x": must be `spec.version+"."+spec.group`: "v1.a.b"'],
    [spec({ groupPriorityMinimum: 20_001, versionPriority: 0 }), 'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000', 'spec.versionPriority: Invalid value: 0: must be positive and less than 1000'],
    [spec({ caBundle: 'AAA=', insecureSkipTLSVerify: true }), 'spec.caBundle: Invalid value: "2 bytes": local APIServices may not have a caBundle', 'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify'],
    [spec({ service: { port: 0 }, caBundle: 'AAA=', insecureSkipTLSVerify: true }), 'spec.service.namespace: Required value', 'spec.service.name: Required value', 'spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive', 'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present'],
  ];
  for (const [fields, ...expected] of table) assert.deepEqual(api.errors(fields), expected);
  assert.deepEqual(api.make(spec()).status, { conditions: [{ type: 'Available', status: 'True', lastTransitionTime: formatTime(context.nowMs), reason: 'Local', message: 'Local APIServices are always available' }] });
  const remote = api.make(spec({ service: { namespace: 'n', name: 's' } }));
  assert.deepEqual([remote.status, remote.spec?.service?.port], [undefined, 443]);
  assert.deepEqual(api.update(spec(), { ...spec(), status: { conditions: [{ type: 'a', status: 'x' }] } }, 'status'), ['status.conditions[0].status: Unsupported value: "x": supported values: "True", "False", "Unknown"']);
  assert.deepEqual(api.cells({ ...spec({ service: { namespace: 'n', name: 's' } }), status: { conditions: [{ type: 'Available', status: 'False', reason: 'R' }] } }), ['v1.a.b', 'n/s', 'False (R)', '60m']);
});

test('migrations', () => {
  const migration = kindOf(storageVersionMigrationDefinition);
  const of = (resource: Fields): Fields => ({ spec: { resource } });
  assert.deepEqual(migration.errors(of({})), ['spec.resource.resource: Required value: resource is required to be set']);
  assert.match(migration.errors(of({ resource: 'a', group: 'A' }))[0]!, /^spec\.resource\.group: Invalid value: "A": a lowercase RFC 1123 subdomain must/);
  assert.equal(migration.update(of({ resource: 'a' }), of({ resource: 'b' })).length, 1);
  const condition = (type: string, status = 'True'): Fields => ({ type, status, reason: 'R', lastTransitionTime: '2026-01-01T00:00:00Z' });
  const status = (fields: Fields): Fields => ({ ...of({ resource: 'a' }), status: fields });
  const update = (before: Fields, after: Fields): string[] => migration.update(status(before), status(after), 'status').map((text) => text.replace(/\[\{.*\}\]/, '…'));
  assert.deepEqual(update({}, { resourceVersion: '5', conditions: [condition('Running')] }), []);
  assert.deepEqual(update({ resourceVersion: '5' }, { resourceVersion: 'x' }), ['status.resourceVersion: Invalid value: "x": resource version is not well formed: x', 'status.resourceVersion: Invalid value: "x": field is immutable']);
  assert.deepEqual(update({}, { conditions: [condition('Succeeded'), condition('Failed')] }), ['status.conditions: Invalid value: …: Both success and failed conditions cannot be true at the same time']);
  assert.deepEqual(update({ conditions: [condition('Succeeded')] }, { conditions: [condition('Succeeded', 'False')] }), ['status.conditions: Invalid value: …: Success condition cannot be set to false once it is true']);
  assert.deepEqual(migration.cells({ ...of({ group: 'apps', resource: 'deployments' }), status: { conditions: [condition('Running', 'False'), condition('Succeeded')] } }), ['a', 'deployments.apps', 'Succeeded']);
});

test('storage versions', () => {
  const version = kindOf(storageVersionDefinition, { metadata: { name: 'apps.deployments' } });
  const server = (apiServerID: string, fields: Fields = {}): Fields => ({ apiServerID, encodingVersion: 'apps/v1', decodableVersions: ['apps/v1'], servedVersions: ['apps/v1'], ...fields });
  const update = (status: Fields): string[] => version.update({}, { status }, 'status');
  assert.deepEqual([validateName(storageVersionDefinition.nameRule!, 'apps'), validateName(storageVersionDefinition.nameRule!, 'apps.deployments')], [['name must be in the form of <group>.<resource>'], []]);
  assert.deepEqual(update({ storageVersions: [server('a'), server('b')], commonEncodingVersion: 'apps/v1' }), []);
  assert.deepEqual(update({ storageVersions: [server('a')] }), ['status.commonEncodingVersion: Invalid value: null: the common encoding version is apps/v1']);
  assert.deepEqual(update({ storageVersions: [server('a', { encodingVersion: '/v1', servedVersions: ['apps/v2'] }), server('a')] }), [
    'status.storageVersions[0].encodingVersion: Invalid value: "/v1": group part: must be non-empty', 'status.storageVersions[0].decodableVersions: Invalid value: ["apps/v1"]: decodableVersions must include encodingVersion /v1',
    'status.storageVersions[0].servedVersions[0]: Invalid value: "apps/v2": individual served version : apps/v2 must be included in decodableVersions : [apps/v1]', 'status.storageVersions[1].apiServerID: Duplicate value: "a"',
  ]);
  assert.deepEqual(update({ conditions: [{ type: 'a', status: 'True' }, { type: 'a', status: 'True', reason: 'r', message: 'm' }] }), ['status[0].reason: Required value', 'status[0].message: Required value', 'status[1].type: Invalid value: "a": the type of the condition is not unique, it also appears in conditions[0]']);
});
