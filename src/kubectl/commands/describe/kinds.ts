import type { Describer } from './describer.ts';

type Load = () => Promise<{ readonly default: Describer }>;

/** Who describes what, by `Kind.group`. Everything else is described from its fields. */
const kinds: Readonly<Record<string, Load>> = {
  'Pod.': () => import('./kinds/pod.ts'),
  'ReplicationController.': () => import('./kinds/replication-controller.ts'),
  'Secret.': () => import('./kinds/secret.ts'),
  'Service.': () => import('./kinds/service.ts'),
  'ServiceAccount.': () => import('./kinds/service-account.ts'),
  'Node.': () => import('./kinds/node.ts'),
  'LimitRange.': () => import('./kinds/limit-range.ts'),
  'ResourceQuota.': () => import('./kinds/resource-quota.ts'),
  'PersistentVolume.': () => import('./kinds/persistent-volume.ts'),
  'PersistentVolumeClaim.': () => import('./kinds/persistent-volume-claim.ts'),
  'Namespace.': () => import('./kinds/namespace.ts'),
  'Endpoints.': () => import('./kinds/endpoints.ts'),
  'ConfigMap.': () => import('./kinds/config-map.ts'),
  'EndpointSlice.discovery.k8s.io': () => import('./kinds/endpoint-slice.ts'),
  'HorizontalPodAutoscaler.autoscaling': () => import('./kinds/horizontal-pod-autoscaler.ts'),
  'Ingress.networking.k8s.io': () => import('./kinds/ingress.ts'),
  'IngressClass.networking.k8s.io': () => import('./kinds/ingress-class.ts'),
  'ServiceCIDR.networking.k8s.io': () => import('./kinds/service-cidr.ts'),
  'IPAddress.networking.k8s.io': () => import('./kinds/ip-address.ts'),
  'NetworkPolicy.networking.k8s.io': () => import('./kinds/network-policy.ts'),
  'Job.batch': () => import('./kinds/job.ts'),
  'CronJob.batch': () => import('./kinds/cron-job.ts'),
  'StatefulSet.apps': () => import('./kinds/stateful-set.ts'),
  'Deployment.apps': () => import('./kinds/deployment.ts'),
  'DaemonSet.apps': () => import('./kinds/daemon-set.ts'),
  'ReplicaSet.apps': () => import('./kinds/replica-set.ts'),
  'CertificateSigningRequest.certificates.k8s.io': () => import('./kinds/certificate-signing-request.ts'),
  'StorageClass.storage.k8s.io': () => import('./kinds/storage-class.ts'),
  'CSINode.storage.k8s.io': () => import('./kinds/csi-node.ts'),
  'VolumeAttributesClass.storage.k8s.io': () => import('./kinds/volume-attributes-class.ts'),
  'PodDisruptionBudget.policy': () => import('./kinds/pod-disruption-budget.ts'),
  'Role.rbac.authorization.k8s.io': () => import('./kinds/role.ts'),
  'ClusterRole.rbac.authorization.k8s.io': () => import('./kinds/role.ts'),
  'RoleBinding.rbac.authorization.k8s.io': () => import('./kinds/role-binding.ts'),
  'ClusterRoleBinding.rbac.authorization.k8s.io': () => import('./kinds/role-binding.ts'),
  'PriorityClass.scheduling.k8s.io': () => import('./kinds/priority-class.ts'),
};

/** The describer of a kind; that of any kind where it has none of its own. */
export async function describerFor(group: string, kind: string): Promise<Describer> {
  const load = kinds[`${kind}.${group}`] ?? (() => import('./kinds/generic.ts'));
  return (await load()).default;
}
