/**
 * The controllers of kube-controller-manager v1.36 by name, with the names they had before v1.28. Those that are not in
 * the registry have their names known all the same: a list that leaves one out stays right.
 */
const aliases: Readonly<Record<string, string>> = {
  daemonset: 'daemonset-controller', statefulset: 'statefulset-controller', replicaset: 'replicaset-controller', deployment: 'deployment-controller',
  horizontalpodautoscaling: 'horizontal-pod-autoscaler-controller', job: 'job-controller', cronjob: 'cronjob-controller',
  bootstrapsigner: 'bootstrap-signer-controller', tokencleaner: 'token-cleaner-controller',
  csrsigning: 'certificatesigningrequest-signing-controller', csrapproving: 'certificatesigningrequest-approving-controller', csrcleaner: 'certificatesigningrequest-cleaner-controller',
  'root-ca-cert-publisher': 'root-ca-certificate-publisher-controller',
  nodeipam: 'node-ipam-controller', nodelifecycle: 'node-lifecycle-controller',
  'persistentvolume-binder': 'persistentvolume-binder-controller', attachdetach: 'persistentvolume-attach-detach-controller', 'persistentvolume-expander': 'persistentvolume-expander-controller', 'ephemeral-volume': 'ephemeral-volume-controller',
  endpoint: 'endpoints-controller', endpointslice: 'endpointslice-controller', endpointslicemirroring: 'endpointslice-mirroring-controller', replicationcontroller: 'replicationcontroller-controller',
  podgc: 'pod-garbage-collector-controller', resourcequota: 'resourcequota-controller', namespace: 'namespace-controller', serviceaccount: 'serviceaccount-controller', ttl: 'ttl-controller',
  garbagecollector: 'garbage-collector-controller', 'pvc-protection': 'persistentvolumeclaim-protection-controller', 'pv-protection': 'persistentvolume-protection-controller',
  'ttl-after-finished': 'ttl-after-finished-controller', 'legacy-service-account-token-cleaner': 'legacy-serviceaccount-token-cleaner-controller', 'storage-version-gc': 'storageversion-garbage-collector-controller',
  disruption: 'disruption-controller', 'clusterrole-aggregation': 'clusterrole-aggregation-controller', 'resource-claim-controller': 'resourceclaim-controller',
  'serviceaccount-token': 'serviceaccount-token-controller', svm: 'storage-version-migrator-controller',
};

const unaliased = [
  'podcertificaterequest-cleaner-controller', 'kube-apiserver-serving-clustertrustbundle-publisher-controller', 'taint-eviction-controller', 'volumeattributesclass-protection-controller',
  'selinux-warning-controller', 'service-cidr-controller', 'device-taint-eviction-controller', 'resourcepoolstatusrequest-controller', 'podgroup-protection-controller', 'validatingadmissionpolicy-status-controller',
] as const;

/** Those that `*` does not mean. */
export const disabledByDefault: ReadonlySet<string> = new Set(['bootstrap-signer-controller', 'token-cleaner-controller', 'selinux-warning-controller']);

export const upstreamControllers: ReadonlySet<string> = new Set([...Object.values(aliases), ...unaliased]);

/** The name of today for one of before; any other as it is. */
export function canonicalController(name: string): string {
  return Object.hasOwn(aliases, name) ? aliases[name]! : name;
}
