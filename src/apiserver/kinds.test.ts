/** The rules of some kinds, asked through the API server: metadata and rules together, in upstream's words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusal, TestServer } from './testing/server.ts';

const classes = '/apis/storage.k8s.io/v1/storageclasses';
const volumes = '/api/v1/persistentvolumes';
const volume = { metadata: { name: 'v' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/data' } } };

test('a storage class is refused in upstream\'s words', async () => {
  await using server = await TestServer.start();
  await assert.rejects(server.create(classes, { metadata: { name: 'fast' }, provisioner: '', reclaimPolicy: 'Recycle' }), refusal('Invalid',
    'StorageClass.storage.k8s.io "fast" is invalid: [provisioner: Required value, reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"]'));
  const made = await server.create(classes, { metadata: { name: 'fast' }, provisioner: 'p' });
  await assert.rejects(server.update(`${classes}/fast`, { ...made, provisioner: 'q' }), refusal('Invalid', 'StorageClass.storage.k8s.io "fast" is invalid: provisioner: Invalid value: "q": field is immutable'));
});

test('a volume tells when its phase changed', async () => {
  await using server = await TestServer.start();
  const made = await server.create(volumes, volume);
  assert.equal(made.status['phase'] as unknown, 'Pending');
  const before = made.status['lastPhaseTransitionTime'] as unknown as string;
  await server.clock.advance(60_000);
  const same = await server.patch(`${volumes}/v/status`, { status: { message: 'm' } });
  assert.equal(same.status['lastPhaseTransitionTime'] as unknown, before);
  const changed = await server.patch(`${volumes}/v/status`, { status: { phase: 'Available' } });
  assert.equal(Date.parse(changed.status['lastPhaseTransitionTime'] as unknown as string) - Date.parse(before), 60_000);
});

test('what is wrong twice is named once', async () => {
  await using server = await TestServer.start();
  const made = await server.create(volumes, volume);
  await assert.rejects(server.update(`${volumes}/v`, { ...made, spec: { ...made.spec, accessModes: ['x'] } }), (error) => {
    assert.equal((error as Error).message, 'PersistentVolume "v" is invalid: spec.accessModes: Unsupported value: "x": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"');
    return true;
  });
});

test('finalizers of built-in kinds are Kubernetes\' own or have a domain', async () => {
  await using server = await TestServer.start();
  const path = '/api/v1/namespaces/default/configmaps';
  const message = 'ConfigMap "a" is invalid: metadata.finalizers[1]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified';
  await assert.rejects(server.create(path, { metadata: { name: 'a', finalizers: ['example.com/a', 'mine'] } }), refusal('Invalid', message));
  await server.create(path, { metadata: { name: 'a', finalizers: ['example.com/a'] } });
  await assert.rejects(server.patch(`${path}/a`, { metadata: { finalizers: ['example.com/a', 'mine'] } }), refusal('Invalid', message));
  // Leases are not so strict.
  await server.create('/apis/coordination.k8s.io/v1/namespaces/default/leases', { metadata: { name: 'a', finalizers: ['mine'] } });
});

test('names that only a path restricts', async () => {
  await using server = await TestServer.start();
  await server.create('/apis/policy/v1/namespaces/default/poddisruptionbudgets', { metadata: { name: 'My Budget' }, spec: {} });
  await server.create('/api/v1/namespaces/default/events', { metadata: { name: 'An Event' }, involvedObject: { namespace: 'default' } });
  await assert.rejects(server.create('/apis/policy/v1/namespaces/default/poddisruptionbudgets', { metadata: { name: 'a%b' }, spec: {} }), refusal('Invalid', 'PodDisruptionBudget.policy "a%b" is invalid: metadata.name: Invalid value: "a%b": may not contain \'%\''));
});
