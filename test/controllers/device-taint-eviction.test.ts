import assert from 'node:assert/strict';
import { it } from 'node:test';
import { pods, resourceclaims, resourceslices } from '../../src/api/resources.ts';
import { isReason } from '../../src/api/status.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import type { DeviceToleration } from '../../src/api/types/resource/v1.ts';
import type { Fixture } from './fixture.ts';
import { startFixture } from './fixture.ts';

const ns = 'default';
const driver = 'gpu.example.com';
const start = (): Promise<Fixture> => startFixture({ kubelet: false, controllers: ['serviceaccount-controller', 'device-taint-eviction-controller'] });
const ref = { namespace: ns, name: 'web' };

/** The pool `p` with the device `d0`, tainted or not. */
async function publish({ client }: Fixture, taints: readonly { key: string; effect: string }[], generation = 1): Promise<void> {
  const spec = { driver, nodeName: 'node-1', pool: { name: 'p', generation, resourceSliceCount: 1 }, devices: [{ name: 'd0', ...(taints.length > 0 && { taints: [...taints] }) }] };
  const known = (await client.list(resourceslices)).items[0];
  if (known === undefined) await client.create(resourceslices, { metadata: { name: 'slice' }, spec });
  else await client.update(resourceslices, { ...known, spec });
}

/** The pod `web` on node-1 with the device `d0`. */
async function run({ client }: Fixture, tolerations: DeviceToleration[] = []): Promise<Pod> {
  const pod = await client.create(pods, { metadata: ref, spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'x', resources: { claims: [{ name: 'gpu' }] } }], resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }] } });
  const claim = await client.create(resourceclaims, { metadata: { namespace: ns, name: 'gpu' }, spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] } } });
  await client.update(resourceclaims, {
    ...claim,
    status: { allocation: { devices: { results: [{ request: 'gpu', driver, pool: 'p', device: 'd0', ...(tolerations.length > 0 && { tolerations }) }] } }, reservedFor: [{ resource: 'pods', name: 'web', uid: pod.metadata.uid! }] },
  }, { subresource: 'status' });
  return pod;
}
const exists = ({ client }: Fixture): Promise<boolean> => client.get(pods, ref).then(({ metadata }) => metadata.deletionTimestamp === undefined, (error: unknown) => {
  if (isReason(error, 'NotFound')) return false;
  throw error;
});

it('a pod leaves a device that gets a NoExecute taint, marked as disrupted; NoSchedule alone changes nothing', async () => {
  await using fixture = await start();
  const { client, clock } = fixture;
  await publish(fixture, []);
  await run(fixture);
  await client.patch(pods, ref, { type: 'merge', value: { metadata: { finalizers: ['example.com/look'] } } });
  await publish(fixture, [{ key: 'broken', effect: 'NoSchedule' }]);
  await clock.advance(10_000);
  assert.equal(await exists(fixture), true);
  await publish(fixture, [{ key: 'broken', effect: 'NoExecute' }]);
  await clock.advance(1000);
  assert.equal(await exists(fixture), false);
  const { status } = await client.get(pods, ref);
  assert.partialDeepStrictEqual(status?.conditions?.find(({ type }) => type === 'DisruptionTarget'), { status: 'True', reason: 'DeletionByDeviceTaintManager', message: 'Device Taint manager: deleting due to NoExecute taint' });
  assert.deepEqual(await fixture.eventsOn('web'), ['DeviceTaintManagerEviction Marking for deletion x1']);
  assert.deepEqual(fixture.complaints, []);
});

it('a toleration with seconds puts it off, through a restart; without them for ever; a taint that goes cancels it', async () => {
  await using fixture = await start();
  const { clock } = fixture;
  await publish(fixture, []);
  await run(fixture, [{ key: 'broken', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }]);
  await publish(fixture, [{ key: 'broken', effect: 'NoExecute' }]);
  await clock.advance(30_000);
  await fixture.restart();
  await publish(fixture, []);
  await clock.advance(60_000);
  assert.equal(await exists(fixture), true);
  assert.deepEqual(await fixture.eventsOn('web'), ['DeviceTaintManagerEviction Cancelling deletion x1']);
  await publish(fixture, [{ key: 'broken', effect: 'NoExecute' }]);
  await clock.advance(59_000);
  assert.equal(await exists(fixture), true);
  await clock.advance(2000);
  assert.equal(await exists(fixture), false);
});

it('a taint that is tolerated without end, and one of an older generation, evict nobody', async () => {
  await using fixture = await start();
  await publish(fixture, [{ key: 'broken', effect: 'NoExecute' }]);
  await run(fixture, [{ operator: 'Exists', effect: 'NoExecute' }]);
  await fixture.clock.advance(3600_000);
  assert.equal(await exists(fixture), true);
});
