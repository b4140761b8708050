import type { Authenticator, Credentials, UserInfo } from '../authenticator.ts';
import type { Changing } from '../replaceable.ts';
import type { TokenAuthenticator, TokenVerdict } from '../token-authenticator.ts';
import { bearerUser } from '../token-authenticator.ts';
import type { JwtIssuer } from './configuration.ts';
import type { OidcOptions } from './oidc.ts';
import { OidcAuthenticator } from './oidc.ts';

type IssuersOptions = Omit<OidcOptions, 'issuer'>;

/** How long the keys of issuers that are new to a running server may take to be fetched. */
const newIssuersMs = 60_000;
const retryMs = 1000;

/** ID tokens of several issuers, which may become others while the server runs. */
export class OidcIssuers implements Authenticator, TokenAuthenticator, Disposable {
  readonly name = 'oidc';
  readonly #options: IssuersOptions;
  #authenticators: readonly OidcAuthenticator[];
  #disposed = false;

  /** Keys are fetched from now on, in the background. */
  constructor(source: Changing<readonly JwtIssuer[]>, options: IssuersOptions) {
    this.#options = options;
    this.#authenticators = this.#made(source.current);
    for (const one of this.#authenticators) void one.start();
    source.onChange((issuers) => this.#replace(issuers));
  }

  #made(issuers: readonly JwtIssuer[]): OidcAuthenticator[] {
    return issuers.map((issuer) => new OidcAuthenticator({ ...this.#options, issuer }));
  }

  /** Those before go on until the keys of all that are to come are there. */
  async #replace(issuers: readonly JwtIssuer[]): Promise<void> {
    const { clock } = this.#options;
    const next = this.#made(issuers);
    const until = clock.monotonicMs() + newIssuersMs;
    await Promise.all(next.map((one) => one.start()));
    while (next.some((one) => !one.isReady) && clock.monotonicMs() < until && !this.#disposed) await clock.sleep(retryMs);
    const missing = next.filter((one) => !one.isReady);
    if (missing.length > 0 || this.#disposed) {
      for (const one of next) one[Symbol.dispose]();
      throw new Error(`the keys of ${missing.length} issuers could not be fetched`);
    }
    const before = this.#authenticators;
    this.#authenticators = next;
    for (const one of before) one[Symbol.dispose]();
  }

  authenticate(credentials: Credentials): Promise<UserInfo | undefined> | UserInfo | undefined {
    return this.#authenticators.length === 0 ? undefined : bearerUser(this, credentials, this.#options.audiences);
  }

  async authenticateToken(token: string, audiences: readonly string[]): Promise<TokenVerdict> {
    let refused: TokenVerdict | undefined;
    for (const one of this.#authenticators) {
      const verdict = await one.authenticateToken(token, audiences);
      if (verdict.kind === 'accepted') return verdict;
      if (verdict.kind === 'refused') refused ??= verdict;
    }
    return refused ?? { kind: 'unknown' };
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const one of this.#authenticators) one[Symbol.dispose]();
  }
}
