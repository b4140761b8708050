import { nameOf, namespaceOf, uidOf } from '../api/meta/object.ts';
import { parseTime } from '../api/meta/time.ts';
import { serviceaccounts } from '../api/resources.ts';
import type { TokenRequest } from '../api/types/authentication/v1.ts';
import type { Pod } from '../api/types/core/v1.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { specOf } from './pods/pod-spec.ts';

/** A token is renewed after this part of its life, or after a day. */
const renewAt = 0.8;
const maxAgeMs = 24 * 3_600_000;
const maxJitterMs = 10_000;

export interface ServiceAccountToken {
  readonly token: string;
  /** When the pod should be given a new one, wall time in milliseconds. */
  readonly renewAtMs: number;
  readonly expiresAtMs: number;
}

/** Tokens for projected volumes, bound to their pods and kept until they should be renewed. */
export class ServiceAccountTokens {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  /** By the pod's uid. */
  readonly #tokens = new Map<string, Map<string, ServiceAccountToken>>();

  constructor(options: { readonly client: Client; readonly clock: Clock; readonly random: Random }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** Rejects with ApiError when there is none and none can be had. */
  async get(pod: Pod, options: { readonly audience: string | undefined; readonly expirationSeconds: number }): Promise<ServiceAccountToken> {
    let tokens = this.#tokens.get(uidOf(pod));
    if (tokens === undefined) this.#tokens.set(uidOf(pod), tokens = new Map());
    const key = `${options.audience ?? ''}/${options.expirationSeconds}`;
    const known = tokens.get(key);
    if (known !== undefined && this.#clock.now() < known.renewAtMs) return known;
    try {
      const fresh = await this.#request(pod, options);
      tokens.set(key, fresh);
      return fresh;
    } catch (error) {
      // An old token that still counts is better than a pod that does not start.
      if (known !== undefined && this.#clock.now() < known.expiresAtMs) return { ...known, renewAtMs: this.#clock.now() + 60_000 };
      throw error;
    }
  }

  forget(podUid: string): void {
    this.#tokens.delete(podUid);
  }

  async #request(pod: Pod, { audience, expirationSeconds }: { readonly audience: string | undefined; readonly expirationSeconds: number }): Promise<ServiceAccountToken> {
    const body: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        audiences: audience === undefined || audience === '' ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: nameOf(pod), uid: uidOf(pod) },
      },
    };
    const name = specOf(pod).serviceAccountName ?? 'default';
    const startMs = this.#clock.now();
    const answer = await this.#client.createSubresource<TokenRequest, TokenRequest>(serviceaccounts, { namespace: namespaceOf(pod), name }, 'token', body);
    const token = answer.status?.token;
    if (token === undefined) throw new Error(`no token in the answer for service account ${namespaceOf(pod)}/${name}`);
    const expiresAtMs = parseTime(answer.status?.expirationTimestamp ?? '') ?? startMs + expirationSeconds * 1000;
    const lifeMs = expiresAtMs - startMs;
    return { token, expiresAtMs, renewAtMs: startMs + Math.min(lifeMs * renewAt, maxAgeMs) - this.#random.float() * Math.min(maxJitterMs, lifeMs * 0.01) };
  }
}
