import { ApiError } from '../../api/status.ts';
import type { Connection } from '../connection/connection.ts';
import { pathOf } from '../discovery/resource.ts';
import { KubectlError } from '../errors.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import type { DryRun } from './write-flags.ts';

export interface WriteOptions {
  readonly dryRun?: DryRun;
  readonly fieldManager?: string;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly force?: boolean;
}

const withQuery = (path: string, { dryRun, fieldManager, fieldValidation, force }: WriteOptions): string => {
  const query = new URLSearchParams({
    ...(dryRun === 'server' && { dryRun: 'All' }), ...(fieldManager !== undefined && fieldManager !== '' && { fieldManager }),
    ...(fieldValidation !== undefined && { fieldValidation }), ...(force !== undefined && { force: String(force) }),
  }).toString();
  return query === '' ? path : `${path}?${query}`;
};

type Target = Pick<Item, 'resource' | 'namespace' | 'name' | 'subresource'>;

const objectPath = ({ resource, namespace, name, subresource }: Target): string => pathOf(resource!, { namespace, name, subresource });

/** Creates an object; returns what the server made of it. */
export function createObject(connection: Connection, item: Target, object: AnyObject, options: WriteOptions = {}): Promise<AnyObject> {
  return connection.json<AnyObject>({ method: 'POST', path: withQuery(pathOf(item.resource!, { namespace: item.namespace, subresource: item.subresource }), options), body: JSON.stringify(object) });
}

/** Replaces an object. */
export function replaceObject(connection: Connection, item: Target, object: AnyObject, options: WriteOptions = {}): Promise<AnyObject> {
  return connection.json<AnyObject>({ method: 'PUT', path: withQuery(objectPath(item), options), body: JSON.stringify(object) });
}

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Changes an object by a patch, which is sent as it is given. */
export function patchObject(connection: Connection, item: Target, patch: { readonly type: keyof typeof patchTypes; readonly body: string }, options: WriteOptions = {}): Promise<AnyObject> {
  return connection.json<AnyObject>({ method: 'PATCH', path: withQuery(objectPath(item), options), contentType: patchTypes[patch.type], body: patch.body });
}

/** Asks for an object's deletion. */
export function deleteObject(connection: Connection, item: Target, body: { readonly gracePeriodSeconds?: number; readonly propagationPolicy?: string; readonly dryRun?: readonly string[] }): Promise<AnyObject> {
  return connection.json<AnyObject>({ method: 'DELETE', path: objectPath(item), body: JSON.stringify({ kind: 'DeleteOptions', apiVersion: 'v1', ...body }) });
}

/** The same error, with what was being done to what a file said: `error when creating "x.yaml": …`. */
export function withSource(verb: string, source: string, error: unknown): Error {
  if (!(error instanceof Error)) throw error;
  if (source === '') return error;
  const message = `error when ${verb} ${JSON.stringify(source)}: ${error.message}`;
  if (error instanceof ApiError) return new ApiError(error.reason, message, { code: error.code, ...(error.details !== undefined && { details: error.details }), ...(error.otherReason !== undefined && { otherReason: error.otherReason }), cause: error });
  return new KubectlError(message, { cause: error });
}
