import type { KubeObject } from '../../src/api/meta/object.ts';
import { ApiError, isReason } from '../../src/api/status.ts';
import type { Clock } from '../../src/base/clock.ts';
import type { LocalEndpoint, LocalRequest } from '../../src/client/transports/local-endpoint.ts';
import type { Chance } from '../fuzz/chance.ts';
import type { FaultRates } from './faults.ts';
import { FaultyWatch } from './faulty-watch.ts';

export interface FaultyEndpointOptions {
  readonly endpoint: LocalEndpoint;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly rates: () => FaultRates;
  /** A component dies, now. */
  readonly crash: (component: string) => void;
  /** A write was acknowledged to whoever asked for it. */
  readonly acknowledged: (request: LocalRequest, answer: unknown) => void;
  readonly note: (line: string) => void;
  /** A component writes and does not say what it reacts to. */
  readonly causeless: (component: string, request: LocalRequest) => void;
}

/** Whom a user of the API is a part of: `controllers`, `scheduler`, `node-1` …, or `users`, who never die. */
export function componentOf(user: string): string {
  if (user.startsWith('system:node:')) return user.slice('system:node:'.length);
  if (user === 'system:kube-scheduler') return 'scheduler';
  return user === 'system:kube-controller-manager' || user.startsWith('system:serviceaccount:kube-system:') ? 'controllers' : 'users';
}

export const unreachable = (request: LocalRequest, why = 'read ECONNRESET'): Error => new Error(`${request.method} ${request.path}: ${why}`);

/**
 * What a binding takes, simulated. Whoever binds pods to a node that it does not know to be lost, and whoever evicts them from
 * there, would else go on without time passing, in which the watch would tell.
 */
const bindingMs = 50;

/** Asked by POST, and nothing is written: reviews of access, tokens. */
const isQuestion = ({ path }: LocalRequest): boolean => /\/(token|\w+reviews)(\?|$)/.test(path);

/** The way to the API server with everything that may happen on it. */
export class FaultyEndpoint implements LocalEndpoint {
  readonly #options: FaultyEndpointOptions;
  /** Who lives: what they wait for fails when they die. */
  readonly #lives = new Map<string, AbortController>();
  /** Who does not live, or has no connection. */
  readonly #dead = new Set<string>();

  constructor(options: FaultyEndpointOptions) {
    this.#options = options;
  }

  /** Everything that the component waits for fails at once, and what it asks for from now on too. */
  cut(component: string): void {
    this.#dead.add(component);
    const life = this.#lives.get(component);
    this.#lives.delete(component);
    life?.abort(new Error('read ECONNRESET'));
  }

  /** It may speak again. */
  mend(component: string): void {
    this.#dead.delete(component);
  }

  /** Whether it may speak. */
  reaches(component: string): boolean {
    return !this.#dead.has(component);
  }

  async request(request: LocalRequest): Promise<unknown> {
    const { endpoint, chance, rates, crash } = this.#options;
    const component = componentOf(request.user.name);
    if (this.#dead.has(component)) throw unreachable(request, 'connect ECONNREFUSED');
    if (request.method !== 'GET' && component !== 'users' && request.cause === undefined && !isQuestion(request)) this.#options.causeless(component, request);
    const life = this.#lifeOf(component).signal;
    const { crash: crashes, answerLost } = rates();
    await this.#travel(life);
    if (request.path.endsWith('/binding')) await this.#options.clock.sleep(bindingMs, life);
    this.#mayRefuse(request);
    const dies = component !== 'users' && chance.happens(crashes);
    if (dies && chance.happens(0.3)) {
      crash(component);
      throw unreachable(request);
    }
    const lost = chance.happens(answerLost);
    const answer = await orDeath(endpoint.request(request), life, request);
    if (dies) {
      crash(component);
      throw unreachable(request);
    }
    await this.#travel(life);
    if (lost) {
      if (request.method !== 'GET') this.#options.note(`answer lost: ${component} ${request.method} ${request.path}`);
      throw chance.happens(0.5) ? unreachable(request) : new ApiError('Timeout', 'Timeout: request did not complete within requested timeout - context deadline exceeded');
    }
    if (request.method !== 'GET') this.#options.acknowledged(request, answer);
    return answer;
  }

  async watch(request: LocalRequest, listener: (type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: KubeObject) => void): Promise<void> {
    const { endpoint, clock, chance, rates } = this.#options;
    const component = componentOf(request.user.name);
    if (this.#dead.has(component)) throw unreachable(request, 'connect ECONNREFUSED');
    const life = this.#lifeOf(component).signal;
    await this.#travel(life);
    this.#mayRefuse(request);
    const watch = new FaultyWatch({ clock, chance, rates, listener });
    const stop = (): void => watch.stop();
    const signals = request.signal === undefined ? [life] : [life, request.signal];
    for (const signal of signals) signal.addEventListener('abort', stop, { once: true });
    try {
      await watch.run((own, receive) => endpoint.watch({ ...request, signal: own }, receive));
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', stop);
    }
  }

  #lifeOf(component: string): AbortController {
    let life = this.#lives.get(component);
    if (life === undefined) this.#lives.set(component, life = new AbortController());
    return life;
  }

  async #travel(life: AbortSignal): Promise<void> {
    const { clock, chance, rates } = this.#options;
    const { slow, slowMs } = rates();
    if (slow > 0 && chance.happens(slow)) await clock.sleep(chance.int(slowMs) + 1, life);
    life.throwIfAborted();
  }

  #mayRefuse(request: LocalRequest): void {
    const { chance, rates } = this.#options;
    const { refused, conflict } = rates();
    if (refused > 0 && chance.happens(refused)) {
      switch (chance.int(5)) {
        case 0: throw new ApiError('TooManyRequests', 'too many requests, please try again later', { details: { retryAfterSeconds: 1 } });
        case 1: throw new ApiError('InternalError', 'Internal error occurred: simulated');
        case 2: throw new ApiError('ServiceUnavailable', 'the server is currently unable to handle the request');
        case 3: throw new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout');
        default: throw unreachable(request, 'connect ECONNREFUSED');
      }
    }
    const conditional = request.method === 'PUT' || request.method === 'PATCH';
    if (conflict > 0 && conditional && chance.happens(conflict)) throw new ApiError('Conflict', `Operation cannot be fulfilled on ${request.path}: the object has been modified; please apply your changes to the latest version and try again`);
  }
}

/** Whether trying again may help: nothing was wrong with the request itself. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.code >= 500 || isReason(error, 'TooManyRequests') || isReason(error, 'Conflict');
}

/** The answer, or the end of who waits for it, whichever comes first. */
function orDeath<T>(answer: Promise<T>, life: AbortSignal, request: LocalRequest): Promise<T> {
  return new Promise((resolve, reject) => {
    const die = (): void => reject(unreachable(request));
    if (life.aborted) die();
    life.addEventListener('abort', die, { once: true });
    answer.then(resolve, reject).finally(() => life.removeEventListener('abort', die));
  });
}
