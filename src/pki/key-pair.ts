/** A certificate and its private key, both PEM (the key PKCS #8). */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What a new certificate says. Times are milliseconds since the epoch. */
export interface CertificateRequest {
  readonly commonName: string;
  /** Becomes the user's groups when the certificate authenticates a client. */
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses, told apart by their form. */
  readonly names?: readonly string[];
  readonly usages: readonly ('server' | 'client')[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export type AuthorityRequest = Pick<CertificateRequest, 'commonName' | 'notBeforeMs' | 'notAfterMs'>;
