import { hash } from 'node:crypto';
import { BoundedCache } from '../../base/bounded-cache.ts';

/** Clients send the same token with each request: those of the last few are not worked out again. */
const recent = new BoundedCache<string, string>(64);
/** Longer ones are not worth keeping. */
const maxKeptLength = 4096;

/** What stands for a token wherever one is looked up: SHA-256 in base64, so that no cache of verdicts holds tokens. */
export function tokenDigest(token: string): string {
  let digest = recent.get(token);
  if (digest === undefined) {
    digest = hash('sha256', token, 'base64');
    if (token.length <= maxKeptLength) recent.set(token, digest);
  }
  return digest;
}
