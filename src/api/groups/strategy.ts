/** Rules that most resources share: who may write spec and status, and what counts as a new generation. */
import { semanticEqual } from '../meta/equal.ts';
import type { KubeObject } from '../meta/object.ts';
import type { ResourceSchema } from '../schema/schema.ts';
import type { ResourceDefinition, UpdateRules } from './definition.ts';

type Fields = Record<string, unknown>;

/** Everything but type, metadata and the named fields. */
function contents(object: KubeObject, without: readonly string[]): Fields {
  const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = object as KubeObject & Fields;
  for (const field of without) delete rest[field];
  return rest;
}

/** Gives `object` the `field` of `old`, or takes it away when `old` has none. */
export function keepField(object: KubeObject, old: KubeObject, field: string): void {
  const target = object as unknown as Fields;
  const value = (old as unknown as Fields)[field];
  if (value === undefined) delete target[field];
  else target[field] = value;
}

/** Members of an object that a write of its status may touch, type and metadata among them. */
export const writtenWithStatus: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/** What writing `status` may change: status and metadata (labels, annotations, finalizers), nothing else. */
export function keepAllButStatus(object: KubeObject, old: KubeObject): void {
  for (const field in object) if (!writtenWithStatus.has(field)) keepField(object, old, field);
  for (const field in old) if (!writtenWithStatus.has(field) && !(field in object)) keepField(object, old, field);
}

/** Metadata that some kinds' status subresource must not touch either (upstream's ResetObjectMetaForStatus). */
function keepMetadata({ metadata: meta }: KubeObject, { metadata: old }: KubeObject): void {
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    if (old[field] === undefined) delete meta[field];
    else Object.assign(meta, { [field]: old[field] });
  }
}

/** Rules for the status subresource. */
export function statusRules<T extends KubeObject>(validateUpdate?: UpdateRules<T>['validateUpdate']): UpdateRules<T> {
  return { prepareForUpdate: keepAllButStatus, ...(validateUpdate && { validateUpdate }) };
}

/** What writing `status` may change where upstream calls ResetObjectMetaForStatus: the status alone, no metadata. */
export function keepAllButStatusAndMeta(object: KubeObject, old: KubeObject): void {
  keepAllButStatus(object, old);
  keepMetadata(object, old);
}

/** Rules for a status subresource that touches no metadata, of which nobody therefore owns anything through it. */
export function statusAloneRules<T extends KubeObject>(more: Pick<UpdateRules<T>, 'prepareForUpdate' | 'validateUpdate'> = {}): UpdateRules<T> {
  return { resets: ['metadata', 'spec'], prepareForUpdate: keepAllButStatusAndMeta, ...more };
}

/** Counts a generation when anything but metadata and status changed. */
export function bumpGeneration(object: KubeObject, old: KubeObject): void {
  const generation = old.metadata.generation ?? 0;
  const changed = !semanticEqual(contents(object, ['status']), contents(old, ['status']));
  if (changed) object.metadata.generation = generation + 1;
  else if (old.metadata.generation !== undefined) object.metadata.generation = generation;
}

export interface StandardRules {
  /** The kind has a status that only its subresource writes. */
  readonly status: boolean;
  /** The kind counts generations. */
  readonly generation: boolean;
}

type Rules<T extends KubeObject> = Required<Pick<ResourceDefinition<T>, 'prepareForCreate' | 'update' | 'subresources'>>;

/** The usual behaviour: status is reset on create and kept on update, a changed spec is a new generation. */
export function standardRules<T extends KubeObject>(rules: StandardRules): Rules<T> {
  return {
    prepareForCreate(object) {
      if (rules.status) delete (object as unknown as Fields)['status'];
      if (rules.generation) object.metadata.generation = 1;
    },
    update: {
      prepareForUpdate(object, old) {
        if (rules.status) keepField(object, old, 'status');
        if (rules.generation) bumpGeneration(object, old);
      },
    },
    subresources: rules.status ? { status: statusRules<T>() } : {},
  };
}

/** How a kind behaves that has no definition of its own: as its schema suggests. */
export function genericDefinition(schema: ResourceSchema): ResourceDefinition<KubeObject> {
  const status = schema.subresources.some(({ name }) => name === 'status');
  const generation = status && schema.schema.fields.has('spec');
  return { type: schema, allowUnconditionalUpdate: true, ...standardRules<KubeObject>({ status, generation }) };
}
