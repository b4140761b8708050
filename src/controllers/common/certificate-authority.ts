/** What a request for a certificate asks for. */
export interface RequestedCertificate {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uris: readonly string[];
}

/** The cluster's certificate authority, as controllers use it. Requests are PKCS#10 in PEM, certificates X.509 in PEM. */
export interface CertificateAuthority {
  read(request: string): Promise<RequestedCertificate>;
  /** Signs what the request asks for, with these usages (of certificates.k8s.io) and for this time from now. Rejects for a usage that it does not know. */
  sign(request: string, options: { readonly usages: readonly string[]; readonly ttlMs: number }): Promise<string>;
  /** When a certificate expires, epoch milliseconds. */
  expiryOf(certificate: string): Promise<number>;
}
