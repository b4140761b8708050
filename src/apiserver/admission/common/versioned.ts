import { decodeObject } from '../../../api/codec/strict.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { builtinSchema } from '../../../api/schema/table.ts';
import { internalError } from '../../../api/status.ts';
import type { DecodedBody } from '../../verbs/decoded-body.ts';
import { decodeResource, decodeTyped } from '../../verbs/decode-object.ts';
import type { ServedResource, StoredResource } from '../../served-resources.ts';
import type { AdmissionAttributes } from '../admission.ts';
import type { GroupVersionKind, Target } from './target.ts';
import { ownKind } from './target.ts';

/** What the request is about in the version of `target`, before and after; never changed. Undefined where there is none. */
export interface VersionedObjects {
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
}

/** Throws InternalError where an object cannot be shown in that version. */
export async function inVersion(attributes: AdmissionAttributes, target: Target): Promise<VersionedObjects> {
  return { object: await shown(attributes, target, attributes.object), oldObject: await shown(attributes, target, attributes.oldObject) };
}

async function shown(attributes: AdmissionAttributes, { served, kind }: Target, object: KubeObject | undefined): Promise<KubeObject | undefined> {
  if (object === undefined) return undefined;
  if (ownKind(attributes) !== undefined) return hasMetadata(kind) ? object : withoutMetadata(object);
  if (served.custom !== undefined) return convertedCustom(object, served);
  return served.conversion === undefined ? object : served.conversion.fromStored(object);
}

/** Custom resources come in the version of the request. */
async function convertedCustom(object: KubeObject, { custom, apiVersion }: ServedResource): Promise<KubeObject> {
  if (object.apiVersion === apiVersion || custom === undefined) return object;
  const converted = await custom.converting(() => custom.convertNow(object, apiVersion));
  if (converted === undefined) throw internalError(new Error(`unable to convert to ${apiVersion}: unknown version`));
  return converted;
}

/** Options of connections are objects without metadata. */
function hasMetadata({ group, version, kind }: GroupVersionKind): boolean {
  const schema = builtinSchema.kind(group, version, kind);
  return schema === undefined || schema.fields.has('metadata');
}

function withoutMetadata(object: KubeObject): KubeObject {
  const { metadata: _, ...rest } = object;
  return rest as KubeObject;
}

/** A document that somebody made of an object in the version of `target`, as an object of its kind without its defaults. Throws InternalError. */
export function decodeVersioned(document: unknown, { kind }: Target): KubeObject {
  const schema = builtinSchema.kind(kind.group, kind.version, kind.kind);
  if (schema === undefined) return document as KubeObject;
  const { object, errors } = decodeObject(document as Record<string, unknown>, schema, { definition: (name) => builtinSchema.definition(name) });
  if (errors.length > 0) throw internalError(new Error(errors[0]));
  return object as unknown as KubeObject;
}

/** Fields of a document that its kind does not have, as strict decoding names them. */
export function unknownFieldsOf(document: unknown, { kind }: Target): readonly string[] {
  const schema = builtinSchema.kind(kind.group, kind.version, kind.kind);
  return schema === undefined ? [] : decodeObject(document as Record<string, unknown>, schema, { definition: (name) => builtinSchema.definition(name) }).unknownFields;
}

/**
 * Puts a document in the version of `target` in the place of the request's object: decoded as if a client had sent it,
 * with its defaults, in the stored version. Throws InternalError for what is no such object.
 */
export async function replaceObject(attributes: AdmissionAttributes, target: Target, document: unknown): Promise<void> {
  // What was left alone may be shared, and frozen.
  const body: DecodedBody = { value: structuredClone(document), duplicates: [] };
  const context = { fieldValidation: 'Ignore' as const, warn: () => {} };
  const { kind } = target;
  let next: KubeObject;
  try {
    // What is not stored (a binding) has no version of its own to be put into.
    if (ownKind(attributes) !== undefined || target.served.storage === undefined) {
      const schema = builtinSchema.kind(kind.group, kind.version, kind.kind);
      next = schema === undefined ? (document as KubeObject) : decodeTyped(body, { ...kind, schema }, context);
    } else {
      next = decodeResource(body, target.served as StoredResource, context);
      if (attributes.request !== undefined && target.served.custom !== undefined) next = await convertedCustom(next, attributes.request.served);
    }
  } catch (error) {
    throw internalError(error);
  }
  const object = attributes.object as unknown as Record<string, unknown>;
  for (const key of Object.keys(object)) delete object[key];
  Object.assign(object, next);
}
