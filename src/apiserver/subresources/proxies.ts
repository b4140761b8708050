import { ApiError } from '../../api/status.ts';
import type { OwnEndpoint } from './own-endpoint.ts';

/** Proxying HTTP through the API server to nodes, services and pods is not there yet, and says so. */
export function proxyEndpoints(): OwnEndpoint[] {
  return ['nodes', 'services', 'pods'].map((resource): OwnEndpoint => ({
    group: '', version: 'v1', resource, subresource: 'proxy', verbs: ['get', 'create', 'update', 'patch', 'delete'],
    handle: () => {
      throw new ApiError('', `not supported: ${resource}/proxy; reach it directly, or use port-forward`, { code: 501 });
    },
  }));
}
