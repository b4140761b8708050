import type { Credentials, UserInfo } from './authenticator.ts';

/** What a bearer token turned out to be. `refused`: of this method's kind, but not valid, and why. */
export type TokenVerdict =
  | { readonly kind: 'accepted'; readonly user: UserInfo; readonly audiences: readonly string[] }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'unknown' };

/** A method that can also judge a token for other audiences than the API server's own: what a TokenReview asks. */
export interface TokenAuthenticator {
  /**
   * `audiences`: those that the asker stands for; the verdict's are the ones of them that the token is for. `warn` is
   * told what the token's holder should know.
   */
  authenticateToken(token: string, audiences: readonly string[], warn?: (message: string) => void): Promise<TokenVerdict> | TokenVerdict;
}

/** The credentials of somebody who has a bearer token and nothing else. */
export function bearerCredentials(bearerToken: string): Credentials {
  return { clientCertificate: undefined, bearerToken, header: () => undefined, headerValues: () => [], headersWithPrefix: () => [], warn: () => {} };
}
