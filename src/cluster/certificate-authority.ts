import type { Clock } from '../base/clock.ts';
import { outside } from '../base/outside-work.ts';
import type { CertificateAuthority } from '../controllers/common/certificate-authority.ts';
import type { KeyPair } from '../pki/key-pair.ts';
import type * as RequestSigning from '../pki/request-signing.ts';

/** Loaded with the first request: a server starts without. */
const signing = (): Promise<typeof RequestSigning> => import('../pki/request-signing.ts');

/** The cluster's authority for certificates that are requested through the API. */
export function certificateAuthority(authority: KeyPair, clock: Clock): CertificateAuthority {
  return {
    read: (request) => outside(signing().then(({ readRequest }) => readRequest(request))),
    sign: (request, options) => outside(signing().then(({ signRequest }) => signRequest(authority, request, { ...options, nowMs: clock.now() }))),
    expiryOf: (certificate) => outside(signing().then(({ expiryOf }) => expiryOf(certificate))),
  };
}
