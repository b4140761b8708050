import type { LocalEndpoint, LocalRequest } from '../client/transports/local-endpoint.ts';

/**
 * The way to an API server that may be stopped and started again, while those who use it live on. Requests fail when
 * there is none, as connections that nobody accepts do; those under way when it stops fail as connections that break do,
 * whatever became of them.
 */
export class SwitchedEndpoint implements LocalEndpoint {
  #current: LocalEndpoint | undefined;
  /** Those who wait for an answer. Not one promise that all of them race against: it would hold on to every request ever made. */
  readonly #waiting = new Set<(error: Error) => void>();

  /** Undefined: nobody answers. Whoever waits for an answer of the one before is told that it is gone. */
  set current(endpoint: LocalEndpoint | undefined) {
    if (endpoint === this.#current) return;
    this.#current = endpoint;
    for (const fail of this.#waiting) fail(new Error('read ECONNRESET: the API server was stopped'));
    this.#waiting.clear();
  }

  request(request: LocalRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const answer = this.#reach(request).request(request);
      this.#waiting.add(reject);
      answer.then((value) => {
        this.#waiting.delete(reject);
        resolve(value);
      }, (error: unknown) => {
        this.#waiting.delete(reject);
        reject(error as Error);
      });
    });
  }

  async watch(request: LocalRequest, listener: Parameters<LocalEndpoint['watch']>[1]): Promise<void> {
    return this.#reach(request).watch(request, listener);
  }

  #reach({ method, path }: LocalRequest): LocalEndpoint {
    if (this.#current === undefined) throw new Error(`${method} ${path}: connect ECONNREFUSED: the API server is not running`);
    return this.#current;
  }
}

/** For who asks: an endpoint in front of another. */
export type EndpointWrapper = (endpoint: LocalEndpoint) => LocalEndpoint;
