import { undecodableError } from '../../api/codec/strict.ts';
import type { SubresourceSchema } from '../../api/schema/schema.ts';
import { ApiError, internalError, notFoundError } from '../../api/status.ts';
import { StoreUnavailableError } from '../../store/store.ts';
import type { Answer, Result } from '../answer.ts';
import type { Core } from '../core.ts';
import type { Negotiated, Negotiator } from '../encoding/negotiate.ts';
import type { ServedResource, StoredResource } from '../served-resources.ts';
import { create } from '../verbs/create.ts';
import { deleteCollection, deleteOne } from '../verbs/delete.ts';
import { get } from '../verbs/get.ts';
import { list } from '../verbs/list.ts';
import { patch } from '../verbs/patch.ts';
import { methodNotAllowed, update } from '../verbs/update.ts';
import { watch } from '../verbs/watch.ts';
import type { OwnEndpoint } from '../subresources/own-endpoint.ts';
import { readScale, writeScale } from '../subresources/scale.ts';
import type { PathRouter } from './paths.ts';
import type { ServerRequest } from './server-request.ts';
import type { Handler } from './step.ts';

export interface DispatchOptions {
  readonly core: Core;
  /** A later one replaces an earlier one for the same path. */
  readonly endpoints: readonly OwnEndpoint[];
  readonly paths: PathRouter;
  readonly negotiator: Negotiator;
  /** Answers requests that ask why. */
  readonly explain?: ((request: ServerRequest) => Result | undefined) | undefined;
  /** What other servers serve; undefined for what is this one's. */
  readonly foreign?: ((request: ServerRequest) => Result | undefined) | undefined;
}

/** What upstream's router says of a path that no resource has, inside a group that exists. */
export const noSuchResource = (): ApiError => new ApiError('NotFound', 'the server could not find the requested resource', { details: {} });

/** What upstream's fallback says of everything else. */
const pageNotFound: Answer = { kind: 'raw', code: 404, contentType: 'text/plain; charset=utf-8', body: '404 page not found\n', headers: { 'x-content-type-options': 'nosniff' } };

const endpointKey = (group: string, version: string, resource: string, subresource: string): string => `${group}/${version}/${resource}/${subresource}`;

/** The last step: finds what serves a request. */
export function dispatch({ core, endpoints, paths, negotiator, foreign, explain }: DispatchOptions): Handler {
  const handlers = new Map(endpoints.map((handler) => [endpointKey(handler.group, handler.version, handler.resource, handler.subresource), handler]));
  /** Subresources that are served by somebody; `status`, which most requests are about, is not among them. */
  const handled = new Set(endpoints.map(({ subresource }) => subresource));

  const serveEndpoint = (handler: OwnEndpoint, request: ServerRequest): Result => {
    if (!handler.verbs.includes(request.info.verb)) throw methodNotAllowed();
    if (request.info.verb === 'create' && !connects.has(request.info.subresource)) request.negotiated = negotiator.negotiate(request.header('accept'), 'plain');
    return handler.handle(request);
  };

  const serveResource = (request: ServerRequest): Result => {
    const { info } = request;
    const served = core.resources.find(info.apiGroup, info.apiVersion, info.resource);
    if (served === undefined) return unknownResource(core, request);
    if (served.deprecation !== undefined) warnOfDeprecation(request, served.deprecation);
    if (served.custom !== undefined) return serveCustom(core, served as StoredResource, request);
    if (info.subresource !== '') {
      const handler = handled.has(info.subresource) ? handlers.get(endpointKey(info.apiGroup, info.apiVersion, info.resource, info.subresource)) : undefined;
      return handler === undefined ? serveSubresource(core, served, request) : serveEndpoint(handler, request);
    }
    checkScope(served, request);
    if (served.storage === undefined) {
      const handler = handlers.get(endpointKey(info.apiGroup, info.apiVersion, info.resource, ''));
      if (handler === undefined) throw methodNotAllowed();
      return serveEndpoint(handler, request);
    }
    return serveVerb(core, served as StoredResource, request);
  };

  return (request) => {
    if (request.info.explains === true) return explain?.(request) ?? pageNotFound;
    const elsewhere = foreign?.(request);
    if (elsewhere !== undefined) return elsewhere;
    if (!request.info.isResourceRequest) return paths.serve(request) ?? unknownPath(core, request);
    if (!connects.has(request.info.subresource)) request.negotiated = negotiated(negotiator, request);
    return serveResource(request);
  };
}

/** What is passed on to somebody else, who has a say in how to answer. */
const connects: ReadonlySet<string> = new Set(['proxy', 'exec', 'attach', 'portforward']);

function negotiated(negotiator: Negotiator, request: ServerRequest): Negotiated {
  const accept = request.header('accept');
  const { verb } = request.info;
  const list = verb === 'list' || verb === 'watch';
  const found = negotiator.negotiate(accept, 'object', { list });
  return verb === 'watch' ? negotiator.negotiate(accept, 'watch', { list }) : found;
}

function warnOfDeprecation(request: ServerRequest, warning: string): void {
  request.warn(warning);
  const removed = /unavailable in v(1\.\d+)/.exec(warning)?.[1] ?? '';
  request.deprecatedUntil = removed;
  request.audit?.annotate('k8s.io/deprecated', 'true');
  if (removed !== '') request.audit?.annotate('k8s.io/removed-release', removed);
}

/** A namespaced resource is listed and watched everywhere, but written and read in a namespace; others have none. */
function checkScope(served: ServedResource, { info }: ServerRequest): void {
  const { namespaced, verbs, group, resource } = served.schema;
  const own = group === '' && resource === 'namespaces';
  if (!namespaced && info.namespace !== '' && !own) throw noSuchResource();
  if (namespaced && info.namespace === '' && info.verb !== 'list' && info.verb !== 'watch') throw info.verb === 'create' || info.verb === 'deletecollection' ? methodNotAllowed() : noSuchResource();
  if (info.remainder !== '') throw noSuchResource();
  if (!verbs.includes(info.verb)) throw methodNotAllowed();
}

const verbsWithBody: ReadonlySet<string> = new Set(['create', 'update', 'patch']);

/** A custom resource: its definition is compiled first where more than bytes is asked for. */
function serveCustom(core: Core, served: StoredResource, request: ServerRequest): Result {
  const { info, negotiated: wanted } = request;
  const { namespaced, subresources } = served.schema;
  // Upstream passes on what does not fit the definition, to a server that knows nothing of it.
  if (namespaced ? info.namespace === '' && info.verb !== 'list' && info.verb !== 'watch' : info.namespace !== '') return pageNotFound;
  if (info.remainder !== '') return pageNotFound;
  if (info.subresource !== '' && !subresources.some(({ name }) => name === info.subresource)) throw notFoundError(served.schema, info.name);
  if (wanted?.format === 'protobuf' && wanted.as === undefined && info.subresource !== 'scale') throw new ApiError('NotAcceptable', noProtobuf);
  if (verbsWithBody.has(info.verb) && info.subresource !== 'scale' && request.header('content-type')?.includes('protobuf') === true) throw undecodableError(served.schema, served.schema.kind, noProtobuf);
  const serve = (): Result => (info.subresource === '' ? serveCustomVerb(core, served, request) : serveSubresource(core, served, request));
  const bytesAlone = info.subresource === '' && wanted?.as !== 'Table' && (info.verb === 'get' || ((info.verb === 'list' || info.verb === 'watch') && request.queryOrUndefined?.has('fieldSelector') !== true));
  const waiting = bytesAlone ? undefined : served.custom!.ready();
  return waiting === undefined ? serve() : waiting.then(serve);
}

function serveCustomVerb(core: Core, served: StoredResource, request: ServerRequest): Result {
  const { verb } = request.info;
  // While its definition goes, nothing is said of these verbs in discovery, and yet they are there.
  return served.schema.verbs.includes(verb) || verb === 'create' || verb === 'update' || verb === 'patch' ? serveVerb(core, served, request) : Promise.reject(methodNotAllowed());
}

/** Nobody knows how custom resources look in protobuf. */
const noProtobuf = 'object *unstructured.Unstructured does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message';

function serveVerb(core: Core, served: StoredResource, request: ServerRequest): Result {
  const { info } = request;
  switch (info.verb) {
    case 'get': return get(core, served, info, request.queryOrUndefined);
    case 'list': return list(core, served, info, request.queryOrUndefined);
    case 'watch':
      // The deprecated /watch/ prefix makes a watch of any method; only reading is one.
      if (request.method !== 'GET' && request.method !== 'HEAD') throw methodNotAllowed();
      return watch(core, served, request);
    case 'create':
      if (info.name !== '') throw methodNotAllowed();
      request.checkBodyType();
      return create(core, served, request);
    case 'update':
      if (info.name === '') throw methodNotAllowed();
      request.checkBodyType();
      return update(core, served, request);
    case 'patch':
      if (info.name === '') throw methodNotAllowed();
      return patch(core, served, request);
    case 'delete': return deleteOne(core, served, request);
    case 'deletecollection': return deleteCollection(core, served, request);
    default: throw methodNotAllowed();
  }
}

function serveSubresource(core: Core, served: ServedResource, request: ServerRequest): Result {
  const { info } = request;
  const subresource: SubresourceSchema | undefined = served.schema.subresources.find(({ name }) => name === info.subresource);
  if (subresource === undefined || served.storage === undefined || info.remainder !== '') throw noSuchResource();
  if (served.schema.namespaced && info.namespace === '') throw noSuchResource();
  if (!subresource.verbs.includes(info.verb)) throw methodNotAllowed();
  const stored = served as StoredResource;
  if (info.subresource === 'scale') return info.verb === 'get' ? readScale(core, stored, request) : writeScale(core, stored, request);
  switch (info.verb) {
    case 'get': return get(core, stored, info, request.queryOrUndefined);
    case 'update': return update(core, stored, request);
    case 'patch': return patch(core, stored, request);
    default: throw methodNotAllowed();
  }
}

function unknownResource(core: Core, { info }: ServerRequest): Answer {
  if (info.apiGroup === '' || core.resources.hasGroup(info.apiGroup)) throw noSuchResource();
  return pageNotFound;
}

function unknownPath(core: Core, { info }: ServerRequest): Answer {
  const [first = '', second = ''] = info.path.slice(1).split('/');
  if (first === 'api' && second !== '') throw noSuchResource();
  if (first === 'apis' && second !== '' && core.resources.hasGroup(second)) throw noSuchResource();
  return pageNotFound;
}

/** Whatever went wrong as what the client is told. Unexpected errors are the caller's to log. */
export function apiErrorOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof StoreUnavailableError) return new ApiError('ServiceUnavailable', error.message, { cause: error });
  return internalError(error);
}

