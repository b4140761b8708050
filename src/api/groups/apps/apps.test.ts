import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldError } from '../../field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import { replicationControllerDefinition } from '../core/replication-controller.ts';
import { podTemplateDefinition } from '../core/pod-template.ts';
import type { ResourceDefinition } from '../definition.ts';
import { controllerRevisionDefinition } from './controller-revision.ts';
import { daemonSetDefinition } from './daemon-set.ts';
import { deploymentDefinition } from './deployment.ts';
import { replicaSetDefinition } from './replica-set.ts';
import { statefulSetDefinition } from './stateful-set.ts';

type Fields = Record<string, unknown>;
type Workload = KubeObject & { spec: Fields & { template: { metadata: Fields; spec: Fields } }; status?: Fields };
type Definition = ResourceDefinition<KubeObject>;

const context = { nowMs: Date.UTC(2026, 0, 1, 1) };
const template = (spec: Fields = {}): Fields => ({ metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec } });
const selector = { matchLabels: { app: 'web' } };

/** A new object, defaulted and prepared. */
function create(definition: Definition, spec: Fields = {}, metadata: Fields = {}): Workload {
  const object = structuredClone({ metadata: { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata }, spec: { selector, template: template(), ...spec }, status: { replicas: 9 } }) as unknown as Workload;
  definition.applyDefaults?.(object);
  definition.prepareForCreate?.(object, context);
  return object;
}

const createErrors = (definition: Definition, spec: Fields, metadata: Fields = {}): string[] => definition.validate!(create(definition, spec, metadata), context).map(formatFieldError);

function update(definition: Definition, change: (object: Workload) => void, spec: Fields = {}, endpoint = ''): { object: Workload; errors: string[] } {
  const old = create(definition, spec);
  old.status = { replicas: 1, collisionCount: 2 };
  const object = structuredClone(old);
  change(object);
  const rules = endpoint === '' ? definition.update! : definition.subresources![endpoint]!;
  rules.prepareForUpdate?.(object, old, context);
  return { object, errors: (rules.validateUpdate?.(object, old, context) ?? []).map(formatFieldError) };
}

const all: Readonly<Record<string, Definition>> = { Deployment: deploymentDefinition, ReplicaSet: replicaSetDefinition, StatefulSet: statefulSetDefinition, DaemonSet: daemonSetDefinition };

test('defaults of a deployment', () => {
  const { spec, status, metadata } = create(deploymentDefinition);
  const { template: _template, selector: _selector, ...rest } = spec;
  assert.deepEqual(rest, { replicas: 1, strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } }, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  assert.equal(spec.template.spec['restartPolicy'], 'Always');
  assert.equal('enableServiceLinks' in spec.template.spec, false);
  assert.deepEqual([status, metadata.generation], [undefined, 1]);
  assert.deepEqual(create(deploymentDefinition, { strategy: { type: 'Recreate' } }).spec['strategy'], { type: 'Recreate' });
});

test('defaults of the other sets', () => {
  const stateful = create(statefulSetDefinition, { volumeClaimTemplates: [{ metadata: { name: 'd' }, spec: {} }] }).spec;
  assert.deepEqual(
    [stateful['podManagementPolicy'], stateful['updateStrategy'], stateful['persistentVolumeClaimRetentionPolicy'], stateful['replicas'], stateful['revisionHistoryLimit'], stateful['volumeClaimTemplates']],
    ['OrderedReady', { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, { whenDeleted: 'Retain', whenScaled: 'Retain' }, 1, 10, [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'd' }, spec: { volumeMode: 'Filesystem' }, status: { phase: 'Pending' } }]]);
  const daemon = create(daemonSetDefinition);
  assert.deepEqual([daemon.spec['updateStrategy'], daemon.spec['revisionHistoryLimit'], daemon.metadata.annotations], [{ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, 10, { 'deprecated.daemonset.template.generation': '1' }]);
  assert.equal(create(replicaSetDefinition).spec['replicas'], 1);
  const controller = create(replicationControllerDefinition, { selector: undefined });
  assert.deepEqual([controller.spec['selector'], controller.metadata.labels, controller.spec['replicas']], [{ app: 'web' }, { app: 'web' }, 1]);
});

test('a plain object of each kind is well', () => {
  for (const [kind, definition] of Object.entries(all)) assert.deepEqual(createErrors(definition, {}), [], kind);
  assert.deepEqual(createErrors(replicationControllerDefinition, { selector: { app: 'web' } }), []);
});

test('the selector must say something, and match the template', () => {
  const mismatch = 'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`';
  for (const [kind, definition] of Object.entries(all)) {
    assert.ok(createErrors(definition, { selector: { matchLabels: { app: 'x' } } }).includes(mismatch), kind);
    const name = kind === 'ReplicaSet' ? 'deployment' : kind.toLowerCase();
    assert.ok(createErrors(definition, { selector: {} }).includes(`spec.selector: Invalid value: {}: empty selector is invalid for ${name}`), kind);
  }
  assert.deepEqual(createErrors(deploymentDefinition, { selector: undefined }), ['spec.selector: Required value', mismatch]);
  assert.deepEqual(createErrors(replicationControllerDefinition, { selector: { app: 'x' } }), [mismatch]);
  assert.deepEqual(createErrors(replicationControllerDefinition, { selector: {}, template: { metadata: {}, spec: template()['spec'] } }), ['spec.selector: Required value']);
  assert.deepEqual(createErrors(deploymentDefinition, { selector: { matchExpressions: [{ key: 'a', operator: 'x' }] } }), ['spec.selector.matchExpressions[0].operator: Invalid value: "x": not a valid selector operator', 'spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"x"}]}: invalid label selector']);
});

test('pods of these kinds run for ever', () => {
  for (const [kind, definition] of Object.entries(all)) {
    const who = kind === 'Deployment' ? 'ReplicaSet' : kind;
    assert.deepEqual(createErrors(definition, { template: template({ restartPolicy: 'Never', activeDeadlineSeconds: 5 }) }), ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"', `spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ${who} is not Supported`], kind);
  }
});

test('strategies and amounts of a deployment', () => {
  const errors = (spec: Fields): string[] => createErrors(deploymentDefinition, spec);
  const rolling = (rollingUpdate: Fields): string[] => errors({ strategy: { rollingUpdate } });
  assert.deepEqual(errors({ replicas: -1, minReadySeconds: 5, progressDeadlineSeconds: 5, revisionHistoryLimit: -1 }), ['spec.replicas: Invalid value: -1: must be greater than or equal to 0', 'spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0', 'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds']);
  assert.deepEqual(errors({ strategy: { type: 'x' } }), ['spec.strategy: Unsupported value: {"Type":"x","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"']);
  assert.deepEqual(errors({ strategy: { type: 'Recreate', rollingUpdate: {} } }), ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"]);
  assert.deepEqual(rolling({ maxUnavailable: 0, maxSurge: '0%' }), ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0']);
  assert.deepEqual(rolling({ maxUnavailable: '101%', maxSurge: 'x' }), ["spec.strategy.rollingUpdate.maxSurge: Invalid value: \"x\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')", 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%']);
});

test('strategies of the other sets', () => {
  const rolling = (rollingUpdate: Fields): Fields => ({ updateStrategy: { rollingUpdate } });
  assert.deepEqual(createErrors(daemonSetDefinition, rolling({ maxUnavailable: 1, maxSurge: 1 })), ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero']);
  assert.deepEqual(createErrors(daemonSetDefinition, rolling({ maxUnavailable: 0 })), ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0']);
  assert.deepEqual(createErrors(daemonSetDefinition, { updateStrategy: { type: 'x' } }), ['spec.updateStrategy: Unsupported value: {"Type":"x","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"']);
  assert.deepEqual(createErrors(statefulSetDefinition, { updateStrategy: { type: 'x' }, podManagementPolicy: 'x' }), ["spec.podManagementPolicy: Invalid value: \"x\": must be 'OrderedReady' or 'Parallel'", "spec.updateStrategy: Invalid value: {\"Type\":\"x\",\"RollingUpdate\":null}: must be 'RollingUpdate' or 'OnDelete'"]);
  assert.deepEqual(createErrors(statefulSetDefinition, { updateStrategy: { type: 'OnDelete', rollingUpdate: {} } }), ["spec.updateStrategy.rollingUpdate: Invalid value: {}: only allowed for updateStrategy 'RollingUpdate'"]);
  assert.deepEqual(createErrors(statefulSetDefinition, { ...rolling({ partition: -1, maxUnavailable: 0 }), persistentVolumeClaimRetentionPolicy: { whenDeleted: 'x' }, ordinals: { start: -1 } }), [
    'spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0', 'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "x": supported values: "Retain", "Delete"', 'spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0']);
});

test('what an update may not change', () => {
  for (const definition of [deploymentDefinition, replicaSetDefinition, daemonSetDefinition]) {
    const { errors } = update(definition, ({ spec }) => {
      spec['selector'] = { matchLabels: { app: 'x' } };
      spec.template.metadata['labels'] = { app: 'x' };
    });
    assert.deepEqual(errors, ['spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable']);
  }
  const { errors } = update(statefulSetDefinition, ({ spec }) => { spec['serviceName'] = 'x'; });
  assert.deepEqual(errors, ["spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"]);
  assert.deepEqual(update(statefulSetDefinition, ({ spec }) => { spec['replicas'] = 3; }).errors, []);
});

test('generations count changes of the spec, of a deployment also those of its annotations', () => {
  assert.equal(update(deploymentDefinition, ({ spec }) => { spec['replicas'] = 3; }).object.metadata.generation, 2);
  assert.equal(update(deploymentDefinition, ({ metadata }) => { metadata.annotations = { a: 'b' }; }).object.metadata.generation, 2);
  assert.equal(update(replicaSetDefinition, ({ metadata }) => { metadata.annotations = { a: 'b' }; }).object.metadata.generation, 1);
  const daemon = update(daemonSetDefinition, ({ spec }) => { spec.template.spec['hostNetwork'] = true; }).object;
  assert.deepEqual([daemon.metadata.generation, daemon.metadata.annotations?.['deprecated.daemonset.template.generation']], [2, '2']);
});

test('status belongs to its subresource, and its counters are sane', () => {
  assert.deepEqual(update(deploymentDefinition, (object) => { object.status = {}; }).object.status, { replicas: 1, collisionCount: 2 });
  const status = (definition: Definition, fields: Fields): string[] => update(definition, (object) => { object.status = { replicas: 1, collisionCount: 2, ...fields }; }, {}, 'status').errors;
  assert.deepEqual(status(deploymentDefinition, { readyReplicas: 2, availableReplicas: 1, collisionCount: 1 }), ['status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas', 'status.collisionCount: Invalid value: 1: cannot be decremented']);
  assert.deepEqual(status(replicaSetDefinition, { availableReplicas: 1, observedGeneration: -1 }), ['status.observedGeneration: Invalid value: -1: must be greater than or equal to 0', 'status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas']);
  assert.deepEqual(status(statefulSetDefinition, { currentReplicas: 2 }), ['status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas']);
  assert.deepEqual(status(daemonSetDefinition, { numberReady: -1 }), ['status.numberReady: Invalid value: -1: must be greater than or equal to 0']);
});

test('columns', () => {
  const cells = (definition: Definition, status: Fields, spec: Fields = {}): unknown[] => definition.columns!.map((column) => column.cell({ ...create(definition, { replicas: 3, ...spec }), status } as KubeObject, context));
  assert.deepEqual(cells(deploymentDefinition, { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 }), ['web', '2/3', 3, 1, '60m', 'c', 'nginx', 'app=web']);
  assert.deepEqual(cells(replicaSetDefinition, { replicas: 3, readyReplicas: 2 }), ['web', 3, 3, 2, '60m', 'c', 'nginx', 'app=web']);
  assert.deepEqual(cells(statefulSetDefinition, { readyReplicas: 2 }), ['web', '2/3', '60m', 'c', 'nginx']);
  assert.deepEqual(cells(daemonSetDefinition, { desiredNumberScheduled: 5, currentNumberScheduled: 4, numberReady: 3, updatedNumberScheduled: 2, numberAvailable: 1 }), ['web', 5, 4, 3, 2, 1, '<none>', '60m', 'c', 'nginx', 'app=web']);
  assert.deepEqual(cells(replicationControllerDefinition, { replicas: 2, readyReplicas: 1 }, { selector: { app: 'web' } }), ['web', 3, 2, 1, '60m', 'c', 'nginx', 'app=web']);
  const owned = { metadata: { name: 'web-1', ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true }] }, revision: 4 };
  assert.deepEqual(controllerRevisionDefinition.columns!.slice(0, 3).map((column) => column.cell(owned, context)), ['web-1', 'statefulset.apps/web', 4]);
});

test('scale', () => {
  const object = create(deploymentDefinition, { replicas: 3 });
  const scale = (deploymentDefinition as Definition).scale!;
  scale.setReplicas(object, 5);
  assert.deepEqual([scale.replicas(object), scale.statusReplicas(object), scale.selector(object)], [5, 0, 'app=web']);
});

test('revisions and templates', () => {
  const errors = controllerRevisionDefinition.validate!({ metadata: { name: 'a' }, revision: -1 }, context).map(formatFieldError);
  assert.deepEqual(errors, ['revision: Invalid value: -1: must be greater than or equal to 0', 'data: Required value: data is mandatory']);
  const list = controllerRevisionDefinition.validate!({ metadata: { name: 'a' }, revision: 1, data: [] as unknown as Record<string, unknown> }, context).map(formatFieldError);
  assert.deepEqual(list, ['data: Required value: data must be a valid JSON object']);
  const immutable = controllerRevisionDefinition.update!.validateUpdate!({ metadata: {}, revision: 1, data: { a: 1 } }, { metadata: {}, revision: 1, data: { a: 2 } }, context);
  assert.deepEqual(immutable.map(formatFieldError), ['data: Invalid value: {"a":1}: field is immutable']);
  assert.deepEqual(podTemplateDefinition.validate!({ metadata: {}, template: { spec: { containers: [], restartPolicy: 'Always', dnsPolicy: 'Default', terminationGracePeriodSeconds: 1 } } }, context).map(formatFieldError), ['template.spec.containers: Required value']);
});

test('warnings of a stateful set', () => {
  const claim = { metadata: { name: 'd' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1500m' } } } };
  const set = create(statefulSetDefinition, { volumeClaimTemplates: [claim], revisionHistoryLimit: -1 });
  const kept = 'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended';
  const fraction = (path: string): string => `${path}.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer`;
  assert.deepEqual(statefulSetDefinition.validate!(set as never, context), []);
  assert.deepEqual(statefulSetDefinition.warnings!(set as never, undefined), [fraction('spec.volumeClaimTemplates[0]'), kept]);
  assert.deepEqual(statefulSetDefinition.warnings!(set as never, set as never), [fraction('spec.volumeClaimTemplates[0].Spec'), kept]);
});
