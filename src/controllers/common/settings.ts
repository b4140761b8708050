import type { CertificateAuthority } from './certificate-authority.ts';

/** Settings of controllers, named after kube-controller-manager's flags. Durations in milliseconds. */
export interface ControllerSettings {
  /** Ranges that pods get their addresses from, IPv4 and IPv6. Empty: nodes get no pod range. */
  readonly clusterCidrs: readonly string[];
  readonly nodeCidrMaskSizeIpv4: number;
  readonly nodeCidrMaskSizeIpv6: number;
  /** The certificate that `kube-root-ca.crt` publishes, PEM. Empty: none is published. */
  readonly rootCa: string;
  /** A node that was silent for so long is not healthy. */
  readonly nodeMonitorGracePeriodMs: number;
  readonly nodeMonitorPeriodMs: number;
  /** A new node may be silent for so long. */
  readonly nodeStartupGracePeriodMs: number;
  /** Nodes a second that are tainted for eviction, in each zone. */
  readonly nodeEvictionRate: number;
  /** The same in a large zone of which most is down. */
  readonly secondaryNodeEvictionRate: number;
  /** A zone with more nodes is large. */
  readonly largeClusterSizeThreshold: number;
  /** The part of a zone's nodes that must be down for that. */
  readonly unhealthyZoneThreshold: number;
  /** Finished pods that are kept; more are deleted, the oldest first. 0: no limit. */
  readonly terminatedPodGcThreshold: number;
  /** Each horizontal pod autoscaler is looked at so often. */
  readonly hpaSyncPeriodMs: number;
  /** For so long, nothing is scaled below what was recommended last. */
  readonly hpaDownscaleStabilizationMs: number;
  /** How far usage may be from its target, as a fraction of it. */
  readonly hpaTolerance: number;
  /** After a pod's start, its CPU may be used for starting. */
  readonly hpaCpuInitializationPeriodMs: number;
  /** Changes of readiness so soon after a pod's start are its first. */
  readonly hpaInitialReadinessDelayMs: number;
  /** Tokens in secrets that were made for a service account and are not used for so long are marked, and deleted after as long again. */
  readonly legacyServiceAccountTokenCleanUpPeriodMs: number;
  /** Pod groups are served, and protected (feature gate GenericWorkload). */
  readonly podGroups: boolean;
  /** Signs the claims of a token that lies in a secret. Absent: such secrets are not filled. */
  readonly signServiceAccountToken?: (claims: object) => Promise<string>;
  /** Signs certificates that were requested through the API. Absent: none is signed. */
  readonly certificateAuthority?: CertificateAuthority;
}

export const defaultControllerSettings: ControllerSettings = {
  clusterCidrs: [],
  nodeCidrMaskSizeIpv4: 24,
  nodeCidrMaskSizeIpv6: 64,
  rootCa: '',
  podGroups: false,
  // Upstream says 50 s since v1.32; every tutorial, and what we promise, says 40 s.
  nodeMonitorGracePeriodMs: 40_000,
  nodeMonitorPeriodMs: 5_000,
  nodeStartupGracePeriodMs: 60_000,
  nodeEvictionRate: 0.1,
  secondaryNodeEvictionRate: 0.01,
  largeClusterSizeThreshold: 50,
  unhealthyZoneThreshold: 0.55,
  terminatedPodGcThreshold: 12_500,
  hpaSyncPeriodMs: 15_000,
  hpaDownscaleStabilizationMs: 300_000,
  hpaTolerance: 0.1,
  hpaCpuInitializationPeriodMs: 300_000,
  hpaInitialReadinessDelayMs: 30_000,
  legacyServiceAccountTokenCleanUpPeriodMs: 365 * 24 * 3600 * 1000,
};
