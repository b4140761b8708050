import type { KubeObject } from '../../api/meta/object.ts';
import type { Loose } from '../../api/meta/loose.ts';
import type { PodSpec } from '../../api/types/core/v1.ts';
import { podTemplateOf } from '../admission/pod-security/pod-spec-of.ts';
import type { Core } from '../core.ts';
import type { StoredResource } from '../served-resources.ts';

const groupsOfPodMakers: ReadonlySet<string> = new Set(['', 'apps', 'batch']);

const podSpecOf = (object: KubeObject): Loose<PodSpec> | undefined => (object.kind === 'Pod' ? (object as { readonly spec?: PodSpec }).spec : podTemplateOf(object)?.spec);

/**
 * Drops from a pod, or from a template of pods, what belongs to a feature that is off, in place; what stood there before
 * stays (upstream's DropDisabledPodFields). That is the group that the pod is scheduled with (GenericWorkload).
 */
export function dropDisabledFields({ podGroups }: Pick<Core, 'podGroups'>, { schema, custom }: StoredResource, object: KubeObject, old?: KubeObject): void {
  if (podGroups || custom !== undefined || !groupsOfPodMakers.has(schema.group)) return;
  const spec = podSpecOf(object);
  if (spec?.schedulingGroup === undefined) return;
  if (old === undefined || podSpecOf(old)?.schedulingGroup === undefined) delete spec.schedulingGroup;
}
