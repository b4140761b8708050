import type { RequestedCertificate } from '../common/certificate-authority.ts';

export const kubeletServing = 'kubernetes.io/kubelet-serving';
export const kubeletClient = 'kubernetes.io/kube-apiserver-client-kubelet';
export const apiServerClient = 'kubernetes.io/kube-apiserver-client';
export const legacyUnknown = 'kubernetes.io/legacy-unknown';

function usagesAre(usages: readonly string[], purpose: string): string | undefined {
  const given = new Set(usages);
  const required = [purpose, 'digital signature', 'key encipherment'].toSorted();
  // Keys that are not RSA encipher nothing.
  const matches = required.every((usage) => given.has(usage) || usage === 'key encipherment') && [...given].every((usage) => required.includes(usage));
  return matches ? undefined : `usages did not match [${required.join(' ')}]`;
}

/** What is wrong with a request for a kubelet's client certificate; undefined when nothing is. */
export function kubeletClientError(request: RequestedCertificate, usages: readonly string[]): string | undefined {
  if (request.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!request.commonName.startsWith('system:node:')) return 'subject common name does not begin with system:node:';
  return usagesAre(usages, 'client auth');
}

function kubeletServingError(request: RequestedCertificate, usages: readonly string[]): string | undefined {
  if (request.organizations.join() !== 'system:nodes') return 'subject organization is not system:nodes';
  if (request.dnsNames.length === 0 && request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required';
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed';
  const wrong = usagesAre(usages, 'server auth');
  if (wrong !== undefined) return wrong;
  return request.commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';
}

function apiServerClientError(usages: readonly string[]): string | undefined {
  const wrong = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage));
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

/** Why the signer does not sign this; undefined when it does. */
export function signerError(signer: string, request: RequestedCertificate, usages: readonly string[]): string | undefined {
  switch (signer) {
    case kubeletServing: return kubeletServingError(request, usages);
    case kubeletClient: return kubeletClientError(request, usages);
    case apiServerClient: return apiServerClientError(usages);
    default: return undefined;
  }
}
