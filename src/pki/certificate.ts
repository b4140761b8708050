import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { formatTime } from '../base/clock.ts';
import { bitString, booleanTrue, explicit, implicit, integer, octetString, oid, sequence, set, time, utf8String } from './der.ts';

/** A certificate and its private key, both PEM (the key PKCS #8). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What a new certificate says. Times are milliseconds since the epoch. */
export interface CertificateRequest {
  readonly commonName: string;
  /** Becomes the user's groups when the certificate authenticates a client. */
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses, told apart by their form. */
  readonly names?: readonly string[];
  readonly usages: readonly ('server' | 'client')[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

const signatureAlgorithm = sequence(oid('1.2.840.10045.4.3.2'));
const usageIds = { server: oid('1.3.6.1.5.5.7.3.1'), client: oid('1.3.6.1.5.5.7.3.2') };

/** Bits of KeyUsage: 0x80 digitalSignature, 0x20 keyEncipherment, 0x04 keyCertSign. */
const leafKeyUsage = bitString(Buffer.from([0xa0]), 5);
const caKeyUsage = bitString(Buffer.from([0xa4]), 2);

function name(commonName: string, organizations: readonly string[] = []): Buffer {
  const attribute = (id: string, value: string): Buffer => set(sequence(oid(id), utf8String(value)));
  return sequence(...organizations.map((value) => attribute('2.5.4.10', value)), attribute('2.5.4.3', commonName));
}

function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [booleanTrue] : []), octetString(value));
}

/** The bytes of an IP address, 4 or 16. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] => text.split(':').filter((group) => group !== '').flatMap((group) => {
    if (group.includes('.')) return [...addressBytes(group)];
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
  const front = groups(head);
  const back = groups(tail ?? '');
  return Buffer.from([...front, ...Array<number>(16 - front.length - back.length).fill(0), ...back]);
}

function alternativeNames(names: readonly string[]): Buffer {
  return sequence(...[...new Set(names)].map((value) => (isIP(value) === 0 ? implicit(2, Buffer.from(value)) : implicit(7, addressBytes(value)))));
}

function pem(der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** A new ECDSA P-256 private key, PKCS #8 PEM. */
export function generateKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** The SPKI PEM that belongs to a private key. */
export function publicKeyOf(privateKey: string): string {
  return createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'pem' }) as string;
}

function keyIdentifier(spki: Uint8Array): Buffer {
  return createHash('sha1').update(spki.subarray(-65)).digest();
}

interface Signing {
  readonly spki: Uint8Array;
  readonly issuer: Uint8Array;
  readonly issuerKey: string;
  readonly issuerSpki: Uint8Array;
}

function assemble(request: CertificateRequest, signing: Signing, isCa: boolean): string {
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const extensions = [
    extension('2.5.29.15', isCa ? caKeyUsage : leafKeyUsage, true),
    extension('2.5.29.19', isCa ? sequence(booleanTrue) : sequence(), true),
    extension('2.5.29.14', octetString(keyIdentifier(signing.spki))),
    extension('2.5.29.35', sequence(implicit(0, keyIdentifier(signing.issuerSpki)))),
    ...(request.usages.length > 0 ? [extension('2.5.29.37', sequence(...request.usages.map((usage) => usageIds[usage])))] : []),
    ...(request.names !== undefined && request.names.length > 0 ? [extension('2.5.29.17', alternativeNames(request.names))] : []),
  ];
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    signatureAlgorithm,
    signing.issuer,
    sequence(time(formatTime(request.notBeforeMs)), time(formatTime(request.notAfterMs))),
    name(request.commonName, request.organizations),
    signing.spki,
    explicit(3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, { key: signing.issuerKey, dsaEncoding: 'der' });
  return pem(sequence(body, signatureAlgorithm, bitString(signature)));
}

const spkiOf = (privateKey: string): Buffer => createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'der' });

/** A self-signed certificate authority. Giving the old `key` renews one: what it has signed stays valid. */
export function createAuthority(request: { readonly commonName: string; readonly notBeforeMs: number; readonly notAfterMs: number; readonly key?: string }): KeyPair {
  const key = request.key ?? generateKey();
  const spki = spkiOf(key);
  const certificate = assemble(
    { commonName: request.commonName, names: [request.commonName], usages: [], notBeforeMs: request.notBeforeMs, notAfterMs: request.notAfterMs },
    { spki, issuer: name(request.commonName), issuerKey: key, issuerSpki: spki },
    true,
  );
  return { certificate, key };
}

/** A new key and its certificate, signed by `authority` (which must have been made by `createAuthority`). */
export function issueCertificate(authority: KeyPair, request: CertificateRequest): KeyPair {
  const key = generateKey();
  const parsed = new X509Certificate(authority.certificate);
  const certificate = assemble(
    request,
    { spki: spkiOf(key), issuer: subjectOf(parsed.raw), issuerKey: authority.key, issuerSpki: parsed.publicKey.export({ type: 'spki', format: 'der' }) },
    false,
  );
  return { certificate, key };
}

/** Where the value of the DER element at `offset` starts and ends. */
function element(der: Uint8Array, offset: number): { readonly start: number; readonly end: number } {
  const first = der[offset + 1] ?? 0;
  if (first < 0x80) return { start: offset + 2, end: offset + 2 + first };
  const count = first & 0x7f;
  let size = 0;
  for (let i = 0; i < count; i++) size = size * 256 + (der[offset + 2 + i] ?? 0);
  return { start: offset + 2 + count, end: offset + 2 + count + size };
}

/** The subject of a certificate exactly as it is encoded, so that an issuer's name matches byte by byte. */
function subjectOf(certificate: Uint8Array): Uint8Array {
  let at = element(certificate, element(certificate, 0).start).start;
  // version, serial, algorithm, issuer, validity, then the subject
  for (let skipped = 0; skipped < 5; skipped++) at = element(certificate, at).end;
  return certificate.subarray(at, element(certificate, at).end);
}
