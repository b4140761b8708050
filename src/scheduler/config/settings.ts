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
  /** Pods that name a group are placed together (feature gate GenericWorkload). */
  readonly podGroups?: boolean;
}

/** Which of the features that are off in v1.36 are on. */
export interface SchedulerFeatures {
  /** GenericWorkload. */
  readonly podGroups: boolean;
  /** GangScheduling: the plug-in of this name is a default one. */
  readonly gangs: boolean;
}

export const noFeatures: SchedulerFeatures = { podGroups: false, gangs: false };

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

/** The same where some features are on. */
export const defaultPluginsWith = ({ gangs }: SchedulerFeatures): readonly EnabledPlugin[] => (gangs ? [...defaultPlugins, { name: 'GangScheduling', weight: 0 }] : defaultPlugins);

export const usualPreemption: PreemptionArgs = { minCandidateNodesPercentage: 10, minCandidateNodesAbsolute: 100 };

/** Upstream's defaults for a profile of this name. */
export const usualProfile = (schedulerName: string, features = noFeatures): ProfileSettings => ({ schedulerName, plugins: defaultPluginsWith(features), points: {}, args: {}, preemption: usualPreemption });

/** What the scheduler does that is told nothing. */
export const usualSettingsWith = (features: SchedulerFeatures): SchedulerSettings => ({ profiles: [usualProfile('default-scheduler', features)], backoff: usualBackoff, percentageOfNodesToScore: 0, ...(features.podGroups && { podGroups: true }) });

export const usualSettings = usualSettingsWith(noFeatures);
