/** Settings under the names of cloud-controller-manager's flags. Durations in milliseconds. */
export interface CloudSettings {
  /** What the cloud calls this cluster. */
  readonly clusterName: string;
  /** Ranges of pods: only routes into them are the route controller's. */
  readonly clusterCidrs: readonly string[];
  /** How often nodes that are not ready are looked for in the cloud. */
  readonly nodeMonitorPeriodMs: number;
  /** How often the addresses of nodes are asked for. */
  readonly nodeStatusUpdateFrequencyMs: number;
  readonly routeReconciliationPeriodMs: number;
  /** How many Services are worked on at once. */
  readonly concurrentServiceSyncs: number;
}

/** Those of upstream. */
export const defaultCloudSettings: CloudSettings = {
  clusterName: 'kubernetes',
  clusterCidrs: [],
  nodeMonitorPeriodMs: 5_000,
  nodeStatusUpdateFrequencyMs: 5 * 60_000,
  routeReconciliationPeriodMs: 10_000,
  concurrentServiceSyncs: 1,
};
