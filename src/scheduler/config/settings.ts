import type { ExtensionPoint, PreemptionArgs } from '../framework/profile.ts';
import type { BackoffOptions } from '../queue/backoff.ts';
import { usualBackoff } from '../queue/backoff.ts';

export interface EnabledPlugin { readonly name: string; readonly weight: number }

/** How one scheduler name schedules. */
export interface ProfileSettings {
  readonly schedulerName: string;
  /** In the order in which they are asked. */
  readonly plugins: readonly EnabledPlugin[];
  /** Where a point asks others than those, or in another order. */
  readonly points: Partial<Record<ExtensionPoint, readonly EnabledPlugin[]>>;
  /** Arguments by plug-in, checked. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly percentageOfNodesToScore?: number;
  /** Absent: no preemption. */
  readonly preemption?: PreemptionArgs;
}

/** What the scheduler is told at its start. */
export interface SchedulerSettings {
  readonly profiles: readonly ProfileSettings[];
  readonly backoff: BackoffOptions;
  /** 0: by the size of the cluster. */
  readonly percentageOfNodesToScore: number;
}

/** The plug-ins of v1.36's default profile, in the order in which they are asked. */
export const defaultPlugins: readonly EnabledPlugin[] = [
  { name: 'SchedulingGates', weight: 0 },
  { name: 'PrioritySort', weight: 0 },
  { name: 'NodeUnschedulable', weight: 0 },
  { name: 'NodeName', weight: 0 },
  { name: 'TaintToleration', weight: 3 },
  { name: 'NodeAffinity', weight: 2 },
  { name: 'NodePorts', weight: 0 },
  { name: 'NodeResourcesFit', weight: 1 },
  { name: 'VolumeRestrictions', weight: 0 },
  { name: 'NodeVolumeLimits', weight: 0 },
  { name: 'VolumeBinding', weight: 0 },
  { name: 'VolumeZone', weight: 0 },
  { name: 'PodTopologySpread', weight: 2 },
  { name: 'InterPodAffinity', weight: 2 },
  { name: 'DynamicResources', weight: 2 },
  { name: 'DefaultPreemption', weight: 0 },
  { name: 'NodeResourcesBalancedAllocation', weight: 1 },
  { name: 'ImageLocality', weight: 1 },
  { name: 'DefaultBinder', weight: 0 },
  { name: 'NodeDeclaredFeatures', weight: 0 },
];

export const usualPreemption: PreemptionArgs = { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 };

/** Upstream's defaults for a profile of this name. */
export const usualProfile = (schedulerName: string): ProfileSettings => ({ schedulerName, plugins: defaultPlugins, points: {}, args: {}, preemption: usualPreemption });

export const usualSettings: SchedulerSettings = { profiles: [usualProfile('default-scheduler')], backoff: usualBackoff, percentageOfNodesToScore: 0 };
