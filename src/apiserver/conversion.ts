import type { KubeObject } from '../api/meta/object.ts';
import { apiVersionOf } from '../api/resource-type.ts';
import type { ResourceSchema } from '../api/schema/schema.ts';
import { convertEvent } from './conversions/event.ts';
import { hpaFromV1, hpaToV1 } from './conversions/horizontal-pod-autoscaler.ts';

/** Both ways between a served version and the stored one. Neither changes its argument. */
export interface Conversion {
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}

type Shape = (object: KubeObject) => KubeObject;

/** Versions whose shapes differ: `group/version/resource` of the served version -> how to make the stored one, and back. */
const shapes: Readonly<Record<string, { readonly toStored: Shape; readonly fromStored: Shape }>> = {
  'events.k8s.io/v1/events': { toStored: (object) => convertEvent(object, 'core'), fromStored: (object) => convertEvent(object, 'events.k8s.io') },
  'autoscaling/v1/horizontalpodautoscalers': { toStored: hpaFromV1, fromStored: hpaToV1 },
};

/** Undefined when served and stored version are the same. Versions that differ in name alone swap their apiVersion. */
export function conversionBetween(served: ResourceSchema, stored: ResourceSchema): Conversion | undefined {
  if (served.group === stored.group && served.version === stored.version) return undefined;
  const shape = shapes[`${served.group}/${served.version}/${served.resource}`];
  const servedVersion = apiVersionOf(served);
  const storedVersion = apiVersionOf(stored);
  return {
    toStored: (object) => ({ ...(shape === undefined ? object : shape.toStored(object)), apiVersion: storedVersion, kind: stored.kind }),
    fromStored: (object) => ({ ...(shape === undefined ? object : shape.fromStored(object)), apiVersion: servedVersion, kind: served.kind }),
  };
}
