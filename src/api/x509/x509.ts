/** Reads X.509 certificates (RFC 5280) and PKCS#10 requests (RFC 2986). It reads; it does not verify signatures. */
import { bitsOf, childrenOf, DerError, expectTag, oidOf, readDer, tags, timeOf } from './der.ts';
import type { Der } from './der.ts';

/** A public key, as far as rules look at it. */
export interface PublicKey {
  readonly kind: 'rsa' | 'ecdsa' | 'ed25519' | 'other';
  /** ECDSA: Go's name of the curve. */
  readonly curve?: string;
  /** RSA: the modulus, in bits, counted in whole bytes. */
  readonly modulusBits?: number;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
}

/** Something signed: which bytes, how, and the signature. */
export interface Signed {
  readonly bytes: Uint8Array;
  /** The algorithm's object identifier. */
  readonly algorithm: string;
  readonly signature: Uint8Array;
}

export interface CertificateRequest {
  readonly publicKey: PublicKey;
  readonly signed: Signed;
}

export interface Certificate {
  readonly publicKey: PublicKey;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Basic constraints say that this is an authority. */
  readonly isCa: boolean;
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
}

const keyKinds: Readonly<Record<string, PublicKey['kind']>> = { '1.2.840.113549.1.1.1': 'rsa', '1.2.840.10045.2.1': 'ecdsa', '1.3.101.112': 'ed25519' };
const curves: Readonly<Record<string, string>> = { '1.3.132.0.33': 'P-224', '1.2.840.10045.3.1.7': 'P-256', '1.3.132.0.34': 'P-384', '1.3.132.0.35': 'P-521' };
const basicConstraints = '2.5.29.19';
const subjectAltName = '2.5.29.17';
const contextTag = (number: number): number => 0xa0 + number;
const emailTag = 0x81;
const dnsTag = 0x82;

function modulusBits(key: Uint8Array): number {
  const { content } = expectTag(childrenOf(expectTag(readDer(key), tags.sequence))[0], tags.integer);
  const start = content[0] === 0 ? 1 : 0;
  return (content.length - start) * 8;
}

/** A SubjectPublicKeyInfo in DER. Throws DerError. */
export function parsePublicKey(spki: Uint8Array): PublicKey {
  const [algorithm, key] = childrenOf(expectTag(readDer(spki), tags.sequence));
  const [id, parameters] = childrenOf(expectTag(algorithm, tags.sequence));
  const kind = keyKinds[oidOf(id)] ?? 'other';
  const bits = bitsOf(key);
  if (kind === 'rsa') return { kind, spki, modulusBits: modulusBits(bits) };
  if (kind !== 'ecdsa') return { kind, spki };
  const curve = curves[oidOf(parameters)];
  if (curve === undefined) throw new DerError('x509: unsupported elliptic curve');
  return { kind, spki, curve };
}

/** What a certificate and a request have around their contents. */
function readSigned(bytes: Uint8Array): { readonly contents: readonly Der[]; readonly signed: Signed } {
  const [info, algorithm, signature] = childrenOf(expectTag(readDer(bytes), tags.sequence));
  const contents = expectTag(info, tags.sequence);
  const [id] = childrenOf(expectTag(algorithm, tags.sequence));
  return { contents: childrenOf(contents), signed: { bytes: contents.raw, algorithm: oidOf(id), signature: bitsOf(signature) } };
}

/** A PKCS#10 request in DER. Throws DerError. */
export function parseCertificateRequest(bytes: Uint8Array): CertificateRequest {
  const { contents: [version, subject, key], signed } = readSigned(bytes);
  expectTag(version, tags.integer);
  expectTag(subject, tags.sequence);
  return { publicKey: parsePublicKey(expectTag(key, tags.sequence).raw), signed };
}

const textOf = ({ content }: Der): string => new TextDecoder('latin1').decode(content);

function readExtensions(list: Der | undefined): Pick<Certificate, 'isCa' | 'dnsNames' | 'emailAddresses'> {
  const found = { isCa: false, dnsNames: [] as string[], emailAddresses: [] as string[] };
  if (list === undefined) return found;
  for (const extension of childrenOf(expectTag(childrenOf(list)[0], tags.sequence))) {
    const parts = childrenOf(expectTag(extension, tags.sequence));
    const id = oidOf(parts[0]);
    if (id !== basicConstraints && id !== subjectAltName) continue;
    const value = childrenOf(expectTag(readDer(expectTag(parts.at(-1), tags.octetString).content), tags.sequence));
    if (id === basicConstraints) found.isCa = value[0]?.tag === tags.boolean && value[0].content[0] === 0xff;
    else {
      for (const name of value) {
        if (name.tag === dnsTag) found.dnsNames.push(textOf(name));
        else if (name.tag === emailTag) found.emailAddresses.push(textOf(name));
      }
    }
  }
  return found;
}

/** A certificate in DER. Throws DerError. */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const { contents } = readSigned(bytes);
  const parts = contents[0]?.tag === contextTag(0) ? contents.slice(1) : [...contents];
  const [serial, algorithm, issuer, validity, subject, key, ...rest] = parts;
  expectTag(serial, tags.integer);
  for (const part of [algorithm, issuer, subject]) expectTag(part, tags.sequence);
  const [notBefore, notAfter] = childrenOf(expectTag(validity, tags.sequence));
  return {
    publicKey: parsePublicKey(expectTag(key, tags.sequence).raw),
    notBeforeMs: timeOf(notBefore),
    notAfterMs: timeOf(notAfter),
    ...readExtensions(rest.find(({ tag }) => tag === contextTag(3))),
  };
}

/** What `read` makes of the bytes, or what is wrong with them. */
export function tryParse<T>(read: (bytes: Uint8Array) => T, bytes: Uint8Array): { readonly value: T } | { readonly error: string } {
  try {
    return { value: read(bytes) };
  } catch (error) {
    if (error instanceof DerError) return { error: error.message };
    throw error;
  }
}
