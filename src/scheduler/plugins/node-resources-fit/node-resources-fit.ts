import { amountsOf } from '../../../api/pod/resources.ts';
import type { Node } from '../../../api/types/core/v1.ts';
import type { NodeInfo } from '../../cache/node-info.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import { implicitResource } from '../../devices/device-classes.ts';
import type { Devices } from '../../devices/devices.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { likeNoOther } from '../../framework/plugin.ts';
import type { Refusal, Verdict } from '../../framework/verdict.ts';
import { refuse, refuseForGood } from '../../framework/verdict.ts';
import type { WantedResource } from '../common/resource-scores.ts';
import { wantedResources } from '../common/resource-scores.ts';
import { ScoredDevices } from '../common/scored-devices.ts';
import type { ScoringStrategy } from './score-strategy.ts';
import { leastAllocated, scorer } from './score-strategy.ts';

export interface NodeResourcesFitArgs {
  /** Extended resources that others look after. */
  readonly ignoredResources?: readonly string[];
  /** The same, by what their names begin with before the slash. */
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy?: ScoringStrategy;
}

/** Refusals are made once a text: this filter speaks thousands of times a second. */
const refusals = new Map<string, Refusal>();

function refusal(reasons: readonly string[], retry: boolean): Refusal {
  const key = `${retry} ${reasons.join('|')}`;
  let known = refusals.get(key);
  if (known === undefined) {
    if (refusals.size > 1000) refusals.clear();
    refusals.set(key, (known = retry ? refuse(...reasons) : refuseForGood(...reasons)));
  }
  return known;
}

const wellKnown = ['cpu', 'memory', 'ephemeral-storage'];
const rank = (name: string): number => (wellKnown.includes(name) ? wellKnown.indexOf(name) : wellKnown.length);
const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');

interface Wanted {
  readonly resource: string;
  readonly amount: number;
  /** Devices stand for it on nodes that have none of it themselves, and are looked after elsewhere. */
  readonly viaDevices: boolean;
}

/** What a pod asks for, the well-known first, as upstream lists what is missing. */
function wantedOf({ requests }: PodInfo, isIgnored: (resource: string) => boolean, isViaDevices: (resource: string) => boolean): Wanted[] {
  const wanted = Object.entries(requests).filter(([name, amount]) => amount > 0 && !isIgnored(name)).sort(([a], [b]) => rank(a) - rank(b));
  return wanted.map(([resource, amount]) => ({ resource, amount, viaDevices: isViaDevices(resource) }));
}

function fits(wanted: readonly Wanted[], { allocatable, requested, pods }: Pick<NodeInfo, 'allocatable' | 'requested' | 'pods'>): Verdict {
  let reasons: string[] | undefined;
  let couldFit = true;
  if (pods.size + 1 > (allocatable['pods'] ?? 0)) reasons = ['Too many pods'];
  for (const { resource, amount, viaDevices } of wanted) {
    const capacity = allocatable[resource] ?? 0;
    if (amount <= capacity - (requested[resource] ?? 0) || (viaDevices && capacity === 0)) continue;
    (reasons ??= []).push(`Insufficient ${resource}`);
    if (amount > capacity) couldFit = false;
  }
  return reasons === undefined ? undefined : refusal(reasons, couldFit);
}

const name = 'NodeResourcesFit';

/** Requests fit into what is allocatable, or devices stand for them (KEP-5004); how full nodes become scores, by the strategy. */
export function nodeResourcesFit({ ignoredResources = [], ignoredResourceGroups = [], scoringStrategy = leastAllocated }: NodeResourcesFitArgs, devices: Devices): Plugin<readonly Wanted[], readonly WantedResource[]> {
  const score = scorer(scoringStrategy);
  const scored = new ScoredDevices(name, scoringStrategy.resources, devices);
  const isIgnored = (resource: string): boolean => isExtended(resource) && (ignoredResources.includes(resource) || ignoredResourceGroups.includes(resource.split('/')[0]!));
  const isViaDevices = (resource: string): boolean => devices.classFor(resource) !== undefined;
  const wantedBy = (pod: PodInfo): Wanted[] => wantedOf(pod, isIgnored, isViaDevices);
  const fitsEmpty = (pod: PodInfo, node: Node): boolean => fits(wantedBy(pod), { allocatable: amountsOf(node.status?.allocatable), requested: {}, pods: new Map() }) === undefined;
  /** Has the node got more of what the pod asks for? */
  const grew = (pod: PodInfo, old: Node, node: Node): boolean => {
    const [before, after] = [amountsOf(old.status?.allocatable), amountsOf(node.status?.allocatable)];
    return ['pods', ...Object.keys(pod.requests)].some((resource) => (after[resource] ?? 0) > (before[resource] ?? 0) || isViaDevices(resource));
  };
  return {
    name,
    ...(scored.any && { gate: (pod) => scored.gate(pod) }),
    alike: (pod) => (scored.matterTo(pod) ? likeNoOther : [pod.requests, pod.scoringRequests, Object.keys(pod.requests).filter(isViaDevices)]),
    prepare: (pod) => ({ state: wantedBy(pod) }),
    filter: (pod, node, wanted) => fits(wanted ?? wantedBy(pod), node),
    prepareScore: (pod) => ({ state: wantedResources(pod, scoringStrategy.resources, { assumed: true, devices }) }),
    score: (_pod, node, wanted) => score(wanted ?? [], node),
    wakes: {
      AssignedPodDelete: true,
      AssignedPodScaleDown: ({ requests }, { old, object }) => Object.entries(requests).some(([name, amount]) => amount > 0 && (old.requests[name] ?? 0) > (object.requests[name] ?? 0)),
      UnscheduledPodScaleDown: true,
      NodeAdd: (pod, { object }) => fitsEmpty(pod, object),
      DeviceClassAdd: ({ requests }, { object }) => requests[implicitResource(object)] !== undefined || requests[object.spec.extendedResourceName ?? ''] !== undefined,
      DeviceClassUpdate: ({ requests }, { old, object }) => old.spec.extendedResourceName !== object.spec.extendedResourceName && requests[object.spec.extendedResourceName ?? ''] !== undefined,
      NodeUpdateAllocatable: (pod, { old, object }) => fitsEmpty(pod, object) && grew(pod, old, object),
    },
  };
}
