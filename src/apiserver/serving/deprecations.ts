/** The warnings for API versions that are on their way out: upstream's prerelease lifecycle, as of v1.36. */
import { apiVersionOf } from '../../api/resource-type.ts';
import type { ResourceSchema } from '../../api/schema/schema.ts';

const thisMinor = 36;

/** Minor version of the deprecation, of the removal (0: none yet), and `apiVersion Kind` of the replacement where there is one. */
type Lifecycle = readonly [deprecated: number, removed: number, replacement?: string];

/** By `group/version`, or `group/version/Kind` where kinds of one version differ. */
const lifecycles: Readonly<Record<string, Lifecycle>> = {
  '/v1/ComponentStatus': [19, 0],
  '/v1/Endpoints': [33, 0, 'discovery.k8s.io/v1 EndpointSlice'],
  'admissionregistration.k8s.io/v1alpha1': [35, 38],
  'admissionregistration.k8s.io/v1beta1': [37, 40, 'admissionregistration.k8s.io/v1'],
  'admissionregistration.k8s.io/v1beta1/MutatingWebhookConfiguration': [16, 22, 'admissionregistration.k8s.io/v1'],
  'admissionregistration.k8s.io/v1beta1/ValidatingWebhookConfiguration': [16, 22, 'admissionregistration.k8s.io/v1'],
  'apiextensions.k8s.io/v1beta1': [16, 22, 'apiextensions.k8s.io/v1'],
  'apps/v1beta1': [8, 16, 'apps/v1'],
  'apps/v1beta2': [9, 16, 'apps/v1'],
  'autoscaling/v2beta1': [22, 25, 'autoscaling/v2'],
  'autoscaling/v2beta2': [23, 26, 'autoscaling/v2'],
  'batch/v1beta1': [21, 25, 'batch/v1'],
  'certificates.k8s.io/v1alpha1': [34, 37],
  'certificates.k8s.io/v1beta1': [37, 40, 'certificates.k8s.io/v1'],
  'coordination.k8s.io/v1alpha2': [35, 38],
  'coordination.k8s.io/v1beta1/Lease': [19, 22, 'coordination.k8s.io/v1'],
  'coordination.k8s.io/v1beta1/LeaseCandidate': [36, 39],
  'discovery.k8s.io/v1beta1': [21, 25, 'discovery.k8s.io/v1'],
  'events.k8s.io/v1beta1': [22, 25],
  'extensions/v1beta1': [8, 16, 'apps/v1'],
  'extensions/v1beta1/Ingress': [14, 22, 'networking.k8s.io/v1'],
  'extensions/v1beta1/NetworkPolicy': [9, 16, 'networking.k8s.io/v1'],
  'networking.k8s.io/v1beta1/IPAddress': [34, 37],
  'networking.k8s.io/v1beta1/Ingress': [19, 22, 'networking.k8s.io/v1'],
  // Upstream's own slip.
  'networking.k8s.io/v1beta1/IngressClass': [19, 22, 'networking.k8s.io/v1 IngressClassList'],
  'networking.k8s.io/v1beta1/ServiceCIDR': [34, 37],
  'node.k8s.io/v1beta1': [22, 25],
  'policy/v1beta1': [21, 25, 'policy/v1'],
  'rbac.authorization.k8s.io/v1beta1': [17, 22, 'rbac.authorization.k8s.io/v1'],
  'resource.k8s.io/v1alpha3/DeviceTaintRule': [36, 39],
  'resource.k8s.io/v1alpha3/ResourcePoolStatusRequest': [39, 42],
  'resource.k8s.io/v1beta1': [35, 38],
  'resource.k8s.io/v1beta2': [36, 39],
  'resource.k8s.io/v1beta2/DeviceTaintRule': [39, 42],
  'scheduling.k8s.io/v1beta1': [14, 22, 'scheduling.k8s.io/v1'],
  'storage.k8s.io/v1beta1/CSIDriver': [19, 22, 'storage.k8s.io/v1'],
  'storage.k8s.io/v1beta1/CSINode': [17, 22, 'storage.k8s.io/v1'],
  'storage.k8s.io/v1beta1/CSIStorageCapacity': [24, 27, 'storage.k8s.io/v1'],
  'storage.k8s.io/v1beta1/StorageClass': [19, 22, 'storage.k8s.io/v1'],
  'storage.k8s.io/v1beta1/VolumeAttachment': [19, 22, 'storage.k8s.io/v1'],
  'storage.k8s.io/v1beta1/VolumeAttributesClass': [34, 37, 'storage.k8s.io/v1'],
};

/** What upstream warns whoever uses the resource in this version; undefined where it does not. */
export function deprecationOf(resource: Pick<ResourceSchema, 'group' | 'version' | 'kind'>): string | undefined {
  const version = `${resource.group}/${resource.version}`;
  const lifecycle = lifecycles[`${version}/${resource.kind}`] ?? lifecycles[version];
  if (lifecycle === undefined) return undefined;
  const [deprecated, removed, replacement] = lifecycle;
  if (deprecated > thisMinor) return undefined;
  const instead = replacement === undefined ? '' : `; use ${replacement}${replacement.includes(' ') ? '' : ` ${resource.kind}`}`;
  return `${apiVersionOf(resource)} ${resource.kind} is deprecated in v1.${deprecated}+${removed === 0 ? '' : `, unavailable in v1.${removed}+`}${instead}`;
}
