/** How upstream words what is wrong with a patch: 422 for a field called `patch`, whose value is shown. */
import { invalid } from '../../api/field-error.ts';
import type { ApiError } from '../../api/status.ts';
import { badRequestError, invalidError } from '../../api/status.ts';
import type { DecodedBody } from './decoded-body.ts';
import type { PatchType } from './patch-type.ts';
import type { FieldValidation } from './write-options.ts';

const operationFields: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value']);

/**
 * The patch's own duplicate and unknown fields, as they are named before those of the object that it makes. Throws
 * BadRequest for a JSON patch that is no list, unless nobody wants to hear of fields: then its application says so.
 */
export function patchProblems(type: PatchType, body: DecodedBody, fieldValidation: FieldValidation): readonly string[] {
  if (type !== 'json' || fieldValidation === 'Ignore') return body.duplicates;
  const operations = body.value;
  if (!Array.isArray(operations)) throw badRequestError(`error decoding patch: json: cannot unmarshal ${operations === null || typeof operations === 'object' ? 'object' : typeof operations} into Go value of type []handlers.jsonPatchOp`);
  const unknown = operations.flatMap((operation: unknown, at) => typeof operation !== 'object' || operation === null ? [] : Object.keys(operation).filter((key) => !operationFields.has(key)).map((key) => `unknown field ${JSON.stringify(`[${at}].${key}`)}`));
  const problems = [...body.duplicates, ...unknown];
  return (body.inOrder?.(problems) ?? problems).map((problem) => `json patch ${problem}`);
}

/** What makes the errors of one patch. `applied`: the document that it made, not yet decoded. */
export function patchRefusal(type: PatchType, patch: unknown, applied: unknown): (detail: string) => ApiError {
  return (detail) => {
    const strategic = type === 'strategic';
    const shown = strategic ? goText(patch) : JSON.stringify(applied);
    return invalidError({ group: '', kind: '' }, '', [invalid('patch', shown, strategic ? converterError(detail) : detail)]);
  };
}

/** A value as Go's `%+v` prints it: `map[a:1 b:[x y]]`. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  return `map[${Object.keys(value).sort().map((key) => `${key}:${goText((value as Record<string, unknown>)[key])}`).join(' ')}]`;
}

/** Strategic merge patches are decoded from maps, not from JSON, by a converter with words of its own. */
function converterError(detail: string): string {
  const mismatch = /^json: cannot unmarshal (\w+)(?: \S+)? into Go .* of type (\S+)$/.exec(detail);
  if (mismatch === null) return detail;
  const [, given = '', wanted = ''] = mismatch;
  const kind = given === 'array' ? 'slice' : given === 'object' ? 'map' : given === 'number' ? 'int64' : given;
  if (wanted.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (wanted.startsWith('map[')) return `cannot restore map from ${kind}`;
  if (wanted.includes('.')) return `cannot restore struct from: ${kind}`;
  if (given === 'number' && wanted === 'string') return 'cannot convert int64 to string';
  return `unrecognized type: ${wanted}`;
}
