import { hash } from 'node:crypto';
import type { TokenReviewSpec, TokenReviewStatus } from '../../../api/types/authentication/v1.ts';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Random } from '../../../base/random.ts';
import type { Connection } from '../../../client/kubeconfig.ts';
import type { ReviewWebhook } from '../../review-webhook.ts';
import { reviewWebhook } from '../../review-webhook.ts';
import type { Authenticator, Credentials, UserInfo } from '../authenticator.ts';
import { ExpiringCache } from '../../../base/expiring-cache.ts';
import type { TokenAuthenticator, TokenVerdict } from '../token-authenticator.ts';
import { bearerUser } from '../token-authenticator.ts';
import { authenticated } from '../users.ts';

const maxCached = 4096;

/** How an external service judges tokens. */
export interface TokenWebhookSettings {
  readonly connection: Connection;
  readonly version: 'v1' | 'v1beta1';
  /** How long its verdicts, good and bad, are remembered, milliseconds. */
  readonly cacheTtlMs: number;
}

export interface TokenWebhookOptions extends TokenWebhookSettings {
  /** The API server's own audiences, for services that know nothing of audiences. */
  readonly audiences: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Proves users by asking an external service with a TokenReview. Verdicts are remembered by the token's digest. */
export class WebhookTokenAuthenticator implements Authenticator, TokenAuthenticator {
  readonly name = 'webhook';
  readonly #ask: ReviewWebhook<TokenReviewSpec, TokenReviewStatus>;
  readonly #audiences: readonly string[];
  readonly #cacheTtlMs: number;
  readonly #logger: Logger;
  readonly #verdicts: ExpiringCache<string, TokenVerdict>;
  /** Requests with the same token wait for one review. */
  readonly #underWay = new Map<string, Promise<TokenVerdict>>();

  constructor(options: TokenWebhookOptions) {
    this.#ask = reviewWebhook({ ...options, kind: 'TokenReview', apiVersion: `authentication.k8s.io/${options.version}` });
    this.#audiences = options.audiences;
    this.#cacheTtlMs = options.cacheTtlMs;
    this.#logger = options.logger;
    this.#verdicts = new ExpiringCache(maxCached, options.clock);
  }

  authenticate(credentials: Credentials): Promise<UserInfo | undefined> | UserInfo | undefined {
    return bearerUser(this, credentials, this.#audiences);
  }

  authenticateToken(token: string, audiences: readonly string[]): Promise<TokenVerdict> | TokenVerdict {
    const key = hash('sha256', JSON.stringify([audiences, token]), 'base64');
    const known = this.#verdicts.get(key);
    if (known !== undefined) return known;
    let underWay = this.#underWay.get(key);
    if (underWay === undefined) this.#underWay.set(key, (underWay = this.#review(key, token, audiences).finally(() => this.#underWay.delete(key))));
    return underWay;
  }

  async #review(key: string, token: string, audiences: readonly string[]): Promise<TokenVerdict> {
    let status: TokenReviewStatus;
    try {
      status = await this.#ask({ token, audiences: [...audiences] });
    } catch (error) {
      // What failed may work the next time: not remembered. The message has no token in it.
      const { message } = error as Error;
      this.#logger.error('the authentication webhook could not be asked', { error: message });
      return { kind: 'refused', error: message };
    }
    const verdict = this.#verdictOf(status, audiences);
    this.#verdicts.set(key, verdict, this.#cacheTtlMs);
    return verdict;
  }

  #verdictOf(status: TokenReviewStatus, wanted: readonly string[]): TokenVerdict {
    const told = status.audiences ?? [];
    const common = wanted.filter((one) => (told.length > 0 ? told : this.#audiences).includes(one));
    if (wanted.length > 0 && common.length === 0) return { kind: 'unknown' };
    if (status.authenticated !== true) return (status.error ?? '') === '' ? { kind: 'unknown' } : { kind: 'refused', error: status.error! };
    const { username = '', uid = '', groups = [], extra } = status.user ?? {};
    return {
      kind: 'accepted',
      audiences: common,
      user: authenticated({ name: username, groups, ...(uid !== '' && { uid }), ...(extra !== undefined && Object.keys(extra).length > 0 && { extra }) }),
    };
  }
}
