import { tokenDigest } from './token-digest.ts';
import type { Clock } from '../../base/clock.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Authenticator, Credentials, Listener, UserInfo } from './authenticator.ts';
import { BoundedCache } from '../../base/bounded-cache.ts';
import { looksLikeJws, peekClaims, verifySignature, verifyingKey } from './jws.ts';
import type { VerifyingKey } from './jws.ts';
import type { LegacyClaims, UseTracker } from './legacy-token.ts';
import { legacyIssuer, legacyTokenError } from './legacy-token.ts';
import type { ServiceAccountIdentity } from './service-account-claims.ts';
import { identityError, userOfIdentity } from './service-account-claims.ts';
import type { TokenAuthenticator, TokenVerdict } from './token-authenticator.ts';
import { bearerUser } from './token-authenticator.ts';

/** Tokens whose signature has been verified, remembered by digest. */
const maxCached = 4096;

/** go-jose allows clocks to differ by this much. */
const leewaySeconds = 60;

interface VerifiedToken {
  readonly identity: ServiceAccountIdentity;
  /** Set for a token that lies in a secret: it holds as long as the secret holds it. */
  readonly legacy?: LegacyClaims;
  readonly user: UserInfo;
  readonly audiences: readonly string[];
  /** The token names none, and is for the API server's. */
  readonly unaddressed: boolean;
  /** Seconds since the epoch; undefined: never. */
  readonly notAfter?: number;
  readonly notBefore?: number;
  readonly issuedAt?: number;
  /** From when on its holder should have got another; seconds since the epoch. */
  readonly warnAfter?: number;
}

/** Hears nothing. */
const nobody: Listener = { warn: () => {}, annotate: () => {} };

export interface ServiceAccountAuthenticatorOptions {
  readonly reader: ObjectReader;
  readonly clock: Clock;
  /** PEM keys, public or private, that may have signed. */
  readonly keys: readonly string[];
  /** Accepted issuers. */
  readonly issuers: readonly string[];
  /** The API server's own audiences; default: the issuers. */
  readonly audiences?: readonly string[];
  /** Told of every token in a secret that is used. */
  readonly track?: UseTracker;
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
    unaddressed: audiences.length === 0,
    ...(typeof claims.exp === 'number' && { notAfter: claims.exp }),
    ...(typeof claims.nbf === 'number' && { notBefore: claims.nbf }),
    ...(typeof claims.iat === 'number' && { issuedAt: claims.iat }),
    ...(typeof part.warnafter === 'number' && part.warnafter !== 0 && { warnAfter: part.warnafter }),
  };
}

/** Which claims a token in a secret must have, and what is said of one that is missing. */
const legacyClaims = { namespace: 'namespace', 'secret.name': 'secretName', 'service-account.name': 'serviceAccountName', 'service-account.uid': 'serviceAccountUID' } as const;

function legacyToken(claims: Readonly<Record<string, unknown>>, audiences: readonly string[]): VerifiedToken | string {
  const claim = (key: keyof typeof legacyClaims): string | undefined => text(claims[`kubernetes.io/serviceaccount/${key}`]);
  if (text(claims.sub) === undefined) return 'sub claim is missing';
  const missing = (Object.keys(legacyClaims) as (keyof typeof legacyClaims)[]).find((key) => claim(key) === undefined);
  if (missing !== undefined) return `${legacyClaims[missing]} claim is missing`;
  const [namespace, secret, name, uid] = [claim('namespace')!, claim('secret.name')!, claim('service-account.name')!, claim('service-account.uid')!];
  if (claims.sub !== `system:serviceaccount:${namespace}:${name}`) return 'sub claim is invalid';
  const identity: ServiceAccountIdentity = { namespace, serviceAccount: { name, uid } };
  const given = [claims.aud ?? []].flat().filter((one): one is string => typeof one === 'string');
  return { identity, user: userOfIdentity(identity), audiences: given.length > 0 ? given : audiences, unaddressed: given.length === 0, legacy: { namespace, secret, serviceAccount: { name, uid } } };
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
  readonly #track: UseTracker;
  readonly #verified = new BoundedCache<string, VerifiedToken>(maxCached);

  constructor(options: ServiceAccountAuthenticatorOptions) {
    this.#reader = options.reader;
    this.#clock = options.clock;
    this.#keys = options.keys.map(verifyingKey);
    this.#issuers = options.issuers;
    this.#audiences = options.audiences ?? options.issuers;
    this.#track = options.track ?? (() => {});
  }

  authenticate(credentials: Credentials): Promise<UserInfo | undefined> | UserInfo | undefined {
    return bearerUser(this, credentials, this.#audiences);
  }

  authenticateToken(token: string, audiences: readonly string[], listener: Listener = nobody): Promise<TokenVerdict> | TokenVerdict {
    if (!looksLikeJws(token)) return { kind: 'unknown' };
    const digest = tokenDigest(token);
    const known = this.#verified.get(digest);
    if (known !== undefined) return this.#judge(known, token, audiences, listener);
    return this.#verify(token).then((verified): TokenVerdict => {
      if (verified === undefined) return { kind: 'unknown' };
      if (typeof verified === 'string') return { kind: 'refused', error: verified };
      this.#verified.set(digest, verified);
      return this.#judge(verified, token, audiences, listener);
    });
  }

  /** Whether a token whose signature is right holds now, for one of the audiences. */
  #judge(verified: VerifiedToken, token: string, audiences: readonly string[], listener: Listener): TokenVerdict {
    if (verified.unaddressed) listener.annotate('authentication.k8s.io/legacy-token', verified.user.name);
    const common = verified.audiences.filter((one) => audiences.includes(one));
    if (common.length === 0) {
      const list = (names: readonly string[]): string => `[${names.map((one) => JSON.stringify(one)).join(' ')}]`;
      return { kind: 'refused', error: `token audiences ${list(verified.audiences)} is invalid for the target audiences ${list(audiences)}` };
    }
    const error = verified.legacy !== undefined
      ? legacyTokenError(verified.legacy, token, { reader: this.#reader, track: this.#track, listener })
      : this.#boundError(verified);
    if (error === undefined && verified.warnAfter !== undefined) this.#tellStale(verified, verified.warnAfter, listener);
    return error === undefined ? { kind: 'accepted', user: verified.user, audiences: common } : { kind: 'refused', error };
  }

  /** Tokens of pods hold long after their time: whose holder does not fetch new ones is written down. */
  #tellStale({ user }: VerifiedToken, warnAfter: number, listener: Listener): void {
    const overdue = Math.floor(this.#clock.now() / 1000) - warnAfter;
    if (overdue > 0) listener.annotate('authentication.k8s.io/stale-token', `subject: ${user.name}, seconds after warning threshold: ${overdue}`);
  }

  /** The token's meaning; a sentence when it claims to be ours but is not; undefined when it does not. */
  async #verify(token: string): Promise<VerifiedToken | string | undefined> {
    const peeked = await peekClaims(token);
    if (peeked === undefined) return undefined;
    const { header, claims } = peeked;
    const isLegacy = claims.iss === legacyIssuer;
    if (!isLegacy && !(typeof claims.iss === 'string' && this.#issuers.includes(claims.iss))) return undefined;
    const { kid } = header;
    const keys = typeof kid === 'string' && kid !== '' ? this.#keys.filter(({ id }) => id === kid) : this.#keys;
    if (keys.length === 0) return 'invalid signature, no keys found';
    if (!await verifySignature(token, header, keys)) return 'go-jose/go-jose: error in cryptographic primitive';
    if (isLegacy) return legacyToken(claims, this.#audiences);
    return boundToken(claims, this.#audiences) ?? 'service account token claims could not be validated due to unexpected private claim';
  }

  #boundError({ identity, notAfter, notBefore, issuedAt }: VerifiedToken): string | undefined {
    const nowMs = this.#clock.now();
    const nowSeconds = nowMs / 1000;
    if (notBefore !== undefined && nowSeconds < notBefore - leewaySeconds) return 'service account token is not valid yet';
    if (notAfter !== undefined && nowSeconds > notAfter + leewaySeconds) return 'service account token has expired';
    if (issuedAt !== undefined && nowSeconds < issuedAt - leewaySeconds) return 'service account token is issued in the future';
    return identityError(identity, this.#reader, nowMs);
  }
}
