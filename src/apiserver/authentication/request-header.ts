import type { Clock } from '../../base/clock.ts';
import type { Authenticator } from './authenticator.ts';
import { parseBundle, splitCertificates, verifyChain } from './certificate-chain.ts';
import { commonNameOf } from './client-certificate.ts';
import { authenticated } from './users.ts';

/** How a front proxy proves itself, and in which headers it names the user. */
export interface RequestHeaderOptions {
  readonly clock: Clock;
  /** PEM of the authority that signed the proxy's certificate. */
  readonly clientCa: string;
  /** Common names that a proxy may have; none: any that the authority signed. */
  readonly allowedNames?: readonly string[];
}

/**
 * Takes a front proxy's word for who asks: `X-Remote-User`, `X-Remote-Uid`, `X-Remote-Group` (several values separated
 * by commas). Extra attributes (`X-Remote-Extra-*`) are not read: credentials give access to headers by name alone.
 */
export function requestHeaderAuthenticator(options: RequestHeaderOptions): Authenticator {
  const authorities = parseBundle(options.clientCa);
  const allowed = options.allowedNames ?? [];
  return {
    name: 'request-header',
    authenticate: (credentials) => {
      const { clientCertificate } = credentials;
      const header = (name: string): string | undefined => credentials.header(name);
      const name = header('x-remote-user') ?? '';
      if (name === '' || clientCertificate === undefined) return undefined;
      const chain = splitCertificates(clientCertificate);
      const verdict = chain === undefined ? undefined : verifyChain(chain, authorities);
      const nowMs = options.clock.now();
      if (verdict === undefined || nowMs < verdict.notBeforeMs || nowMs > verdict.notAfterMs) return undefined;
      if (allowed.length > 0 && !allowed.includes(commonNameOf(chain![0]!) ?? '')) return undefined;
      const groups = (header('x-remote-group') ?? '').split(',').map((group) => group.trim()).filter((group) => group !== '');
      const uid = header('x-remote-uid');
      return authenticated({ name, groups, ...(uid !== undefined && uid !== '' && { uid }) });
    },
  };
}
