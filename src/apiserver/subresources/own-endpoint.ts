import type { ObjectSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import type { ApiResponse } from '../request.ts';
import type { Result } from '../answer.ts';
import type { Core, WriteContext } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { ServedResource, StoredResource } from '../served-resources.ts';
import { decodeTyped } from '../verbs/decode-object.ts';
import { writeContextOf } from '../verbs/write-context.ts';
import { writeOptions } from '../verbs/write-options.ts';

/** As EndpointHandler, for the server's own: sees the whole request, and may answer with stored objects. */
export interface OwnEndpoint {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly verbs: readonly string[];
  handle(request: ServerRequest): Result;
}

/** What a POST to a subresource answers that has nothing else to say. */
export function success(code: number): ApiResponse {
  const status: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code };
  return { kind: 'object', code, object: status };
}

/** A resource that the server cannot do without. */
export function storedResource(core: Core, group: string, resource: string): StoredResource {
  const stored = core.resources.stored(group, resource);
  if (stored === undefined) throw new Error(`${resource} is not stored`);
  return stored;
}

/** The resource of a request in the version that it asks for. */
export function servedOf(core: Core, { info }: ServerRequest): ServedResource {
  const served = core.resources.find(info.apiGroup, info.apiVersion, info.resource);
  if (served === undefined) throw new Error(`${info.resource} of ${info.apiGroup}/${info.apiVersion} is not served`);
  return served;
}

/** A kind of body; in `alsoVersions`, versions that are the same by another name. */
interface BodyKind { readonly group: string; readonly version: string; readonly kind: string; readonly alsoVersions?: readonly string[] }

/** Reads a body of another kind than the resource's own. */
export async function readBody<T extends KubeObject>(core: Core, request: ServerRequest, kind: BodyKind): Promise<{ object: T; context: WriteContext }> {
  const options = writeOptions(request.queryOrUndefined, 'CreateOptions');
  const warn = (message: string): void => request.warn(message);
  const schema: ObjectSchema = builtinSchema.kind(kind.group, kind.version, kind.kind)!;
  const body = await request.decodedBody(kind.kind);
  const given = (body.value as { apiVersion?: unknown } | null | undefined)?.apiVersion;
  const version = kind.alsoVersions?.find((other) => given === `${kind.group}/${other}`) ?? kind.version;
  const object = decodeTyped(body, { group: kind.group, version, kind: kind.kind, schema }, { fieldValidation: options.fieldValidation, warn }) as T;
  return { object, context: writeContextOf(request, servedOf(core, request), { dryRun: options.dryRun }) };
}
