/** Followed: see read.ts. */
const followed = [
  'clusterDNS', 'clusterDomain', 'maxPods', 'podCIDR', 'podLogsDir', 'cgroupRoot', 'registerWithTaints', 'nodeLeaseDurationSeconds', 'nodeStatusUpdateFrequency', 'allowedUnsafeSysctls',
  'evictionHard', 'evictionSoft', 'evictionSoftGracePeriod', 'evictionPressureTransitionPeriod', 'evictionMaxPodGracePeriod', 'evictionMinimumReclaim', 'crashLoopBackOff', 'systemReserved', 'kubeReserved',
  'imageGCHighThresholdPercent', 'imageGCLowThresholdPercent', 'imageMinimumGCAge', 'containerLogMaxSize', 'containerLogMaxFiles',
  'staticPodPath', 'fileCheckFrequency', 'shutdownGracePeriod', 'shutdownGracePeriodCriticalPods', 'shutdownGracePeriodByPodPriority', 'rotateCertificates', 'serverTLSBootstrap',
  'cpuManagerPolicy', 'cpuManagerPolicyOptions', 'cpuManagerReconcilePeriod', 'reservedSystemCPUs', 'memoryManagerPolicy', 'reservedMemory',
  'topologyManagerPolicy', 'topologyManagerScope', 'topologyManagerPolicyOptions', 'featureGates', 'userNamespaces', 'podPidsLimit', 'serializeImagePulls', 'maxParallelImagePulls', 'imageMaximumGCAge', 'seccompDefault',
  'enableSystemLogHandler',
] as const;

const zero = ['0s', '0', 0, ''];
const none: readonly unknown[] = [{}, [], null];

/**
 * Fields that may be written, with the values that say what this kubelet does anyway: upstream's default and, where Go
 * writes one for a field that was not set, its zero. Any other value is refused by name.
 */
export const inert: ReadonlyMap<string, readonly unknown[]> = new Map<string, readonly unknown[]>([
  ...['syncFrequency', 'httpCheckFrequency', 'volumeStatsAggPeriod', 'runtimeRequestTimeout', 'streamingConnectionIdleTimeout', 'nodeStatusReportFrequency'].map((name): [string, readonly unknown[]] => [name, zero]),
  ...['staticPodURL', 'kubeletCgroups', 'systemCgroups', 'showHiddenMetricsForVersion', 'systemReservedCgroup', 'kubeReservedCgroup', 'providerID', 'imageServiceEndpoint', 'tlsCertFile', 'tlsPrivateKeyFile', 'tlsMinVersion'].map((name): [string, readonly unknown[]] => [name, ['']]),
  ...['staticPodURLHeader', 'tlsCipherSuites', 'tlsCurvePreferences', 'qosReserved', 'memorySwap', 'tracing', 'preloadedImagesVerificationAllowlist'].map((name): [string, readonly unknown[]] => [name, none]),
  ...['enableContentionProfiling', 'runOnce', 'protectKernelDefaults', 'kernelMemcgNotification', 'enableSystemLogQuery', 'mergeDefaultEvictionSettings', 'singleProcessOOMKill'].map((name): [string, readonly unknown[]] => [name, [false]]),
  ...['enableServer', 'enableDebuggingHandlers', 'cgroupsPerQOS', 'cpuCFSQuota', 'enableControllerAttachDetach', 'makeIPTablesUtilChains', 'registerNode', 'localStorageCapacityIsolation'].map((name): [string, readonly unknown[]] => [name, [true]]),
  ['address', ['0.0.0.0', '']], ['port', [10_250, 0]], ['readOnlyPort', [0]], ['healthzPort', [10_248, 0]], ['healthzBindAddress', ['127.0.0.1', '']],
  ['cgroupDriver', ['cgroupfs', '']],
  ['hairpinMode', ['promiscuous-bridge', '']], ['resolvConf', ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf', '']], ['cpuCFSQuotaPeriod', ['100ms', ...zero]], ['nodeStatusMaxImages', [50]],
  ['podsPerCore', [0]], ['containerLogMaxWorkers', [1]], ['containerLogMonitorInterval', ['10s', '0s']], ['configMapAndSecretChangeDetectionStrategy', ['Watch']],
  ['enforceNodeAllocatable', [[], ['pods']]], ['volumePluginDir', ['/usr/libexec/kubernetes/kubelet-plugins/volume/exec/', '']], ['memoryThrottlingFactor', [0.9]], ['memoryReservationPolicy', ['None', '']],
  ['imagePullCredentialsVerificationPolicy', ['NeverVerify', '']],
]);

/**
 * What belongs to a process of upstream's and has nothing to decide here: its own limits and diagnostics, and who may ask it,
 * which flags and the cluster's authority say.
 */
const ownAffairs = [
  'authentication', 'authorization', 'registryPullQPS', 'registryBurst', 'eventRecordQPS', 'eventBurst', 'kubeAPIQPS', 'kubeAPIBurst', 'contentType', 'maxOpenFiles', 'oomScoreAdj', 'logging',
  'enableProfilingHandler', 'enableDebugFlagsHandler', 'iptablesMasqueradeBit', 'iptablesDropBit', 'containerRuntimeEndpoint', 'failSwapOn', 'failCgroupV1',
];

/** Every field of KubeletConfiguration v1beta1 in v1.36. */
export const fields: ReadonlySet<string> = new Set([...followed, ...inert.keys(), ...ownAffairs]);
