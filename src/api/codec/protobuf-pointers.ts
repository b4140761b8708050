import type { ValueSchema } from '../schema/schema.ts';

/**
 * Go writes a plain field into protobuf even when it is zero, and a pointer only when it is set; the bytes are the same.
 * JSON must have the zero of a pointer (`replicas: 0` is a decision) and must not have that of a plain field (Go's
 * `omitempty`). Neither OpenAPI nor the protobuf descriptors tell the two apart, so here are the names of the fields
 * that are pointers and whose zero says something. A zero of any other scalar is left out.
 */
const everywhere: ReadonlySet<string> = new Set([
  // metadata and options
  'blockOwnerDeletion', 'controller', 'deletionGracePeriodSeconds', 'gracePeriodSeconds', 'orphanDependents', 'force', 'sendInitialEvents', 'remainingItemCount',
  // pods
  'activeDeadlineSeconds', 'allowPrivilegeEscalation', 'automountServiceAccountToken', 'defaultMode', 'enableServiceLinks', 'expirationSeconds', 'fsGroup', 'hostProcess', 'hostUsers', 'mode', 'optional',
  'priority', 'privileged', 'readOnlyRootFilesystem', 'runAsGroup', 'runAsNonRoot', 'runAsUser', 'setHostnameAsFQDN', 'shareProcessNamespace', 'started', 'terminationGracePeriodSeconds', 'tolerationSeconds', 'minDomains', 'limitBytes', 'sinceSeconds', 'tailLines',
  // storage
  'allowVolumeExpansion', 'attachRequired', 'podInfoOnMount', 'requiresRepublish', 'seLinuxMount', 'storageCapacity', 'storageClassName', 'volumeAttributesClassName', 'nodeAllocatableUpdatePeriodSeconds',
  // services
  'allocateLoadBalancerNodePorts', 'ready', 'serving', 'terminating',
  // workloads
  'backoffLimit', 'backoffLimitPerIndex', 'collisionCount', 'completions', 'failedJobsHistoryLimit', 'manualSelector', 'maxFailedIndexes', 'minReplicas', 'parallelism', 'progressDeadlineSeconds', 'replicas',
  'revisionHistoryLimit', 'stabilizationWindowSeconds', 'startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'succeededCount', 'suspend', 'terminatingReplicas', 'ttlSecondsAfterFinished', 'averageUtilization', 'targetCPUUtilizationPercentage', 'currentCPUUtilizationPercentage',
  // others
  'immutable', 'leaseDurationSeconds', 'leaseTransitions', 'lendablePercent', 'borrowingLimitPercent', 'nominalConcurrencyShares', 'preserveUnknownFields', 'allowed',
]);

/** Plain fields that share their name with a pointer, by type. */
const plain: ReadonlySet<string> = new Set(['ContainerStatus.ready', 'ReplicaSetStatus.replicas', 'DeploymentStatus.replicas', 'StatefulSetStatus.replicas', 'ReplicationControllerStatus.replicas', 'ScaleSpec.replicas', 'ScaleStatus.replicas', 'CertificateSigningRequestStatus.ready', 'CustomResourceColumnDefinition.priority', 'PersistentVolumeSpec.storageClassName']);

/** Pointers by type, where most fields of the name are plain. */
const pointers: ReadonlySet<string> = new Set([
  'Endpoint.nodeName', 'EndpointPort.port', 'RollingUpdateStatefulSetStrategy.partition', 'VolumeNodeResources.count', 'ClientIPConfig.timeoutSeconds', 'WebhookClientConfig.port', 'ServiceReference.port', 'ValidatingWebhook.timeoutSeconds', 'MutatingWebhook.timeoutSeconds',
  'JSONSchemaProps.maximum', 'JSONSchemaProps.minimum', 'JSONSchemaProps.maxLength', 'JSONSchemaProps.minLength', 'JSONSchemaProps.maxItems', 'JSONSchemaProps.minItems', 'JSONSchemaProps.maxProperties', 'JSONSchemaProps.minProperties', 'JSONSchemaProps.multipleOf',
  'JSONSchemaProps.x-kubernetes-preserve-unknown-fields', 'ListOptions.timeoutSeconds', 'ValidationRule.optionalOldSelf', 'DeleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential',
  'DeviceAttribute.bool', 'DeviceAttribute.int', 'DeviceAttribute.string', 'DeviceAttribute.version', 'Device.allNodes', 'Device.allowMultipleAllocations', 'Device.bindsToNode', 'BasicDevice.allNodes', 'BasicDevice.allowMultipleAllocations', 'BasicDevice.bindsToNode',
  'ResourceSliceSpec.allNodes', 'ResourceSliceSpec.perDeviceNodeSelection', 'ExactDeviceRequest.adminAccess', 'DeviceRequest.adminAccess', 'DeviceRequestAllocationResult.adminAccess',
  'AzureDiskVolumeSource.readOnly', 'CSIVolumeSource.readOnly', 'FCVolumeSource.lun', 'VolumeError.errorCode', 'CSIDriverSpec.preventPodSchedulingIfMissing', 'CSIDriverSpec.serviceAccountTokenInSecrets',
  'NetworkPolicyPort.endPort', 'IngressSpec.ingressClassName', 'PodDNSConfigOption.value', 'PodCertificateProjection.maxExpirationSeconds', 'PodCertificateRequestSpec.maxExpirationSeconds',
  'NodeFeatures.supplementalGroupsPolicy', 'NodeRuntimeHandlerFeatures.recursiveReadOnlyMounts', 'NodeRuntimeHandlerFeatures.userNamespaces', 'NodeSwapStatus.capacity',
]);

/**
 * Is a zero of this field worth keeping? `type` is the last part of the definition's name. The zero of an
 * int-or-string is a decision (`maxSurge: 0`), but for the target port, which then is the port.
 */
export function keepsZero(type: string, field: string, kind: ValueSchema['kind']): boolean {
  if (kind === 'int-or-string') return field !== 'targetPort';
  const qualified = `${type}.${field}`;
  return pointers.has(qualified) || (everywhere.has(field) && !plain.has(qualified));
}
