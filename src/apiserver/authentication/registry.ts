import type { Clock } from '../../base/clock.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Authenticator } from './authenticator.ts';
import { clientCertificateAuthenticator } from './client-certificate.ts';
import type { Changing } from './replaceable.ts';
import { replaceable } from './replaceable.ts';
import { requestHeaderAuthenticator } from './request-header.ts';
import { defaultIssuer } from './service-account-issuer.ts';
import { ServiceAccountAuthenticator } from './service-account.ts';
import { tokenFileAuthenticator } from './token-file.ts';

export interface AuthenticationOptions {
  readonly clock: Clock;
  readonly reader: ObjectReader;
  /** PEM of the authority that signs client certificates. */
  readonly clientCa?: string | Changing<string>;
  /** PEM of the authority that signs front proxies' certificates, and the names those may have. */
  readonly requestHeader?: { readonly clientCa: string; readonly allowedNames?: readonly string[] };
  /** The content of a token file. */
  readonly tokenFile?: string | Changing<string>;
  /** PEM keys that verify service-account tokens; the issuers accepted (default: upstream's). */
  readonly serviceAccount?: { readonly keys: readonly string[]; readonly issuers?: readonly string[]; readonly audiences?: readonly string[] };
}

/** The methods that are configured, in upstream's order. Throws when a file's content cannot be understood. */
export function createAuthenticators(options: AuthenticationOptions): readonly Authenticator[] {
  const { clock, reader } = options;
  const authenticators: Authenticator[] = [];
  if (options.requestHeader !== undefined) authenticators.push(requestHeaderAuthenticator({ clock, ...options.requestHeader }));
  if (options.clientCa !== undefined) authenticators.push(replaceable(options.clientCa, (clientCa) => clientCertificateAuthenticator({ clock, clientCa })));
  if (options.tokenFile !== undefined) authenticators.push(replaceable(options.tokenFile, tokenFileAuthenticator));
  if (options.serviceAccount !== undefined) {
    const { keys, issuers = [defaultIssuer], audiences } = options.serviceAccount;
    authenticators.push(new ServiceAccountAuthenticator({ clock, reader, keys, issuers, ...(audiences !== undefined && { audiences }) }));
  }
  return authenticators;
}
