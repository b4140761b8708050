import { X509Certificate, createPrivateKey } from 'node:crypto';
import { KubectlError } from '../../../errors.ts';

const blockTypes = (pem: string): string[] => Array.from(pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----\r?\n[\s\S]*?-----END \1-----/g), ([, type]) => type!);

const isKey = (type: string): boolean => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY');

/** Throws KubectlError, in the words of Go's crypto/tls, when the two texts are no certificate and its key. */
export function checkKeyPair(certificate: string, key: string): void {
  const found = blockTypes(certificate);
  if (!found.includes('CERTIFICATE')) {
    if (found.length === 0) throw new KubectlError('tls: failed to find any PEM data in certificate input');
    if (found.length === 1 && isKey(found[0]!)) throw new KubectlError('tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched');
    throw new KubectlError(`tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [${found.join(' ')}]`);
  }
  const keys = blockTypes(key);
  if (!keys.some(isKey)) {
    if (keys.length === 0) throw new KubectlError('tls: failed to find any PEM data in key input');
    if (keys.length === 1 && keys[0] === 'CERTIFICATE') throw new KubectlError('tls: found a certificate rather than a key in the PEM for the private key');
    throw new KubectlError(`tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${keys.join(' ')}]`);
  }
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch (error) {
    throw new KubectlError('x509: malformed certificate', { cause: error });
  }
  let own: ReturnType<typeof createPrivateKey>;
  try {
    own = createPrivateKey(key);
  } catch (error) {
    throw new KubectlError('tls: failed to parse private key', { cause: error });
  }
  if (own.asymmetricKeyType !== parsed.publicKey.asymmetricKeyType) throw new KubectlError('tls: private key type does not match public key type');
  if (!parsed.checkPrivateKey(own)) throw new KubectlError('tls: private key does not match public key');
}
