import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitranges, persistentvolumeclaims, pods } from '../../../api/resources.ts';
import type { LimitRangeItem, PersistentVolumeClaim, Pod, PodSpec, ResourceRequirements } from '../../../api/types/core/v1.ts';
import { FakeReader } from '../../authorization/fake-reader.ts';
import type { AdmissionAttributes } from '../admission.ts';
import { admitted, attributesFor } from '../attributes.ts';
import { limitRanger } from './limit-ranger.ts';

type Resources = ResourceRequirements;

const podOf = (containers: readonly Resources[], more: Partial<PodSpec> = {}): Pod => ({ metadata: { name: 'p', namespace: 'ns' }, spec: { containers: containers.map((resources, i) => ({ name: `c${i}`, resources })), ...more } });

function world(...limits: readonly LimitRangeItem[]) {
  const reader = new FakeReader();
  if (limits.length > 0) reader.put(limitranges, { metadata: { name: 'range', namespace: 'ns' }, spec: { limits: [...limits] } });
  return { reader, plugin: limitRanger({ reader }) };
}

const refusedPod = (message: string): string => `pods "p" is forbidden: ${message}`;

test('containers get what they leave out, and an annotation says so', async () => {
  const { plugin } = world(
    { type: 'Container', default: { memory: '200Mi', cpu: '500m' }, defaultRequest: { memory: '100Mi', cpu: '100m', 'ephemeral-storage': '1Gi' } },
    { type: 'Pod', max: { cpu: '8' } },
  );
  const object = podOf([{}, { requests: { cpu: '50m' }, limits: { memory: '1Gi' } }], { initContainers: [{ name: 'i', resources: { requests: { cpu: '1m', memory: '1', 'ephemeral-storage': '1' }, limits: { cpu: '1', memory: '1' } } }, { name: 'j' }] });
  object.metadata.annotations = { own: 'x' };
  assert.equal(await admitted(plugin, attributesFor(pods, { object })), 'ok');
  assert.deepEqual(object.spec!.containers.map(({ resources }) => resources), [
    { requests: { cpu: '100m', 'ephemeral-storage': '1Gi', memory: '100Mi' }, limits: { cpu: '500m', memory: '200Mi' } },
    { requests: { cpu: '50m', 'ephemeral-storage': '1Gi', memory: '100Mi' }, limits: { memory: '1Gi', cpu: '500m' } },
  ]);
  assert.deepEqual(object.metadata.annotations, {
    own: 'x',
    'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu, ephemeral-storage, memory request for container c0; cpu, memory limit for container c0; ephemeral-storage, memory request for container c1; cpu limit for container c1; '
      + 'cpu, ephemeral-storage, memory request for init container j; cpu, memory limit for init container j',
  });
});

test('a pod that asks for everything, and one of another namespace, stay as they are', async () => {
  const { plugin } = world({ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '1' }, min: { cpu: '1' } });
  const full = podOf([{ requests: { cpu: '1' }, limits: { cpu: '1' } }]);
  assert.equal(await admitted(plugin, attributesFor(pods, { object: full })), 'ok');
  assert.equal(full.metadata.annotations, undefined);
  const other: Pod = { ...podOf([{}]), metadata: { name: 'p', namespace: 'other' } };
  assert.equal(await admitted(plugin, attributesFor(pods, { object: other })), 'ok');
  assert.deepEqual(other.spec!.containers[0]!.resources, {});
});

test('containers and pods are held to minimum, maximum and ratio', async () => {
  const container = (item: Omit<LimitRangeItem, 'type'>): LimitRangeItem => ({ type: 'Container', ...item });
  const whole = (item: Omit<LimitRangeItem, 'type'>): LimitRangeItem => ({ type: 'Pod', ...item });
  const both = (cpu: string, limit = cpu): Resources => ({ requests: { cpu }, limits: { cpu: limit } });
  const cases: readonly [LimitRangeItem, Pod, string][] = [
    [container({ min: { cpu: '100m' } }), podOf([both('100m')]), 'ok'],
    [container({ min: { cpu: '100m' } }), podOf([{}]), 'minimum cpu usage per Container is 100m.  No request is specified'],
    [container({ min: { cpu: '100m' } }), podOf([both('99m')]), 'minimum cpu usage per Container is 100m, but request is 99m'],
    [container({ min: { cpu: '100m' } }), podOf([both('100m', '50m')]), 'minimum cpu usage per Container is 100m, but limit is 50m'],
    [container({ max: { memory: '1Gi' } }), podOf([{ requests: { memory: '1Gi' } }]), 'maximum memory usage per Container is 1Gi.  No limit is specified'],
    [container({ max: { memory: '1Gi' } }), podOf([{ limits: { memory: '1025Mi' } }]), 'maximum memory usage per Container is 1Gi, but limit is 1025Mi'],
    [container({ max: { memory: '1Gi' } }), podOf([{ requests: { memory: '2Gi' }, limits: { memory: '1Gi' } }]), 'maximum memory usage per Container is 1Gi, but request is 2Gi'],
    [container({ maxLimitRequestRatio: { cpu: '2' } }), podOf([both('100m', '200m')]), 'ok'],
    [container({ maxLimitRequestRatio: { cpu: '2' } }), podOf([both('3', '10')]), 'cpu max limit to request ratio per Container is 2, but provided ratio is 3.333333'],
    [container({ maxLimitRequestRatio: { cpu: '1500m' } }), podOf([both('1', '2')]), 'cpu max limit to request ratio per Container is 1500m, but provided ratio is 2.000000'],
    [container({ maxLimitRequestRatio: { cpu: '2' } }), podOf([{ limits: { cpu: '1' } }]), 'cpu max limit to request ratio per Container is 2, but no request is specified or request is 0'],
    [container({ maxLimitRequestRatio: { cpu: '2' } }), podOf([{ requests: { cpu: '1' } }]), 'cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0'],
    [container({ min: { cpu: '100m' } }), podOf([both('1')], { initContainers: [{ name: 'i', resources: both('1m') }] }), 'minimum cpu usage per Container is 100m, but request is 1m'],
    // Several errors, each once, by name of the resource.
    [container({ min: { memory: '1', cpu: '100m' }, max: { cpu: '1' } }), podOf([both('2'), both('2')]), '[minimum memory usage per Container is 1.  No request is specified, maximum cpu usage per Container is 1, but limit is 2]'],
    [whole({ max: { cpu: '2' } }), podOf([both('1'), both('1')]), 'ok'],
    [whole({ max: { cpu: '2' } }), podOf([both('1'), both('1100m')]), 'maximum cpu usage per Pod is 2, but limit is 2100m'],
    [whole({ min: { cpu: '2' } }), podOf([both('1'), both('900m')]), 'minimum cpu usage per Pod is 2, but request is 1900m'],
    // Init containers run before the others; sidecars beside them.
    [whole({ max: { cpu: '2' } }), podOf([both('1')], { initContainers: [{ name: 'i', resources: both('3') }] }), 'maximum cpu usage per Pod is 2, but limit is 3'],
    [whole({ max: { cpu: '2' } }), podOf([both('1')], { initContainers: [{ name: 'i', restartPolicy: 'Always', resources: both('1500m') }] }), 'maximum cpu usage per Pod is 2, but limit is 2500m'],
    // What the pod asks for as a whole takes the place of the sum.
    [whole({ max: { cpu: '2' } }), podOf([both('3')], { resources: both('2') }), 'ok'],
  ];
  for (const [item, object, expected] of cases) {
    const { plugin } = world(item);
    assert.equal(await admitted(plugin, attributesFor(pods, { object })), expected === 'ok' ? 'ok' : refusedPod(expected), expected);
  }
});

test('claims are held to minimum and maximum', async () => {
  const { plugin } = world({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '5Gi' } });
  const claim = (storage?: string): PersistentVolumeClaim => ({ metadata: { name: 'c', namespace: 'ns' }, spec: { resources: storage === undefined ? {} : { requests: { storage } } } });
  const refused = (message: string): string => `persistentvolumeclaims "c" is forbidden: ${message}`;
  const cases: readonly [string | undefined, string][] = [
    ['1Gi', 'ok'],
    ['500Mi', refused('minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi')],
    ['6Gi', refused('maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi')],
    [undefined, refused('[minimum storage usage per PersistentVolumeClaim is 1Gi.  No request is specified, maximum storage usage per PersistentVolumeClaim is 5Gi.  No request is specified]')],
  ];
  for (const [storage, expected] of cases) assert.equal(await admitted(plugin, attributesFor(persistentvolumeclaims, { object: claim(storage) })), expected);
  assert.equal(await admitted(plugin, attributesFor(persistentvolumeclaims, { object: claim('6Gi'), old: claim('1Gi') })), cases[2]![1]);
});

test('a resize is looked at, other updates are not, nor what is going', async () => {
  const { plugin } = world({ type: 'Container', max: { cpu: '1' } });
  const [old, object] = [podOf([{ limits: { cpu: '1' } }]), podOf([{ limits: { cpu: '2' } }])];
  const attempt = (subresource: string, before = old): Promise<string> => admitted(plugin, attributesFor(pods, { object, old: before, subresource }));
  assert.equal(await attempt('resize'), refusedPod('maximum cpu usage per Container is 1, but limit is 2'));
  assert.equal(await attempt(''), 'ok');
  assert.equal(await attempt('status'), 'ok');
  assert.equal(await attempt('resize', { ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }), 'ok');
});

test('limit ranges that come and go are followed', async () => {
  const { plugin, reader } = world();
  const attempt = (): Promise<string> => admitted(plugin, attributesFor(pods, { object: podOf([{ limits: { cpu: '2' } }]) }) as AdmissionAttributes);
  assert.equal(await attempt(), 'ok');
  reader.put(limitranges, { metadata: { name: 'late', namespace: 'ns' }, spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] } });
  assert.equal(await attempt(), refusedPod('maximum cpu usage per Container is 1, but limit is 2'));
  reader.remove(limitranges, 'ns', 'late');
  assert.equal(await attempt(), 'ok');
});
