import type { Node, Pod, Secret, ServiceAccount } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { SigningKey } from './jws.ts';
import { signClaims, signingKey } from './jws.ts';
import { boundClaims } from './service-account-claims.ts';

export const defaultIssuer = 'https://kubernetes.default.svc.cluster.local';

/** What the kubelet asks for when it projects a token into a pod: an hour, and seven seconds to tell it by. */
const projectedSeconds = 60 * 60 + 7;
/** How long such a token really holds, for programs that read it once and never again. */
const extendedSeconds = 365 * 24 * 60 * 60;

/** A new token and until when its holder should use it. */
export interface IssuedToken {
  readonly token: string;
  /** RFC 3339. */
  readonly expirationTimestamp: string;
}

/** Signs service-account tokens. */
export class ServiceAccountIssuer {
  readonly issuer: string;
  /** The API server's own audiences, which a token gets when none are asked for. */
  readonly audiences: readonly string[];
  readonly #key: SigningKey;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #extend: boolean;

  /** `privateKey`: PEM. `extendTokenExpiration` (default true) as kube-apiserver's `--service-account-extend-token-expiration`. */
  constructor(options: { readonly privateKey: string; readonly clock: Clock; readonly random: Random; readonly issuer?: string; readonly audiences?: readonly string[]; readonly extendTokenExpiration?: boolean }) {
    this.issuer = options.issuer ?? defaultIssuer;
    this.audiences = options.audiences ?? [this.issuer];
    this.#key = signingKey(options.privateKey);
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
    return { token: await signClaims(claims, this.#key), expirationTimestamp: formatTime(nowMs + expirationSeconds * 1000) };
  }

  /** The public key as an RFC 7517 key set, for those who verify tokens themselves. */
  keySet(): { readonly keys: readonly object[] } {
    const { id, algorithm, key } = this.#key;
    const { kty, ...rest } = key.export({ format: 'jwk' });
    return { keys: [{ use: 'sig', kty, kid: id, alg: algorithm, ...rest }] };
  }
}
