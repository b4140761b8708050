import type { X509Certificate } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { subjectOf } from '../../pki/subject.ts';
import type { Authenticator, UserInfo } from './authenticator.ts';
import type { VerifiedChain } from './certificate-chain.ts';
import { chainVerifier } from './certificate-chain.ts';
import { authenticated, credentialIdKey } from './users.ts';

/** The subject attribute that carries a user's uid (KEP-4317's neighbour, AllowParsingUserUIDFromCertAuth). */
const uidAttribute = '1.3.6.1.4.1.57683.2';

/** The common name of a certificate's subject; the last one, as upstream reads it. */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  return [subjectOf(certificate).CN ?? []].flat().at(-1);
}

function userOf({ leaf, digest }: VerifiedChain): UserInfo | undefined {
  const subject = subjectOf(leaf);
  const name = commonNameOf(leaf);
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
  const verify = chainVerifier(options.clientCa);
  const users = new WeakMap<VerifiedChain, UserInfo | 'nobody'>();
  return {
    name: 'x509',
    authenticate: ({ clientCertificate }) => {
      if (clientCertificate === undefined || clientCertificate.length === 0) return undefined;
      const chain = verify(clientCertificate);
      if (chain === undefined) return undefined;
      let user = users.get(chain);
      if (user === undefined) users.set(chain, (user = userOf(chain) ?? 'nobody'));
      const nowMs = clock.now();
      return user !== 'nobody' && nowMs >= chain.notBeforeMs && nowMs <= chain.notAfterMs ? user : undefined;
    },
  };
}
