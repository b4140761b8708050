/** Requests for certificates are signed with the key that they are for: what only the API server can check about them. */
import { invalid, invalidOmitted } from '../../api/field-error.ts';
import type { FieldError } from '../../api/field-error.ts';
import { readRequest } from '../../api/groups/certificates/certificate-signing-request-validation.ts';
import type { Loose } from '../../api/meta/loose.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates/v1.ts';
import type { PodCertificateRequest } from '../../api/types/certificates/v1beta1.ts';
import { fromBase64 } from '../../api/x509/pem.ts';
import { parseCertificateRequest, parsePublicKey } from '../../api/x509/x509.ts';
import type { CertificateRequest } from '../../api/x509/x509.ts';
import type { StorageHook } from '../core.ts';
import type { CertificateMetrics } from './certificate-metrics.ts';
import { provesPossession, signatureError } from './verify-signature.ts';

const errorOf = ({ publicKey, signed }: CertificateRequest): Promise<string> => signatureError(publicKey, signed.algorithm, signed.bytes, signed.signature);

async function checkSigningRequest(object: KubeObject): Promise<FieldError[]> {
  const { request } = (object as CertificateSigningRequest).spec;
  const read = readRequest(request);
  const wrong = 'error' in read ? read.error : await errorOf(read.value);
  return wrong === '' ? [] : [invalid('spec.request', request, wrong)];
}

async function checkPodRequest(object: KubeObject): Promise<FieldError[]> {
  const { stubPKCS10Request: stub = '', pkixPublicKey = '', proofOfPossession = '', podUID = '' } = (object as Loose<PodCertificateRequest>).spec ?? {};
  if (stub !== '') return await errorOf(parseCertificateRequest(fromBase64(stub)!)) === '' ? [] : [invalidOmitted('spec.stubPKCS10Request', 'invalid signature')];
  const good = await provesPossession(parsePublicKey(fromBase64(pkixPublicKey)!), podUID, fromBase64(proofOfPossession)!);
  return good ? [] : [invalidOmitted('spec.proofOfPossession', 'could not verify proof-of-possession signature')];
}

/** The hooks of certificates.k8s.io, by `group/resource`. */
export function certificateHooks(metrics: CertificateMetrics): readonly (readonly [string, StorageHook])[] {
  return [
    ['certificates.k8s.io/certificatesigningrequests', {
      checkNew: checkSigningRequest,
      afterStatus: (request, old) => metrics.statusWritten(request as CertificateSigningRequest, old as CertificateSigningRequest),
    }],
    ['certificates.k8s.io/podcertificaterequests', { checkNew: checkPodRequest }],
  ];
}
