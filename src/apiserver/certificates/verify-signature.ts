/** Verifies signatures with the platform's WebCrypto: there in Node and in browsers, and loaded with neither. */
import { childrenOf, DerError, expectTag, readDer, tags } from '../../api/x509/der.ts';
import type { PublicKey } from '../../api/x509/x509.ts';

type Algorithm = { readonly name: string; readonly hash?: string; readonly namedCurve?: string; readonly saltLength?: number };

// Certificates are no longer signed with SHA-1, but Go takes requests for them that are.
const rsaHashes: Readonly<Record<string, string>> = { '1.2.840.113549.1.1.5': 'SHA-1', '1.2.840.113549.1.1.11': 'SHA-256', '1.2.840.113549.1.1.12': 'SHA-384', '1.2.840.113549.1.1.13': 'SHA-512' };
const ecdsaHashes: Readonly<Record<string, string>> = { '1.2.840.10045.4.1': 'SHA-1', '1.2.840.10045.4.3.2': 'SHA-256', '1.2.840.10045.4.3.3': 'SHA-384', '1.2.840.10045.4.3.4': 'SHA-512' };
/** MD5 proves nothing any more; the name is Go's. */
const insecure: Readonly<Record<string, string>> = { '1.2.840.113549.1.1.4': 'MD5-RSA' };
const ed25519 = '1.3.101.112';
const coordinateBytes: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };

/** An ECDSA signature in DER, as WebCrypto wants it: both numbers at full length. Undefined when it is none. */
function rawEcdsaSignature(der: Uint8Array, size: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    const raw = new Uint8Array(2 * size);
    const numbers = childrenOf(expectTag(readDer(der), tags.sequence));
    if (numbers.length !== 2) return undefined;
    for (const [i, number] of numbers.entries()) {
      const { content } = expectTag(number, tags.integer);
      const digits = content[0] === 0 ? content.subarray(1) : content;
      if (digits.length > size) return undefined;
      raw.set(digits, (i + 1) * size - digits.length);
    }
    return raw;
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}

async function verify(algorithm: Algorithm, { spki }: PublicKey, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const { subtle } = globalThis.crypto;
  try {
    const key = await subtle.importKey('spki', new Uint8Array(spki), algorithm, false, ['verify']);
    return await subtle.verify(algorithm, key, new Uint8Array(signature), new Uint8Array(data));
  } catch {
    // A key or a signature that the platform cannot even read.
    return false;
  }
}

/** What is wrong with a signature made with this algorithm (its object identifier), in Go's words; empty when it is good. */
export async function signatureError(key: PublicKey, algorithm: string, data: Uint8Array, signature: Uint8Array): Promise<string> {
  const weak = insecure[algorithm];
  if (weak !== undefined) return `x509: cannot verify signature: insecure algorithm ${weak}`;
  const rsaHash = rsaHashes[algorithm];
  const ecdsaHash = ecdsaHashes[algorithm];
  if (key.kind === 'rsa' && rsaHash !== undefined) return await verify({ name: 'RSASSA-PKCS1-v1_5', hash: rsaHash }, key, data, signature) ? '' : 'crypto/rsa: verification error';
  if (key.kind === 'ecdsa' && ecdsaHash !== undefined) return await ecdsaVerifies(key, ecdsaHash, data, signature) ? '' : 'x509: ECDSA verification failure';
  if (key.kind === 'ed25519' && algorithm === ed25519) return await verify({ name: 'Ed25519' }, key, data, signature) ? '' : 'x509: Ed25519 verification failure';
  return 'x509: cannot verify signature: algorithm unimplemented';
}

function ecdsaVerifies(key: PublicKey, hash: string, data: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const { curve = '' } = key;
  const raw = rawEcdsaSignature(signature, coordinateBytes[curve] ?? 0);
  return raw === undefined ? Promise.resolve(false) : verify({ name: 'ECDSA', namedCurve: curve, hash }, key, data, raw);
}

/** Is this the signature of a pod's uid that proves that its kubelet holds the key? */
export function provesPossession(key: PublicKey, podUid: string, proof: Uint8Array): Promise<boolean> {
  const data = new TextEncoder().encode(podUid);
  if (key.kind === 'ecdsa') return ecdsaVerifies(key, 'SHA-256', data, proof);
  if (key.kind === 'ed25519') return verify({ name: 'Ed25519' }, key, data, proof);
  return verify({ name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 }, key, data, proof);
}
