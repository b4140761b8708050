import type { ResourceClaim } from '../../../api/types/resource/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Client } from '../../../client/client.ts';
import type { ToldEvent } from '../../../client/event-recorder/series-recorder.ts';
import type { Lister } from '../../../client/informer/store.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { PendingAllocations } from '../../devices/pending-allocations.ts';
import { createClaim, reserveClaim, tellPod } from './bind-claim.ts';
import { hasBindingConditions, isOverdue, readinessOf } from './binding-conditions.ts';
import type { CycleState } from './cycle-state.ts';
import { isUnwritten } from './extended-resources.ts';
import { claimText, isReservedFor } from './pod-claims.ts';

/** Between two looks at whether devices have become ready. */
const pollMs = 5000;

interface Options {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly pending: PendingAllocations;
  readonly claims: Lister<ResourceClaim>;
  /** How long devices may take to become ready. */
  readonly timeoutMs: number;
  readonly notify: (pod: PodInfo, event: ToldEvent) => void;
}

/** Writes what was decided into the pod's claims, and waits until their devices are ready. Rejects when that fails. */
export async function makeReady(pod: PodInfo, nodeName: string, state: CycleState, options: Options): Promise<void> {
  for (const [i, claim] of state.claims.entries()) {
    if (isReservedFor(claim, pod)) continue;
    if (claim === state.extended) await bindExtended(pod, nodeName, state, options);
    else state.claims[i] = await reserve(claim, pod, options);
  }
  if (!state.claims.some(hasBindingConditions)) return;
  options.notify(pod, { type: 'Normal', reason: 'BindingConditionsPending', note: `waiting for binding conditions for device on node ${nodeName}`, action: 'Scheduling' });
  await untilReady(state, options);
}

function reserve(claim: ResourceClaim, pod: PodInfo, { client, clock, signal, pending }: Options): Promise<ResourceClaim> {
  return pending.inTurn(claim, async (now) => {
    signal.throwIfAborted();
    pending.tried(claim);
    const written = await reserveClaim(now, pod, { client, clock, allocation: pending.allocationFor(claim) });
    pending.found(written);
    return written;
  });
}

/** The claim for extended resources is made now that it is known what devices have to provide; perhaps nothing. */
async function bindExtended(pod: PodInfo, nodeName: string, state: CycleState, options: Options): Promise<void> {
  const { client, clock, pending } = options;
  const { extended, mappings = [] } = state.byNode.get(nodeName) ?? {};
  if (extended === undefined) return;
  const allocation = pending.allocationFor(extended);
  const at = state.claims.length - 1;
  const created = await createClaim(client, extended);
  // From now on it can be seen, and has to be removed again when something goes wrong.
  state.claims[at] = created;
  pending.delete(extended);
  if (allocation !== undefined) pending.set(created, allocation, { unwritten: false, nowMs: clock.now() });
  const claim = await reserve(created, pod, options);
  state.claims[at] = claim;
  await tellPod(client, pod, { claim, mappings });
}

async function untilReady(state: CycleState, { clock, signal, claims, timeoutMs }: Options): Promise<void> {
  const deadlineMs = clock.now() + timeoutMs;
  for (;;) {
    if (areReady(state, { claims, timeoutMs, nowMs: clock.now() })) return;
    const leftMs = deadlineMs - clock.now();
    if (leftMs <= 0) throw new Error('device binding timeout: context deadline exceeded');
    await clock.sleep(Math.min(pollMs, leftMs), signal);
  }
}

/** Throws when they never will be, or not in time. */
function areReady(state: CycleState, { claims, timeoutMs, nowMs }: { readonly claims: Lister<ResourceClaim>; readonly timeoutMs: number; readonly nowMs: number }): boolean {
  for (const [i, before] of state.claims.entries()) {
    if (isUnwritten(before)) continue;
    const seen = claims.get(before.metadata.namespace ?? '', before.metadata.name ?? '');
    const wasJustMade = state.extended !== undefined && i === state.claims.length - 1;
    if (seen === undefined && !wasJustMade) throw new Error(`could not find ResourceClaim ${JSON.stringify(claimText(before))}`);
    // What was just written may not be seen yet.
    const claim = seen?.status?.allocation === undefined ? before : seen;
    state.claims[i] = claim;
    const readiness = readinessOf(claim);
    if (readiness.kind === 'failed') throw new Error(readiness.message);
    if (readiness.kind === 'ready') continue;
    if (isOverdue(claim, { timeoutMs, nowMs })) throw new Error(`device binding timeout: claim=${claim.metadata.name ?? ''}`);
    return false;
  }
  return true;
}
