import type { LocalEndpoint, LocalRequest } from '../client/transports/local-endpoint.ts';

/**
 * The way to an API server that may be stopped and started again, while those who use it live on: requests fail when
 * there is none, as connections that nobody accepts do.
 */
export class SwitchedEndpoint implements LocalEndpoint {
  /** Undefined: nobody answers. */
  current: LocalEndpoint | undefined;

  async request(request: LocalRequest): Promise<unknown> {
    return this.#reach(request).request(request);
  }

  async watch(request: LocalRequest, listener: Parameters<LocalEndpoint['watch']>[1]): Promise<void> {
    return this.#reach(request).watch(request, listener);
  }

  #reach({ method, path }: LocalRequest): LocalEndpoint {
    if (this.current === undefined) throw new Error(`${method} ${path}: connect ECONNREFUSED: the API server is not running`);
    return this.current;
  }
}

/** For who asks: an endpoint in front of another. */
export type EndpointWrapper = (endpoint: LocalEndpoint) => LocalEndpoint;

