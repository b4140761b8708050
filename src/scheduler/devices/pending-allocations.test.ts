import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AllocationResult, ResourceClaim } from '../../api/types/resource/v1.ts';
import { ObjectStore } from '../../client/informer/store.ts';
import { PendingAllocations } from './pending-allocations.ts';

const allocation: AllocationResult = { devices: { results: [] } };
const claim = (resourceVersion: string, allocated = false): ResourceClaim => ({ metadata: { namespace: 'n', name: 'c', uid: 'u', resourceVersion }, spec: {}, status: allocated ? { allocation } : {} });

function pending(): { readonly seen: ObjectStore<ResourceClaim>; readonly made: PendingAllocations; readonly held: () => boolean } {
  const seen = new ObjectStore<ResourceClaim>();
  const made = new PendingAllocations();
  seen.set(claim('1'));
  made.set(claim('1'), allocation, { unwritten: false, nowMs: 0 });
  return { seen, made, held: () => { made.settle(seen, 1000); return [...made.allocations()].length > 0; } };
}

test('what was written is held until it is seen, also when its pod could not be bound and the devices are kept for nobody', () => {
  const { seen, made, held } = pending();
  made.tried(claim('1'));
  assert.equal(made.isTried(claim('1')), true);
  made.found(claim('5', true));
  seen.set(claim('3'));
  assert.equal(held(), true, 'the watch is behind: another pod must not get the devices');
  seen.set(claim('5', true));
  assert.equal(held(), false, 'the claim itself says so');
});

test('what was written and taken back before it was seen is held no longer', () => {
  const { seen, made, held } = pending();
  made.tried(claim('1'));
  made.found(claim('5', true));
  seen.set(claim('7'));
  assert.equal(held(), false);
});

test('what was tried and did not get there is given up when the server says so', () => {
  const { made, held } = pending();
  made.tried(claim('1'));
  assert.equal(held(), true);
  made.found(claim('4'));
  assert.equal(held(), false);
});
