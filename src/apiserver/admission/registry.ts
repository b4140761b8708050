import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { LocalEndpoint } from '../../client/transports/local-endpoint.ts';
import type { Attributes, Decision } from '../authorization/authorizer.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { ObjectWriter } from '../object-writer.ts';
import type { AdmissionMetrics } from '../metrics/admission.ts';
import type { ServedResources } from '../served-resources.ts';
import type { WebhookClient } from '../webhooks/webhook-client.ts';
import type { WebhookIdentities } from '../webhooks/webhook-identities.ts';
import type { AdmissionPlugin } from './admission.ts';
import { alwaysAdmit, alwaysDeny } from './always/always.ts';
import { alwaysPullImages } from './always-pull-images/always-pull-images.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction, clusterTrustBundleAttest } from './certificates/certificates.ts';
import type { PluginConfiguration } from './decode-configuration.ts';
import { identitiesOf } from './common/webhook-configuration.ts';
import { defaultIngressClass } from './default-ingress-class/default-ingress-class.ts';
import { defaultStorageClass } from './default-storage-class/default-storage-class.ts';
import type { TolerationSeconds } from './default-toleration-seconds/default-toleration-seconds.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds/default-toleration-seconds.ts';
import { denyServiceExternalIps } from './deny-service-external-ips/deny-service-external-ips.ts';
import { eventLimits, eventRateLimit } from './event-rate-limit/event-rate-limit.ts';
import { extendedResourceToleration } from './extended-resource-toleration/extended-resource-toleration.ts';
import type { ImageReviewer } from './image-policy-webhook/image-policy-webhook.ts';
import { imagePolicySettings, imagePolicyWebhook } from './image-policy-webhook/image-policy-webhook.ts';
import { jobValidation } from './job-validation/job-validation.ts';
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology/limit-pod-hard-anti-affinity-topology.ts';
import { limitRanger } from './limit-ranger/limit-ranger.ts';
import { mutatingAdmissionPolicy } from './mutating-admission-policy/mutating-admission-policy.ts';
import { mutatingWebhook } from './mutating-webhook/mutating-webhook.ts';
import { namespaceAutoProvision } from './namespace-auto-provision/namespace-auto-provision.ts';
import { namespaceExists } from './namespace-exists/namespace-exists.ts';
import { namespaceLifecycle } from './namespace-lifecycle/namespace-lifecycle.ts';
import { nodeDeclaredFeatureValidator } from './node-declared-feature-validator/node-declared-feature-validator.ts';
import { nodeRestriction } from './node-restriction/node-restriction.ts';
import { ownerReferencesPermissionEnforcement } from './owner-references-permission-enforcement/owner-references-permission-enforcement.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize/persistent-volume-claim-resize.ts';
import { podGroupProtection, podGroupWorkloadExists } from './pod-groups/pod-groups.ts';
import { nodeSelectors, podNodeSelector } from './pod-node-selector/pod-node-selector.ts';
import { podPreset } from './pod-preset/pod-preset.ts';
import { podResizeValidator } from './pod-resize-validator/pod-resize-validator.ts';
import { podSecuritySettings } from './pod-security/configuration.ts';
import { podSecurity } from './pod-security/pod-security.ts';
import { podTolerationRestriction, tolerationSettings } from './pod-toleration-restriction/pod-toleration-restriction.ts';
import { podTopologyLabels } from './pod-topology-labels/pod-topology-labels.ts';
import { priority } from './priority/priority.ts';
import { limitedResources } from './resource-quota/configuration.ts';
import { resourceQuota } from './resource-quota/resource-quota.ts';
import { runtimeClass } from './runtime-class/runtime-class.ts';
import { serviceAccount } from './service-account/service-account.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection/storage-object-in-use-protection.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy/validating-admission-policy.ts';
import { validatingWebhook } from './validating-webhook/validating-webhook.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition/taint-nodes-by-condition.ts';

/** What the plug-ins are made from. */
export interface AdmissionParts {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly local: LocalEndpoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly resources: ServedResources;
  readonly webhooks: WebhookClient;
  readonly admissionMetrics: AdmissionMetrics;
  authorize(attributes: Attributes): Decision | Promise<Decision>;
  /** The served resources of a kind; empty where there is none. */
  resourcesOf(group: string, version: string, kind: string): readonly { readonly group: string; readonly version: string; readonly resource: string; readonly namespaced: boolean }[];
  /** Asks an image policy webhook; absent where the process cannot reach one. */
  readonly imageReviewer?: ImageReviewer;
}

interface Entry {
  readonly name: string;
  /** On without being asked for. */
  readonly byDefault: boolean;
  /** Undefined: the plug-in has its place in the order, and comes with a later release; until then nothing needs it. */
  readonly make?: (parts: AdmissionParts & Pick<AdmissionSettings, 'tolerationSeconds' | 'kubeconfigs'>, configuration: PluginConfiguration | undefined) => AdmissionPlugin;
}

const on = (name: string, make: Entry['make']): Entry => ({ name, byDefault: true, ...(make && { make }) });
const off = (name: string, make: Entry['make']): Entry => ({ name, byDefault: false, ...(make && { make }) });

/** Every plug-in of v1.36 in the order in which they run; last our own, which says what is missing. */
const registry: readonly Entry[] = [
  off('AlwaysAdmit', () => alwaysAdmit()),
  off('NamespaceAutoProvision', namespaceAutoProvision),
  on('NamespaceLifecycle', namespaceLifecycle),
  off('NamespaceExists', namespaceExists),
  off('LimitPodHardAntiAffinityTopology', () => limitPodHardAntiAffinityTopology()),
  // Gone since v1.20: does nothing unless settings.k8s.io/v1alpha1 is turned on.
  on('PodPreset', podPreset),
  on('LimitRanger', limitRanger),
  on('ServiceAccount', serviceAccount),
  // Upstream leaves it off and kubeadm turns it on: without it a node's credentials are worth too much.
  on('NodeRestriction', nodeRestriction),
  on('TaintNodesByCondition', () => taintNodesByCondition()),
  off('AlwaysPullImages', () => alwaysPullImages()),
  off('ImagePolicyWebhook', (parts, configuration) => imagePolicyWebhook({ ...parts, settings: imagePolicySettings(configuration) })),
  on('PodSecurity', (parts, configuration) => podSecurity({ ...parts, settings: podSecuritySettings(configuration) })),
  off('PodNodeSelector', (parts, configuration) => podNodeSelector({ ...parts, selectors: nodeSelectors(configuration) })),
  on('Priority', priority),
  on('DefaultTolerationSeconds', ({ tolerationSeconds }) => defaultTolerationSeconds(tolerationSeconds)),
  off('PodTolerationRestriction', (parts, configuration) => podTolerationRestriction({ ...parts, settings: tolerationSettings(configuration) })),
  off('EventRateLimit', (parts, configuration) => eventRateLimit({ ...parts, limits: eventLimits(configuration) })),
  off('ExtendedResourceToleration', () => extendedResourceToleration()),
  on('DefaultStorageClass', defaultStorageClass),
  on('StorageObjectInUseProtection', () => storageObjectInUseProtection()),
  on('PodGroupProtection', () => podGroupProtection()),
  off('OwnerReferencesPermissionEnforcement', ownerReferencesPermissionEnforcement),
  on('PersistentVolumeClaimResize', persistentVolumeClaimResize),
  on('RuntimeClass', runtimeClass),
  on('CertificateApproval', certificateApproval),
  on('CertificateSigning', certificateSigning),
  on('ClusterTrustBundleAttest', clusterTrustBundleAttest),
  on('CertificateSubjectRestriction', () => certificateSubjectRestriction()),
  on('DefaultIngressClass', defaultIngressClass),
  off('DenyServiceExternalIPs', () => denyServiceExternalIps()),
  on('PodTopologyLabels', podTopologyLabels),
  on('PodGroupWorkloadExists', podGroupWorkloadExists),
  on('NodeDeclaredFeatureValidator', nodeDeclaredFeatureValidator),
  on('JobValidation', jobValidation),
  on('PodResizeValidator', podResizeValidator),
  on('MutatingAdmissionPolicy', mutatingAdmissionPolicy),
  on('MutatingAdmissionWebhook', (parts, configuration) => mutatingWebhook({ ...parts, ...identitiesOf(configuration, parts.kubeconfigs) })),
  on('ValidatingAdmissionPolicy', validatingAdmissionPolicy),
  on('ValidatingAdmissionWebhook', (parts, configuration) => validatingWebhook({ ...parts, ...identitiesOf(configuration, parts.kubeconfigs) })),
  on('ResourceQuota', (parts, configuration) => resourceQuota({ ...parts, limited: limitedResources(configuration) })),
  off('AlwaysDeny', () => alwaysDeny()),
];

/** The names of all plug-ins, in the order they run. */
export const admissionPluginNames: readonly string[] = registry.map(({ name }) => name);

/** Which plug-ins run, and what they are told: kube-apiserver's three flags. */
export interface AdmissionSettings {
  /** On beside those that are on by default. */
  readonly enabled?: readonly string[];
  /** Off although they are on by default. */
  readonly disabled?: readonly string[];
  /** How long pods stay on nodes that are not well. Default 300 each. */
  readonly tolerationSeconds?: TolerationSeconds;
  /** By plug-in. */
  readonly configuration?: ReadonlyMap<string, PluginConfiguration>;
  /** Whom webhooks are shown, by the files that WebhookAdmissionConfigurations name. */
  readonly kubeconfigs?: ReadonlyMap<string, WebhookIdentities>;
}

/** What is wrong with the settings by themselves, worded as kube-apiserver does; undefined when nothing is. */
export function admissionSettingsError({ enabled = [], disabled = [] }: AdmissionSettings): string | undefined {
  const unknown = (names: readonly string[]): string | undefined => names.find((name) => !admissionPluginNames.includes(name));
  if (unknown(enabled) !== undefined) return `enable-admission-plugins plugin ${JSON.stringify(unknown(enabled))} is unknown`;
  if (unknown(disabled) !== undefined) return `disable-admission-plugins plugin ${JSON.stringify(unknown(disabled))} is unknown`;
  const both = enabled.filter((name) => disabled.includes(name)).sort();
  return both.length === 0 ? undefined : `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`;
}

/** The plug-ins that are on, in their order. Throws for names that are none of theirs, and for configurations that cannot be. */
export function createAdmission(parts: AdmissionParts, settings: AdmissionSettings = {}): readonly AdmissionPlugin[] {
  const wrong = admissionSettingsError(settings);
  if (wrong !== undefined) throw new Error(wrong);
  const { enabled = [], disabled = [], configuration, tolerationSeconds, kubeconfigs } = settings;
  const all = { ...parts, ...(tolerationSeconds && { tolerationSeconds }), ...(kubeconfigs && { kubeconfigs }) };
  return registry
    .filter(({ name, byDefault }) => (byDefault ? !disabled.includes(name) : enabled.includes(name)))
    .flatMap(({ name, make }) => make?.(all, configuration?.get(name)) ?? []);
}
