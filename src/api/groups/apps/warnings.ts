import type { Loose } from '../../meta/loose.ts';
import type { KubeObject } from '../../meta/object.ts';
import { hostnameWarnings, podTemplateWarnings } from '../../pod/pod-warnings.ts';
import type { PodTemplateSpec } from '../../types/core/v1.ts';

type Workload = KubeObject & { readonly spec?: { readonly template?: Loose<PodTemplateSpec> } };

/** Is it a new object, or does the update change what it asks for? Only then its template is worth a warning. */
export const asksForMore = ({ metadata }: KubeObject, old: KubeObject | undefined): boolean => old === undefined || metadata.generation !== old.metadata.generation;

/** Warnings for the name of a new object that its pods are called after. */
export const podNameWarnings = ({ metadata }: KubeObject): string[] => hostnameWarnings(metadata.name, 'this is used in Pod names and hostnames');

/** Warnings for an object with a template of pods in its spec. */
export function templateWarnings(object: Workload, old: Workload | undefined): string[] {
  return asksForMore(object, old) ? podTemplateWarnings(object.spec?.template as PodTemplateSpec | undefined, 'spec.template') : [];
}

/** Warnings for an object of which also the name matters: deployments and replica sets. */
export function namedTemplateWarnings(object: Workload, old: Workload | undefined): string[] {
  return [...(old === undefined ? podNameWarnings(object) : []), ...templateWarnings(object, old)];
}
