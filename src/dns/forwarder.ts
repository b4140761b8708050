import type { Clock } from '../base/clock.ts';
import { KeptAnswers } from './kept-answers.ts';
import type { DnsMetrics } from './metrics.ts';
import { readdress, readQuestion } from './question.ts';
import type { Question } from './question.ts';
import { aged, lifetimeOf } from './times-to-live.ts';
import type { Upstream } from './upstream.ts';

/** Where questions outside the cluster's zone go. */
export interface Routes {
  /** By the domain whose names are asked elsewhere, in lower case without the final dot. */
  readonly stubs: ReadonlyMap<string, Upstream>;
  readonly otherwise: Upstream;
}

interface Kept { readonly answer: Buffer; readonly offsets: readonly number[]; readonly sinceMs: number; readonly untilMs: number; readonly positive: boolean }

/** As in the usual configuration of CoreDNS: nothing is kept longer, a server's failure for a moment. */
const longestMs = 30_000;
const failureMs = 5_000;
const mostKept = 10_000;

/** The routes' upstream whose domain is the longest that the name is in. */
function upstreamFor({ stubs, otherwise }: Routes, name: string): Upstream {
  for (let rest = name; stubs.size > 0 && rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    const found = stubs.get(rest);
    if (found !== undefined) return found;
  }
  return otherwise;
}

/** Asks other name servers, keeps what they say as long as they allow, also that there is nothing, and asks them once at a time. */
export class Forwarder {
  readonly #clock: Clock;
  readonly #metrics: DnsMetrics;
  readonly #kept = new KeptAnswers<Kept>(mostKept);
  readonly #asked = new Map<string, Promise<Buffer | undefined>>();
  #routes: Routes;

  constructor(options: { readonly routes: Routes; readonly clock: Clock; readonly metrics: DnsMetrics }) {
    this.#routes = options.routes;
    this.#clock = options.clock;
    this.#metrics = options.metrics;
    options.metrics.entries = () => this.#kept.size;
  }

  /** From now on. What was kept is forgotten. */
  route(routes: Routes): void {
    this.#routes = routes;
    this.#kept.clear();
  }

  /** The answer to a query of that question; undefined when nobody answers. */
  async ask(query: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    const question = readQuestion(query);
    if (question === undefined) return this.#routes.otherwise.ask(query, transport);
    // What is cut for UDP must not be what TCP gets.
    const key = `${transport} ${question.key}`;
    const kept = this.#lookUp(key);
    if (kept !== undefined) return readdress(kept, query, question);
    let asked = this.#asked.get(key);
    if (asked === undefined) this.#asked.set(key, asked = this.#askAnew(key, query, question, transport).finally(() => this.#asked.delete(key)));
    const answer = await asked;
    return answer === undefined ? undefined : readdress(answer, query, question);
  }

  #lookUp(key: string): Buffer | undefined {
    const kept = this.#kept.get(key);
    const nowMs = this.#clock.monotonicMs();
    if (kept === undefined || kept.untilMs <= nowMs) {
      this.#metrics.cacheMisses++;
      return undefined;
    }
    if (kept.positive) this.#metrics.cacheHits.success++;
    else this.#metrics.cacheHits.denial++;
    return aged(kept.answer, kept.offsets, Math.floor((nowMs - kept.sinceMs) / 1000));
  }

  async #askAnew(key: string, query: Buffer, { name }: Question, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    this.#metrics.forwarded++;
    const routes = this.#routes;
    const answer = await upstreamFor(routes, name).ask(query, transport);
    if (answer === undefined || answer.length < 12 || routes !== this.#routes) return answer;
    const { offsets, seconds } = lifetimeOf(answer);
    const code = answer[3]! & 0x0f;
    const truncated = (answer[2]! & 0x02) !== 0;
    const lifeMs = code === 2 ? failureMs : code === 0 || code === 3 ? Math.min(longestMs, (seconds ?? 0) * 1000) : 0;
    const sinceMs = this.#clock.monotonicMs();
    if (lifeMs > 0 && !truncated) this.#kept.set(key, { answer, offsets, sinceMs, untilMs: sinceMs + lifeMs, positive: code === 0 && answer.readUInt16BE(6) > 0 });
    return answer;
  }
}
