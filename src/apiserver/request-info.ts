import { parseFieldSelector } from '../api/meta/fields.ts';
import { SelectorError } from '../api/meta/labels.ts';
import { pathSegment } from '../api/meta/validation.ts';
import { badRequestError } from '../api/status.ts';
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

/**
 * Reads what a path and method ask for, as upstream's RequestInfoFactory does, with the deprecated `/watch/` prefix.
 * `path` is still percent-encoded; the segments of the answer are decoded. Throws BadRequest for broken escapes.
 */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams | undefined): RequestInfo {
  if (path.startsWith('/why/') && !path.startsWith('/why/why')) return explanation(method, path, query);
  const parts = path.split('/');
  parts.shift();
  if (parts.at(-1) === '') parts.pop();
  const core = parts[0] === 'api';
  const first = core ? 1 : 2;
  if ((!core && parts[0] !== 'apis') || parts.length < first + 2) return nonResource(path, method);

  const apiGroup = core ? '' : decodeSegment(parts[1]!);
  const apiVersion = decodeSegment(parts[first]!);
  let index = first + 1;
  let verb = verbOfMethod[method] ?? '';
  const watchPrefix = parts[index] === 'watch';
  if (watchPrefix) {
    verb = 'watch';
    index += 1;
    if (parts[index] === undefined) throw badRequestError('unable to determine kind and namespace from url');
  }
  let namespace = '';
  if (parts[index] === 'namespaces' && parts[index + 1] !== undefined) {
    namespace = decodeSegment(parts[index + 1]!);
    if (parts[index + 2] !== undefined && !namespaceSubresources.has(parts[index + 2]!)) index += 2;
  }
  const resource = decodeSegment(parts[index]!);
  let name = parts[index + 1] === undefined ? '' : decodeSegment(parts[index + 1]!);
  const subresource = parts[index + 2] === undefined ? '' : decodeSegment(parts[index + 2]!);
  const remainder = parts.length > index + 3 ? parts.slice(index + 3).join('/') : '';

  if (name === '' && verb === 'delete') verb = 'deletecollection';
  if (name === '' && verb === 'get') {
    verb = query !== undefined && queryFlag(query.get('watch')) ? 'watch' : 'list';
    // A collection narrowed to one name is authorized as that name, so that rules with resourceNames apply.
    name = nameSelected(query?.get('fieldSelector') ?? '');
  }
  return { isResourceRequest: true, path, verb, apiGroup, apiVersion, namespace, resource, subresource, name, remainder };
}
