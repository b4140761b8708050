import { semanticEqual } from '../../../api/meta/equal.ts';
import { matchesNodeSelector } from '../../../api/pod/node-selector.ts';
import type { DeviceMatcher } from '../../../api/cel/device-selector.ts';
import type { AllocationResult, DeviceSelector, ResourceClaim, ResourceSlice } from '../../../api/types/resource/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Random } from '../../../base/random.ts';
import type { Client } from '../../../client/client.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Listers } from '../../framework/listers.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import type { DevicesInUse } from './allocator.ts';
import { Allocator, unnamedShare } from './allocator.ts';
import type { Consumed } from './consumable-capacity.ts';
import { reserveClaim } from './bind-claim.ts';
import { canBeReserved, claimsOfPod, claimText, isReservedFor } from './pod-claims.ts';
import type { ReachableDevice } from './pools.ts';
import { newestSlices, poolsFor } from './pools.ts';

const inUse = refuseForGood('resourceclaim in use');
const cannotAllocate = refuseForGood('cannot allocate all claims');
const notHere = refuseForGood('resourceclaim not available on the node');
const loading = refuseForGood('waiting for what device selectors are understood with');

/** Compiled selectors that are remembered. */
const maxSelectors = 100;

interface State {
  readonly claims: readonly ResourceClaim[];
  readonly toAllocate: readonly ResourceClaim[];
  readonly slices: ReadonlyMap<string, readonly ResourceSlice[]>;
  readonly inUse: DevicesInUse;
  /** What would be allocated on each node that fits. */
  readonly byNode: Map<string, readonly AllocationResult[]>;
}

/** What the plug-in is made with; `ungate` looks again at pods that it kept out. */
export interface DynamicResourcesContext {
  readonly listers: Listers;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly listersReady: () => Promise<void>;
  readonly ungate: (plugin: string) => void;
}

/** Every part of a device that was given to somebody gets a name of its own. */
function withShares(allocation: AllocationResult, random: Random): AllocationResult {
  const { devices } = allocation;
  if (devices?.results?.some(({ shareID }) => shareID === unnamedShare) !== true) return allocation;
  return { ...allocation, devices: { ...devices, results: devices.results.map((result) => (result.shareID === unnamedShare ? { ...result, shareID: random.uuid() } : result)) } };
}

const needsClaims = ({ pod }: PodInfo): boolean => (pod.spec?.resourceClaims ?? []).length > 0;

/**
 * Devices for resource claims (KEP-4381): chosen with the node, written into the claims before the pod is bound. Without
 * binding conditions, whose devices are left alone, and without extended resources.
 */
export function dynamicResources(_args: unknown, { listers, client, clock, random, listersReady, ungate }: DynamicResourcesContext): Plugin<State> {
  /** Allocations that are decided and not yet seen in the claims. */
  const pending = new Map<string, { readonly claim: ResourceClaim; readonly allocation: AllocationResult }>();
  const selectors = new Map<string, DeviceMatcher>();
  let compile: ((expression: string) => DeviceMatcher) | undefined;
  let asked = false;
  const load = (): void => {
    if (asked) return;
    asked = true;
    // Looking at them starts them.
    const { resourceClaims: _claims, resourceSlices: _slices, deviceClasses: _classes } = listers;
    Promise.all([import('../../../api/cel/device-selector.ts'), listersReady()]).then(([{ compileDeviceSelector }]) => {
      compile = compileDeviceSelector;
      ungate('DynamicResources');
    // The scheduler is being stopped.
    }, () => {});
  };

  const matches = (device: ReachableDevice, some: readonly DeviceSelector[] | undefined, owner: string): boolean => (some ?? []).every(({ cel }, i) => {
    const expression = cel?.expression ?? '';
    try {
      let matcher = selectors.get(expression);
      if (matcher === undefined) {
        if (compile === undefined) throw new Error('device selectors are not understood yet');
        if (selectors.size >= maxSelectors) selectors.clear();
        selectors.set(expression, (matcher = compile(expression)));
      }
      return matcher(device.device, device.driver);
    } catch (error) {
      throw new Error(`${owner}: selector #${i}: CEL runtime error: ${(error as Error).message}`, { cause: error });
    }
  });

  /** Devices that claims have, or are about to have. Administrators' access takes nothing from anybody. */
  const devicesInUse = (isAsked: boolean): DevicesInUse => {
    const whole = new Set<string>();
    const shared = new Map<string, Consumed[]>();
    const add = ({ devices }: AllocationResult): void => {
      for (const { driver, pool, device, adminAccess, shareID, consumedCapacity = {} } of devices?.results ?? []) {
        const id = `${driver}/${pool}/${device}`;
        if (adminAccess === true) continue;
        if (shareID === undefined) whole.add(id);
        else shared.set(id, [...(shared.get(id) ?? []), new Map(Object.entries(consumedCapacity))]);
      }
    };
    if (isAsked) {
      for (const { status } of listers.resourceClaims.list()) if (status?.allocation !== undefined) add(status.allocation);
      for (const { allocation } of pending.values()) add(allocation);
    }
    return { whole, shared };
  };

  /** Forgets what the claims say by now. */
  const settle = (): void => {
    for (const [uid, { claim }] of pending) {
      const now = listers.resourceClaims.get(claim.metadata.namespace ?? '', claim.metadata.name ?? '');
      if (now?.metadata.uid !== uid || now.status?.allocation !== undefined) pending.delete(uid);
    }
  };

  const uses = (pod: PodInfo, claim: ResourceClaim): boolean => {
    const claims = claimsOfPod(pod, listers.resourceClaims);
    return typeof claims !== 'string' && claims.some(({ metadata }) => metadata.uid === claim.metadata.uid);
  };

  return {
    name: 'DynamicResources',
    gate(pod) {
      if (!needsClaims(pod)) return undefined;
      load();
      if (compile === undefined) return loading;
      const claims = claimsOfPod(pod, listers.resourceClaims);
      return typeof claims === 'string' ? refuseForGood(claims) : undefined;
    },
    prepare(pod) {
      if (!needsClaims(pod)) return { skip: true };
      const claims = claimsOfPod(pod, listers.resourceClaims);
      if (typeof claims === 'string') return { refused: refuseForGood(claims) };
      if (claims.length === 0) return { skip: true };
      settle();
      if (claims.some((claim) => claim.status?.allocation !== undefined && !canBeReserved(claim) && !isReservedFor(claim, pod))) return { refused: inUse };
      const toAllocate = claims.filter(({ status }) => status?.allocation === undefined);
      const busy = toAllocate.find(({ metadata }) => pending.has(metadata.uid ?? ''));
      if (busy !== undefined) return { refused: refuseForGood(`resource claim ${claimText(busy)} is in the process of being allocated`) };
      for (const claim of toAllocate) {
        for (const { name, exactly, firstAvailable } of claim.spec.devices?.requests ?? []) {
          for (const className of exactly === undefined ? (firstAvailable ?? []).map((one) => one.deviceClassName) : [exactly.deviceClassName]) {
            if (listers.deviceClasses.get('', className) === undefined) return { refused: refuseForGood(`request ${name}: device class ${className} does not exist`) };
          }
        }
      }
      return { state: { claims, toAllocate, slices: newestSlices(toAllocate.length === 0 ? [] : listers.resourceSlices.list()), inUse: devicesInUse(toAllocate.length > 0), byNode: new Map() } };
    },
    filter(_pod, { name, node }, state) {
      if (state === undefined) return undefined;
      if (state.claims.some(({ status }) => status?.allocation?.nodeSelector !== undefined && !matchesNodeSelector(status.allocation.nodeSelector, node))) return notHere;
      if (state.toAllocate.length === 0) return undefined;
      const allocator = new Allocator(state.toAllocate, { node, pools: poolsFor(node, state.slices), inUse: state.inUse, classOf: (className) => listers.deviceClasses.get('', className), matches });
      const allocations = allocator.allocate();
      if (allocations === undefined) return cannotAllocate;
      state.byNode.set(name, allocations);
      return undefined;
    },
    reserve(_pod, nodeName, state) {
      for (const [i, allocation] of (state?.byNode.get(nodeName) ?? []).entries()) {
        const claim = state!.toAllocate[i]!;
        pending.set(claim.metadata.uid ?? '', { claim, allocation: withShares(allocation, random) });
      }
      return undefined;
    },
    unreserve(_pod, _nodeName, state) {
      for (const { metadata } of state?.toAllocate ?? []) pending.delete(metadata.uid ?? '');
    },
    preBind(pod, _nodeName, state) {
      if (state === undefined || state.claims.every((claim) => claim.status?.allocation !== undefined && isReservedFor(claim, pod))) return undefined;
      return async () => {
        for (const claim of state.claims) await reserveClaim(claim, pod, { client, clock, allocation: pending.get(claim.metadata.uid ?? '')?.allocation });
      };
    },
    wakes: {
      ResourceClaimAdd: (pod, { object }) => uses(pod, object),
      ResourceClaimUpdate: (pod, { old, object }) => (old.status?.allocation !== undefined && object.status?.allocation === undefined) || (uses(pod, object) && !semanticEqual(old.status, object.status)),
      ResourceClaimDelete: (_pod, { old }) => old.status?.allocation !== undefined,
      UnscheduledPodGeneratedResourceClaim: (_pod, { object }) => typeof claimsOfPod(object, listers.resourceClaims) !== 'string',
      NodeAdd: true,
      NodeUpdateLabel: true,
      DeviceClassAdd: true,
      DeviceClassUpdate: true,
      ResourceSliceAdd: true,
      ResourceSliceUpdate: true,
    },
  };
}
