import type { Setting } from './setting.ts';
import { choice, duration, listOf, oneOf, path, text, texts } from './checks.ts';

/** Who may talk to the API server and what they may do: kube-apiserver's own flags, as a user gave them. */
export interface AccessFlags {
  readonly authorizationMode: string;
  readonly authorizationConfig: string | undefined;
  readonly authorizationWebhookConfigFile: string | undefined;
  readonly authorizationWebhookVersion: 'v1' | 'v1beta1' | undefined;
  /** Milliseconds, as all durations here. */
  readonly authorizationWebhookCacheAuthorizedTtl: number | undefined;
  readonly authorizationWebhookCacheUnauthorizedTtl: number | undefined;
  readonly authenticationConfig: string | undefined;
  readonly authenticationTokenWebhookConfigFile: string | undefined;
  readonly authenticationTokenWebhookVersion: 'v1' | 'v1beta1';
  readonly authenticationTokenWebhookCacheTtl: number | undefined;
  readonly anonymousAuth: boolean | undefined;
  readonly enableBootstrapTokenAuth: boolean;
  readonly oidcIssuerUrl: string | undefined;
  readonly oidcClientId: string | undefined;
  readonly oidcCaFile: string | undefined;
  readonly oidcUsernameClaim: string | undefined;
  readonly oidcUsernamePrefix: string | undefined;
  readonly oidcGroupsClaim: string | undefined;
  readonly oidcGroupsPrefix: string | undefined;
  readonly oidcSigningAlgs: readonly string[] | undefined;
  /** Each `claim=value`. */
  readonly oidcRequiredClaim: readonly string[] | undefined;
  readonly requestheaderClientCaFile: string | undefined;
  readonly requestheaderAllowedNames: readonly string[] | undefined;
  readonly requestheaderUsernameHeaders: readonly string[] | undefined;
  readonly requestheaderUidHeaders: readonly string[] | undefined;
  readonly requestheaderGroupHeaders: readonly string[] | undefined;
  readonly requestheaderExtraHeadersPrefix: readonly string[] | undefined;
  readonly serviceAccountIssuer: readonly string[] | undefined;
  readonly serviceAccountJwksUri: string | undefined;
  readonly serviceAccountKeyFile: readonly string[] | undefined;
  readonly serviceAccountMaxTokenExpiration: number | undefined;
  readonly serviceAccountExtendTokenExpiration: boolean;
  readonly apiAudiences: readonly string[] | undefined;
}

export const defaultAuthorizationMode = 'Node,RBAC';

const optional = { default: undefined };
const list = { ...optional, check: texts };
const file = { ...optional, check: path };
const word = { ...optional, check: text };
const repeated = { ...list, repeated: true };

/** The flags of access: what each means, its default and what it accepts. */
export const accessSettings: readonly Setting<AccessFlags>[] = [
  { key: 'authorizationMode', flags: '--authorization-mode <modes>', description: 'comma-separated: Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny', default: defaultAuthorizationMode, check: listOf(['Node', 'RBAC', 'Webhook', 'AlwaysAllow', 'AlwaysDeny'], ['ABAC']) },
  { key: 'authorizationConfig', flags: '--authorization-config <file>', description: 'an AuthorizationConfiguration: the chain of authorizers, instead of modes', ...file },
  { key: 'authorizationWebhookConfigFile', flags: '--authorization-webhook-config-file <file>', description: 'kubeconfig of the service that mode Webhook asks', ...file },
  { key: 'authorizationWebhookVersion', flags: '--authorization-webhook-version <version>', description: 'of the SubjectAccessReview that it is asked with (default: "v1beta1")', ...optional, check: oneOf('v1', 'v1beta1') },
  { key: 'authorizationWebhookCacheAuthorizedTtl', flags: '--authorization-webhook-cache-authorized-ttl <duration>', description: 'how long what it allows is remembered (default: "5m")', ...optional, check: duration },
  { key: 'authorizationWebhookCacheUnauthorizedTtl', flags: '--authorization-webhook-cache-unauthorized-ttl <duration>', description: 'how long what it does not allow is remembered (default: "30s")', ...optional, check: duration },
  { key: 'authenticationConfig', flags: '--authentication-config <file>', description: 'an AuthenticationConfiguration: issuers of ID tokens, who is anonymous', ...file },
  { key: 'authenticationTokenWebhookConfigFile', flags: '--authentication-token-webhook-config-file <file>', description: 'kubeconfig of a service that judges bearer tokens', ...file },
  { key: 'authenticationTokenWebhookVersion', flags: '--authentication-token-webhook-version <version>', description: 'of the TokenReview that it is asked with', default: 'v1beta1', check: oneOf('v1', 'v1beta1') },
  { key: 'authenticationTokenWebhookCacheTtl', flags: '--authentication-token-webhook-cache-ttl <duration>', description: 'how long its verdicts are remembered (default: "2m")', ...optional, check: duration },
  { key: 'anonymousAuth', flags: '--anonymous-auth [yes]', description: 'whether those who do not say who they are are let in as system:anonymous (default: true)', ...optional, check: choice },
  { key: 'enableBootstrapTokenAuth', flags: '--enable-bootstrap-token-auth [yes]', description: 'whether secrets of type bootstrap.kubernetes.io/token let nodes join (default: true)', default: true, check: choice },
  { key: 'oidcIssuerUrl', flags: '--oidc-issuer-url <url>', description: 'an OpenID Connect issuer whose ID tokens are believed', ...word },
  { key: 'oidcClientId', flags: '--oidc-client-id <id>', description: 'whom its tokens must be for', ...word },
  { key: 'oidcCaFile', flags: '--oidc-ca-file <file>', description: 'authorities of its certificate (default: the system\'s)', ...file },
  { key: 'oidcUsernameClaim', flags: '--oidc-username-claim <claim>', description: 'the claim that is the user\'s name (default: "sub")', ...word },
  { key: 'oidcUsernamePrefix', flags: '--oidc-username-prefix <text>', description: 'what is put before it; - for nothing (default: the issuer and #, except for email)', ...word },
  { key: 'oidcGroupsClaim', flags: '--oidc-groups-claim <claim>', description: 'the claim that names the user\'s groups', ...word },
  { key: 'oidcGroupsPrefix', flags: '--oidc-groups-prefix <text>', description: 'what is put before each of them', ...word },
  { key: 'oidcSigningAlgs', flags: '--oidc-signing-algs <names>', description: 'comma-separated: the algorithms that may have signed (default: "RS256")', ...list },
  { key: 'oidcRequiredClaim', flags: '--oidc-required-claim <pair>', description: 'claim=value that a token must have; may be given several times', ...repeated },
  { key: 'requestheaderClientCaFile', flags: '--requestheader-client-ca-file <file>', description: 'authorities of front proxies, beside the cluster\'s own', ...file },
  { key: 'requestheaderAllowedNames', flags: '--requestheader-allowed-names <names>', description: 'comma-separated: common names that front proxies may have (default: "front-proxy-client")', ...list },
  { key: 'requestheaderUsernameHeaders', flags: '--requestheader-username-headers <names>', description: 'comma-separated: headers in which they name the user (default: "X-Remote-User")', ...list },
  { key: 'requestheaderUidHeaders', flags: '--requestheader-uid-headers <names>', description: 'its uid (default: "X-Remote-Uid")', ...list },
  { key: 'requestheaderGroupHeaders', flags: '--requestheader-group-headers <names>', description: 'its groups (default: "X-Remote-Group")', ...list },
  { key: 'requestheaderExtraHeadersPrefix', flags: '--requestheader-extra-headers-prefix <names>', description: 'how headers begin that hold more of it (default: "X-Remote-Extra-")', ...list },
  { key: 'serviceAccountIssuer', flags: '--service-account-issuer <issuer>', description: 'who issues service accounts\' tokens; may be given several times: the first issues, all are believed', ...repeated },
  { key: 'serviceAccountJwksUri', flags: '--service-account-jwks-uri <url>', description: 'where the keys of that issuer are said to be', ...word },
  { key: 'serviceAccountKeyFile', flags: '--service-account-key-file <file>', description: 'PEM of further keys that may have signed their tokens; may be given several times', ...repeated },
  { key: 'serviceAccountMaxTokenExpiration', flags: '--service-account-max-token-expiration <duration>', description: 'the longest life that a token is given', ...optional, check: duration },
  { key: 'serviceAccountExtendTokenExpiration', flags: '--service-account-extend-token-expiration [yes]', description: 'whether tokens that kubelets project hold for a year (default: true)', default: true, check: choice },
  { key: 'apiAudiences', flags: '--api-audiences <names>', description: 'comma-separated: whom tokens for this API server are for (default: the issuers)', ...list },
];
