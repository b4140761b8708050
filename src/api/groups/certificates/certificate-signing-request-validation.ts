/** What a CertificateSigningRequest must say, and which of its updates may change what. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../types/certificates/v1.ts';
import { fromBase64, pemBlocks } from '../../x509/pem.ts';
import { parseCertificate, parseCertificateRequest, tryParse } from '../../x509/x509.ts';
import type { CertificateRequest } from '../../x509/x509.ts';
import { validateSignerName } from './signer-name.ts';

type Errors = FieldError[];
type Request = Loose<CertificateSigningRequest>;
type Condition = Loose<CertificateSigningRequestCondition>;

/** What a write may do to a request: that of its own endpoint neither approves nor signs. */
export type Endpoint = 'request' | 'status' | 'approval';

const usages = [
  'any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system',
  'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping',
];
const legacySigner = 'kubernetes.io/legacy-unknown';
const minExpirationSeconds = 600;
/** These may only be true. */
const finalTypes = ['Approved', 'Denied', 'Failed'];
const conditionsPath = 'status.conditions';

function textOf(base64: string): string {
  const bytes = fromBase64(base64);
  return bytes === undefined ? '' : new TextDecoder().decode(bytes);
}

/** The PKCS#10 request inside, or what is wrong with it in Go's words. `base64`: PEM, as the field holds it. */
export function readRequest(base64: string): { readonly value: CertificateRequest } | { readonly error: string } {
  const [block] = pemBlocks(textOf(base64));
  return block?.type === 'CERTIFICATE REQUEST' ? tryParse(parseCertificateRequest, block.bytes) : { error: 'PEM block type must be CERTIFICATE REQUEST' };
}

/** What is wrong with an issued certificate; empty when nothing is, or when there is none. */
function certificateError(base64: string): string {
  if (base64 === '') return '';
  const blocks = pemBlocks(textOf(base64));
  for (const { type, headers, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (headers > 0) return 'no PEM block headers are permitted';
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates';
    const parsed = tryParse(parseCertificate, bytes);
    if ('error' in parsed) return parsed.error;
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : '';
}

const conditionsOf = ({ status }: Request): readonly Condition[] => status?.conditions ?? [];
const certificateOf = ({ status }: Request): string => status?.certificate ?? '';
const ofType = (request: Request, type: string): readonly Condition[] => conditionsOf(request).filter((condition) => condition.type === type);
const hasRepeats = (values: readonly unknown[]): boolean => new Set(values).size < values.length;

function addUsages(errors: Errors, list: readonly string[], old: readonly string[]): void {
  if (list.length === 0) errors.push(required('spec.usages'));
  if (old.every((usage) => usages.includes(usage))) list.forEach((usage, i) => { if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, usages)); });
  if (!hasRepeats(old)) list.forEach((usage, i) => { if (list.indexOf(usage) < i) errors.push(duplicate(`spec.usages[${i}]`, usage)); });
}

function addConditions(errors: Errors, request: Request, old: Request): void {
  const before = conditionsOf(old).map(({ type = '' }) => type);
  const seen: string[] = [];
  conditionsOf(request).forEach(({ type = '', status = '' }, i) => {
    const at = `${conditionsPath}[${i}]`;
    if (type === '' && !before.includes('')) errors.push(required(`${at}.type`));
    const supported = finalTypes.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    if (status === '') errors.push(required(`${at}.status`));
    else if (!supported.includes(status)) errors.push(notSupported(`${at}.status`, status, supported));
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    const bothBefore = before.includes('Approved') && before.includes('Denied');
    if (opposite !== undefined && seen.includes(opposite) && !bothBefore) errors.push(invalid(conditionsPath, type, 'Approved and Denied conditions are mutually exclusive'));
    if (seen.includes(type) && !hasRepeats(before)) errors.push(duplicate(`${at}.type`, type));
    seen.push(type);
  });
}

/** A request that is created, or (with `old`) one that an update leaves; what was already wrong before is let be. */
export function validateRequest(request: Request, old: Request = {}): FieldError[] {
  const errors: FieldError[] = [];
  const { request: pem = '', usages: list = [], signerName = '', expirationSeconds } = request.spec ?? {};
  const read = readRequest(pem);
  if ('error' in read) errors.push(invalid('spec.request', pem === '' ? null : pem, read.error));
  addUsages(errors, list, old.spec?.usages ?? []);
  if (signerName === legacySigner && old.spec?.signerName !== legacySigner) errors.push(invalid('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version'));
  else errors.push(...validateSignerName('spec.signerName', signerName));
  if (expirationSeconds !== undefined && expirationSeconds < minExpirationSeconds) errors.push(invalid('spec.expirationSeconds', expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  addConditions(errors, request, old);
  if (certificateOf(request) !== certificateOf(old) && certificateError(certificateOf(old)) === '') {
    const wrong = certificateError(certificateOf(request));
    if (wrong !== '') errors.push(invalid('status.certificate', '<certificate data>', wrong));
  }
  return errors;
}

/** Only the approval endpoint approves and denies; nothing takes a decision back. */
function addDecisions(errors: Errors, request: Request, old: Request, endpoint: Endpoint): void {
  for (const type of finalTypes) if (ofType(request, type).length < ofType(old, type).length) errors.push(forbidden(conditionsPath, `updates may not remove a condition of type ${JSON.stringify(type)}`));
  if (endpoint === 'approval') return;
  for (const type of ['Approved', 'Denied']) {
    const before = ofType(old, type);
    const after = ofType(request, type);
    if (after.length > before.length) errors.push(forbidden(conditionsPath, `updates may not add a condition of type ${JSON.stringify(type)}`));
    else if (after.length === before.length && !semanticEqual(after, before)) errors.push(forbidden(conditionsPath, `updates may not modify a condition of type ${JSON.stringify(type)}`));
  }
}

/** An update through one of the three endpoints. */
export function validateRequestUpdate(request: Request, old: Request, endpoint: Endpoint): FieldError[] {
  const errors = validateRequest(request, old);
  addDecisions(errors, request, old, endpoint);
  if (certificateOf(request) !== certificateOf(old)) {
    if (endpoint !== 'status') errors.push(forbidden('status.certificate', 'updates may not set certificate content'));
    else if (certificateOf(old) !== '') errors.push(forbidden('status.certificate', 'updates may not modify existing certificate content'));
  }
  return errors;
}
