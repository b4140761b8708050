import type { KubeObject } from '../../../api/meta/object.ts';
import { cronjobs, daemonsets, deployments, jobs, podtemplates, replicasets, replicationcontrollers, statefulsets } from '../../../api/resources.ts';
import type { PodTemplateSpec } from '../../../api/types/core/v1.ts';

type Templated = KubeObject & { readonly template?: PodTemplateSpec; readonly spec?: { readonly template?: PodTemplateSpec; readonly jobTemplate?: { readonly spec?: { readonly template?: PodTemplateSpec } } } };

/** Kinds that make pods: they are warned of, never refused. */
export const podMakers = [replicationcontrollers, podtemplates, replicasets, deployments, statefulsets, daemonsets, jobs, cronjobs];

/** The template of such a kind's pods; a replication controller may have none. */
export function podTemplateOf(object: KubeObject): PodTemplateSpec | undefined {
  const { template, spec } = object as Templated;
  return template ?? spec?.template ?? spec?.jobTemplate?.spec?.template;
}
