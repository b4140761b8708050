import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type * as Jose from 'jose';
import { outside } from '../../base/outside-work.ts';

type Algorithm = 'ES256' | 'ES384' | 'ES512' | 'RS256';

/** A key that verifies tokens; its algorithm follows from the key, never from the token. */
export interface VerifyingKey {
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

/** A key that signs tokens. */
export interface SigningKey extends VerifyingKey {
  readonly privateKey: KeyObject;
}

/** What a token says, verified or not. */
export interface TokenContent {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Loaded with the first token: a server starts without. */
const jose = (): Promise<typeof Jose> => outside(import('jose'));

function algorithmOf(key: KeyObject): Algorithm {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined;
  if (curve === 'prime256v1') return 'ES256';
  if (curve === 'secp384r1') return 'ES384';
  if (curve === 'secp521r1') return 'ES512';
  throw new Error(`not supported: a service-account key of type ${key.asymmetricKeyType ?? 'unknown'} ${curve ?? ''}`.trim());
}

/** From a public or private key in PEM. The id is upstream's: the base64url SHA-256 of the public key's SPKI. */
export function verifyingKey(pem: string): VerifyingKey {
  const key = createPublicKey(pem);
  const id = createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest('base64url');
  return { id, algorithm: algorithmOf(key), key };
}

/** From a private key in PEM. */
export function signingKey(pem: string): SigningKey {
  return { ...verifyingKey(pem), privateKey: createPrivateKey(pem) };
}

const hashes: Readonly<Record<Algorithm, string>> = { RS256: 'sha256', ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' };
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * A compact JWS over JSON claims. Signed at once, which takes less than handing it to a thread and back, and not on
 * threads that end in any order: a cluster on virtual time has to run the same each time.
 */
export function signClaims(claims: object, { id, algorithm, privateKey }: SigningKey): string {
  const content = `${encoded({ alg: algorithm, kid: id })}.${encoded(claims)}`;
  return `${content}.${sign(hashes[algorithm], Buffer.from(content), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

/** Whether a token may be a compact JWS, with all its three parts. */
export const looksLikeJws = (token: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);

/** What a compact JWS says, unverified; undefined when it is not one. */
export async function peekClaims(token: string): Promise<TokenContent | undefined> {
  if (!looksLikeJws(token)) return undefined;
  const { decodeJwt, decodeProtectedHeader } = await jose();
  try {
    return { header: { ...decodeProtectedHeader(token) }, claims: decodeJwt(token) };
  } catch {
    return undefined;
  }
}

/** Whether one of the keys made the token's signature. A header that names a key or algorithm must be right about it. */
export async function verifySignature(token: string, header: TokenContent['header'], keys: readonly VerifyingKey[]): Promise<boolean> {
  // A critical extension that is not understood must be refused (RFC 7515, 4.1.11), and no Kubernetes token has any.
  if (header.crit !== undefined) return false;
  const { compactVerify } = await jose();
  for (const { id, algorithm, key } of keys) {
    if (header.alg !== algorithm || (header.kid !== undefined && header.kid !== '' && header.kid !== id)) continue;
    try {
      await outside(compactVerify(token, key, { algorithms: [algorithm] }));
      return true;
    } catch {
      // Perhaps the next key did.
    }
  }
  return false;
}
