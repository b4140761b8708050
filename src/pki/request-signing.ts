import { BasicConstraintsExtension, ExtendedKeyUsage, ExtendedKeyUsageExtension, KeyUsageFlags, KeyUsagesExtension, Pkcs10CertificateRequest, SubjectAlternativeNameExtension, X509Certificate, X509CertificateGenerator, SubjectKeyIdentifierExtension } from './x509.ts';
import type { Extension } from './x509.ts';
import { issuerOf } from './certificate-signing.ts';
import type { KeyPair } from './key-pair.ts';

/** Signs what others ask for (PKCS#10): to be imported when one does, for it takes a while to load. */

const keyUsages: Readonly<Record<string, number>> = {
  signing: KeyUsageFlags.digitalSignature, 'digital signature': KeyUsageFlags.digitalSignature, 'content commitment': KeyUsageFlags.nonRepudiation,
  'key encipherment': KeyUsageFlags.keyEncipherment, 'key agreement': KeyUsageFlags.keyAgreement, 'data encipherment': KeyUsageFlags.dataEncipherment,
  'cert sign': KeyUsageFlags.keyCertSign, 'crl sign': KeyUsageFlags.cRLSign, 'encipher only': KeyUsageFlags.encipherOnly, 'decipher only': KeyUsageFlags.decipherOnly,
};
const extendedUsages: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0', 'server auth': ExtendedKeyUsage.serverAuth, 'client auth': ExtendedKeyUsage.clientAuth, 'code signing': ExtendedKeyUsage.codeSigning,
  'email protection': ExtendedKeyUsage.emailProtection, 's/mime': ExtendedKeyUsage.emailProtection,
  'ipsec end system': '1.3.6.1.5.5.7.3.5', 'ipsec tunnel': '1.3.6.1.5.5.7.3.6', 'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: ExtendedKeyUsage.timeStamping, 'ocsp signing': ExtendedKeyUsage.ocspSigning, 'microsoft sgc': '1.3.6.1.4.1.311.10.3.3', 'netscape sgc': '2.16.840.1.113730.4.1',
};

/** The end of validity is counted from the backdated start for certificates that live at least this long. */
const shortLifeMs = 8 * 3_600_000;
const backdateMs = 5 * 60_000;

const namesOf = ({ extensions }: Pkcs10CertificateRequest): SubjectAlternativeNameExtension | undefined => extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension);

/** What a request asks for; several values of a field in their order. */
export function readRequest(pem: string): { commonName: string; organizations: string[]; dnsNames: string[]; emailAddresses: string[]; ipAddresses: string[]; uris: string[] } {
  const request = new Pkcs10CertificateRequest(pem);
  const names = namesOf(request)?.names.items ?? [];
  const of = (type: string): string[] => names.filter((name) => name.type === type).map(({ value }) => value);
  return {
    commonName: request.subjectName.getField('CN').at(-1) ?? '',
    organizations: request.subjectName.getField('O'),
    dnsNames: of('dns'),
    emailAddresses: of('email'),
    ipAddresses: of('ip'),
    uris: of('url'),
  };
}

/** A certificate for what the request asks for, names included; of its other extensions none is taken over. */
export async function signRequest(authority: KeyPair, pem: string, { usages, ttlMs, nowMs }: { readonly usages: readonly string[]; readonly ttlMs: number; readonly nowMs: number }): Promise<string> {
  const request = new Pkcs10CertificateRequest(pem);
  const unknown = usages.filter((usage) => keyUsages[usage] === undefined && extendedUsages[usage] === undefined);
  if (unknown.length > 0) throw new Error(`unrecognized usage values: [${unknown.map((usage) => JSON.stringify(usage)).join(' ')}]`);
  const issuerEndMs = new X509Certificate(authority.certificate).notAfter.getTime();
  if (nowMs >= issuerEndMs) throw new Error(`refusing to sign a certificate that expired in the past: NotAfter=${new X509Certificate(authority.certificate).notAfter.toISOString()}`);
  const issuer = await issuerOf(authority);
  const extended = [...new Set(usages.map((usage) => extendedUsages[usage]).filter((oid) => oid !== undefined))];
  const flags = usages.reduce((sum, usage) => sum | (keyUsages[usage] ?? 0), 0);
  const names = namesOf(request);
  const extensions: Extension[] = [
    ...(flags !== 0 ? [new KeyUsagesExtension(flags, true)] : []),
    ...(extended.length > 0 ? [new ExtendedKeyUsageExtension(extended)] : []),
    new BasicConstraintsExtension(false, undefined, true),
    await SubjectKeyIdentifierExtension.create(request.publicKey),
    issuer.keyIdentifier,
    ...(names === undefined ? [] : [names]),
  ];
  const certificate = await X509CertificateGenerator.create({
    subject: request.subjectName, issuer: issuer.name, publicKey: request.publicKey, signingKey: issuer.key, extensions,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(Math.min(issuerEndMs, nowMs + ttlMs - (ttlMs < shortLifeMs ? 0 : backdateMs))),
  });
  return `${certificate.toString('pem').trimEnd()}\n`;
}

/** When the certificate expires, epoch milliseconds. */
export const expiryOf = (pem: string): number => new X509Certificate(pem).notAfter.getTime();
