/** What one mutation makes of an object: server-side apply without owners, or a JSON patch. */
import { joinProblems, mergeApplied, validateApplied } from '../../../api/managed-fields/applied.ts';
import { structShape } from '../../../api/managed-fields/shape.ts';
import type { Shape } from '../../../api/managed-fields/shape.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import { applyJsonPatch } from '../../../api/patch/json-patch.ts';
import type { JsonObject } from '../../../api/patch/json-value.ts';
import { isJsonObject } from '../../../api/patch/json-value.ts';
import { builtinSchema } from '../../../api/schema/table.ts';
import { internalError } from '../../../api/status.ts';
import type { Target } from '../common/target.ts';
import { unknownFieldsOf } from '../common/versioned.ts';

/** A mutation cannot be applied: the policy's failure policy decides. */
export class MutationError extends Error {}

const describe = ({ apiVersion = '', kind = '', metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}; ${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

/** Merges what an `Object{…}` says into the object, which stays as it is. Throws MutationError. */
export function applyConfiguration(object: KubeObject, configuration: unknown, { served, kind }: Target): unknown {
  if (!isJsonObject(configuration)) throw new MutationError(`invalid return type: ${typeof configuration}`);
  const shape: Shape = structShape(builtinSchema.kind(kind.group, kind.version, kind.kind) ?? served.schema.schema);
  const patch: JsonObject = { ...configuration, apiVersion: object.apiVersion ?? '', kind: object.kind ?? '' };
  const problems = validateApplied(patch, shape);
  if (problems.length > 0) throw new MutationError(`error applying patch: failed to convert patch object to typed object: (${describe({ metadata: {}, ...patch })}) ${joinProblems(problems)}`);
  const atomics = atomicsIn(patch, shape, '');
  if (atomics.length > 0) throw new MutationError(`error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`);
  return mergeApplied(object as unknown as JsonObject, patch, shape);
}

/** Paths of values that could only be replaced as a whole: that would drop what the policy does not name. */
function atomicsIn(value: unknown, shape: Shape, path: string): string[] {
  const found: string[] = [];
  if (isJsonObject(value) && (shape.kind === 'struct' || shape.kind === 'map')) {
    if (shape.atomic) found.push(path);
    if (shape.kind === 'struct') for (const [name, child] of Object.entries(value)) {
      const field = shape.fields.get(name);
      if (field !== undefined) found.push(...atomicsIn(child, field.shape, `${path}.${name}`));
    }
  } else if (Array.isArray(value) && shape.kind === 'list') {
    if (shape.relation === 'atomic') found.push(path);
    value.forEach((item, i) => found.push(...atomicsIn(item, shape.items, `${path}[${i}]`)));
  }
  return found;
}

/** Applies a list of `JSONPatch{…}`; a test that fails leaves the object as it is. Throws MutationError, and InternalError for fields that there are not. */
export function applyPatchList(object: KubeObject, operations: unknown, target: Target): unknown {
  let document: unknown;
  try {
    document = applyJsonPatch(object, operations, { explain: true, negativeIndexes: true });
  } catch (error) {
    const { message } = error as Error;
    if (message.endsWith(': test failed')) return object;
    throw new MutationError(`JSON Patch: ${message}`, { cause: error });
  }
  const unknown = unknownFieldsOf(structuredClone(document), target);
  if (unknown.length > 0) throw internalError(new Error(`strict decoding error: ${unknown.join(', ')}`));
  return document;
}
