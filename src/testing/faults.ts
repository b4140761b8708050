import type { Answer, Result, WatchAnswer } from '../apiserver/answer.ts';
import type { Step } from '../apiserver/pipeline/step.ts';
import type { ServerRequest } from '../apiserver/pipeline/server-request.ts';
import { ApiError } from '../api/status.ts';
import type { StatusReason } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Fault, Faults, RequestMatch } from './api.ts';
import type { Duration } from './duration.ts';
import { milliseconds } from './duration.ts';
import type { FaultStore } from './fault-store.ts';
import { testUser } from './test-user.ts';

interface Rule extends RequestMatch {
  readonly latencyMs: number;
  readonly error: ApiError | undefined;
  readonly losesEvents: boolean;
  met: number;
}

/** Faults of one cluster: met by requests in the API server's pipeline, and by writes in front of the store. */
export class FaultInjection implements Faults {
  readonly #rules = new Set<Rule>();
  readonly #watches = new Set<() => void>();
  readonly #now: () => { readonly clock: Clock; readonly random: Random; readonly store: FaultStore };
  readonly #onChange: (areThere: boolean) => void;

  /** `onChange`: whether there are faults of requests now. */
  constructor(now: () => { readonly clock: Clock; readonly random: Random; readonly store: FaultStore }, onChange: (areThere: boolean) => void) {
    this.#now = now;
    this.#onChange = onChange;
  }

  failRequests(match: RequestMatch & { readonly reason?: StatusReason; readonly message?: string } = {}): Fault {
    const { reason = 'InternalError', message = 'a fault was injected' } = match;
    return this.#add({ ...match, error: new ApiError(reason, message) });
  }

  slowRequests(latency: Duration, match: RequestMatch = {}): Fault {
    return this.#add({ ...match, latencyMs: milliseconds(latency) });
  }

  loseWatchEvents(match: Omit<RequestMatch, 'verbs'> = {}): Fault {
    return this.#add({ ...match, verbs: ['watch'], losesEvents: true });
  }

  breakWatches(): void {
    for (const end of Array.from(this.#watches)) end();
  }

  stallStore(): Fault {
    const { store } = this.#now();
    store.stall();
    return fault(() => 0, () => store.release());
  }

  failStore(message = 'no space left on device'): Fault {
    const { store } = this.#now();
    store.refuse(message);
    return fault(() => 0, () => store.refuse(undefined));
  }

  clear(): void {
    for (const rule of this.#rules) this.#lift(rule);
    const { store } = this.#now();
    store.release();
    store.refuse(undefined);
  }

  /** Lifts what is asked of requests: the store is another now. */
  forget(): void {
    this.#rules.clear();
    this.#watches.clear();
  }

  /** The step of the API server's pipeline that makes requests meet the faults. */
  readonly step: Step = (next) => (request) => {
    const answered = this.#rules.size === 0 ? next(request) : this.#meet(request, () => next(request));
    return request.info.verb === 'watch' ? this.#watched(request, answered) : answered;
  };

  #add(rule: Partial<Rule>): Fault {
    const added: Rule = { latencyMs: 0, error: undefined, losesEvents: false, met: 0, ...rule };
    this.#rules.add(added);
    if (this.#rules.size === 1) this.#onChange(true);
    return fault(() => added.met, () => this.#lift(added));
  }

  #lift(rule: Rule): void {
    if (this.#rules.delete(rule) && this.#rules.size === 0) this.#onChange(false);
  }

  async #meet(request: ServerRequest, next: () => Result): Promise<Answer> {
    for (const rule of this.#rules) {
      if (rule.losesEvents || !this.#meets(rule, request)) continue;
      if (rule.latencyMs > 0) await this.#now().clock.sleep(rule.latencyMs, request.signal);
      if (rule.error !== undefined) throw rule.error;
    }
    return next();
  }

  #meets(rule: Rule, request: ServerRequest): boolean {
    if (!matches(rule, request)) return false;
    if (rule.probability !== undefined && this.#now().random.float() >= rule.probability) return false;
    rule.met++;
    if (rule.met >= (rule.times ?? Number.POSITIVE_INFINITY)) this.#lift(rule);
    return true;
  }

  async #watched(request: ServerRequest, answered: Result): Promise<Answer> {
    const answer = await answered;
    if (answer.kind !== 'watch') return answer;
    return { ...answer, start: (sink) => this.#start(answer, request, sink) };
  }

  #start(answer: WatchAnswer, request: ServerRequest, sink: Parameters<WatchAnswer['start']>[0]): () => void {
    let stop: (() => void) | undefined;
    const over = (): void => { this.#watches.delete(end); };
    const end = (): void => {
      over();
      stop?.();
      sink.end(undefined);
    };
    this.#watches.add(end);
    stop = answer.start({
      event: (type, object, change) => {
        // What there was when the watch began is told: it is no event.
        if (change !== undefined && [...this.#rules].some((rule) => rule.losesEvents && this.#meets(rule, request))) return;
        sink.event(type, object, change);
      },
      bookmark: (revision, initialEventsEnd) => sink.bookmark(revision, initialEventsEnd),
      flush: () => sink.flush(),
      end: (error) => {
        over();
        sink.end(error);
      },
    });
    return () => {
      over();
      stop?.();
    };
  }
}

function fault(count: () => number, lift: () => void): Fault {
  return { get count() { return count(); }, lift, [Symbol.dispose]: lift };
}

function matches(rule: RequestMatch, { info, user }: ServerRequest): boolean {
  const { user: who, verbs, resource, subresource, namespace, name } = rule;
  if (who === undefined ? user.name === testUser || user.name === 'system:apiserver' : typeof who === 'string' ? who !== user.name : !who.test(user.name)) return false;
  if (verbs !== undefined && !verbs.some((verb) => verb === info.verb)) return false;
  if (resource !== undefined && (typeof resource === 'string' ? resource !== info.resource : resource.resource !== info.resource || resource.group !== info.apiGroup)) return false;
  if (subresource !== undefined && subresource !== info.subresource) return false;
  return (namespace === undefined || namespace === info.namespace) && (name === undefined || name === info.name);
}
