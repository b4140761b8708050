import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from '../../../pki/x509.ts';
import { KubectlError } from '../../errors.ts';

/** What a certificate is asked for. */
export interface CertificateRequest {
  /** The values of one attribute of the subject, by its short name or number. */
  subject(attribute: string): readonly string[];
  /** Alternative names of one type. */
  names(type: 'dns' | 'email' | 'url' | 'ip'): readonly string[];
}

/** Reads a request in PEM. Throws KubectlError for what is none. */
export function requestOf(pem: string): CertificateRequest {
  let request: Pkcs10CertificateRequest;
  try {
    request = new Pkcs10CertificateRequest(pem);
  } catch (error) {
    throw new KubectlError(`Error parsing CSR: ${(error as Error).message}`, { cause: error });
  }
  const alternative = request.extensions.find((one) => one instanceof SubjectAlternativeNameExtension);
  return {
    subject: (attribute) => request.subjectName.getField(attribute),
    names: (type) => (alternative?.names.items ?? []).filter((name) => name.type === type).map(({ value }) => value),
  };
}
