import { createAuthority, generateKey } from '../../src/pki/certificate.ts';

/** A certificate, its key, and a key of another one, as files. */
export async function keyPairs(): Promise<Readonly<Record<string, string>>> {
  const day = 24 * 3600 * 1000;
  const { certificate, key } = await createAuthority({ commonName: 'x', notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2026, 0, 1) + 1000 * day });
  return { 'tls.crt': certificate, 'tls.key': key, 'other.key': await generateKey() };
}
