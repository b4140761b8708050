import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyObject, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension, BasicConstraintsExtension, ExtendedKeyUsage, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension, Name, SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension, X509Certificate, X509CertificateGenerator,
} from './x509.ts';
import type { Extension } from './x509.ts';
import type { AuthorityRequest, CertificateRequest, KeyPair } from './key-pair.ts';

/** Signs certificates with @peculiar/x509: to be imported when one must be made, for it takes a while to load. */

/** Who signs: the name as its certificate has it, the key, and the key's identifier. */
export interface Issuer {
  readonly name: Name;
  readonly key: webcrypto.CryptoKey;
  readonly keyIdentifier: AuthorityKeyIdentifierExtension;
}

const leafKeyUsage = KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment;
const extendedUsages = { server: ExtendedKeyUsage.serverAuth, client: ExtendedKeyUsage.clientAuth } as const;

/** Several leaves in a row have the same issuer. */
const issuers = new WeakMap<KeyPair, Promise<Issuer>>();

function signingKey(pem: string): webcrypto.CryptoKey {
  const key = createPrivateKey(pem);
  const hash = 'SHA-256';
  switch (key.asymmetricKeyType) {
    case 'ec': return key.toCryptoKey({ name: 'ECDSA', hash, namedCurve: webCurve(key) }, false, ['sign']);
    case 'rsa': return key.toCryptoKey({ name: 'RSASSA-PKCS1-v1_5', hash }, false, ['sign']);
    default: throw new Error(`not supported: a certificate authority with a key of type ${key.asymmetricKeyType ?? 'unknown'}`);
  }
}

function webCurve(key: KeyObject): string {
  const curve = key.asymmetricKeyDetails?.namedCurve ?? 'unknown';
  return { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' }[curve] ?? curve;
}

const spkiOf = (privateKey: string): Buffer => createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'der' });

/** One attribute a value, and every value UTF-8 as it stands: nothing in it is syntax. */
function subjectName({ commonName, organizations = [] }: Pick<CertificateRequest, 'commonName' | 'organizations'>): Name {
  return new Name([...organizations.map((value) => ({ O: [{ utf8String: value }] })), { CN: [{ utf8String: commonName }] }]);
}

async function sign(issuer: Issuer, request: CertificateRequest, subject: { readonly name: Name; readonly spki: Buffer }, constraints: readonly Extension[]): Promise<string> {
  const names = [...new Set(request.names)];
  const certificate = await X509CertificateGenerator.create({
    subject: subject.name,
    issuer: issuer.name,
    notBefore: new Date(request.notBeforeMs),
    notAfter: new Date(request.notAfterMs),
    publicKey: subject.spki,
    signingKey: issuer.key,
    extensions: [
      ...constraints,
      await SubjectKeyIdentifierExtension.create(subject.spki),
      issuer.keyIdentifier,
      ...(request.usages.length > 0 ? [new ExtendedKeyUsageExtension(request.usages.map((usage) => extendedUsages[usage]))] : []),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })))] : []),
    ],
  });
  return `${certificate.toString('pem').trimEnd()}\n`;
}

/** The issuer that an authority is. */
export async function issuerOf(authority: KeyPair): Promise<Issuer> {
  const certificate = new X509Certificate(authority.certificate);
  const identifier = certificate.getExtension(SubjectKeyIdentifierExtension);
  return {
    name: certificate.subjectName,
    key: signingKey(authority.key),
    keyIdentifier: identifier === null ? await AuthorityKeyIdentifierExtension.create(certificate.publicKey) : new AuthorityKeyIdentifierExtension(identifier.keyId),
  };
}

/** The PEM of a certificate authority that `key` signs for itself. */
export async function signAuthority(request: AuthorityRequest, key: string): Promise<string> {
  const name = subjectName(request);
  const spki = spkiOf(key);
  return sign(
    { name, key: signingKey(key), keyIdentifier: await AuthorityKeyIdentifierExtension.create(spki) },
    { ...request, names: [request.commonName], usages: [] },
    { name, spki },
    [new KeyUsagesExtension(leafKeyUsage | KeyUsageFlags.keyCertSign, true), new BasicConstraintsExtension(true, undefined, true)],
  );
}

/** The PEM of a certificate for `key` that `authority` signs. */
export async function signLeaf(authority: KeyPair, request: CertificateRequest, key: string): Promise<string> {
  let issuer = issuers.get(authority);
  if (issuer === undefined) issuers.set(authority, (issuer = issuerOf(authority)));
  return sign(await issuer, request, { name: subjectName(request), spki: spkiOf(key) }, [
    new KeyUsagesExtension(leafKeyUsage, true),
    new BasicConstraintsExtension(false, undefined, true),
  ]);
}
