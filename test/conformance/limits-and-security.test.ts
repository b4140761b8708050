/** Limit ranges and Pod Security through the whole server, and the storage protections. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, limitranges, namespaces, persistentvolumeclaims, persistentvolumes, pods } from '../../src/api/resources.ts';
import type { Container, LimitRange, Pod } from '../../src/api/types/core/v1.ts';
import { container, found, podOf, refusal, World } from './world.ts';

type Amounts = Record<string, string>;

test('[sig-scheduling] LimitRange should create a LimitRange with defaults and ensure pod has those defaults applied. [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('limits');
  const [min, max] = [{ cpu: '50m', memory: '100Mi', 'ephemeral-storage': '100Gi' }, { cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' }];
  const [defaults, defaultRequest] = [{ cpu: '500m', memory: '500Mi', 'ephemeral-storage': '500Gi' }, { cpu: '100m', memory: '200Mi', 'ephemeral-storage': '200Gi' }];
  const range: LimitRange = { apiVersion: 'v1', kind: 'LimitRange', metadata: { namespace: ns, name: 'limit-range' }, spec: { limits: [{ type: 'Container', min, max, default: defaults, defaultRequest }] } };
  const watched = await world.watch(limitranges, { namespace: ns });
  await client.create(limitranges, range);
  await world.until('the creation to be seen', () => watched.events.some(({ type }) => type === 'ADDED'));
  assert.deepEqual((await client.get(limitranges, { namespace: ns, name: 'limit-range' })).spec, range.spec);

  const resourcesOf = (pod: Pod): Container['resources'] => pod.spec!.containers[0]!.resources;
  const create = async (name: string, requests: Amounts = {}, limits: Amounts = {}): Promise<Pod> => client.create(pods, podOf(ns, name, { spec: { containers: [container({ resources: { requests, limits } })] } }));
  assert.deepEqual(resourcesOf(await create('pod-no-resources')), { requests: defaultRequest, limits: defaults });
  const partial = await create('pod-partial-resources', { cpu: '100m', memory: '300Mi', 'ephemeral-storage': '200Gi' }, { cpu: '300m', memory: '500Mi' });
  assert.deepEqual(resourcesOf(partial), { requests: { cpu: '100m', memory: '300Mi', 'ephemeral-storage': '200Gi' }, limits: { cpu: '300m', memory: '500Mi', 'ephemeral-storage': '500Gi' } });
  await assert.rejects(create('under', { cpu: '10m', memory: '50Mi', 'ephemeral-storage': '50Gi' }), refusal('Forbidden', 'minimum cpu usage per Container is 50m, but request is 10m'));
  await assert.rejects(create('over', {}, { cpu: '600m' }), refusal('Forbidden', 'maximum cpu usage per Container is 500m, but limit is 600m'));

  const newMin = { cpu: '9m', memory: '49Mi', 'ephemeral-storage': '49Gi' };
  await world.retry(limitranges, { namespace: ns, name: 'limit-range' }, (one) => ({ ...one, spec: { limits: [{ ...one.spec!.limits[0]!, min: newMin }] } }));
  await create('under-no-more', { cpu: '10m', memory: '50Mi', 'ephemeral-storage': '50Gi' });
  await client.delete(limitranges, { namespace: ns, name: 'limit-range' });
  await world.until('the deletion to be seen', () => watched.events.some(({ type }) => type === 'DELETED'));
  await create('over-no-more', { cpu: '1', memory: '600Mi', 'ephemeral-storage': '600Gi' });
  watched.stop();
});

test('a namespace enforces its Pod Security Standard, and warns whoever makes pods', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('secure', { 'pod-security.kubernetes.io/enforce': 'restricted', 'pod-security.kubernetes.io/enforce-version': 'v1.36' });
  const plain = podOf(ns, 'plain');
  const name = plain.spec!.containers[0]!.name;
  const violations = `allowPrivilegeEscalation != false (container "${name}" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "${name}" must set securityContext.capabilities.drop=["ALL"]), `
    + `runAsNonRoot != true (pod or container "${name}" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "${name}" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`;
  await assert.rejects(client.create(pods, plain), refusal('Forbidden', `pods "plain" is forbidden: violates PodSecurity "restricted:v1.36": ${violations}`));
  const securityContext = { runAsNonRoot: true, runAsUser: 1000, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } };
  await client.create(pods, podOf(ns, 'confined', { spec: { containers: [container({ securityContext })] } }));
  await client.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: ns, name: 'web' }, spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [container()] } } } });
  await world.until('the deployment to tell why it has no pods', async () => (await client.get(deployments, { namespace: ns, name: 'web' })).status?.conditions?.some(({ type, message = '' }) => type === 'ReplicaFailure' && message.includes('violates PodSecurity "restricted:v1.36"')));
  await assert.rejects(client.patch(namespaces, { name: ns }, { type: 'merge', value: { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'strict' } } } }), refusal('Invalid', 'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted'));
});

test('claims in use, and volumes that are bound, stay until they are not', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const ns = await world.namespace('storage');
  const claim = { namespace: ns, name: 'data' };
  const created = await client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { ...claim }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
  assert.deepEqual(created.metadata.finalizers, ['kubernetes.io/pvc-protection']);
  await client.create(pods, podOf(ns, 'user', { spec: { nodeName: 'somewhere', volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] } }));
  await client.delete(persistentvolumeclaims, claim);
  await world.clock.advance(3000);
  assert.ok((await client.get(persistentvolumeclaims, claim)).metadata.deletionTimestamp !== undefined);
  await client.delete(pods, { namespace: ns, name: 'user' }, { gracePeriodSeconds: 0 });
  await world.untilGone(persistentvolumeclaims, claim);

  const volume = await client.create(persistentvolumes, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'disk' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp' } } });
  assert.deepEqual(volume.metadata.finalizers, ['kubernetes.io/pv-protection']);
  await client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace: ns, name: 'bound' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
  await world.until('the volume to be bound', async () => (await client.get(persistentvolumes, { name: 'disk' })).status?.phase === 'Bound');
  await client.delete(persistentvolumes, { name: 'disk' });
  await world.clock.advance(3000);
  assert.ok((await client.get(persistentvolumes, { name: 'disk' })).metadata.deletionTimestamp !== undefined);
  await client.delete(persistentvolumeclaims, { namespace: ns, name: 'bound' });
  await world.untilGone(persistentvolumes, { name: 'disk' });
  // Whoever has no pod is gone at once, and nothing keeps a namespace from going.
  await client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { ...claim }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
  await client.delete(namespaces, { name: ns });
  await world.untilGone(namespaces, { name: ns });
  assert.equal(await found(client.get(persistentvolumeclaims, claim)), undefined);
});
