/** What the scalable workloads share: where replicas are kept, and how their selector reads. */
import { labelSelectorAsSelector, SelectorError } from '../../meta/labels.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import type { ResourceDefinition } from '../definition.ts';

interface Scalable extends KubeObject {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

/** The text of a label selector; empty for one that cannot be read, which validation never lets pass. */
export function selectorText(selector: LabelSelector | undefined): string {
  try {
    return labelSelectorAsSelector(selector).toString();
  } catch (error) {
    if (error instanceof SelectorError) return '';
    throw error;
  }
}

/** The scale subresource of a kind that keeps `spec.replicas`, `spec.selector` and `status.replicas`. */
export function workloadScale<T extends Scalable>(selector: (object: T) => string): NonNullable<ResourceDefinition<T>['scale']> {
  return {
    replicas: ({ spec }) => spec?.replicas ?? 0,
    setReplicas(object, replicas) {
      if (object.spec === undefined) object.spec = { replicas };
      else object.spec.replicas = replicas;
    },
    statusReplicas: ({ status }) => status?.replicas ?? 0,
    selector,
  };
}
