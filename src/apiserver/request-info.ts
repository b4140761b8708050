import { parseFieldSelector } from '../api/meta/fields.ts';
import { SelectorError } from '../api/meta/labels.ts';
import { pathSegment } from '../api/meta/validation.ts';
import { badRequestError } from '../api/status.ts';
import type { RequestTarget } from '../client/rest-client.ts';
import type { RequestInfo } from './request.ts';

const verbOfMethod: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** Subresources of namespaces: what follows `/namespaces/NAME/` is otherwise a resource inside the namespace. */
const namespaceSubresources = new Set(['status', 'finalize']);

function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequestError(`invalid URL escape ${JSON.stringify(segment)}`);
  }
}

/** True for the values that Go's strconv.ParseBool, as query parameters use it, takes for true. */
export function queryFlag(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** The one name that a field selector allows; empty when it allows more, or cannot be read. */
function nameSelected(selector: string): string {
  if (!selector.includes('metadata.name=')) return '';
  try {
    const name = parseFieldSelector(selector).requiredValue('metadata.name') ?? '';
    return pathSegment(name).length === 0 ? name : '';
  } catch (error) {
    if (error instanceof SelectorError) return '';
    throw error;
  }
}

function nonResource(path: string, method: string): RequestInfo {
  return { isResourceRequest: false, path, verb: method.toLowerCase(), apiGroup: '', apiVersion: '', namespace: '', resource: '', subresource: '', name: '', remainder: '' };
}

/** What explanations are asked under, followed by the path of an object or a collection. */
const explanations = '/why';

/** `/why/api/v1/namespaces/default/pods/web`: to the authorizers, and everywhere else, as the path of the object itself. */
function explanation(method: string, path: string, query: URLSearchParams | undefined): RequestInfo {
  const info = parseRequestInfo(method, path.slice(explanations.length), query);
  return info.isResourceRequest && (info.verb === 'get' || info.verb === 'list') && info.subresource === '' ? { ...info, path, explains: true } : nonResource(path, method);
}

/** The segments of a path, one after the other, as they stand there; a slash at its very end begins none. */
class Segments {
  readonly #path: string;
  readonly #end: number;
  #at: number;

  constructor(path: string) {
    this.#path = path;
    this.#end = path.endsWith('/') ? path.length - 1 : path.length;
    this.#at = path.indexOf('/') + 1;
  }

  /** Undefined: there are no more. */
  next(): string | undefined {
    if (this.#at > this.#end) return undefined;
    const slash = this.#path.indexOf('/', this.#at);
    const stop = slash < 0 || slash > this.#end ? this.#end : slash;
    const segment = this.#path.slice(this.#at, stop);
    this.#at = stop + 1;
    return segment;
  }

  /** All that are left. */
  get rest(): string {
    return this.#at > this.#end ? '' : this.#path.slice(this.#at, this.#end);
  }
}

/**
 * Reads what a path and method ask for, as upstream's RequestInfoFactory does, with the deprecated `/watch/` prefix.
 * `path` is still percent-encoded; the segments of the answer are decoded. Throws BadRequest for broken escapes.
 */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams | undefined): RequestInfo {
  if (path.startsWith('/why/') && !path.startsWith('/why/why')) return explanation(method, path, query);
  const segments = new Segments(path);
  const root = segments.next();
  if (root !== 'api' && root !== 'apis') return nonResource(path, method);
  const group = root === 'api' ? '' : segments.next();
  const version = segments.next();
  let first = segments.next();
  if (group === undefined || version === undefined || first === undefined) return nonResource(path, method);

  let verb = verbOfMethod[method] ?? '';
  if (first === 'watch') {
    verb = 'watch';
    first = segments.next();
    if (first === undefined) throw badRequestError('unable to determine kind and namespace from url');
  }
  let namespace = '';
  let resource = first;
  let name = segments.next();
  let subresource = segments.next();
  if (first === 'namespaces' && name !== undefined) {
    namespace = name;
    if (subresource !== undefined && !namespaceSubresources.has(subresource)) {
      resource = subresource;
      name = segments.next();
      subresource = segments.next();
    }
  }
  const decode = path.includes('%') ? decodeSegment : asItStands;
  return narrowed(query, {
    isResourceRequest: true, path, verb, apiGroup: decode(group), apiVersion: decode(version), namespace: decode(namespace), resource: decode(resource),
    subresource: decode(subresource ?? ''), name: decode(name ?? ''), remainder: segments.rest,
  });
}

const asItStands = (segment: string): string => segment;

/** What is asked of a collection, and of which part of it, the query tells. */
function narrowed(query: URLSearchParams | undefined, info: RequestInfo): RequestInfo {
  if (info.name !== '') return info;
  switch (info.verb) {
    case 'delete': return { ...info, verb: 'deletecollection' };
    // A collection narrowed to one name is authorized as that name, so that rules with resourceNames apply.
    case 'get': return { ...info, verb: query !== undefined && queryFlag(query.get('watch')) ? 'watch' : 'list', name: nameSelected(query?.get('fieldSelector') ?? '') };
    default: return info;
  }
}

/** The same for a path whose meaning is known. */
export function targetInfo(method: string, { type, namespace, name, subresource, path }: RequestTarget): RequestInfo {
  return { isResourceRequest: true, path, verb: verbOfMethod[method] ?? '', apiGroup: type.group, apiVersion: type.version, namespace, resource: type.resource, subresource, name, remainder: '' };
}
