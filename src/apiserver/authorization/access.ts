import type { Pki } from '../../pki/pki.ts';
import { systemPriorityClasses } from '../admission/priority/priority.ts';
import type { ImageReviewer } from '../admission/image-policy-webhook/image-policy-webhook.ts';
import type { AdmissionSettings } from '../admission/registry.ts';
import { admissionSettingsError, createAdmission } from '../admission/registry.ts';
import { openIdPaths } from '../authentication/open-id.ts';
import { createAuthenticators } from '../authentication/registry.ts';
import { authenticationEndpoints } from '../authentication/reviews.ts';
import { ServiceAccountIssuer } from '../authentication/service-account-issuer.ts';
import type { Changing } from '../authentication/replaceable.ts';
import { parseTokenFile } from '../authentication/token-file.ts';
import { tokenRequestEndpoint } from '../authentication/token-request.ts';
import type { ApiServerOptions, Plugged, ServerParts } from '../options.ts';
import { rbacBootstrapObjects } from './bootstrap/objects.ts';
import { rbacEscalationCheck } from './rbac/escalation.ts';
import type { AuthorizationMode } from './registry.ts';
import { createAuthorization, defaultAuthorizationModes } from './registry.ts';
import { authorizationEndpoints } from './reviews.ts';

/** What decides who may talk to an API server and what they may do. */
export interface AccessOptions {
  readonly pki: Pick<Pki, 'ca' | 'frontProxyCa' | 'serviceAccount'>;
  /** The content of a token file. */
  readonly tokenFile?: string | Changing<string>;
  /** PEM of the authorities of client certificates. Default: the cluster's own. */
  readonly clientCa?: Changing<string>;
  /** Default Node, RBAC. */
  readonly authorizationModes?: readonly AuthorizationMode[];
  readonly admission?: AdmissionSettings;
  /** Reaches image policy webhooks. */
  readonly imageReviewer?: ImageReviewer;
  /** The service-account issuer; default upstream's. */
  readonly issuer?: string;
}

/** The parts of the server's options that this fills. */
export type Access = Required<Pick<ApiServerOptions, 'plugged' | 'bootstrapObjects'>>;

function build(options: AccessOptions, parts: ServerParts): Required<Plugged> {
  const { reader, clock, random } = parts;
  const { ca, frontProxyCa, serviceAccount } = options.pki;
  const issuer = new ServiceAccountIssuer({ privateKey: serviceAccount.privateKey, clock, random, ...(options.issuer !== undefined && { issuer: options.issuer }) });
  const authenticators = createAuthenticators({
    clock,
    reader,
    clientCa: options.clientCa ?? ca.certificate,
    requestHeader: { clientCa: frontProxyCa.certificate, allowedNames: ['front-proxy-client'] },
    ...(options.tokenFile !== undefined && { tokenFile: options.tokenFile }),
    serviceAccount: { keys: [serviceAccount.publicKey], issuers: [issuer.issuer] },
  });
  const authorization = createAuthorization({ reader, ...(options.authorizationModes !== undefined && { modes: options.authorizationModes }) });
  const admission = [...createAdmission({ ...parts, ...(options.imageReviewer !== undefined && { imageReviewer: options.imageReviewer }) }, options.admission)];
  if (authorization.rbac !== undefined) admission.push(rbacEscalationCheck({ rbac: authorization.rbac, authorizer: authorization.authorizer }));
  return {
    authenticators,
    authorizers: [authorization.authorizer],
    admission,
    endpoints: [
      ...authorizationEndpoints(authorization),
      ...authenticationEndpoints({ authenticators, audiences: issuer.audiences, clock }),
      tokenRequestEndpoint({ reader, clock, issuer, admission: admission.filter(({ name }) => name === 'NodeRestriction') }),
    ],
    paths: openIdPaths(issuer),
  };
}

/**
 * Upstream's way of guarding an API server, as options for ours: certificates, tokens and front proxies; Node and RBAC;
 * the admission plug-ins; the reviews, TokenRequest and published keys; the default roles, bindings and priority
 * classes. Throws at once for a token file, mode or plug-in name that cannot be understood.
 */
export function standardAccess(options: AccessOptions): Access {
  if (options.tokenFile !== undefined) parseTokenFile(typeof options.tokenFile === 'string' ? options.tokenFile : options.tokenFile.current);
  const wrong = admissionSettingsError(options.admission ?? {});
  if (wrong !== undefined) throw new Error(wrong);
  const usesRbac = (options.authorizationModes ?? defaultAuthorizationModes).includes('RBAC');
  return {
    plugged: (parts) => build(options, parts),
    bootstrapObjects: [...(usesRbac ? rbacBootstrapObjects() : []), ...systemPriorityClasses],
  };
}
