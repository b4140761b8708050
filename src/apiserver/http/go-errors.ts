/** What Go says of an error that Node names, for messages that users know from upstream. */
const goWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused', ECONNRESET: 'read: connection reset by peer', EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable', ETIMEDOUT: 'i/o timeout', EPIPE: 'write: broken pipe',
};

/** An error of a connection in Go's words; as Node says it where there are none. */
export function connectionErrorText(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return goWords[code] ?? message;
}

const unknownAuthority = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
const tlsWords: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority, DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority, UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority, UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority, CERT_SIGNATURE_FAILURE: unknownAuthority, CERT_UNTRUSTED: unknownAuthority,
  CERT_HAS_EXPIRED: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid', CERT_NOT_YET_VALID: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
  INVALID_PURPOSE: 'tls: failed to verify certificate: x509: certificate specifies an incompatible key usage',
};

/** What is wrong with a TLS connection in Go's words; undefined when it is not that. */
export function tlsErrorText(error: unknown): string | undefined {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code !== 'EPROTO' && !code.startsWith('ERR_SSL_')) return tlsWords[code];
  if (/wrong version number|packet length too long/.test(message)) return 'http: server gave HTTP response to HTTPS client';
  const detail = /routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? 'handshake failure';
  return `remote error: tls: ${detail}`;
}
