import { tokenDigest } from '../token-digest.ts';
import type { JWK } from 'jose';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Authenticator, Credentials, UserInfo } from '../authenticator.ts';
import { ExpiringCache } from '../../../base/expiring-cache.ts';
import { looksLikeJws, peekClaims } from '../jws.ts';
import type { TokenAuthenticator, TokenVerdict } from '../token-authenticator.ts';
import { bearerUser } from '../token-authenticator.ts';
import { checkStandardClaims, ClaimError, userOfClaims } from './claims.ts';
import type { JwtIssuer } from './configuration.ts';
import type { IssuerKey } from './remote-keys.ts';
import { RemoteKeys } from './remote-keys.ts';

/** Every algorithm that an issuer may sign with; all of them have a public key. */
export const signingAlgorithms = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'] as const;

/** Verified tokens are remembered for as long as upstream remembers them. */
const cacheMs = 10_000;
const maxCached = 4096;
/** Longer tokens are not looked into. */
const maxTokenLength = 64 * 1024;

export interface OidcOptions {
  readonly issuer: JwtIssuer;
  /** The algorithms that are accepted. Default all. */
  readonly algorithms?: readonly string[];
  /** The API server's own audiences: those for whom such a token stands. */
  readonly audiences: readonly string[];
  readonly clock: Clock;
  readonly logger: Logger;
}

const keyTypes: Readonly<Record<string, string>> = { RS: 'RSA', PS: 'RSA', ES: 'EC' };

/** Google says its name in two ways. */
const sameIssuer = (claimed: unknown, url: string): boolean => claimed === url || (claimed === 'accounts.google.com' && url === 'https://accounts.google.com');

/** Proves users by ID tokens of one OpenID Connect issuer, whose keys are fetched in the background. */
export class OidcAuthenticator implements Authenticator, TokenAuthenticator, Disposable {
  readonly name = 'oidc';
  readonly #issuer: JwtIssuer;
  readonly #algorithms: readonly string[];
  readonly #audiences: readonly string[];
  readonly #clock: Clock;
  readonly #keys: RemoteKeys;
  readonly #users: ExpiringCache<string, UserInfo>;

  constructor(options: OidcOptions) {
    this.#issuer = options.issuer;
    this.#algorithms = options.algorithms ?? signingAlgorithms;
    this.#audiences = options.audiences;
    this.#clock = options.clock;
    this.#keys = new RemoteKeys(options);
    this.#users = new ExpiringCache(maxCached, options.clock);
  }

  /** Begins to fetch the issuer's keys; resolves after the first attempt. */
  start(): Promise<void> {
    return this.#keys.start();
  }

  /** Whether the issuer's keys are there. */
  get isReady(): boolean {
    return this.#keys.isReady;
  }

  [Symbol.dispose](): void {
    this.#keys[Symbol.dispose]();
  }

  authenticate(credentials: Credentials): Promise<UserInfo | undefined> | UserInfo | undefined {
    return bearerUser(this, credentials, this.#audiences);
  }

  authenticateToken(token: string, audiences: readonly string[]): Promise<TokenVerdict> | TokenVerdict {
    if (token.length > maxTokenLength || !looksLikeJws(token)) return { kind: 'unknown' };
    // An ID token is for its client; what it stands for here are the API server's own audiences.
    const common = this.#audiences.filter((one) => audiences.includes(one));
    if (common.length === 0) return { kind: 'unknown' };
    const digest = tokenDigest(token);
    const known = this.#users.get(digest);
    if (known !== undefined) return { kind: 'accepted', user: known, audiences: common };
    return this.#verify(token).then(
      (user): TokenVerdict => {
        if (user === undefined) return { kind: 'unknown' };
        this.#users.set(digest, user, cacheMs);
        return { kind: 'accepted', user, audiences: common };
      },
      (error: unknown): TokenVerdict => {
        if (error instanceof ClaimError) return { kind: 'refused', error: error.message };
        throw error;
      },
    );
  }

  async #verify(token: string): Promise<UserInfo | undefined> {
    const peeked = await peekClaims(token);
    if (peeked === undefined || !sameIssuer(peeked.claims.iss, this.#issuer.url)) return undefined;
    const { header, claims } = peeked;
    const kid = typeof header.kid === 'string' && header.kid !== '' ? header.kid : undefined;
    const keys = await this.#keys.keysFor(kid);
    if (keys === undefined) throw new ClaimError('oidc: authenticator not initialized');
    checkStandardClaims(claims, this.#issuer, this.#clock.now());
    const algorithm = typeof header.alg === 'string' ? header.alg : '';
    if (!this.#algorithms.includes(algorithm)) {
      const accepted = `[${this.#algorithms.map((one) => JSON.stringify(one)).join(' ')}]`;
      throw new ClaimError(`oidc: verify token: oidc: id token signed with unsupported algorithm, expected ${accepted} got ${JSON.stringify(algorithm)}`);
    }
    if (header.crit !== undefined || !await isSigned(token, algorithm, keys)) throw new ClaimError('oidc: verify token: failed to verify signature: failed to verify id token signature');
    return userOfClaims(claims, this.#issuer);
  }
}

/** Whether one of the keys made the token's signature with this algorithm. */
async function isSigned(token: string, algorithm: string, keys: readonly IssuerKey[]): Promise<boolean> {
  const { compactVerify, importJWK } = await import('jose');
  for (const key of keys) {
    if (key.kty !== keyTypes[algorithm.slice(0, 2)] || (key.use !== undefined && key.use !== 'sig')) continue;
    try {
      // Only the public half of a key that is published carelessly is looked at.
      const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, oth: _oth, ...published } = key;
      await compactVerify(token, await importJWK(published as JWK, algorithm), { algorithms: [algorithm] });
      return true;
    } catch {
      // Perhaps the next key did.
    }
  }
  return false;
}
