import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

type Algorithm = 'ES256' | 'ES384' | 'RS256';

/** A key that verifies tokens; its algorithm follows from the key, never from the token. */
export interface VerifyingKey {
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

const digests = { ES256: 'sha256', ES384: 'sha384', RS256: 'sha256' } as const;

function algorithmOf(key: KeyObject): Algorithm {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined;
  if (curve === 'prime256v1') return 'ES256';
  if (curve === 'secp384r1') return 'ES384';
  throw new Error(`not supported: a service-account key of type ${key.asymmetricKeyType ?? 'unknown'} ${curve ?? ''}`.trim());
}

/** From a public or private key in PEM. The id is upstream's: the base64url SHA-256 of the public key's SPKI. */
export function verifyingKey(pem: string): VerifyingKey {
  const key = createPublicKey(pem);
  const id = createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest('base64url');
  return { id, algorithm: algorithmOf(key), key };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A compact JWS over JSON claims. */
export function signClaims(claims: object, privateKeyPem: string): string {
  const key = createPrivateKey(privateKeyPem);
  const { id, algorithm } = verifyingKey(privateKeyPem);
  const input = `${encode({ alg: algorithm, kid: id })}.${encode(claims)}`;
  const signature = sign(digests[algorithm], Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Header and claims of a compact JWS, unverified; undefined when it is not one. */
export function peekClaims(token: string): { readonly header: Record<string, unknown>; readonly claims: Record<string, unknown> } | undefined {
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every((part) => /^[\w-]+$/.test(part))) return undefined;
  const header = decode(parts[0]!);
  const claims = decode(parts[1]!);
  return header === undefined || claims === undefined ? undefined : { header, claims };
}

/** Whether one of the keys made the token's signature. A header that names a key or algorithm must be right about it. */
export function verifySignature(token: string, header: Record<string, unknown>, keys: readonly VerifyingKey[]): boolean {
  const dot = token.lastIndexOf('.');
  const input = Buffer.from(token.slice(0, dot));
  const signature = Buffer.from(token.slice(dot + 1), 'base64url');
  // A critical extension that is not understood must be refused (RFC 7515, 4.1.11).
  if (header.crit !== undefined) return false;
  return keys.some(({ id, algorithm, key }) =>
    header.alg === algorithm
    && (header.kid === undefined || header.kid === '' || header.kid === id)
    && verify(digests[algorithm], input, { key, dsaEncoding: 'ieee-p1363' }, signature));
}
