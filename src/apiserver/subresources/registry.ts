import type { Core } from '../core.ts';
import type { ApiServerOptions } from '../options.ts';
import { bindingEndpoints } from './binding.ts';
import { componentStatusEndpoint } from './component-statuses.ts';
import { evictionEndpoint } from './eviction.ts';
import { olderEndpoints } from './older.ts';
import type { OwnEndpoint } from './own-endpoint.ts';
import { podStreamEndpoints } from './pod-streams.ts';
import { proxyEndpoints } from './proxy/proxies.ts';

/** The subresources that the API server serves itself, beside the generic ones (status, scale, finalize …). */
export function ownEndpoints(core: Core, options: ApiServerOptions): readonly OwnEndpoint[] {
  return [
    ...bindingEndpoints(core),
    evictionEndpoint(core),
    ...olderEndpoints(core),
    ...podStreamEndpoints(core, options.kubelet),
    ...proxyEndpoints(core, options),
    componentStatusEndpoint(core, options.components ?? []),
  ];
}
