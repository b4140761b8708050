import type { FieldError } from '../../field-error.ts';
import { invalid, required, tooLong } from '../../field-error.ts';
import { byteLength, dns1123Label, dns1123Subdomain, dnsLabelMaxLength, dnsSubdomainMaxLength } from '../../meta/validation.ts';

/** A domain, a slash, and a name that may be made of a namespace and a resource's name. */
const maxSignerNameBytes = dnsSubdomainMaxLength + 1 + dnsSubdomainMaxLength + dnsLabelMaxLength + 1;

/** Is the signer one that the Kubernetes project names? */
export function isKubernetesSigner(signerName: string): boolean {
  const [host = ''] = signerName.split('/');
  return host === 'kubernetes.io' || host.endsWith('.kubernetes.io');
}

/** The first label of `text` that is not well-formed says what is wrong with all of it. */
function labelErrors(path: string, text: string, check: (label: string) => string[]): FieldError[] {
  const bad = text.split('.').find((label) => check(label).length > 0);
  return bad === undefined ? [] : check(bad).map((message) => invalid(path, text, `validating label ${JSON.stringify(bad)}: ${message}`));
}

/** `example.com/my-signer`. */
export function validateSignerName(path: string, signerName: string): FieldError[] {
  if (signerName === '') return [required(path)];
  const [domain = '', name = '', ...rest] = signerName.split('/');
  if (rest.length > 0 || !signerName.includes('/')) return [invalid(path, signerName, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  const errors: FieldError[] = [];
  if (byteLength(domain) > dnsSubdomainMaxLength) errors.push(tooLong(path, dnsSubdomainMaxLength));
  errors.push(...labelErrors(path, domain, dns1123Label));
  if (!domain.includes('.')) errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'));
  errors.push(...labelErrors(path, name, dns1123Subdomain));
  if (byteLength(signerName) > maxSignerNameBytes) errors.push(tooLong(path, maxSignerNameBytes));
  return errors;
}
