/** Where groups stand in discovery, and versions in their group: what upstream registers its own APIs with. */

type Versions = Readonly<Record<string, number>>;
const common: Versions = { v1: 15, v1beta1: 9, v1alpha1: 1 };

const groups: Readonly<Record<string, readonly [priority: number, versions: Versions]>> = {
  '': [18_000, { v1: 1 }],
  'apps': [17_800, { v1: 15 }],
  'events.k8s.io': [17_750, { v1: 15, v1beta1: 5 }],
  'authentication.k8s.io': [17_700, common],
  'authorization.k8s.io': [17_600, { v1: 15 }],
  'autoscaling': [17_500, { v1: 15, v2: 30, v2beta1: 9, v2beta2: 1 }],
  'batch': [17_400, { v1: 15, v1beta1: 9, v2alpha1: 9 }],
  'certificates.k8s.io': [17_300, common],
  'networking.k8s.io': [17_200, { v1: 15, v1beta1: 9 }],
  'policy': [17_100, { v1: 15, v1beta1: 9 }],
  'rbac.authorization.k8s.io': [17_000, { v1: 15 }],
  'storage.k8s.io': [16_800, common],
  'apiextensions.k8s.io': [16_700, { v1: 15 }],
  'admissionregistration.k8s.io': [16_700, { v1: 15, v1beta1: 12, v1alpha1: 9 }],
  'scheduling.k8s.io': [16_600, { v1: 15, v1alpha2: 2 }],
  'coordination.k8s.io': [16_500, { v1: 15, v1beta1: 13, v1alpha2: 12 }],
  'node.k8s.io': [16_300, common],
  'discovery.k8s.io': [16_200, { v1: 15, v1beta1: 12 }],
  'resource.k8s.io': [16_200, { v1: 21, v1beta2: 15, v1beta1: 9, v1alpha3: 1 }],
  'flowcontrol.apiserver.k8s.io': [16_100, { v1: 21, v1beta3: 18, v1beta2: 15, v1beta1: 12, v1alpha1: 9 }],
  'internal.apiserver.k8s.io': [16_000, { v1alpha1: 9 }],
  'storagemigration.k8s.io': [15_800, { v1beta1: 9 }],
};

export interface Priority {
  readonly group: number;
  readonly version: number;
}

/** Custom resources come after everything that upstream serves itself. */
export const customPriority: Priority = { group: 1000, version: 100 };
/** No API service stands for the group of API services itself: it comes first, whatever others say. */
export const registrationGroup = 'apiregistration.k8s.io';

/** Undefined for a version that upstream does not register. */
export function builtinPriority(group: string, version: string): Priority | undefined {
  const found = groups[group];
  const priority = found?.[1][version];
  return found === undefined || priority === undefined ? undefined : { group: found[0], version: priority };
}

/** Of a group that this server serves itself, custom resources among them. */
export function localPriority(group: string, version: string): Priority {
  if (group === registrationGroup) return { group: 20_001, version: 0 };
  return builtinPriority(group, version) ?? { group: groups[group]?.[0] ?? customPriority.group, version: customPriority.version };
}
