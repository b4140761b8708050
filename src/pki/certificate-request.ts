import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { KeyPair } from './key-pair.ts';
import { generateKey } from './certificate.ts';

/** Who asks for a certificate, and for which names. */
export interface RequestedSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** DNS names and IP addresses, told apart by their form. */
  readonly names: readonly string[];
}

/** A request for a certificate (PKCS#10, PEM) and the new key that it is for. */
export async function createRequest({ commonName, organizations, names }: RequestedSubject): Promise<{ readonly request: string; readonly key: string }> {
  // It takes long to load, and only who asks needs it.
  const [{ Name, Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension }, key] = await Promise.all([import('./x509.ts'), generateKey()]);
  const privateKey = createPrivateKey(key);
  const curve = { name: 'ECDSA', namedCurve: 'P-256' };
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: new Name([...organizations.map((value) => ({ O: [{ utf8String: value }] })), { CN: [{ utf8String: commonName }] }]),
    keys: {
      privateKey: privateKey.toCryptoKey(curve, false, ['sign']),
      publicKey: createPublicKey(privateKey).toCryptoKey(curve, true, ['verify']),
    },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })))],
  });
  return { request: `${request.toString('pem').trimEnd()}\n`, key };
}

/** From when to when a certificate holds; undefined where it does not belong to the key, or either is none. */
export function lifetimeOf({ certificate, key }: KeyPair): { readonly notBeforeMs: number; readonly notAfterMs: number } | undefined {
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.checkPrivateKey(createPrivateKey(key)) ? { notBeforeMs: Date.parse(parsed.validFrom), notAfterMs: Date.parse(parsed.validTo) } : undefined;
  } catch {
    return undefined;
  }
}
