import type { TopologySpreadConstraint, NodeAffinity } from '../../api/types/core/v1.ts';
import type { ShapePoint } from '../plugins/node-resources-fit/score-strategy.ts';
import type { ResourceSpec } from '../plugins/common/resource-scores.ts';
import type { pointNames } from './shapes.ts';

/** A plug-in in a list of those enabled or disabled. */
export interface PluginEntry { readonly name?: string; readonly weight?: number }
export interface PluginSet { readonly enabled?: readonly PluginEntry[]; readonly disabled?: readonly PluginEntry[] }

/** KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1, as it is in the file. */
export interface KubeSchedulerConfiguration {
  readonly parallelism?: number;
  readonly leaderElection?: { readonly leaderElect?: boolean; readonly leaseDuration?: string; readonly renewDeadline?: string; readonly retryPeriod?: string; readonly resourceLock?: string };
  readonly delayCacheUntilActive?: boolean;
  readonly clientConnection?: { readonly burst?: number };
  readonly percentageOfNodesToScore?: number;
  readonly podInitialBackoffSeconds?: number;
  readonly podMaxBackoffSeconds?: number;
  readonly profiles?: readonly ProfileConfiguration[];
  readonly extenders?: readonly ExtenderConfiguration[];
}

export interface ProfileConfiguration {
  readonly schedulerName?: string;
  readonly percentageOfNodesToScore?: number;
  readonly plugins?: { readonly [P in (typeof pointNames)[number]]?: PluginSet };
  readonly pluginConfig?: readonly { readonly name?: string; readonly args?: unknown }[];
}

export interface ExtenderConfiguration {
  readonly urlPrefix?: string;
  readonly filterVerb?: string;
  readonly preemptVerb?: string;
  readonly prioritizeVerb?: string;
  readonly weight?: number;
  readonly bindVerb?: string;
  readonly enableHTTPS?: boolean;
  readonly tlsConfig?: ExtenderTls;
  /** As Go writes durations; default 5s. */
  readonly httpTimeout?: string;
  readonly nodeCacheCapable?: boolean;
  readonly managedResources?: readonly { readonly name?: string; readonly ignoredByScheduler?: boolean }[];
  readonly ignorable?: boolean;
}

export interface ExtenderTls {
  readonly insecure?: boolean;
  readonly serverName?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly caFile?: string;
  /** Base64, as the three below. */
  readonly certData?: string;
  readonly keyData?: string;
  readonly caData?: string;
}

/** Arguments of all plug-ins that take some, as they may be in the file. */
export interface PluginArgs {
  readonly DefaultPreemption: { readonly minCandidateNodesPercentage?: number; readonly minCandidateNodesAbsolute?: number };
  readonly InterPodAffinity: { readonly hardPodAffinityWeight?: number };
  readonly NodeAffinity: { readonly addedAffinity?: NodeAffinity };
  readonly NodeResourcesFit: { readonly ignoredResources?: readonly string[]; readonly ignoredResourceGroups?: readonly string[]; readonly scoringStrategy?: { readonly type?: string; readonly resources?: readonly Partial<ResourceSpec>[]; readonly requestedToCapacityRatio?: { readonly shape?: readonly Partial<ShapePoint>[] } } };
  readonly NodeResourcesBalancedAllocation: { readonly resources?: readonly Partial<ResourceSpec>[] };
  readonly PodTopologySpread: { readonly defaultConstraints?: readonly TopologySpreadConstraint[]; readonly defaultingType?: string };
  readonly VolumeBinding: { readonly bindTimeoutSeconds?: number; readonly shape?: readonly Partial<ShapePoint>[] };
  readonly DynamicResources: { readonly filterTimeout?: string; readonly bindingTimeout?: string };
}
