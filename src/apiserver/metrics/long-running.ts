import type { RequestInfo } from '../request.ts';
import type { Gauge, Labels } from './registry.ts';
import { metricVerb, scopeOf } from './requests.ts';

/** Requests of one kind that are open. Whoever ends one takes it off. */
export interface OpenRequests { count: number }

/** Requests that last as long as their clients like: watches, and connections to pods. */
export class LongRunning {
  readonly #open = new Map<string, OpenRequests & { readonly labels: Labels }>();
  readonly #serves: (info: RequestInfo) => boolean;

  /** `serves`: as RequestMetrics has it. */
  constructor(serves: (info: RequestInfo) => boolean) {
    this.#serves = serves;
  }

  /** One more is open. */
  begin(info: RequestInfo): OpenRequests {
    const open = this.#find(info);
    open.count += 1;
    return open;
  }

  #find(info: RequestInfo): OpenRequests {
    const { apiGroup: group, apiVersion: version, resource, subresource } = info;
    const [verb, scope] = [metricVerb(info, 'GET', { isApply: false }), scopeOf(info)];
    const key = `${verb}/${scope}/${subresource}/${resource}/${version}/${group}`;
    let open = this.#open.get(key);
    if (open !== undefined) return open;
    // What clients make up is not told apart, and not told.
    if (!this.#serves(info)) return { count: 0 };
    this.#open.set(key, (open = { count: 0, labels: { component: 'apiserver', group, resource, scope, subresource, verb, version } }));
    return open;
  }

  get families(): readonly Gauge[] {
    return [{ name: 'apiserver_longrunning_requests', help: '[STABLE] Requests that are open and last as long as their clients like.', read: () => Array.from(this.#open.values(), ({ labels, count }) => [labels, count] as const) }];
  }
}
