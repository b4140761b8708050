import type { Clock, Timer } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import { fetchDocument } from '../../http/fetch-document.ts';
import type { JwtIssuer } from './configuration.ts';

/** One key of an issuer's set (RFC 7517). */
export interface IssuerKey extends Readonly<Record<string, unknown>> {
  readonly kid?: string;
  readonly kty?: string;
  readonly use?: string;
}

const maxBytes = 1024 * 1024;
const maxKeys = 256;
const timeoutMs = 30_000;
/** How long after a failed attempt the next one follows. */
const retryMs = 10_000;
/** An unknown key makes the set be fetched again, but not more often than this. */
const minFetchMs = 10_000;
const minRefreshMs = 5 * 60_000;
const maxRefreshMs = 24 * 3600_000;
const defaultRefreshMs = 3600_000;

/**
 * The keys of one issuer: found through its discovery document, fetched in the background from `start` on, fetched again
 * before they are old and when a token names one that is not known. Old keys stay while new ones cannot be had.
 */
export class RemoteKeys implements Disposable {
  readonly #issuer: JwtIssuer;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #keys: readonly IssuerKey[] | undefined;
  #lastFetchMs = -Infinity;
  #underWay: Promise<void> | undefined;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: { readonly issuer: JwtIssuer; readonly clock: Clock; readonly logger: Logger }) {
    this.#issuer = options.issuer;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** Begins to fetch; resolves after the first attempt, whatever came of it. */
  start(): Promise<void> {
    return this.#refresh();
  }

  get isReady(): boolean {
    return this.#keys !== undefined;
  }

  /** The keys that may have made a signature; undefined as long as none could be fetched. */
  async keysFor(kid: string | undefined): Promise<readonly IssuerKey[] | undefined> {
    const isKnown = (): boolean => this.#keys !== undefined && (kid === undefined || this.#keys.some((key) => key.kid === kid));
    if (this.#keys !== undefined && !isKnown() && this.#clock.monotonicMs() - this.#lastFetchMs >= minFetchMs) await this.#refresh();
    return kid === undefined ? this.#keys : this.#keys?.filter((key) => key.kid === kid);
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #refresh(): Promise<void> {
    this.#underWay ??= this.#fetch().finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }

  async #fetch(): Promise<void> {
    this.#lastFetchMs = this.#clock.monotonicMs();
    let nextMs = retryMs;
    try {
      const { keys, maxAgeSeconds } = await this.#load();
      this.#keys = keys;
      nextMs = maxAgeSeconds === undefined ? defaultRefreshMs : Math.min(Math.max(maxAgeSeconds * 1000, minRefreshMs), maxRefreshMs);
    } catch (error) {
      if (!this.#isStopped) this.#logger.error('oidc authenticator: the keys of an issuer could not be fetched', { issuer: this.#issuer.url, error: (error as Error).message });
    }
    this.#timer?.cancel();
    if (!this.#isStopped) this.#timer = this.#clock.setTimer(nextMs, () => void this.#refresh(), { unref: true });
  }

  async #load(): Promise<{ readonly keys: readonly IssuerKey[]; readonly maxAgeSeconds: number | undefined }> {
    const { url, discoveryUrl, certificateAuthority: ca } = this.#issuer;
    const options = { clock: this.#clock, timeoutMs, maxBytes, ...(ca !== undefined && { ca }) };
    const discovery = JSON.parse((await fetchDocument(discoveryUrl ?? `${url.replace(/\/$/, '')}/.well-known/openid-configuration`, options)).text) as { readonly issuer?: unknown; readonly jwks_uri?: unknown } | null;
    if (discovery?.issuer !== url) throw new Error(`oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(url)} got ${JSON.stringify(discovery?.issuer ?? '')}`);
    if (typeof discovery.jwks_uri !== 'string' || discovery.jwks_uri === '') throw new Error('provider did not return JWKS URL');
    const { text, maxAgeSeconds } = await fetchDocument(discovery.jwks_uri, options);
    const { keys } = JSON.parse(text) as { readonly keys?: unknown };
    if (!Array.isArray(keys)) throw new Error('oidc: the key set has no keys');
    return { keys: keys.filter((key): key is IssuerKey => typeof key === 'object' && key !== null).slice(0, maxKeys), maxAgeSeconds };
  }
}
