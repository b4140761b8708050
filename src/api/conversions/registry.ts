/** The versions of v1.36 whose shape or defaults are not those of the stored version. All others differ in name alone. */
import { hpaFromV1, hpaToV1 } from './autoscaling/v1.ts';
import { convertEvent } from './events/event.ts';
import { resourceClaimRules, resourceClaimTemplateRules, resourceSliceRules } from './resource/v1beta1.ts';
import type { VersionRules } from './version-rules.ts';

/** By `group/version/resource` of the served version. */
export const versionRules: Readonly<Record<string, VersionRules>> = {
  'events.k8s.io/v1/events': { toStored: (object) => convertEvent(object, 'core'), fromStored: (object) => convertEvent(object, 'events.k8s.io') },
  'autoscaling/v1/horizontalpodautoscalers': { toStored: hpaFromV1, fromStored: hpaToV1 },
  'resource.k8s.io/v1beta1/resourceclaims': resourceClaimRules,
  'resource.k8s.io/v1beta1/resourceclaimtemplates': resourceClaimTemplateRules,
  'resource.k8s.io/v1beta1/resourceslices': resourceSliceRules,
};

/** Resources of two groups that are one and the same in the store: `group/resource` -> whose objects they are. */
export const sharedStorage: Readonly<Record<string, { readonly group: string; readonly resource: string }>> = {
  'events.k8s.io/events': { group: '', resource: 'events' },
  'extensions/daemonsets': { group: 'apps', resource: 'daemonsets' },
  'extensions/deployments': { group: 'apps', resource: 'deployments' },
  'extensions/replicasets': { group: 'apps', resource: 'replicasets' },
  'extensions/ingresses': { group: 'networking.k8s.io', resource: 'ingresses' },
  'extensions/networkpolicies': { group: 'networking.k8s.io', resource: 'networkpolicies' },
};
