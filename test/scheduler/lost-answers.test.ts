import assert from 'node:assert/strict';
import { test } from 'node:test';
// Loaded before, so that nobody waits for it on virtual time.
import '../../src/api/cel/device-selector.ts';
import { deviceclasses, pods, resourceclaims, resourceslices } from '../../src/api/resources.ts';
import type { Client } from '../../src/client/client.ts';
import { Scene } from './scene.ts';

const driver = 'gpu.example.com';
const resetByPeer = (): Promise<never> => Promise.reject(new Error('read ECONNRESET'));

/** Whether a request arrives, and whether its answer does. */
type Trouble = (method: string, resource: string) => 'request lost' | 'answer lost' | undefined;

/** The client on a bad line. */
function onBadLine(client: Client, trouble: Trouble): Client {
  return new Proxy(client, {
    get(target, property): unknown {
      const value = Reflect.get(target, property) as unknown;
      if (typeof value !== 'function') return value;
      if (property === 'because') return (...given: Parameters<Client['because']>) => onBadLine(target.because(...given), trouble);
      return (...given: readonly unknown[]): unknown => {
        const what = trouble(String(property), (given[0] as { readonly resource?: string } | undefined)?.resource ?? '');
        if (what === 'request lost') return resetByPeer();
        const answer = (value as (...given: readonly unknown[]) => unknown).apply(target, [...given]);
        return what === 'answer lost' ? Promise.resolve(answer).then(resetByPeer) : answer;
      };
    },
  });
}

async function withDevice(scene: Scene): Promise<void> {
  await scene.node('a');
  await scene.client.create(deviceclasses, { apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: { name: 'gpu' }, spec: { extendedResourceName: 'example.com/gpu' } });
  await scene.client.create(resourceslices, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: 'a' }, spec: { driver, nodeName: 'a', pool: { name: 'a', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'gpu-0' }] } });
}

test('a pod whose binding happened although the answer was lost keeps what was made for it', async () => {
  let lost = 0;
  await using scene = await Scene.start({ wrap: (client) => onBadLine(client, (method, resource) => (method === 'createSubresource' && lost++ === 0 ? 'answer lost' : method === 'get' && resource === 'pods' && lost++ < 4 ? 'request lost' : undefined)) });
  await withDevice(scene);
  await scene.pod('p', { containers: [{ name: 'c', image: 'i', resources: { requests: { 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '1' } } }] });
  await scene.server.clock.advance(60_000);
  assert.equal(await scene.told('p'), 'a');
  assert.ok(lost >= 4, 'the line was bad');
  const { metadata, status } = await scene.get('p');
  const claim = await scene.client.get(resourceclaims, { namespace: 'default', name: status!.extendedResourceClaimStatus!.resourceClaimName });
  assert.deepEqual(claim.status?.reservedFor?.map(({ uid }) => uid), [metadata.uid]);
  assert.deepEqual(await scene.eventsOn('p'), ['Normal Scheduled default-scheduler: Successfully assigned default/p to a']);
});

test('a pod whose claim could not be written is tried again, also when it took a while to learn that it was not', async () => {
  let asked = 0;
  let isBad = true;
  await using scene = await Scene.start({ wrap: (client) => onBadLine(client, (method, resource) => {
    if (resource !== 'resourceclaims' || !isBad || method === 'list' || method === 'watch') return undefined;
    if (method === 'get' && ++asked >= 4) isBad = false;
    return 'request lost';
  }) });
  await withDevice(scene);
  await scene.client.create(resourceclaims, { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { namespace: 'default', name: 'c' }, spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }] } } });
  await scene.pod('p', { resourceClaims: [{ name: 'c', resourceClaimName: 'c' }] });
  await scene.server.clock.advance(2500);
  assert.match((await scene.told('p')) ?? '', /resource claim default\/c is in the process of being allocated/);
  await scene.server.clock.advance(60_000);
  assert.equal(await scene.told('p'), 'a', 'long before all pods are looked at again');
  assert.equal((await scene.client.list(pods)).items.length, 1);
});
