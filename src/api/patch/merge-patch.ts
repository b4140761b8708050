import { badRequestError } from '../status.ts';
import type { JsonValue } from './json-value.ts';
import { setMember } from '../../base/json-value.ts';
import { goTypeOf, isJsonObject } from './json-value.ts';

function merge(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const result = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setMember(result, key, merge(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

/**
 * Applies a JSON Merge Patch (RFC 7386). The document is not changed; the result shares what the patch left alone.
 * Throws ApiError BadRequest for a patch that is no object.
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) throw badRequestError(`error decoding patch: json: cannot unmarshal ${goTypeOf(patch)} into Go value of type map[string]interface {}`);
  return merge(document as JsonValue, patch);
}
