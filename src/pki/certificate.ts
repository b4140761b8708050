import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type * as Signing from './certificate-signing.ts';
import type { AuthorityRequest, CertificateRequest, KeyPair } from './key-pair.ts';

/** The X.509 library takes long to load and is needed on the first start and for renewals alone. */
const signing = (): Promise<typeof Signing> => import('./certificate-signing.ts');

const generate = promisify(generateKeyPair);

/** A new ECDSA P-256 private key, PKCS #8 PEM. */
export async function generateKey(): Promise<string> {
  const { privateKey } = await generate('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** The SPKI PEM that belongs to a private key. */
export function publicKeyOf(privateKey: string): string {
  return createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'pem' }) as string;
}

/** A self-signed certificate authority. Giving the old `key` renews one: what it has signed stays valid. */
export async function createAuthority(request: AuthorityRequest & { readonly key?: string }): Promise<KeyPair> {
  const [key, { signAuthority }] = await Promise.all([request.key ?? generateKey(), signing()]);
  return { certificate: await signAuthority(request, key), key };
}

/** A new key and its certificate, signed by `authority`. */
export async function issueCertificate(authority: KeyPair, request: CertificateRequest): Promise<KeyPair> {
  const [key, { signLeaf }] = await Promise.all([generateKey(), signing()]);
  return { certificate: await signLeaf(authority, request, key), key };
}
