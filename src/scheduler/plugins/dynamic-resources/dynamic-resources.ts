import { semanticEqual } from '../../../api/meta/equal.ts';
import type { DeviceClass, ResourceClaim } from '../../../api/types/resource/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import { parseGoDuration } from '../../../base/go-duration.ts';
import type { Random } from '../../../base/random.ts';
import type { Client } from '../../../client/client.ts';
import type { ToldEvent } from '../../../client/event-recorder/series-recorder.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { DevicesInUse } from '../../devices/devices-in-use.ts';
import type { Devices } from '../../devices/devices.ts';
import { loading } from '../../devices/devices.ts';
import { Pools } from '../../devices/pools.ts';
import type { ClusterEvent } from '../../framework/events.ts';
import { normalizeByMax } from '../../framework/normalize.ts';
import type { Plugin, Preparation } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import { withShares } from './allocation-result.ts';
import { deallocateClaim, deleteClaim, lookUp, unreserveClaim } from './bind-claim.ts';
import { hasBindingConditions } from './binding-conditions.ts';
import type { CycleState } from './cycle-state.ts';
import { filterNode } from './cycle-state.ts';
import { askedResources, findExtendedResourceClaim, isUnwritten, newExtendedResourceClaim } from './extended-resources.ts';
import { makeReady } from './make-ready.ts';
import { canBeReserved, claimsOfPod, claimText, isReservedFor } from './pod-claims.ts';
import { haveAlternatives, preferenceOf } from './preferences.ts';

const inUse = refuseForGood('resourceclaim in use');
/** Of who allocates nothing. */
const nothing: DevicesInUse = { whole: new Set(), shared: new Map() };

export interface DynamicResourcesArgs {
  /** Go durations. How long one node may be looked at; `0s`: as long as it takes. */
  readonly filterTimeout?: string;
  /** How long devices may take to become ready. */
  readonly bindingTimeout?: string;
}

/** What the plug-in is made with. */
export interface DynamicResourcesContext {
  readonly devices: Devices;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly notice: (event: ClusterEvent) => void;
  readonly notify: (pod: PodInfo, event: ToldEvent) => void;
}

const name = 'DynamicResources';

const hasClaims = ({ pod }: PodInfo): boolean => (pod.spec?.resourceClaims ?? []).length > 0;
const mayNeedDevices = (pod: PodInfo): boolean => hasClaims(pod) || askedResources(pod)[Symbol.iterator]().next().done !== true;

/** Why a claim cannot be allocated, whatever node is looked at. */
function problemWith({ spec }: ResourceClaim, classOf: (name: string) => DeviceClass | undefined): string | undefined {
  for (const { name, exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    const wanted = exactly === undefined ? firstAvailable.map((one) => [`${name}/${one.name}`, one.deviceClassName] as const) : [[name, exactly.deviceClassName] as const];
    for (const [request, className] of wanted) if (classOf(className) === undefined) return `request ${request}: device class ${className} does not exist`;
  }
  return undefined;
}

/**
 * Devices for resource claims (KEP-4381), and for extended resources that they stand for (KEP-5004): chosen with the node,
 * written into the claims and made ready before the pod is bound.
 */
export function dynamicResources(args: DynamicResourcesArgs, context: DynamicResourcesContext): Plugin<CycleState, CycleState> {
  const { devices, client, clock, random, signal } = context;
  const { pending } = devices;
  const filterTimeoutMs = parseGoDuration(args.filterTimeout ?? '10s') ?? 0;
  const bindingTimeoutMs = parseGoDuration(args.bindingTimeout ?? '600s') ?? 0;
  /** What was held for the claim is held no more, and no watch will tell: whoever waits for devices, and its own pod, look again. */
  const free = (claim: ResourceClaim): void => {
    const { allocation: _allocation, ...status } = claim.status ?? {};
    context.notice({ label: 'ResourceClaimUpdate', old: { ...claim, status: { ...status, allocation: {} } }, object: { ...claim, status } });
  };
  /** Of the pod that is being placed. */
  const states = new WeakMap<PodInfo, CycleState>();
  const backed = (pod: PodInfo): [string, number][] => [...askedResources(pod)].filter(([resource]) => devices.classFor(resource) !== undefined).map(([resource, amount]) => [resource, amount]);

  const uses = (pod: PodInfo, claim: ResourceClaim): boolean => {
    const claims = claimsOfPod(pod, devices.claims);
    return typeof claims !== 'string' && claims.some(({ metadata }) => metadata.uid === claim.metadata.uid);
  };

  const refusalOf = (claims: readonly ResourceClaim[], pod: PodInfo): Preparation<CycleState> | undefined => {
    for (const claim of claims) {
      if (claim.status?.allocation !== undefined) {
        if (!canBeReserved(claim) && !isReservedFor(claim, pod)) return { refused: inUse };
        continue;
      }
      if (pending.has(claim)) return { refused: refuseForGood(`resource claim ${claimText(claim)} is in the process of being allocated`) };
      const problem = problemWith(claim, (className) => devices.classOf(className));
      if (problem !== undefined) return { refused: refuseForGood(problem) };
    }
    return undefined;
  };

  return {
    name,
    gate(pod) {
      if (!mayNeedDevices(pod)) return undefined;
      if (!devices.isKnown(name)) return loading;
      const claims = claimsOfPod(pod, devices.claims);
      if (typeof claims === 'string') return refuseForGood(claims);
      return (hasClaims(pod) || backed(pod).length > 0) && !devices.isUnderstood(name) ? loading : undefined;
    },
    prepare(pod) {
      if (!mayNeedDevices(pod)) return { skip: true };
      const own = claimsOfPod(pod, devices.claims);
      if (typeof own === 'string') return { refused: refuseForGood(own) };
      const resources = backed(pod);
      const extended = resources.length === 0 ? undefined : (findExtendedResourceClaim(pod, devices.claims) ?? newExtendedResourceClaim(pod, random.uuid()));
      const claims = extended === undefined ? own : [...own, extended];
      if (claims.length === 0) return { skip: true };
      devices.settle();
      const refused = refusalOf(claims, pod);
      if (refused !== undefined) return refused;
      const toAllocate = claims.filter(({ status }) => status?.allocation === undefined);
      const state: CycleState = { claims: [...claims], toAllocate, extended, asked: extended === undefined ? [] : [...askedResources(pod)], pools: new Pools(toAllocate.length === 0 ? [] : devices.slices.list()), inUse: toAllocate.length === 0 ? nothing : devices.inUse(), byNode: new Map(), unavailable: new Set() };
      states.set(pod, state);
      return { state };
    },
    filter(pod, node, state) {
      if (state === undefined) return undefined;
      const deadlineMs = filterTimeoutMs === 0 ? Infinity : clock.monotonicMs() + filterTimeoutMs;
      return filterNode(pod, node, state, {
        devices, nowMs: clock.now(), bindingTimeoutMs, isLate: () => clock.monotonicMs() > deadlineMs,
      });
    },
    rescue(pod, state) {
      if (state === undefined) return { message: 'no new claims to deallocate' };
      for (const claim of state.unavailable) {
        if (claim === state.extended) continue;
        const users = claim.status?.reservedFor ?? [];
        if (users.length === 0 || (users.length === 1 && users[0]!.uid === pod.uid)) return { message: 'deallocation of ResourceClaim completed', work: () => deallocateClaim(client, claim) };
      }
      const { extended } = state;
      // Devices of an earlier attempt, for a node that is not the one any more.
      if (extended !== undefined && !isUnwritten(extended)) return { message: 'deletion of ResourceClaim completed', work: () => deleteClaim(client, extended) };
      return { message: 'still not schedulable' };
    },
    prepareScore(pod) {
      const state = states.get(pod);
      return state === undefined || !haveAlternatives(state.claims) ? { skip: true } : { state };
    },
    score: (_pod, { name }, state) => (state === undefined ? 0 : preferenceOf(state.claims, state.byNode.get(name)?.allocations ?? [])),
    normalize: (scores) => normalizeByMax(scores),
    reserve(_pod, nodeName, state) {
      const found = state?.byNode.get(nodeName);
      for (const [i, allocation] of (found?.allocations ?? []).entries()) {
        const claim = state!.toAllocate[i]!;
        pending.set(claim, withShares(allocation, () => random.uuid()), { unwritten: isUnwritten(claim), nowMs: clock.now() });
      }
      return undefined;
    },
    unreserve(pod, _nodeName, state) {
      if (state === undefined) return undefined;
      const work = state.claims.flatMap((claim, i): (() => Promise<void>)[] => {
        if (state.extended !== undefined && i === state.claims.length - 1) return isUnwritten(claim) ? [] : [() => deleteClaim(client, claim)];
        return claim.status?.allocation !== undefined && isReservedFor(claim, pod) ? [() => unreserveClaim(client, claim, pod)] : [];
      });
      // What may have been written keeps its devices until it is known whether it has them: another would be given them, too.
      const tried = state.claims.filter((claim) => pending.isTried(claim));
      for (const claim of [...state.toAllocate, ...state.claims]) if (!pending.isTried(claim)) pending.delete(claim);
      return work.length + tried.length === 0 ? undefined : async () => {
        await Promise.all(work.map((write) => write())).finally(() => lookUp(tried, { client, clock, random, signal, pending, free }));
      };
    },
    preBind(pod, nodeName, state) {
      if (state === undefined || state.claims.every((claim) => claim.status?.allocation !== undefined && isReservedFor(claim, pod) && !hasBindingConditions(claim))) return undefined;
      return (signal) => makeReady(pod, nodeName, state, { client, clock, signal, pending, claims: devices.claims, timeoutMs: bindingTimeoutMs, notify: context.notify });
    },
    wakes: {
      ResourceClaimAdd: (pod, { object }) => uses(pod, object),
      ResourceClaimUpdate: (pod, { old, object }) => (old.status?.allocation !== undefined && object.status?.allocation === undefined) || (uses(pod, object) && !semanticEqual(old.status, object.status)),
      ResourceClaimDelete: (_pod, { old }) => old.status?.allocation !== undefined,
      UnscheduledPodGeneratedResourceClaim: (_pod, { object }) => typeof claimsOfPod(object, devices.claims) !== 'string',
      NodeAdd: true,
      NodeUpdateLabel: true,
      NodeUpdateAllocatable: true,
      DeviceClassAdd: true,
      DeviceClassUpdate: true,
      ResourceSliceAdd: true,
      ResourceSliceUpdate: true,
    },
  };
}
