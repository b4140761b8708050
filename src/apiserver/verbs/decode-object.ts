import { expectObject, unrecognizedError } from '../../api/codec/json.ts';
import { decodeObject, strictDecodingMessage, undecodableError } from '../../api/codec/strict.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { distinctOwners } from '../../api/meta/owner.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { ObjectSchema } from '../../api/schema/schema.ts';
import { badRequestError } from '../../api/status.ts';
import { cloneJson } from '../../base/json-value.ts';
import type { StoredResource } from '../served-resources.ts';
import type { DecodeContext, DecodedBody } from './decoded-body.ts';
import type { Standing } from './shared-parts.ts';
import { decodeSharing, sharedNames, withoutStandingRecord } from './shared-parts.ts';

const definition = (name: string): ObjectSchema | undefined => builtinSchema.definition(name);

/** What a body must be. */
export interface ExpectedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly schema: ObjectSchema;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `v1`, or `apps/v1`. */
const groupVersion = (group: string, version: string): string => (group === '' ? version : `${group}/${version}`);

/**
 * Makes a typed object of a body: checks that it is of the expected kind, drops unknown fields (and says so as
 * `fieldValidation` asks), and refuses values of the wrong type. The body is taken over unless it is borrowed. Throws BadRequest.
 */
export function decodeTyped(body: DecodedBody, expected: ExpectedKind, context: DecodeContext): KubeObject {
  if (body.value === undefined) throw unrecognizedError('', expected.kind, 'couldn\'t get version/kind; json parse error: unexpected end of JSON input');
  const value = expectObject(body.value, expected.kind);
  const wanted = groupVersion(expected.group, expected.version);
  const apiVersion = text(value['apiVersion']) || wanted;
  const kind = text(value['kind']) || expected.kind;
  if (apiVersion !== wanted || kind !== expected.kind) refuseKind({ apiVersion, kind }, expected, wanted);
  const { object, unknownFields, firstUnknownIndex, errors } = decodeObject(value, expected.schema, { copy: body.borrowed === true, definition });
  if (errors.length > 0) throw context.refuse?.(errors[0]!) ?? undecodableError({ version: expected.version, kind }, expected.kind, errors[0]!);
  const problems = body.format === 'cbor' && unknownFields.length > 0 ? [`cbor: found unknown field at map element index ${firstUnknownIndex}`] : [...body.duplicates, ...unknownFields];
  report(body.inOrder?.(problems) ?? problems, expected, context);
  const typed = object as unknown as KubeObject;
  typed.apiVersion = apiVersion;
  typed.kind = kind;
  typed.metadata ??= {};
  return typed;
}

function refuseKind(given: { apiVersion: string; kind: string }, expected: ExpectedKind, wanted: string): never {
  const [group, version] = given.apiVersion.includes('/') ? (given.apiVersion.split('/', 2) as [string, string]) : ['', given.apiVersion];
  if (builtinSchema.kind(group, version, given.kind) === undefined) {
    throw undecodableError({ version, kind: given.kind }, expected.kind, `no kind ${JSON.stringify(given.kind)} is registered for version ${JSON.stringify(given.apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`);
  }
  if (given.apiVersion !== wanted) throw badRequestError(`the API version in the data (${given.apiVersion}) does not match the expected API version (${wanted})`);
  throw undecodableError({ version, kind: given.kind }, expected.kind, `converting (v1.${given.kind}) to (v1.${expected.kind}): unknown conversion`);
}

/** Unknown and duplicate fields: refused, warned of, or passed over in silence. */
function report(problems: readonly string[], expected: ExpectedKind, context: DecodeContext): void {
  if (problems.length === 0 || context.fieldValidation === 'Ignore') return;
  if (context.fieldValidation === 'Strict') throw context.refuse?.(strictDecodingMessage(problems)) ?? undecodableError({ version: expected.version, kind: expected.kind }, expected.kind, strictDecodingMessage(problems));
  for (const problem of problems) context.warn(problem);
}

/**
 * What clients write of a resource, in the version that is stored, with its defaults filled in. What the body shares with
 * what stands stays shared.
 */
export function decodeResource(sent: DecodedBody, served: StoredResource, context: DecodeContext, standing?: Standing): KubeObject {
  const body = standing === undefined ? sent : { ...sent, value: withoutStandingRecord(sent.value, standing) };
  const shared = sharedNames(body, standing);
  if (shared.length > 0) {
    try {
      return settled(decodeSharing(body, shared, (rest) => decodeTyped(rest, served.schema, context)), served, context);
    } catch (error) {
      // What was stored before there were some defaults gets these now, and has to be copied for it.
      if (!(error instanceof TypeError)) throw error;
      return decodeResource({ ...body, borrowed: true }, served, context);
    }
  }
  if (served.custom !== undefined) {
    const custom = served.custom.decode(body.borrowed === true ? { ...body, value: cloneJson(body.value) } : body, context);
    dropRepeatedOwners(custom, context);
    return custom;
  }
  let object = decodeTyped(body, served.schema, context);
  if (served.conversion !== undefined) {
    served.conversion.applyDefaults?.(object);
    object = served.conversion.toStored(object);
  }
  return settled(object, served, context);
}

function settled(object: KubeObject, served: StoredResource, context: DecodeContext): KubeObject {
  if (object.metadata.selfLink !== undefined) delete object.metadata.selfLink;
  dropRepeatedOwners(object, context);
  served.home.definition.applyDefaults?.(object);
  return object;
}

/** Owners that are named twice are kept once, and the client is told; upstream looks at patched objects after admission only. */
function dropRepeatedOwners({ metadata }: KubeObject, context: DecodeContext): void {
  const { ownerReferences } = metadata;
  if (ownerReferences === undefined) return;
  const { kept, duplicates } = distinctOwners(ownerReferences);
  if (duplicates.length === 0) return;
  metadata.ownerReferences = [...kept];
  const when = context.refuse === undefined ? '' : ' after mutating admission happens';
  context.warn(`.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${duplicates.join(', ')}`);
}
