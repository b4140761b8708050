import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Authenticator } from './authenticator.ts';
import { bootstrapTokenAuthenticator } from './bootstrap-token.ts';
import { clientCertificateAuthenticator } from './client-certificate.ts';
import type { UseTracker } from './legacy-token.ts';
import type { JwtIssuer } from './oidc/configuration.ts';
import { OidcIssuers } from './oidc/issuers.ts';
import type { Changing } from './replaceable.ts';
import { isChanging, replaceable } from './replaceable.ts';
import type { RequestHeaderOptions } from './request-header.ts';
import { requestHeaderAuthenticator } from './request-header.ts';
import type { ServiceAccountIssuer } from './service-account-issuer.ts';
import { ServiceAccountAuthenticator } from './service-account.ts';
import { tokenFileAuthenticator } from './token-file.ts';
import type { TokenWebhookSettings } from './webhook/webhook.ts';
import { WebhookTokenAuthenticator } from './webhook/webhook.ts';

export interface AuthenticationOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly reader: ObjectReader;
  /** PEM of the authority that signs client certificates. */
  readonly clientCa?: string | Changing<string>;
  readonly requestHeader?: Omit<RequestHeaderOptions, 'clock'>;
  /** The content of a token file. */
  readonly tokenFile?: string | Changing<string>;
  /** Whose tokens are believed: PEM keys that verify them beside the issuer's own name and audiences. */
  readonly serviceAccounts: { readonly issuer: Pick<ServiceAccountIssuer, 'issuers' | 'audiences'>; readonly keys: readonly string[]; readonly track?: UseTracker };
  /** Whether secrets of type `bootstrap.kubernetes.io/token` let nodes join. */
  readonly bootstrapTokens?: boolean;
  readonly jwt?: readonly JwtIssuer[] | Changing<readonly JwtIssuer[]>;
  /** The algorithms that JWT issuers may sign with. Default all. */
  readonly jwtAlgorithms?: readonly string[];
  readonly webhook?: TokenWebhookSettings;
}

export interface Authentication extends Disposable {
  /** In the order in which they are asked. */
  readonly authenticators: readonly Authenticator[];
}

/**
 * The methods that are configured, in upstream's order: what needs nobody else before what is asked over the network.
 * Throws when a file's content cannot be understood. Issuers' keys are fetched from now on, in the background.
 */
export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { clock, random, logger, reader } = options;
  const { issuer, keys, track } = options.serviceAccounts;
  const { audiences } = issuer;
  const { jwt = [] } = options;
  const issuers: Changing<readonly JwtIssuer[]> = isChanging(jwt) ? jwt : { current: jwt, onChange: () => {} };
  const oidc = issuers === jwt || issuers.current.length > 0 ? new OidcIssuers(issuers, { audiences, clock, logger, ...(options.jwtAlgorithms !== undefined && { algorithms: options.jwtAlgorithms }) }) : undefined;
  return {
    authenticators: [
      ...(options.requestHeader === undefined ? [] : [requestHeaderAuthenticator({ clock, ...options.requestHeader })]),
      ...(options.clientCa === undefined ? [] : [replaceable(options.clientCa, (clientCa) => clientCertificateAuthenticator({ clock, clientCa }))]),
      ...(options.tokenFile === undefined ? [] : [replaceable(options.tokenFile, tokenFileAuthenticator)]),
      new ServiceAccountAuthenticator({ clock, reader, keys, issuers: issuer.issuers, audiences, ...(track !== undefined && { track }) }),
      ...(options.bootstrapTokens === true ? [bootstrapTokenAuthenticator({ reader, clock })] : []),
      ...(oidc === undefined ? [] : [oidc]),
      ...(options.webhook === undefined ? [] : [new WebhookTokenAuthenticator({ ...options.webhook, audiences, clock, random, logger })]),
    ],
    [Symbol.dispose]: () => oidc?.[Symbol.dispose](),
  };
}
