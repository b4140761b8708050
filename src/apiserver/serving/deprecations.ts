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
  'certificates.k8s.io/v1alpha1': [34, 37],
  'certificates.k8s.io/v1beta1': [37, 40, 'certificates.k8s.io/v1'],
  'coordination.k8s.io/v1alpha2': [35, 38],
  'coordination.k8s.io/v1beta1/LeaseCandidate': [36, 39],
  'networking.k8s.io/v1beta1/IPAddress': [34, 37],
  'networking.k8s.io/v1beta1/ServiceCIDR': [34, 37],
  'resource.k8s.io/v1alpha3/DeviceTaintRule': [36, 39],
  'resource.k8s.io/v1alpha3/ResourcePoolStatusRequest': [39, 42],
  'resource.k8s.io/v1beta1': [35, 38],
  'resource.k8s.io/v1beta2': [36, 39],
  'resource.k8s.io/v1beta2/DeviceTaintRule': [39, 42],
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
