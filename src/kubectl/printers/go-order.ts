import { isMap } from '../../base/is-map.ts';
import { goShaped } from '../../api/schema/go-shape.ts';
import type { ValueSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { AnyMetadata, AnyObject } from '../resources/item.ts';
import { groupOf, isList } from '../resources/item.ts';

/**
 * The order in which Go writes the fields of built-in types: that of their structures, which is that of their protobuf
 * tags but for these. A line is a definition (`+` stands for `io.k8s.api.`), a tab, and its fields.
 */
const exceptions = `
+admissionregistration.v1.MutatingWebhook	name clientConfig rules failurePolicy matchPolicy namespaceSelector objectSelector sideEffects timeoutSeconds admissionReviewVersions reinvocationPolicy matchConditions
+admissionregistration.v1.ValidatingWebhook	name clientConfig rules failurePolicy matchPolicy namespaceSelector objectSelector sideEffects timeoutSeconds admissionReviewVersions matchConditions
+admissionregistration.v1.WebhookClientConfig	url service caBundle
+apps.v1.DeploymentCondition	type status lastUpdateTime lastTransitionTime reason message
+apps.v1.DeploymentStatus	observedGeneration replicas updatedReplicas readyReplicas availableReplicas unavailableReplicas terminatingReplicas conditions collisionCount
+apps.v1.ReplicaSetSpec	replicas minReadySeconds selector template
+apps.v1.ReplicaSetStatus	replicas fullyLabeledReplicas readyReplicas availableReplicas terminatingReplicas observedGeneration conditions
+authentication.v1.TokenRequestSpec	audiences expirationSeconds boundObjectRef
+authentication.v1.TokenReviewStatus	authenticated user audiences error
+authorization.v1.SubjectAccessReviewStatus	allowed denied reason evaluationError
+autoscaling.v2.MetricSpec	type object pods resource containerResource external
+autoscaling.v2.MetricStatus	type object pods resource containerResource external
+batch.v1.CronJobSpec	schedule timeZone startingDeadlineSeconds concurrencyPolicy suspend jobTemplate successfulJobsHistoryLimit failedJobsHistoryLimit
+batch.v1.JobSpec	parallelism completions activeDeadlineSeconds podFailurePolicy successPolicy backoffLimit backoffLimitPerIndex maxFailedIndexes selector manualSelector template ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy
+batch.v1.JobStatus	conditions startTime completionTime active succeeded failed terminating completedIndexes failedIndexes uncountedTerminatedPods ready
+certificates.v1.CertificateSigningRequestCondition	type status reason message lastUpdateTime lastTransitionTime
+certificates.v1.CertificateSigningRequestSpec	request signerName expirationSeconds usages username uid groups extra
+core.v1.ClusterTrustBundleProjection	name signerName labelSelector optional path
+core.v1.ConfigMap	metadata immutable data binaryData
+core.v1.Container	name image command args workingDir ports envFrom env resources resizePolicy restartPolicy restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty
+core.v1.EndpointAddress	ip hostname nodeName targetRef
+core.v1.EphemeralContainer	name image command args workingDir ports envFrom env resources resizePolicy restartPolicy restartPolicyRules volumeMounts volumeDevices livenessProbe readinessProbe startupProbe lifecycle terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty targetContainerName
+core.v1.ISCSIPersistentVolumeSource	targetPortal iqn lun iscsiInterface fsType readOnly portals chapAuthDiscovery chapAuthSession secretRef initiatorName
+core.v1.ISCSIVolumeSource	targetPortal iqn lun iscsiInterface fsType readOnly portals chapAuthDiscovery chapAuthSession secretRef initiatorName
+core.v1.NodeSpec	podCIDR podCIDRs providerID unschedulable taints configSource externalID
+core.v1.PersistentVolumeClaimSpec	accessModes selector resources volumeName storageClassName volumeMode dataSource dataSourceRef volumeAttributesClassName
+core.v1.PodCondition	type observedGeneration status lastProbeTime lastTransitionTime reason message
+core.v1.PodSecurityContext	seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup sysctls fsGroupChangePolicy seccompProfile appArmorProfile seLinuxChangePolicy
+core.v1.PodSpec	volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates resourceClaims resources hostnameOverride schedulingGroup
+core.v1.PodStatus	observedGeneration phase conditions message reason nominatedNodeName hostIP hostIPs podIP podIPs startTime initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resize resourceClaimStatuses extendedResourceClaimStatus allocatedResources resources nodeAllocatableResourceClaimStatuses
+core.v1.ReplicationControllerSpec	replicas minReadySeconds selector template
+core.v1.ReplicationControllerStatus	replicas fullyLabeledReplicas readyReplicas availableReplicas observedGeneration conditions
+core.v1.Secret	metadata immutable data stringData type
+core.v1.SecurityContext	capabilities privileged seLinuxOptions windowsOptions runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount seccompProfile appArmorProfile
+core.v1.ServicePort	name protocol appProtocol port targetPort nodePort
+core.v1.ServiceSpec	ports selector clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig ipFamilies ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution
+core.v1.Volume	name hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs persistentVolumeClaim rbd flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap vsphereVolume quobyte azureDisk photonPersistentDisk projected portworxVolume scaleIO storageos csi ephemeral image
+core.v1.VolumeMount	name readOnly recursiveReadOnly mountPath subPath mountPropagation subPathExpr
+discovery.v1.EndpointSlice	metadata addressType endpoints ports
+networking.v1.HTTPIngressPath	path pathType backend
+networking.v1.IngressBackend	service resource
+networking.v1.IngressSpec	ingressClassName defaultBackend tls rules
io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference	apiVersion kind name uid controller blockOwnerDeletion
`;

let orders: ReadonlyMap<string, readonly string[]> | undefined;

function ordersOf(): ReadonlyMap<string, readonly string[]> {
  return (orders ??= new Map(exceptions.trim().split('\n').map((line) => {
    const [name = '', fields = ''] = line.split('\t');
    return [name.replace(/^\+/, 'io.k8s.api.'), fields.split(' ')] as const;
  })));
}

/** Fields of lists and other plain types that have no tags of their own stay where they are. */
function rankIn(schema: ValueSchema & { readonly kind: 'object' }): (name: string) => number {
  const order = ordersOf().get(schema.name);
  return (name) => {
    if (name === 'kind' && schema.fields.get(name)?.tag === undefined) return -2;
    if (name === 'apiVersion' && schema.fields.get(name)?.tag === undefined) return -1;
    const at = order?.indexOf(name) ?? -1;
    return at >= 0 ? at : schema.fields.get(name)?.tag ?? Number.MAX_SAFE_INTEGER;
  };
}

const sortedKeys = (value: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));

function ordered(value: unknown, schema: ValueSchema | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => ordered(item, schema?.kind === 'list' ? schema.items : undefined));
  if (!isMap(value)) return value;
  if (schema?.kind !== 'object' || schema.fields.size === 0) return Object.fromEntries(Object.entries(sortedKeys(value)).map(([key, child]) => [key, ordered(child, schema?.kind === 'map' ? schema.values : undefined)]));
  const rank = rankIn(schema);
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => rank(a) - rank(b)).map(([key, child]) => [key, ordered(child, schema.fields.get(key)?.value)]));
}

const metadata = (): ValueSchema | undefined => builtinSchema.definition('io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta');

/** The object as Go writes the structure of its kind: its fields in that order, and those there that Go always writes. One of a kind that is not built in has its fields by name. */
export function inGoOrder(object: AnyObject): AnyObject {
  const { apiVersion = '', kind = '' } = object;
  const schema = builtinSchema.kind(groupOf(apiVersion), apiVersion.slice(apiVersion.indexOf('/') + 1), kind);
  if (schema !== undefined) {
    const shaped = goShaped(object, schema) as AnyObject;
    // A list without anything says so.
    return ordered(isList(object) ? { items: [], ...shaped } : shaped, schema) as AnyObject;
  }
  if (!Array.isArray(object['items'])) return ordered(object, undefined) as AnyObject;
  const { kind: _, apiVersion: __, metadata: list = {}, items, ...rest } = object;
  return { kind, apiVersion, metadata: ordered(list, metadata()) as AnyMetadata, ...rest, items: (items as AnyObject[]).map(inGoOrder) };
}
