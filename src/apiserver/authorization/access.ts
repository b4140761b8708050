import type { KubeObject } from '../../api/meta/object.ts';
import { podgroups } from '../../api/resources.ts';
import type { Pki } from '../../pki/pki.ts';
import { systemPriorityClasses } from '../admission/priority/priority.ts';
import type { ImageReviewer } from '../admission/image-policy-webhook/image-policy-webhook.ts';
import type { AdmissionSettings } from '../admission/registry.ts';
import { admissionSettingsError, createAdmission } from '../admission/registry.ts';
import { trackingConfigMap, useTracker } from '../authentication/legacy-token.ts';
import type { AnonymousSettings, JwtIssuer } from '../authentication/oidc/configuration.ts';
import { openIdPaths } from '../authentication/open-id.ts';
import { createAuthentication } from '../authentication/registry.ts';
import type { RequestHeaderNames } from '../authentication/request-header.ts';
import { defaultRequestHeaders } from '../authentication/request-header.ts';
import { authenticationEndpoints } from '../authentication/reviews.ts';
import { ServiceAccountIssuer } from '../authentication/service-account-issuer.ts';
import type { Changing } from '../authentication/replaceable.ts';
import { isChanging } from '../authentication/replaceable.ts';
import { parseTokenFile } from '../authentication/token-file.ts';
import { tokenRequestEndpoint } from '../authentication/token-request.ts';
import type { TokenWebhookSettings } from '../authentication/webhook/webhook.ts';
import type { ApiServerOptions, Plugged, ServerParts } from '../options.ts';
import { podGroupObjects, rbacBootstrapObjects, storageMigratorObjects } from './bootstrap/objects.ts';
import { authorizersOfModes } from './configuration.ts';
import { rbacEscalationCheck } from './rbac/escalation.ts';
import type { AuthorizationMode, AuthorizerSettings } from './registry.ts';
import { createAuthorization, defaultAuthorizationModes } from './registry.ts';
import { authorizationEndpoints } from './reviews.ts';

/** How service accounts' tokens are issued and verified. */
export interface ServiceAccountSettings {
  /** The first is written into new tokens, all are accepted. Default upstream's. */
  readonly issuers?: readonly string[];
  /** The API server's own audiences. Default the issuers. */
  readonly audiences?: readonly string[];
  /** Where the published keys are said to be. Default below the issuer. */
  readonly jwksUri?: string;
  /** PEM keys, public or private, that may have signed beside the control plane's own. */
  readonly keys?: readonly string[];
  /** The longest life that a token is given, seconds. Default as long as is asked for. */
  readonly maxTokenSeconds?: number;
  /** Whether tokens that kubelets project hold for a year. Default true. */
  readonly extendTokens?: boolean;
}

/** Who may be proven how, beside what the control plane's own keys and certificates prove. */
export interface AuthenticationSettings {
  /** The content of a token file. */
  readonly tokenFile?: string | Changing<string>;
  /** PEM of the authorities of client certificates. Default: the cluster's own. */
  readonly clientCa?: string | Changing<string>;
  /** Front proxies: PEM of their authorities beside the control plane's own, their names (default front-proxy-client), the headers. */
  readonly requestHeader?: { readonly clientCa?: string; readonly allowedNames?: readonly string[]; readonly headers?: Partial<RequestHeaderNames> };
  readonly serviceAccounts?: ServiceAccountSettings;
  /** Default true, as kubeadm sets it up. */
  readonly bootstrapTokens?: boolean;
  readonly jwt?: readonly JwtIssuer[] | Changing<readonly JwtIssuer[]>;
  readonly jwtAlgorithms?: readonly string[];
  readonly webhook?: TokenWebhookSettings;
  /** Who is anonymous. Default everybody who does not say who they are. */
  readonly anonymous?: AnonymousSettings;
}

/** What decides who may talk to an API server and what they may do. */
export interface AccessOptions extends AuthenticationSettings {
  readonly pki: Pick<Pki, 'ca' | 'frontProxyCa' | 'serviceAccount'>;
  /** Default Node, RBAC. */
  readonly authorizationModes?: readonly AuthorizationMode[];
  /** The chain of authorizers, instead of modes. */
  readonly authorizers?: readonly AuthorizerSettings[] | Changing<readonly AuthorizerSettings[]>;
  readonly admission?: AdmissionSettings;
  /** Reaches image policy webhooks. */
  readonly imageReviewer?: ImageReviewer;
}

/** The parts of the server's options that this fills. */
export type Access = Required<Pick<ApiServerOptions, 'plugged' | 'bootstrapObjects'>> & Pick<ApiServerOptions, 'anonymous' | 'anonymousPaths'>;

const currentOf = <T>(source: T | Changing<T>): T => (isChanging(source) ? source.current : source);
const bundle = (own: string, more: string | undefined): string => (more === undefined ? own : `${own.trimEnd()}\n${more}`);

const requestHeaderOf = ({ pki, requestHeader }: AccessOptions): { readonly clientCa: string; readonly allowedNames: readonly string[]; readonly headers: RequestHeaderNames } => ({
  clientCa: bundle(pki.frontProxyCa.certificate, requestHeader?.clientCa),
  allowedNames: requestHeader?.allowedNames ?? ['front-proxy-client'],
  headers: { ...defaultRequestHeaders, ...requestHeader?.headers },
});

/** Of the plug-ins, those that look at what a service account's token is asked for. */
const judgesTokens: ReadonlySet<string> = new Set(['NodeRestriction', 'MutatingAdmissionPolicy', 'MutatingAdmissionWebhook', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionWebhook']);

function build(options: AccessOptions, authorizers: readonly AuthorizerSettings[] | Changing<readonly AuthorizerSettings[]>, parts: ServerParts): Plugged {
  const { reader, clock, random, logger, local } = parts;
  const { pki, serviceAccounts: { issuers, audiences, jwksUri, keys = [], maxTokenSeconds, extendTokens } = {} } = options;
  const issuer = new ServiceAccountIssuer({
    privateKey: pki.serviceAccount.privateKey, otherKeys: keys, clock, random,
    ...(issuers !== undefined && { issuers }),
    ...(audiences !== undefined && { audiences }),
    ...(maxTokenSeconds !== undefined && { maxSeconds: maxTokenSeconds }),
    ...(extendTokens !== undefined && { extendTokenExpiration: extendTokens }),
  });
  const { tokenFile, jwt, jwtAlgorithms, webhook } = options;
  const authentication = createAuthentication({
    clock, random, logger, reader,
    clientCa: options.clientCa ?? pki.ca.certificate,
    requestHeader: requestHeaderOf(options),
    serviceAccounts: { issuer, keys: [pki.serviceAccount.publicKey, ...keys], track: useTracker({ clock, logger, local }) },
    bootstrapTokens: options.bootstrapTokens ?? true,
    ...(tokenFile !== undefined && { tokenFile }),
    ...(jwt !== undefined && { jwt }),
    ...(jwtAlgorithms !== undefined && { jwtAlgorithms }),
    ...(webhook !== undefined && { webhook }),
  });
  const authorization = createAuthorization({ reader, authorizers, parts: { clock, random, logger } });
  const admission = [...createAdmission({ ...parts, ...(options.imageReviewer !== undefined && { imageReviewer: options.imageReviewer }) }, options.admission)];
  if (authorization.rbac !== undefined) admission.push(rbacEscalationCheck({ rbac: authorization.rbac, authorizer: authorization.authorizer }));
  const { authenticators } = authentication;
  return {
    authenticators,
    authorizers: [authorization.authorizer],
    admission,
    endpoints: [
      ...authorizationEndpoints(authorization),
      ...authenticationEndpoints({ authenticators, audiences: issuer.audiences, clock }),
      tokenRequestEndpoint({ reader, clock, issuer, resources: parts.resources, admission: admission.filter(({ name }) => judgesTokens.has(name)) }),
    ],
    paths: openIdPaths(issuer, { ...(jwksUri !== undefined && { jwksUri }) }),
    bootstrapObjects: [
      trackingConfigMap(clock),
      ...(authorization.rbac !== undefined && parts.resources.find('storagemigration.k8s.io', 'v1beta1', 'storageversionmigrations') !== undefined ? storageMigratorObjects() : []),
      ...(authorization.rbac !== undefined && parts.resources.find(podgroups.group, podgroups.version, podgroups.resource) !== undefined ? podGroupObjects() : []),
    ],
    dispose: () => {
      authentication[Symbol.dispose]();
      authorization[Symbol.dispose]();
    },
  };
}

/** By which extension API servers learn how this one knows its clients. */
function authenticationConfigMap(options: AccessOptions): KubeObject & { readonly data: Readonly<Record<string, string>> } {
  const { clientCa, allowedNames, headers } = requestHeaderOf(options);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: {
      'client-ca-file': currentOf(options.clientCa ?? options.pki.ca.certificate),
      'requestheader-allowed-names': JSON.stringify(allowedNames),
      'requestheader-client-ca-file': clientCa,
      'requestheader-extra-headers-prefix': JSON.stringify(headers.extraPrefix),
      'requestheader-group-headers': JSON.stringify(headers.group),
      'requestheader-uid-headers': JSON.stringify(headers.uid),
      'requestheader-username-headers': JSON.stringify(headers.username),
    },
  };
}

/**
 * Upstream's way of guarding an API server, as options for ours: certificates, tokens and front proxies; Node and RBAC;
 * the admission plug-ins; the reviews, TokenRequest and published keys; the default roles, bindings and priority
 * classes. Throws at once for a token file, mode or plug-in name that cannot be understood.
 */
export function standardAccess(options: AccessOptions): Access {
  if (options.tokenFile !== undefined) parseTokenFile(currentOf(options.tokenFile));
  const wrong = admissionSettingsError(options.admission ?? {});
  if (wrong !== undefined) throw new Error(wrong);
  const authorizers = options.authorizers ?? authorizersOfModes(options.authorizationModes ?? defaultAuthorizationModes);
  const { anonymous } = options;
  return {
    plugged: (parts) => build(options, authorizers, parts),
    bootstrapObjects: [...(currentOf(authorizers).some(({ type }) => type === 'RBAC') ? rbacBootstrapObjects() : []), ...systemPriorityClasses, authenticationConfigMap(options)],
    ...(anonymous !== undefined && { anonymous: anonymous.enabled, anonymousPaths: anonymous.paths }),
  };
}
