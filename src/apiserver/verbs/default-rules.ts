import type { ResourceDefinition, UpdateRules } from '../../api/groups/definition.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ServedResource } from '../served-resources.ts';

type Loose = KubeObject & { spec?: unknown; status?: unknown };

const hasStatus = (served: ServedResource): boolean => served.schema.subresources.some(({ name }) => name === 'status');

/** Groups whose kinds count generations of their spec, where no definition says so itself. */
const generationGroups: ReadonlySet<string> = new Set(['apps', 'batch', 'networking.k8s.io', 'policy', 'autoscaling', 'flowcontrol.apiserver.k8s.io', 'admissionregistration.k8s.io', 'resource.k8s.io']);

const countsGeneration = (served: ServedResource): boolean => generationGroups.has(served.schema.group) && served.schema.schema.fields.has('spec');

/** What a create resets for kinds without a definition: status is not the client's to set. */
export function prepareForCreate(served: ServedResource, object: KubeObject): void {
  if (hasStatus(served)) delete (object as Loose).status;
  if (countsGeneration(served)) object.metadata.generation = 1;
}

/** For kinds without a definition: an update leaves status alone, and a changed spec is a new generation. */
const plainUpdate = (served: ServedResource): UpdateRules<KubeObject> => ({
  prepareForUpdate(object: Loose, old: Loose) {
    if (hasStatus(served)) {
      if (old.status === undefined) delete object.status;
      else object.status = old.status;
    }
    if (countsGeneration(served) && !semanticEqual(object.spec, old.spec)) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
});

/** Everything but status stays as it is; metadata too, except what garbage collection and status writers keep there. */
export const plainStatusUpdate: UpdateRules<KubeObject> = {
  prepareForUpdate(object: Loose, old: Loose) {
    const mutable = object as unknown as Record<string, unknown>;
    const previous = old as unknown as Record<string, unknown>;
    for (const key of Object.keys(mutable)) if (!(key in previous) && key !== 'status') delete mutable[key];
    for (const key of Object.keys(previous)) if (key !== 'status' && key !== 'metadata') mutable[key] = previous[key];
    if (old.metadata.deletionTimestamp === undefined) delete object.metadata.deletionTimestamp;
    if (old.metadata.ownerReferences === undefined) delete object.metadata.ownerReferences;
    else object.metadata.ownerReferences = old.metadata.ownerReferences;
  },
};

/** The rules for writing a resource or one of its subresources; undefined when the subresource cannot be written so. */
export function updateRules(served: ServedResource, subresource: string): UpdateRules<KubeObject> | undefined {
  const definition: ResourceDefinition<KubeObject> | undefined = served.definition;
  if (subresource === '') return definition?.update ?? (definition === undefined ? plainUpdate(served) : {});
  const own = definition?.subresources?.[subresource];
  if (own !== undefined) return own;
  return subresource === 'status' && hasStatus(served) ? plainStatusUpdate : undefined;
}
