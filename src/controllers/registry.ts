import { startAttachDetachController } from './attach-detach/attach-detach.ts';
import { startBootstrapSignerController, startTokenCleanerController } from './bootstrap-tokens/bootstrap-tokens.ts';
import { startCertificateApprovingController, startCertificateCleanerController, startCertificateSigningController } from './certificates/certificates.ts';
import { startClusterRoleAggregationController } from './cluster-role-aggregation/cluster-role-aggregation.ts';
import type { ControllerContext } from './common/context.ts';
import { startCronJobController } from './cron-job/cron-job.ts';
import { startDaemonSetController } from './daemon-set/daemon-set.ts';
import { startDeploymentController } from './deployment/deployment.ts';
import { startDeviceTaintEvictionController } from './device-taint-eviction/device-taint-eviction.ts';
import { startDisruptionController } from './disruption/disruption.ts';
import { startEndpointSliceMirroringController } from './endpoint-slice-mirroring/endpoint-slice-mirroring.ts';
import { startEndpointSliceController } from './endpoint-slice/endpoint-slice.ts';
import { startEndpointsController } from './endpoints/endpoints.ts';
import { startEphemeralVolumeController } from './ephemeral-volume/ephemeral-volume.ts';
import { startGarbageCollector } from './garbage-collector/garbage-collector.ts';
import { startHorizontalPodAutoscalerController } from './horizontal-pod-autoscaler/horizontal-pod-autoscaler.ts';
import { startJobController } from './job/job.ts';
import { startLegacyServiceAccountTokenCleaner } from './legacy-service-account-token-cleaner/legacy-service-account-token-cleaner.ts';
import { startNamespaceController } from './namespace/namespace.ts';
import { startNodeIpamController } from './node-ipam/node-ipam.ts';
import { startNodeLifecycleController } from './node-lifecycle/node-lifecycle.ts';
import { startPersistentVolumeBinder } from './persistent-volume-binder/persistent-volume-binder.ts';
import { startPodGarbageCollector } from './pod-gc/pod-gc.ts';
import { startPodGroupProtectionController } from './pod-group-protection/pod-group-protection.ts';
import { startPvProtectionController } from './pv-protection/pv-protection.ts';
import { startPvcProtectionController } from './pvc-protection/pvc-protection.ts';
import { startReplicaSetController, startReplicationController } from './replica-set/replica-set.ts';
import { startResourceClaimController } from './resource-claim/resource-claim.ts';
import { startResourceQuotaController } from './resource-quota/resource-quota.ts';
import { startRootCaController } from './root-ca/root-ca.ts';
import { startServiceCidrController } from './service-cidr/service-cidr.ts';
import { startServiceAccountTokenController } from './service-account-token/service-account-token.ts';
import { startServiceAccountController } from './service-account/service-account.ts';
import { startStatefulSetController } from './stateful-set/stateful-set.ts';
import { startVolumeExpandController } from './volume-expand/volume-expand.ts';
import { startValidatingAdmissionPolicyStatusController } from './validating-admission-policy-status/validating-admission-policy-status.ts';
import { startStorageVersionMigrator } from './storage-version-migrator/storage-version-migrator.ts';
import { startTaintEvictionController } from './taint-eviction/taint-eviction.ts';
import { startTtlAfterFinishedController } from './ttl-after-finished/ttl-after-finished.ts';
import { startTtlController } from './ttl/ttl.ts';
import { startVacProtectionController } from './vac-protection/vac-protection.ts';

export interface ControllerEntry {
  /** As `--controllers` of kube-controller-manager names it. */
  readonly name: string;
  /** Sets the controller going and resolves at once; it stops when the context's signal aborts. */
  readonly start: (context: ControllerContext) => Promise<void>;
}

/** Every controller, in the order in which they are started: first those that others wait for. */
export const controllers: readonly ControllerEntry[] = [
  { name: 'serviceaccount-controller', start: startServiceAccountController },
  { name: 'serviceaccount-token-controller', start: startServiceAccountTokenController },
  { name: 'legacy-serviceaccount-token-cleaner-controller', start: startLegacyServiceAccountTokenCleaner },
  { name: 'root-ca-certificate-publisher-controller', start: startRootCaController },
  { name: 'clusterrole-aggregation-controller', start: startClusterRoleAggregationController },
  { name: 'node-ipam-controller', start: startNodeIpamController },
  { name: 'node-lifecycle-controller', start: startNodeLifecycleController },
  { name: 'taint-eviction-controller', start: startTaintEvictionController },
  { name: 'deployment-controller', start: startDeploymentController },
  { name: 'replicaset-controller', start: startReplicaSetController },
  { name: 'replicationcontroller-controller', start: startReplicationController },
  { name: 'daemonset-controller', start: startDaemonSetController },
  { name: 'statefulset-controller', start: startStatefulSetController },
  { name: 'job-controller', start: startJobController },
  { name: 'cronjob-controller', start: startCronJobController },
  { name: 'horizontal-pod-autoscaler-controller', start: startHorizontalPodAutoscalerController },
  { name: 'ttl-after-finished-controller', start: startTtlAfterFinishedController },
  { name: 'disruption-controller', start: startDisruptionController },
  { name: 'endpoints-controller', start: startEndpointsController },
  { name: 'endpointslice-controller', start: startEndpointSliceController },
  { name: 'endpointslice-mirroring-controller', start: startEndpointSliceMirroringController },
  { name: 'ttl-controller', start: startTtlController },
  { name: 'certificatesigningrequest-signing-controller', start: startCertificateSigningController },
  { name: 'certificatesigningrequest-approving-controller', start: startCertificateApprovingController },
  { name: 'certificatesigningrequest-cleaner-controller', start: startCertificateCleanerController },
  { name: 'resourcequota-controller', start: startResourceQuotaController },
  { name: 'resourceclaim-controller', start: startResourceClaimController },
  { name: 'device-taint-eviction-controller', start: startDeviceTaintEvictionController },
  { name: 'ephemeral-volume-controller', start: startEphemeralVolumeController },
  { name: 'persistentvolume-binder-controller', start: startPersistentVolumeBinder },
  { name: 'persistentvolume-attach-detach-controller', start: startAttachDetachController },
  { name: 'persistentvolume-expander-controller', start: startVolumeExpandController },
  { name: 'persistentvolumeclaim-protection-controller', start: startPvcProtectionController },
  { name: 'persistentvolume-protection-controller', start: startPvProtectionController },
  { name: 'validatingadmissionpolicy-status-controller', start: startValidatingAdmissionPolicyStatusController },
  { name: 'volumeattributesclass-protection-controller', start: startVacProtectionController },
  { name: 'podgroup-protection-controller', start: startPodGroupProtectionController },
  { name: 'bootstrap-signer-controller', start: startBootstrapSignerController },
  { name: 'token-cleaner-controller', start: startTokenCleanerController },
  { name: 'service-cidr-controller', start: startServiceCidrController },
  { name: 'storage-version-migrator-controller', start: startStorageVersionMigrator },
  { name: 'namespace-controller', start: startNamespaceController },
  { name: 'pod-garbage-collector-controller', start: startPodGarbageCollector },
  { name: 'garbage-collector-controller', start: startGarbageCollector },
];
