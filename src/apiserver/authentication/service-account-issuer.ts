import type { Node, Pod, Secret, ServiceAccount } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { SigningKey, VerifyingKey } from './jws.ts';
import { signClaims, signingKey, verifyingKey } from './jws.ts';
import { boundClaims } from './service-account-claims.ts';

export const defaultIssuer = 'https://kubernetes.default.svc.cluster.local';

/** What the kubelet asks for when it projects a token into a pod: an hour, and seven seconds to tell it by. */
const projectedSeconds = 60 * 60 + 7;
/** How long such a token really holds, for programs that read it once and never again. */
const extendedSeconds = 365 * 24 * 60 * 60;

/** A new token and until when its holder should use it. */
export interface IssuedToken {
  readonly token: string;
  /** Names the token without giving it away: its `jti`. */
  readonly id: string;
  /** RFC 3339. */
  readonly expirationTimestamp: string;
}

/** What a server's issuer of tokens is made with. */
export interface IssuerOptions {
  /** PEM. */
  readonly privateKey: string;
  /** PEM of further keys, public or private, that may have signed and are published with the signing one. */
  readonly otherKeys?: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  /** Accepted issuers; the first is the one that new tokens name. Default upstream's. */
  readonly issuers?: readonly string[];
  /** The API server's own audiences. Default the issuers. */
  readonly audiences?: readonly string[];
  /** The longest life that a TokenRequest gets, seconds; undefined: as long as it asks for. */
  readonly maxSeconds?: number;
  /** As kube-apiserver's `--service-account-extend-token-expiration`. Default true. */
  readonly extendTokenExpiration?: boolean;
}

/** Signs service-account tokens. */
export class ServiceAccountIssuer {
  readonly issuer: string;
  /** Every issuer whose tokens are accepted, this one first. */
  readonly issuers: readonly string[];
  /** The API server's own audiences, which a token gets when none are asked for. */
  readonly audiences: readonly string[];
  /** The longest life that may be asked for, seconds. */
  readonly maxSeconds: number | undefined;
  readonly #key: SigningKey;
  readonly #otherKeys: readonly VerifyingKey[];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #extend: boolean;

  /** Throws for keys that cannot be used. */
  constructor(options: IssuerOptions) {
    this.issuers = options.issuers ?? [defaultIssuer];
    this.issuer = this.issuers[0]!;
    this.audiences = options.audiences ?? this.issuers;
    this.maxSeconds = options.maxSeconds;
    this.#key = signingKey(options.privateKey);
    this.#otherKeys = (options.otherKeys ?? []).map(verifyingKey).filter(({ id }) => id !== this.#key.id);
    this.#clock = options.clock;
    this.#random = options.random;
    this.#extend = options.extendTokenExpiration ?? true;
  }

  /** A token for `serviceAccount`, bound to the pod, secret or node when given (a pod brings the node it runs on). */
  async issue(request: {
    readonly serviceAccount: ServiceAccount;
    readonly audiences?: readonly string[];
    readonly expirationSeconds: number;
    readonly pod?: Pod;
    readonly secret?: Secret;
    readonly node?: Node | { readonly name: string };
  }): Promise<IssuedToken> {
    const { pod, secret, node, expirationSeconds } = request;
    const audiences = request.audiences === undefined || request.audiences.length === 0 ? this.audiences : request.audiences;
    const nowMs = this.#clock.now();
    const extend = this.#extend && pod !== undefined && expirationSeconds === projectedSeconds && audiences.every((one) => this.audiences.includes(one));
    const nodeReference = node === undefined ? undefined : 'name' in node ? { name: node.name, uid: '' } : { name: node.metadata.name ?? '', uid: node.metadata.uid ?? '' };
    const claims = boundClaims({
      serviceAccount: request.serviceAccount,
      ...(pod !== undefined && { pod }),
      ...(secret !== undefined && { secret }),
      ...(nodeReference !== undefined && { node: nodeReference }),
      audiences,
      issuer: this.issuer,
      id: this.#random.uuid(),
      nowSeconds: Math.floor(nowMs / 1000),
      lifetimeSeconds: extend ? extendedSeconds : expirationSeconds,
      ...(extend && { warnAfterSeconds: expirationSeconds }),
    });
    return { token: signClaims(claims, this.#key), id: claims.jti, expirationTimestamp: formatTime(nowMs + expirationSeconds * 1000) };
  }

  /** The public keys as an RFC 7517 key set, for those who verify tokens themselves. */
  keySet(): { readonly keys: readonly { readonly alg: string }[] } {
    return {
      keys: [this.#key, ...this.#otherKeys].map(({ id, algorithm, key }) => {
        const { kty, ...rest } = key.export({ format: 'jwk' });
        return { use: 'sig', kty, kid: id, alg: algorithm, ...rest };
      }),
    };
  }
}
