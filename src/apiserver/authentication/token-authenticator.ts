import type { Credentials, Listener, UserInfo } from './authenticator.ts';

/** What a bearer token turned out to be. `refused`: of this method's kind, but not valid, and why. */
export type TokenVerdict =
  | { readonly kind: 'accepted'; readonly user: UserInfo; readonly audiences: readonly string[] }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'unknown' };

/** A method that can also judge a token for other audiences than the API server's own: what a TokenReview asks. */
export interface TokenAuthenticator {
  /**
   * `audiences`: those that the asker stands for; the verdict's are the ones of them that the token is for. `listener`
   * is told what the token's holder, and whoever audits, should know.
   */
  authenticateToken(token: string, audiences: readonly string[], listener?: Listener): Promise<TokenVerdict> | TokenVerdict;
}

/** The user whose bearer token is accepted for these audiences; undefined when there is no token, or it is not. */
export function bearerUser(authenticator: TokenAuthenticator, credentials: Credentials, audiences: readonly string[]): Promise<UserInfo | undefined> | UserInfo | undefined {
  const { bearerToken } = credentials;
  if (bearerToken === undefined) return undefined;
  const user = (verdict: TokenVerdict): UserInfo | undefined => (verdict.kind === 'accepted' ? verdict.user : undefined);
  const verdict = authenticator.authenticateToken(bearerToken, audiences, credentials);
  return verdict instanceof Promise ? verdict.then(user) : user(verdict);
}

/** The credentials of somebody who has a bearer token and nothing else. */
export function bearerCredentials(bearerToken: string): Credentials {
  return { clientCertificate: undefined, bearerToken, header: () => undefined, headerValues: () => [], headersWithPrefix: () => [], warn: () => {}, annotate: () => {} };
}
