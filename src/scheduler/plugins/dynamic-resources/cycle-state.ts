import { matchesNodeSelector } from '../../../api/pod/node-selector.ts';
import type { ContainerExtendedResourceRequest } from '../../../api/types/core/v1.ts';
import type { AllocationResult, ResourceClaim } from '../../../api/types/resource/v1.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { DevicesInUse } from '../../devices/devices-in-use.ts';
import type { Devices } from '../../devices/devices.ts';
import type { Pools } from '../../devices/pools.ts';
import type { Refusal, Verdict } from '../../framework/verdict.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import type { AllocatorOptions } from './allocator.ts';
import { Allocator } from './allocator.ts';
import { isOverdue, readinessOf } from './binding-conditions.ts';
import { extendedRequests } from './extended-resources.ts';

const notHere = refuseForGood('resourceclaim not available on the node');
const cannotFit = refuseForGood('cannot fit resource');
const staleExtended = refuseForGood('cannot schedule extended resource claim');
/** What the allocator says, each text once. */
const refusals: Readonly<Record<string, Refusal>> = Object.fromEntries(['cannot allocate all claims', 'invalid resource pools were encountered'].map((text) => [text, refuseForGood(text)]));

/** What a pod would get on a node. */
export interface NodeAllocation {
  /** For each claim that is to be allocated. */
  readonly allocations: readonly AllocationResult[];
  /** The claim for extended resources with what devices have to provide there, and for which containers. */
  readonly extended?: ResourceClaim;
  readonly mappings?: readonly ContainerExtendedResourceRequest[];
}

/** What is known of a pod's claims during one attempt. */
export interface CycleState {
  /** The newest that was seen or written of each; that for extended resources, if any, is the last. */
  readonly claims: ResourceClaim[];
  readonly toAllocate: readonly ResourceClaim[];
  readonly extended: ResourceClaim | undefined;
  /** The extended resources that the pod asks for. */
  readonly asked: readonly (readonly [resource: string, amount: number])[];
  readonly pools: Pools;
  readonly inUse: DevicesInUse;
  /** What would be allocated on each node that fits. */
  readonly byNode: Map<string, NodeAllocation>;
  /** Claims whose devices are not where they are needed, or did not become ready. */
  readonly unavailable: Set<ResourceClaim>;
}

export interface FilterContext extends Pick<AllocatorOptions, 'isLate'> {
  readonly devices: Pick<Devices, 'classOf' | 'classFor' | 'matches'>;
  readonly nowMs: number;
  readonly bindingTimeoutMs: number;
}

/** The extended resources that devices have to provide on this node; `undefined`: one is provided by nobody. */
function viaDevices({ asked }: CycleState, { allocatable }: NodeInfo, { devices }: FilterContext): readonly string[] | undefined {
  const resources: string[] = [];
  for (const [resource] of asked) {
    if (devices.classFor(resource) !== undefined && (allocatable[resource] ?? 0) === 0) resources.push(resource);
    else if (allocatable[resource] === undefined) return undefined;
  }
  return resources;
}

function isUnavailable(claim: ResourceClaim, { node }: NodeInfo, { nowMs, bindingTimeoutMs }: FilterContext): boolean {
  const allocation = claim.status?.allocation;
  if (allocation === undefined) return false;
  if (allocation.nodeSelector !== undefined && !matchesNodeSelector(allocation.nodeSelector, node)) return true;
  const { kind } = readinessOf(claim);
  return kind === 'failed' || (kind === 'waiting' && isOverdue(claim, { timeoutMs: bindingTimeoutMs, nowMs }));
}

/** Can the pod have its devices on this node? What it would get is put into the state. */
export function filterNode({ pod }: PodInfo, node: NodeInfo, state: CycleState, context: FilterContext): Verdict {
  let extended: NodeAllocation | undefined;
  if (state.extended !== undefined) {
    if (state.extended.spec.devices?.requests !== undefined) return staleExtended;
    const resources = viaDevices(state, node, context);
    if (resources === undefined) return cannotFit;
    if (resources.length > 0) {
      const { requests, mappings } = extendedRequests(pod, resources, (resource) => context.devices.classFor(resource)?.metadata.name ?? '');
      extended = { allocations: [], extended: { ...state.extended, spec: { devices: { requests: [...requests] } } }, mappings };
    } else if (state.claims.length === 1) return undefined;
  }
  const unavailable = state.claims.filter((claim) => isUnavailable(claim, node, context));
  let allocations: readonly AllocationResult[] = [];
  if (state.toAllocate.length > 0) {
    const wanted = state.toAllocate.map((claim) => (claim === state.extended ? (extended?.extended ?? claim) : claim));
    const found = new Allocator(wanted, { node: node.node, pools: state.pools, inUse: state.inUse, ...context }).allocate();
    if (typeof found === 'string') return refusals[found];
    allocations = found;
  }
  if (unavailable.length > 0) {
    for (const claim of unavailable) state.unavailable.add(claim);
    return notHere;
  }
  state.byNode.set(node.name, { ...extended, allocations });
  return undefined;
}
