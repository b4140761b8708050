/** How the versions differ that Kubernetes v1.36 no longer serves. Loaded with their table, when one of them is turned on. */
import { webhookRules } from './admissionregistration/v1beta1.ts';
import { customResourceDefinitionRules } from './apiextensions/v1beta1.ts';
import { workloadRules } from './apps/older.ts';
import { v2beta1Rules, v2beta2Rules } from './autoscaling/v2beta.ts';
import { endpointSliceRules } from './discovery/v1beta1.ts';
import { convertEvent } from './events/event.ts';
import { ingressRules } from './networking/v1beta1.ts';
import { podDisruptionBudgetRules } from './policy/v1beta1.ts';
import type { VersionRules } from './version-rules.ts';

/** By `group/version/resource` of the served version. */
export const olderVersionRules: Readonly<Record<string, VersionRules>> = {
  ...workloadRules,
  'admissionregistration.k8s.io/v1beta1/mutatingwebhookconfigurations': webhookRules,
  'admissionregistration.k8s.io/v1beta1/validatingwebhookconfigurations': webhookRules,
  'apiextensions.k8s.io/v1beta1/customresourcedefinitions': customResourceDefinitionRules,
  'autoscaling/v2beta1/horizontalpodautoscalers': v2beta1Rules,
  'autoscaling/v2beta2/horizontalpodautoscalers': v2beta2Rules,
  'discovery.k8s.io/v1beta1/endpointslices': endpointSliceRules,
  'events.k8s.io/v1beta1/events': { toStored: (object) => convertEvent(object, 'core'), fromStored: (object) => convertEvent(object, 'events.k8s.io') },
  'extensions/v1beta1/ingresses': ingressRules,
  'networking.k8s.io/v1beta1/ingresses': ingressRules,
  'policy/v1beta1/poddisruptionbudgets': podDisruptionBudgetRules,
};
