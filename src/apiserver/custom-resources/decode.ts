import { expectObject, unrecognizedError } from '../../api/codec/json.ts';
import { decodeObject, strictDecodingMessage, undecodableError } from '../../api/codec/strict.ts';
import type { CompiledVersion } from '../../api/custom-resources/compiled.ts';
import { invalid } from '../../api/field-error.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ObjectSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import { badRequestError, invalidError } from '../../api/status.ts';
import type { DecodeContext, DecodedBody } from '../verbs/decoded-body.ts';

/** What a body must be, and how it is pruned and defaulted. */
export interface DecodeTarget {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly compiled: CompiledVersion;
}

const metadataSchema = (): ObjectSchema => builtinSchema.definition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')!;

/**
 * A request's body as an object of one version: nothing is known of it but its metadata and what the schema says. The
 * body is taken over. Throws BadRequest, and Invalid for another kind.
 */
export function decodeCustom(body: DecodedBody, target: DecodeTarget, context: DecodeContext): KubeObject {
  const { group, version, kind, compiled } = target;
  if (body.value === undefined) throw unrecognizedError('', kind, 'couldn\'t get version/kind; json parse error: unexpected end of JSON input');
  const object = expectObject(body.value, kind) as unknown as KubeObject;
  const refuse = (detail: string): Error => context.refuse?.(detail) ?? undecodableError({ version, kind: object.kind ?? kind }, kind, detail);
  for (const [field, name] of [['kind', 'Kind'], ['apiVersion', 'apiVersion']] as const) {
    if ((object[field] ?? '') === '') throw undecodableError({ version, kind }, kind, `Object '${name}' is missing in '${JSON.stringify(object)}'`);
  }
  const wanted = `${group}/${version}`;
  if (object.apiVersion !== wanted) throw badRequestError(`the API version in the data (${object.apiVersion}) does not match the expected API version (${wanted})`);
  if (object.kind !== kind) throw invalidError({ group, kind: object.kind! }, object.metadata?.name ?? '', [invalid('kind', object.kind, `must be ${kind}`)]);

  const metadata = decodeObject((object.metadata ?? {}) as unknown as Record<string, unknown>, metadataSchema());
  if (metadata.errors.length > 0) throw refuse(metadata.errors[0]!);
  object.metadata = metadata.object as unknown as KubeObject['metadata'];
  const unknownMetadata = metadata.unknownFields.map((problem) => problem.replace('unknown field "', 'unknown field "metadata.'));
  const unknown = compiled.prune(object).map((path) => `unknown field ${JSON.stringify(path)}`);
  // The client's own slip in the metadata is told before those that its schema finds.
  const problems = [...body.duplicates, ...unknownMetadata, ...unknown];
  if (problems.length > 0 && context.fieldValidation !== 'Ignore') {
    const ordered = body.inOrder?.(problems) ?? problems;
    if (context.fieldValidation === 'Strict') throw refuse(strictDecodingMessage(ordered));
    for (const problem of ordered) context.warn(problem);
  }
  compiled.definition.applyDefaults?.(object);
  return object;
}
