import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { KubeObject } from '../../src/api/meta/object.ts';
import { pods, resourceclaims, resourceclaimtemplates } from '../../src/api/resources.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import type { ResourceClaim } from '../../src/api/types/resource/v1.ts';
import { generateNameFor } from '../../src/controllers/common/pod-claims.ts';
import type { Fixture } from './fixture.ts';
import { startFixture } from './fixture.ts';

const start = (): Promise<Fixture> => startFixture({ kubelet: false, controllers: ['serviceaccount-controller', 'resourceclaim-controller', 'garbage-collector-controller'] });
const ns = 'default';
const template = (name: string): KubeObject => ({ metadata: { namespace: ns, name }, spec: { metadata: { labels: { from: name }, annotations: { note: 'kept' } }, spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] } } } }) as KubeObject;
const pod = (name: string, claims: NonNullable<Pod['spec']>['resourceClaims'], nodeName?: string): Pod => ({
  metadata: { namespace: ns, name },
  spec: { containers: [{ name: 'c', image: 'x', resources: { claims: (claims ?? []).map((claim) => ({ name: claim.name })) } }], resourceClaims: claims ?? [], ...(nodeName !== undefined && { nodeName }) },
});
const all = async ({ client }: Fixture): Promise<readonly ResourceClaim[]> => (await client.list(resourceclaims, { namespace: ns })).items;
const allocation = { devices: { results: [{ request: 'gpu', driver: 'gpu.example.com', pool: 'p', device: 'd0' }] } };

/** Plays the scheduler: allocates the claim for the pod. */
async function allocate({ client }: Fixture, claim: ResourceClaim, ...consumers: Pod[]): Promise<ResourceClaim> {
  const held = await client.update(resourceclaims, { ...claim, metadata: { ...claim.metadata, finalizers: ['resource.kubernetes.io/delete-protection'] } });
  return client.update(resourceclaims, { ...held, status: { allocation, reservedFor: consumers.map(({ metadata }) => ({ resource: 'pods', name: metadata.name!, uid: metadata.uid! })) } }, { subresource: 'status' });
}

it('a pod gets its claim from the template, with its name in the status; the claim goes when the pod is done', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  const made = await client.create(pods, pod('web', [{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }, { name: 'own', resourceClaimName: 'mine' }]));
  await clock.advance(1000);
  assert.deepEqual(await all(fixture), []);
  assert.match((await fixture.eventsOn('web'))[0] ?? '', /^FailedResourceClaimCreation PodResourceClaim gpu: resource claim template "one-gpu": resourceclaimtemplate.resource.k8s.io "one-gpu" not found x\d+$/);

  await client.create(resourceclaimtemplates, template('one-gpu') as never);
  await clock.advance(2000);
  const [claim] = await all(fixture);
  assert.match(claim!.metadata.name!, /^web-gpu-.{5}$/);
  assert.deepEqual(claim!.metadata.annotations, { note: 'kept', 'resource.kubernetes.io/pod-claim-name': 'gpu' });
  assert.deepEqual(claim!.metadata.labels, { from: 'one-gpu' });
  assert.deepEqual(claim!.metadata.ownerReferences, [{ apiVersion: 'v1', kind: 'Pod', name: 'web', uid: made.metadata.uid, controller: true }]);
  const ref = { namespace: ns, name: 'web' };
  const now = await client.get(pods, ref);
  assert.deepEqual(now.status?.resourceClaimStatuses, [{ name: 'gpu', resourceClaimName: claim!.metadata.name }]);
  assert.equal(now.metadata.managedFields?.find(({ manager }) => manager === 'ResourceClaimController')?.operation, 'Apply');

  await allocate(fixture, claim!, now);
  await clock.advance(1000);
  assert.deepEqual((await all(fixture))[0]!.status?.reservedFor?.map(({ name }) => name), ['web']);
  await fixture.restart();
  await client.patch(pods, ref, { type: 'merge', value: { status: { phase: 'Succeeded' } } }, { subresource: 'status' });
  await clock.advance(1000);
  assert.deepEqual(await all(fixture), []);
});

it('one claim is made, even when the status could not be written before the manager stopped', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await client.create(resourceclaimtemplates, template('one-gpu') as never);
  const owner = await client.create(pods, pod('web', [{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }]));
  await clock.advance(1000);
  const [claim] = await all(fixture);
  await client.patch(pods, { namespace: ns, name: 'web' }, { type: 'merge', value: { status: { resourceClaimStatuses: null } } }, { subresource: 'status' });
  await fixture.restart();
  await clock.advance(1000);
  assert.deepEqual((await all(fixture)).map(({ metadata }) => metadata.name), [claim!.metadata.name]);
  assert.equal((await client.get(pods, { namespace: ns, name: 'web' })).status?.resourceClaimStatuses?.[0]?.resourceClaimName, claim!.metadata.name);
  // Deleted by somebody, it is made anew.
  await client.delete(resourceclaims, { namespace: ns, name: claim!.metadata.name! });
  await clock.advance(1000);
  const [again] = await all(fixture);
  assert.notEqual(again?.metadata.uid, claim!.metadata.uid);
  assert.equal((await client.get(pods, { namespace: ns, name: owner.metadata.name! })).status?.resourceClaimStatuses?.[0]?.resourceClaimName, again?.metadata.name);
});

it('a claim of several pods is given back pod by pod; the last one takes the allocation and the finalizer along', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  const shared = await client.create(resourceclaims, { metadata: { namespace: ns, name: 'shared' }, spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] } } });
  const use = [{ name: 'gpu', resourceClaimName: 'shared' }];
  const [a, b] = [await client.create(pods, pod('a', use)), await client.create(pods, pod('b', use))];
  await allocate(fixture, shared, a, b, { metadata: { name: 'never-was', uid: 'x' } } as Pod);
  await clock.advance(1000);
  const consumers = async (): Promise<string[]> => ((await all(fixture))[0]!.status?.reservedFor ?? []).map(({ name }) => name);
  assert.deepEqual(await consumers(), ['a', 'b']);
  await client.delete(pods, { namespace: ns, name: 'a' }, { gracePeriodSeconds: 0 });
  await clock.advance(1000);
  assert.deepEqual(await consumers(), ['b']);
  assert.notEqual((await all(fixture))[0]!.status?.allocation, undefined);
  await client.delete(resourceclaims, { namespace: ns, name: 'shared' });
  await client.delete(pods, { namespace: ns, name: 'b' }, { gracePeriodSeconds: 0 });
  await clock.advance(1000);
  assert.deepEqual(await all(fixture), []);
});

it('a pod that names its node has its claim reserved, once that is allocated', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  const claim = await client.create(resourceclaims, { metadata: { namespace: ns, name: 'mine' }, spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] } } });
  const bound = await client.create(pods, pod('bound', [{ name: 'gpu', resourceClaimName: 'mine' }], 'node-1'));
  await clock.advance(1000);
  const held = await client.update(resourceclaims, { ...claim, metadata: { ...claim.metadata, finalizers: ['resource.kubernetes.io/delete-protection'] } });
  await client.update(resourceclaims, { ...held, status: { allocation } }, { subresource: 'status' });
  await clock.advance(1000);
  assert.deepEqual((await all(fixture))[0]!.status?.reservedFor, [{ resource: 'pods', name: 'bound', uid: bound.metadata.uid }]);
  assert.deepEqual(fixture.complaints, []);
});

it('names that are too long are cut in proportion', () => {
  const name = generateNameFor({ metadata: { name: 'p'.repeat(80) } } as Pod, { name: 'c'.repeat(20) });
  assert.equal(name, `${'p'.repeat(44)}-${'c'.repeat(11)}`);
  assert.equal(generateNameFor({ metadata: { name: 'web' } } as Pod, { name: 'gpu' }), 'web-gpu-');
});
