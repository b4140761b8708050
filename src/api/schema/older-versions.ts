import type { ResourceSchema } from './schema.ts';
import { builtinSchema, loadOlderResources } from './table.ts';

/** `group/version` of what Kubernetes v1.36 no longer serves in whole or in part: what `loadOlderResources` has, told without reading it. */
export const olderVersions: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io/v1beta1', 'apiextensions.k8s.io/v1beta1', 'apps/v1beta1', 'apps/v1beta2', 'autoscaling/v2beta1', 'autoscaling/v2beta2', 'batch/v1beta1',
  'coordination.k8s.io/v1beta1', 'discovery.k8s.io/v1beta1', 'events.k8s.io/v1beta1', 'extensions/v1beta1', 'networking.k8s.io/v1beta1', 'node.k8s.io/v1beta1', 'policy/v1beta1',
  'rbac.authorization.k8s.io/v1beta1', 'scheduling.k8s.io/v1beta1', 'settings.k8s.io/v1alpha1', 'storage.k8s.io/v1beta1',
]);

/** Groups that v1.36 has no more come after these, as they did in discovery. */
const groupBefore: Readonly<Record<string, string>> = { extensions: 'networking.k8s.io', 'settings.k8s.io': 'rbac.authorization.k8s.io' };

/** Stable before beta before alpha, higher before lower (apimachinery's version.CompareKubeAwareVersionStrings). */
function versionRank(version: string): number {
  const [, major = '0', stage, minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  return (stage === undefined ? 2 : stage === 'beta' ? 1 : 0) * 1e6 + Number(major) * 1e3 + Number(minor);
}

/** All resources, of v1.36 and of older versions, in the order of discovery. Reads the table of older versions. */
export async function allResources(): Promise<{ readonly resources: readonly ResourceSchema[]; readonly older: ReadonlySet<ResourceSchema> }> {
  const older = await loadOlderResources();
  const groups = [...new Set(builtinSchema.resources.map(({ group }) => group))];
  const rankOf = (group: string): number => (group in groupBefore ? groups.indexOf(groupBefore[group]!) + 0.5 : groups.indexOf(group));
  const resources = [...builtinSchema.resources, ...older].sort((a, b) => rankOf(a.group) - rankOf(b.group) || versionRank(b.version) - versionRank(a.version) || (a.resource < b.resource ? -1 : 1));
  return { resources, older: new Set(older) };
}
