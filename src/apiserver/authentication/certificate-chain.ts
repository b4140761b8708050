import { X509Certificate, hash } from 'node:crypto';
import { BoundedCache } from '../../base/bounded-cache.ts';

/** Chains whose verdict is remembered. */
const maxCached = 1024;

/** Most intermediates between a leaf and an authority. */
const maxDepth = 4;

const clientUsage = '1.3.6.1.5.5.7.3.2';
const anyUsage = '2.5.29.37.0';

/** Splits DER certificates that follow one another, leaf first. Undefined when the bytes are not that. */
export function splitCertificates(der: Uint8Array): X509Certificate[] | undefined {
  const certificates: X509Certificate[] = [];
  try {
    for (let at = 0; at < der.length;) {
      const first = der[at + 1] ?? 0;
      let size = first;
      let header = 2;
      if (first >= 0x80) {
        size = 0;
        header += first & 0x7f;
        for (let i = 2; i < header; i++) size = size * 256 + (der[at + i] ?? 0);
      }
      certificates.push(new X509Certificate(der.subarray(at, at + header + size)));
      at += header + size;
    }
  } catch {
    return undefined;
  }
  return certificates;
}

/** From when until when (milliseconds since the epoch) a verified chain holds. */
export interface ChainVerdict {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * Verifies signatures and usages from a leaf, through intermediates that came with it, to one of the authorities.
 * Undefined when there is no such chain or the leaf is not for client authentication. The caller compares the times.
 */
export function verifyChain(chain: readonly X509Certificate[], authorities: readonly X509Certificate[]): ChainVerdict | undefined {
  const leaf = chain[0];
  if (leaf === undefined) return undefined;
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (usages !== undefined && !usages.includes(clientUsage) && !usages.includes(anyUsage)) return undefined;
  let current = leaf;
  let notBeforeMs = leaf.validFromDate.getTime();
  let notAfterMs = leaf.validToDate.getTime();
  const narrow = (certificate: X509Certificate): void => {
    notBeforeMs = Math.max(notBeforeMs, certificate.validFromDate.getTime());
    notAfterMs = Math.min(notAfterMs, certificate.validToDate.getTime());
  };
  const signs = (issuer: X509Certificate): boolean => issuer.ca && current.checkIssued(issuer) && current.verify(issuer.publicKey);
  for (let depth = 0; depth <= maxDepth; depth++) {
    const authority = authorities.find(signs);
    if (authority !== undefined) {
      narrow(authority);
      return { notBeforeMs, notAfterMs };
    }
    const intermediate = chain.slice(1).find((one) => one !== current && signs(one));
    if (intermediate === undefined) return undefined;
    narrow(intermediate);
    current = intermediate;
  }
  return undefined;
}

/** A chain that leads to an authority. The caller compares the times. */
export interface VerifiedChain extends ChainVerdict {
  readonly leaf: X509Certificate;
  /** SHA-256 of the leaf, hexadecimal. */
  readonly digest: string;
}

/**
 * Verifies what clients present against a PEM bundle of authorities, each chain once. Throws for a bundle that cannot be
 * understood; what it returns is the same object for the same certificates.
 */
export function chainVerifier(bundle: string): (der: Uint8Array) => VerifiedChain | undefined {
  const authorities = parseBundle(bundle);
  const verdicts = new BoundedCache<string, VerifiedChain | 'refused'>(maxCached);
  /** A connection presents the same array with each of its requests. */
  const digests = new WeakMap<Uint8Array, string>();

  const verdictOn = (der: Uint8Array, digest: string): VerifiedChain | 'refused' => {
    const certificates = splitCertificates(der);
    const chain = certificates === undefined ? undefined : verifyChain(certificates, authorities);
    if (certificates === undefined || chain === undefined) return 'refused';
    const leaf = certificates[0]!;
    return { ...chain, leaf, digest: certificates.length === 1 ? digest : hash('sha256', leaf.raw, 'hex') };
  };

  return (der) => {
    let digest = digests.get(der);
    if (digest === undefined) digests.set(der, (digest = hash('sha256', der, 'hex')));
    let verdict = verdicts.get(digest);
    if (verdict === undefined) verdicts.set(digest, (verdict = verdictOn(der, digest)));
    return verdict === 'refused' ? undefined : verdict;
  };
}

/** All certificates of a PEM bundle, in order. Throws for a bundle that holds none or a broken one. */
export function parseBundle(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('data does not contain any valid RSA or ECDSA certificates');
  return blocks.map((block) => new X509Certificate(block));
}
