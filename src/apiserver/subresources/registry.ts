import type { Core } from '../core.ts';
import type { ApiServerOptions } from '../options.ts';
import type { EndpointHandler } from '../request.ts';

/** The subresources that the API server serves itself, beside the generic ones. */
export function ownEndpoints(_core: Core, _options: ApiServerOptions): EndpointHandler[] {
  return [];
}
