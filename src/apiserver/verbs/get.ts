import { badRequestError, notFoundError } from '../../api/status.ts';
import type { Answer, Result } from '../answer.ts';
import type { Core } from '../core.ts';
import { queryFlag } from '../request-info.ts';
import type { RequestInfo } from '../request.ts';
import type { StoredResource } from '../served-resources.ts';
import { waitForCache } from './read-at.ts';
import { existingOf } from './store-object.ts';

/** The key of one object inside its resource. */
export const objectKey = (namespace: string, name: string): string => (namespace === '' ? name : `${namespace}/${name}`);

/** The namespace of a request as keys know it: cluster-scoped resources have none, whatever the path says. */
export const namespaceOfRequest = (served: StoredResource, info: RequestInfo): string => (served.schema.namespaced ? info.namespace : '');

/** Reads one object from the cache. Synchronous unless the cache has to catch up first. */
export function get(core: Core, served: StoredResource, info: RequestInfo, query: URLSearchParams | undefined): Result {
  if (query?.has('export') === true && queryFlag(query.get('export'))) throw badRequestError('the export parameter, deprecated since v1.14, is no longer supported');
  const read = (): Result => {
    const object = existingOf(served, objectKey(namespaceOfRequest(served, info), info.name));
    if (object === undefined) throw notFoundError(served.home.schema, info.name);
    if (object instanceof Promise) return object.then((shown): Answer => ({ kind: 'stored', code: 200, object: shown, served }));
    return { kind: 'stored', code: 200, object, served };
  };
  const waiting = waitForCache(core.cache, core.clock, query?.get('resourceVersion') ?? '');
  return waiting === undefined ? read() : waiting.then(read);
}
