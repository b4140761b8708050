/** What a PodCertificateRequest must say. Signatures are checked by the API server, which has the means. */
import type { FieldError } from '../../field-error.ts';
import { invalid, invalidOmitted, notSupported, required, tooLong } from '../../field-error.ts';
import { validateConditions } from '../../meta/condition-validation.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateAnnotations } from '../../meta/object-meta.ts';
import { byteLength, dns1123Subdomain, domainPrefixedKey } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import type { PodCertificateRequest } from '../../types/certificates/v1beta1.ts';
import { fromBase64 } from '../../x509/pem.ts';
import { parseCertificateRequest, parsePublicKey, tryParse } from '../../x509/x509.ts';
import type { PublicKey } from '../../x509/x509.ts';
import { validateIssued } from './issued-chain.ts';
import { isKubernetesSigner, validateSignerName } from './signer-name.ts';

type Errors = FieldError[];
type Request = Loose<PodCertificateRequest>;

const maxUidBytes = 128;
const maxKeyBytes = 10 * 1024;
const daySeconds = 24 * 60 * 60;
const minExpirationSeconds = 60 * 60;
const conditionTypes = ['Issued', 'Denied', 'Failed'];

function addUid(errors: Errors, path: string, uid = ''): void {
  if (uid === '') errors.push(invalid(path, uid, 'must not be empty'));
  if (byteLength(uid) > maxUidBytes) errors.push(tooLong(path, maxUidBytes));
}

/** Kinds and sizes of keys that signers may be asked for; the first thing that is wrong. */
function keyErrors({ kind, curve = '', modulusBits = 0 }: PublicKey, path: string, curves: string): FieldError[] {
  if (kind === 'ecdsa' && curve === 'P-224') return [invalid(path, `curve ${curve}`, `elliptic public keys must use curve ${curves}`)];
  if (kind === 'rsa' && modulusBits !== 3072 && modulusBits !== 4096) return [invalid(path, `${modulusBits}-bit modulus`, 'RSA keys must have modulus size 3072 or 4096')];
  return [];
}

function stubErrors(stub: string): FieldError[] {
  const path = 'spec.stubPKCS10Request';
  const bytes = fromBase64(stub) ?? new Uint8Array();
  if (bytes.length > maxKeyBytes) return [tooLong(path, maxKeyBytes)];
  const read = tryParse(parseCertificateRequest, bytes);
  if ('error' in read) return [invalidOmitted(path, 'must be a valid PKCS#10 CSR')];
  const { publicKey } = read.value;
  return publicKey.kind === 'other' ? [invalidOmitted(path, 'unknown public key type; supported types are Ed25519, ECDSA, and RSA')] : keyErrors(publicKey, path, 'P256, P384, or P521');
}

/** The deprecated way: a key, and a signature of the pod's uid. */
function publicKeyErrors(pkix: string, proof: string): FieldError[] {
  const path = 'spec.pkixPublicKey';
  const bytes = fromBase64(pkix) ?? new Uint8Array();
  if (bytes.length > maxKeyBytes) return [tooLong(path, maxKeyBytes)];
  if ((fromBase64(proof) ?? []).length > maxKeyBytes) return [tooLong('spec.proofOfPossession', maxKeyBytes)];
  const read = tryParse(parsePublicKey, bytes);
  if ('error' in read) return [invalid(path, pkix, 'must be a valid PKIX-serialized public key')];
  return read.value.kind === 'other' ? [invalid(path, pkix, 'unknown public key type; supported types are Ed25519, ECDSA, and RSA')] : keyErrors(read.value, path, 'P256 or P384');
}

function addExpiration(errors: Errors, seconds: number, signerName: string): void {
  const max = (isKubernetesSigner(signerName) ? 1 : 91) * daySeconds;
  if (seconds < minExpirationSeconds || seconds > max) errors.push(invalid('spec.maxExpirationSeconds', seconds, `must be in the range [${minExpirationSeconds}, ${max}]`));
}

/** A new request, all but its signature. */
export function validatePodCertificateRequest({ spec = {} }: Request): FieldError[] {
  const { signerName = '', unverifiedUserAnnotations, podName = '', serviceAccountName = '', nodeName = '', maxExpirationSeconds, stubPKCS10Request: stub = '', pkixPublicKey: pkix = '', proofOfPossession: proof = '' } = spec;
  const errors = validateSignerName('spec.signerName', signerName);
  errors.push(...validateAnnotations(unverifiedUserAnnotations, 'spec.unverifiedUserAnnotations', domainPrefixedKey));
  addInvalid(errors, 'spec.podName', podName, dns1123Subdomain(podName));
  addUid(errors, 'spec.podUID', spec.podUID);
  addInvalid(errors, 'spec.serviceAccountName', serviceAccountName, dns1123Subdomain(serviceAccountName));
  addUid(errors, 'spec.serviceAccountUID', spec.serviceAccountUID);
  addInvalid(errors, 'spec.nodeName', nodeName, dns1123Subdomain(nodeName));
  addUid(errors, 'spec.nodeUID', spec.nodeUID);
  if (maxExpirationSeconds === undefined) return [...errors, required('spec.maxExpirationSeconds', 'must be set')];
  addExpiration(errors, maxExpirationSeconds, signerName);
  if (stub !== '' && pkix === '' && proof === '') errors.push(...stubErrors(stub));
  else if (stub === '' && pkix !== '' && proof !== '') errors.push(...publicKeyErrors(pkix, proof));
  else errors.push(invalidOmitted('spec', 'exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set'));
  return errors;
}

function conditionErrors({ status }: Request): FieldError[] {
  const errors: FieldError[] = [];
  let known = 0;
  status?.conditions?.forEach(({ type = '', status: state = '' }, i) => {
    // Upstream writes these paths with a dot before the index.
    const at = `status.conditions.[${i}]`;
    if (!conditionTypes.includes(type)) return void errors.push(notSupported(`${at}.type`, type, conditionTypes));
    known++;
    if (known > 1) errors.push(invalid(`${at}.type`, type, 'There may be at most one condition with type "Issued", "Denied", or "Failed"'));
    if (state !== 'True') errors.push(notSupported(`${at}.status`, state, ['True']));
  });
  return [...errors, ...validateConditions(status?.conditions, 'status.conditions')];
}

const has = ({ status }: Request, ...types: readonly string[]): boolean => (status?.conditions ?? []).some(({ type = '', status: state }) => types.includes(type) && state === 'True');
const statusError = (detail: string): FieldError[] => [invalidOmitted('status', detail)];

/** The status that a signer writes: once, and for good. */
export function validatePodCertificateStatus(request: Request, old: Request, context: { readonly nowMs: number }): FieldError[] {
  const errors = conditionErrors(request);
  if (errors.length > 0) return errors;
  const status = request.status ?? {};
  if (has(old, ...conditionTypes)) return semanticEqual(status, old.status ?? {}) ? [] : statusError('immutable after PodCertificateRequest is issued, denied, or failed');
  if (has(request, 'Denied', 'Failed')) return semanticEqual(status, { conditions: status.conditions }) ? [] : statusError('non-condition status fields must be empty when denying or failing the PodCertificateRequest');
  if (has(request, 'Issued')) return validateIssued(request, context.nowMs);
  return semanticEqual(status, old.status ?? {}) ? [] : statusError('status is immutable unless transitioning to "Issued", "Denied", or "Failed"');
}
