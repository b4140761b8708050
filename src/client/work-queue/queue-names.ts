/** What upstream calls the queues of its controllers, which are named otherwise themselves: dashboards look for these. */
const upstreamNames: Readonly<Record<string, string>> = {
  'service-account-controller': 'serviceaccount', 'serviceaccount-token-controller': 'serviceaccount_tokens_service',
  'root-ca-cert-publisher': 'root_ca_cert_publisher', 'clusterrole-aggregation-controller': 'ClusterRoleAggregator',
  'node-ipam-controller': 'cidrallocator_node', 'node-controller': 'node_lifecycle_controller',
  'node-controller-pods': 'node_lifecycle_controller_pods', 'taint-eviction-controller': 'noexec_taint_pod', 'deployment-controller': 'deployment',
  'replicaset-controller': 'replicaset', 'replication-controller': 'replicationmanager', 'daemonset-controller': 'daemonset',
  'statefulset-controller': 'statefulset', 'job-controller': 'job', 'job-controller-orphans': 'job_orphan_pod', 'cronjob-controller': 'cronjob',
  'horizontal-pod-autoscaler': 'horizontalpodautoscaler', 'ttl-after-finished-controller': 'ttl_jobs_to_delete',
  'disruption-controller': 'disruption', 'stale-pod-disruption': 'stale_pod_disruption', 'endpoint-controller': 'endpoint',
  'endpointslice-controller': 'endpoint_slice', 'endpointslicemirroring-controller': 'endpoint_slice_mirroring', 'ttl-controller': 'ttlcontroller',
  'csrsigning': 'certificate', 'csrapproving': 'certificate', 'csrcleaner': 'certificate', 'resourcequota-controller': 'resourcequota_primary',
  'resource-claim-controller': 'resource_claim', 'ephemeral-volume-controller': 'ephemeral_volume', 'expand-controller': 'volume_expand',
  'pvc-protection-controller': 'pvcprotection', 'pv-protection-controller': 'pvprotection',
  'volumeattributesclass-protection-controller': 'vacprotection', 'podgroup-protection-controller': 'podgroupprotection',
  'validatingadmissionpolicy-status-controller': 'validatingadmissionpolicy-status', 'service-cidr-controller': 'ipaddresses',
  'namespace-controller': 'namespace', 'generic-garbage-collector': 'garbage_collector_attempt_to_delete',
  'generic-garbage-collector/orphan': 'garbage_collector_attempt_to_orphan', 'bootstrap-signer': 'bootstrap_signer_queue',
  'token-cleaner': 'token_cleaner', 'service-controller': 'service', 'service-controller-nodes': 'node',
};

/** Under which name a controller's queue is counted: its own where upstream has no such controller. */
export const queueNameOf = (controller: string): string => (Object.hasOwn(upstreamNames, controller) ? upstreamNames[controller]! : controller);
