import { hash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { subjectOf } from '../../pki/subject.ts';
import type { Authenticator, UserInfo } from './authenticator.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { ChainVerdict } from './certificate-chain.ts';
import { parseBundle, splitCertificates, verifyChain } from './certificate-chain.ts';
import { authenticated, credentialIdKey } from './users.ts';

/** The subject attribute that carries a user's uid (KEP-4317's neighbour, AllowParsingUserUIDFromCertAuth). */
const uidAttribute = '1.3.6.1.4.1.57683.2';

const maxCached = 1024;

/** The common name of a certificate's subject; the last one, as upstream reads it. */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  return [subjectOf(certificate).CN ?? []].flat().at(-1);
}

function userOf(certificate: X509Certificate, digest: string): UserInfo | undefined {
  const subject = subjectOf(certificate);
  const name = commonNameOf(certificate);
  if (name === undefined || name === '') return undefined;
  const uid = [subject[uidAttribute] ?? []].flat();
  if (uid.length > 1) return undefined;
  return authenticated({
    name,
    ...(uid[0] !== undefined && { uid: uid[0] }),
    groups: [subject.O ?? []].flat(),
    extra: { [credentialIdKey]: [`X509SHA256=${digest}`] },
  });
}

/**
 * Proves users by the client certificate of their connection: CN is the name, each O a group. Verdicts are remembered
 * by certificate; only validity in time is looked at again.
 */
export function clientCertificateAuthenticator(options: { readonly clientCa: string; readonly clock: Clock }): Authenticator {
  const { clock } = options;
  const authorities = parseBundle(options.clientCa);
  const verdicts = new BoundedCache<string, { readonly user: UserInfo; readonly chain: ChainVerdict } | 'refused'>(maxCached);

  /** A connection presents the same array with each of its requests. */
  const digests = new WeakMap<Uint8Array, string>();

  const verdictOn = (der: Uint8Array, digest: string): { readonly user: UserInfo; readonly chain: ChainVerdict } | 'refused' => {
    const certificates = splitCertificates(der);
    const chain = certificates === undefined ? undefined : verifyChain(certificates, authorities);
    if (certificates === undefined || chain === undefined) return 'refused';
    const leaf = certificates[0]!;
    const user = userOf(leaf, certificates.length === 1 ? digest : hash('sha256', leaf.raw, 'hex'));
    return user === undefined ? 'refused' : { user, chain };
  };

  return {
    name: 'x509',
    authenticate: ({ clientCertificate }) => {
      if (clientCertificate === undefined || clientCertificate.length === 0) return undefined;
      let digest = digests.get(clientCertificate);
      if (digest === undefined) digests.set(clientCertificate, (digest = hash('sha256', clientCertificate, 'hex')));
      let verdict = verdicts.get(digest);
      if (verdict === undefined) verdicts.set(digest, (verdict = verdictOn(clientCertificate, digest)));
      if (verdict === 'refused') return undefined;
      const nowMs = clock.now();
      return nowMs >= verdict.chain.notBeforeMs && nowMs <= verdict.chain.notAfterMs ? verdict.user : undefined;
    },
  };
}
