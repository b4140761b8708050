import type { LocalEndpoint, LocalRequest } from '../client/transports/local-endpoint.ts';

/** The way of one node to the API server, which may be lost: what is asked then fails, and watches end. */
export class NetworkLine implements LocalEndpoint {
  readonly #endpoint: LocalEndpoint;
  #cut = new AbortController();

  constructor(endpoint: LocalEndpoint) {
    this.#endpoint = endpoint;
  }

  get isLost(): boolean {
    return this.#cut.signal.aborted;
  }

  set isLost(lost: boolean) {
    if (lost) this.#cut.abort();
    else if (this.isLost) this.#cut = new AbortController();
  }

  request(request: LocalRequest): Promise<unknown> {
    return this.isLost ? Promise.reject(unreachable(request)) : this.#endpoint.request(request);
  }

  async watch(request: LocalRequest, listener: Parameters<LocalEndpoint['watch']>[1]): Promise<void> {
    if (this.isLost) throw unreachable(request);
    const own = new AbortController();
    const stop = (): void => own.abort();
    const causes = [request.signal, this.#cut.signal].filter((signal) => signal !== undefined);
    for (const signal of causes) {
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
    }
    try {
      await this.#endpoint.watch({ ...request, signal: own.signal }, listener);
    } finally {
      for (const signal of causes) signal.removeEventListener('abort', stop);
    }
  }
}

const unreachable = ({ method, path }: LocalRequest): Error => new Error(`${method} ${path}: connect ENETUNREACH: the node has lost its network`);
