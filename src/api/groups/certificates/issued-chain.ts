/** The certificates that a signer issued to a pod. */
import type { FieldError } from '../../field-error.ts';
import { invalid, invalidOmitted, required, tooLong } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { parseTime } from '../../meta/time.ts';
import { byteLength } from '../../meta/validation.ts';
import type { PodCertificateRequest } from '../../types/certificates/v1beta1.ts';
import { fromBase64, pemBlocks } from '../../x509/pem.ts';
import { parseCertificate, parseCertificateRequest, parsePublicKey, tryParse } from '../../x509/x509.ts';
import type { Certificate, PublicKey } from '../../x509/x509.ts';

type Status = NonNullable<Loose<PodCertificateRequest>['status']>;

const chainPath = 'status.certificateChain';
const maxChainBytes = 100 * 1024;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Durations are printed in Go's unit. */
const nanosPerMs = 1_000_000;

function nameErrors({ dnsNames, emailAddresses }: Certificate): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of dnsNames) {
    if (name === '') errors.push(invalid(chainPath, name, 'leaf certificate should not contain empty DNSName'));
    if (name.includes('..')) errors.push(invalid(chainPath, name, "leaf certificate's DNSName should not contain '..'"));
    if (name.startsWith('.') || name.endsWith('.')) errors.push(invalid(chainPath, name, "leaf certificate's DNSName should not start or end with '.'"));
  }
  for (const address of emailAddresses) if (!/^[^\s@<>]+@[^\s@<>]+$/.test(address)) errors.push(invalid(chainPath, address, 'leaf certificate should not contain invalid EmailAddress'));
  return errors;
}

/** The key that was asked for; undefined with what is wrong where it cannot be read. */
function wantedKey({ stubPKCS10Request: stub = '', pkixPublicKey = '' }: NonNullable<Loose<PodCertificateRequest>['spec']>): { readonly key: PublicKey } | { readonly error: FieldError } {
  if (stub !== '') {
    const read = tryParse(parseCertificateRequest, fromBase64(stub) ?? new Uint8Array());
    return 'error' in read ? { error: invalidOmitted('spec.stubPKCS10Request', 'must be a valid PKCS#10 CSR') } : { key: read.value.publicKey };
  }
  const read = tryParse(parsePublicKey, fromBase64(pkixPublicKey) ?? new Uint8Array());
  return 'error' in read ? { error: invalidOmitted('spec.pkixPublicKey', 'must be a valid PKIX-serialized public key') } : { key: read.value };
}

const sameKey = (a: PublicKey, b: PublicKey): boolean => a.spki.length === b.spki.length && a.spki.every((byte, i) => byte === b.spki[i]);

/** The times that the status repeats, against the certificate and the clock; the first thing that is wrong. */
function timeErrors(leaf: Certificate, status: Status, maxSeconds: number, nowMs: number): FieldError[] {
  const { notBefore, notAfter, beginRefreshAt } = status;
  const missing: FieldError[] = [];
  if (notBefore === undefined) missing.push(required('status.notBefore', 'must be present and consistent with the issued certificate'));
  if (notAfter === undefined) missing.push(required('status.notAfter', 'must be present and consistent with the issued certificate'));
  if (beginRefreshAt === undefined) missing.push(required('status.beginRefreshAt', 'must be present and in the range [notbefore+10min, notafter-10min]'));
  if (notBefore === undefined || notAfter === undefined || beginRefreshAt === undefined) return missing;
  if (parseTime(notBefore) !== leaf.notBeforeMs) return [invalid('status.notBefore', notBefore, 'must be set to the NotBefore time encoded in the leaf certificate')];
  if (Math.abs(leaf.notBeforeMs - nowMs) >= 5 * minuteMs) return [invalid('status.notBefore', notBefore, "must be set to within 5 minutes of kube-apiserver's current time")];
  if (parseTime(notAfter) !== leaf.notAfterMs) return [invalid('status.notAfter', notAfter, 'must be set to the NotAfter time encoded in the leaf certificate')];
  const lifetimeMs = leaf.notAfterMs - leaf.notBeforeMs;
  if (lifetimeMs < hourMs) return [invalid(chainPath, lifetimeMs * nanosPerMs, 'leaf certificate lifetime must be >= 1 hour')];
  if (lifetimeMs > maxSeconds * 1000) return [invalid(chainPath, lifetimeMs * nanosPerMs, `leaf certificate lifetime must be <= spec.maxExpirationSeconds (${maxSeconds})`)];
  const refreshMs = parseTime(beginRefreshAt) ?? 0;
  if (refreshMs < leaf.notBeforeMs + 10 * minuteMs) return [invalid('status.beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes after status.notBefore')];
  return refreshMs > leaf.notAfterMs - 10 * minuteMs ? [invalid('status.beginRefreshAt', beginRefreshAt, 'must be at least 10 minutes before status.notAfter')] : [];
}

/** A chain that was issued, with its times. */
export function validateIssued({ spec = {}, status = {} }: Loose<PodCertificateRequest>, nowMs: number): FieldError[] {
  const chain = status.certificateChain ?? '';
  const bad = (detail: string): FieldError[] => [invalid(chainPath, chain, detail)];
  if (byteLength(chain) > maxChainBytes) return [tooLong(chainPath, maxChainBytes)];
  const [first, ...rest] = pemBlocks(chain);
  if (first === undefined) return bad('issued certificate chain must contain at least one certificate');
  if (first.type !== 'CERTIFICATE') return bad('issued certificate chain must consist entirely of CERTIFICATE PEM blocks');
  const leaf = tryParse(parseCertificate, first.bytes);
  if ('error' in leaf) return bad('leaf certificate does not parse as valid X.509');
  const errors = nameErrors(leaf.value);
  const wanted = wantedKey(spec);
  if ('error' in wanted) return [...errors, wanted.error];
  if (!sameKey(wanted.key, leaf.value.publicKey)) return [...errors, ...bad('leaf certificate was not issued to the requested public key')];
  errors.push(...timeErrors(leaf.value, status, spec.maxExpirationSeconds ?? 0, nowMs));
  if (errors.length > 0) return errors;
  for (const { type, bytes } of rest) {
    // The spelling is upstream's.
    if (type !== 'CERTIFICATE') return bad('issued certificate chain must consist entirely of CERTFICATE PEM blocks');
    if ('error' in tryParse(parseCertificate, bytes)) return bad('intermediate certificate does not parse as valid X.509');
  }
  return [];
}
