import { hash } from 'node:crypto';
import { secrets } from '../../api/resources.ts';
import type { Clock } from '../../base/clock.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Authenticator, Credentials, UserInfo } from './authenticator.ts';
import { BoundedCache } from './bounded-cache.ts';
import { looksLikeJws, peekClaims, verifySignature, verifyingKey } from './jws.ts';
import type { VerifyingKey } from './jws.ts';
import type { ServiceAccountIdentity } from './service-account-claims.ts';
import { identityError, userOfIdentity } from './service-account-claims.ts';
import type { TokenAuthenticator, TokenVerdict } from './token-authenticator.ts';

/** Who issued the tokens that lie in secrets. */
const legacyIssuer = 'kubernetes/serviceaccount';

/** Tokens whose signature has been verified, remembered by digest. */
const maxCached = 4096;

/** go-jose allows clocks to differ by this much. */
const leewaySeconds = 60;

interface VerifiedToken {
  readonly identity: ServiceAccountIdentity;
  readonly user: UserInfo;
  readonly audiences: readonly string[];
  /** Seconds since the epoch; undefined: never. */
  readonly notAfter?: number;
  readonly notBefore?: number;
  /** Legacy tokens hold as long as their secret holds them. */
  readonly legacySecret?: string;
}

export interface ServiceAccountAuthenticatorOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  /** PEM keys, public or private, that may have signed. */
  readonly keys: readonly string[];
  /** Accepted issuers. */
  readonly issuers: readonly string[];
  /** The API server's own audiences; default: the issuers. */
  readonly audiences?: readonly string[];
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function referenceIn(value: unknown): { readonly name: string; readonly uid: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, uid } = value as { name?: unknown; uid?: unknown };
  return text(name) === undefined ? undefined : { name: name as string, uid: text(uid) ?? '' };
}

function boundToken(claims: Readonly<Record<string, unknown>>, defaultAudiences: readonly string[]): VerifiedToken | undefined {
  const privateClaims = claims['kubernetes.io'];
  if (typeof privateClaims !== 'object' || privateClaims === null) return undefined;
  const part = privateClaims as Record<string, unknown>;
  const namespace = text(part.namespace);
  const serviceAccount = referenceIn(part.serviceaccount);
  if (namespace === undefined || serviceAccount === undefined || claims.sub !== `system:serviceaccount:${namespace}:${serviceAccount.name}`) return undefined;
  const [pod, secret, node, id] = [referenceIn(part.pod), referenceIn(part.secret), referenceIn(part.node), text(claims.jti)];
  const identity: ServiceAccountIdentity = {
    namespace,
    serviceAccount,
    ...(pod !== undefined && { pod }),
    ...(secret !== undefined && { secret }),
    ...(node !== undefined && { node }),
    ...(id !== undefined && { credentialId: `JTI=${id}` }),
  };
  const audiences = [claims.aud ?? []].flat().filter((one): one is string => typeof one === 'string');
  return {
    identity,
    user: userOfIdentity(identity),
    audiences: audiences.length > 0 ? audiences : defaultAudiences,
    ...(typeof claims.exp === 'number' && { notAfter: claims.exp }),
    ...(typeof claims.nbf === 'number' && { notBefore: claims.nbf }),
  };
}

function legacyToken(claims: Readonly<Record<string, unknown>>, audiences: readonly string[]): VerifiedToken | undefined {
  const prefix = 'kubernetes.io/serviceaccount/';
  const [namespace, secret, name, uid] = ['namespace', 'secret.name', 'service-account.name', 'service-account.uid'].map((key) => text(claims[prefix + key]));
  if (namespace === undefined || secret === undefined || name === undefined || uid === undefined) return undefined;
  if (claims.sub !== `system:serviceaccount:${namespace}:${name}`) return undefined;
  const identity: ServiceAccountIdentity = { namespace, serviceAccount: { name, uid } };
  return { identity, user: userOfIdentity(identity), audiences, legacySecret: secret };
}

/**
 * Proves service accounts by their signed tokens, bound ones and those kept in secrets. A signature is verified once a
 * token; whether the account, and what the token is bound to, still exist is looked at each time.
 */
export class ServiceAccountAuthenticator implements Authenticator, TokenAuthenticator {
  readonly name = 'service-account';
  readonly #reader: ObjectReader;
  readonly #clock: Clock;
  readonly #keys: readonly VerifyingKey[];
  readonly #issuers: readonly string[];
  readonly #audiences: readonly string[];
  readonly #verified = new BoundedCache<string, VerifiedToken>(maxCached);

  constructor(options: ServiceAccountAuthenticatorOptions) {
    this.#reader = options.reader;
    this.#clock = options.clock;
    this.#keys = options.keys.map(verifyingKey);
    this.#issuers = options.issuers;
    this.#audiences = options.audiences ?? options.issuers;
  }

  authenticate({ bearerToken }: Credentials): Promise<UserInfo | undefined> | UserInfo | undefined {
    if (bearerToken === undefined) return undefined;
    const user = (verdict: TokenVerdict): UserInfo | undefined => (verdict.kind === 'accepted' ? verdict.user : undefined);
    const verdict = this.authenticateToken(bearerToken, this.#audiences);
    return verdict instanceof Promise ? verdict.then(user) : user(verdict);
  }

  authenticateToken(token: string, audiences: readonly string[]): Promise<TokenVerdict> | TokenVerdict {
    const digest = hash('sha256', token, 'base64');
    const known = this.#verified.get(digest);
    if (known !== undefined) return this.#judge(known, token, audiences);
    if (!looksLikeJws(token)) return { kind: 'unknown' };
    return this.#verify(token).then((verified): TokenVerdict => {
      if (verified === undefined) return { kind: 'unknown' };
      if (typeof verified === 'string') return { kind: 'refused', error: verified };
      this.#verified.set(digest, verified);
      return this.#judge(verified, token, audiences);
    });
  }

  /** Whether a token whose signature is right holds now, for one of the audiences. */
  #judge(verified: VerifiedToken, token: string, audiences: readonly string[]): TokenVerdict {
    const nowMs = this.#clock.now();
    const nowSeconds = nowMs / 1000;
    if (verified.notAfter !== undefined && nowSeconds > verified.notAfter + leewaySeconds) return { kind: 'refused', error: 'service account token has expired' };
    if (verified.notBefore !== undefined && nowSeconds < verified.notBefore - leewaySeconds) return { kind: 'refused', error: 'service account token is not valid yet' };
    const common = verified.audiences.filter((one) => audiences.includes(one));
    if (common.length === 0) {
      const list = (names: readonly string[]): string => `[${names.map((one) => JSON.stringify(one)).join(' ')}]`;
      return { kind: 'refused', error: `token audiences ${list(verified.audiences)} is invalid for the target audiences ${list(audiences)}` };
    }
    const error = identityError(verified.identity, this.#reader, nowMs) ?? this.#legacyError(verified, token);
    return error === undefined ? { kind: 'accepted', user: verified.user, audiences: common } : { kind: 'refused', error };
  }

  /** The token's meaning; a sentence when it claims to be ours but is not; undefined when it does not. */
  async #verify(token: string): Promise<VerifiedToken | string | undefined> {
    const peeked = await peekClaims(token);
    if (peeked === undefined) return undefined;
    const { header, claims } = peeked;
    const isLegacy = claims.iss === legacyIssuer;
    if (!isLegacy && !(typeof claims.iss === 'string' && this.#issuers.includes(claims.iss))) return undefined;
    if (!await verifySignature(token, header, this.#keys)) return 'failed to verify signature';
    const verified = isLegacy ? legacyToken(claims, this.#audiences) : boundToken(claims, this.#audiences);
    return verified ?? 'service account token claims could not be validated due to unexpected private claim';
  }

  #legacyError({ legacySecret, identity }: VerifiedToken, token: string): string | undefined {
    if (legacySecret === undefined) return undefined;
    const secret = this.#reader.get(secrets, identity.namespace, legacySecret);
    if (secret === undefined) return 'service account token has been invalidated';
    if (secret.metadata.deletionTimestamp !== undefined) return 'service account token has been invalidated';
    const held = Buffer.from(secret.data?.token ?? '', 'base64').toString('utf8');
    return held === token ? undefined : 'service account token doesn\'t match server\'s copy';
  }
}
