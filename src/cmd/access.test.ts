import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Command } from 'commander';
import { readAccess } from './access.ts';
import { addClusterFlags, resolveClusterOptions, UsageError } from './options.ts';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-access-'));
after(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** What the command line says, through commander as the program has it. */
function access(...words: string[]): ReturnType<typeof readAccess> {
  const command = addClusterFlags(new Command('up')).exitOverride();
  command.parse(words, { from: 'user' });
  return readAccess(resolveClusterOptions(command.opts(), (key) => command.getOptionValueSource(key) === 'cli', 'host'));
}

const kubeconfig = file('w.kubeconfig', 'current-context: c\ncontexts: [{name: c, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "https://w:8443/x"}}]\n');

test('without flags: Node and RBAC, bootstrap tokens, anonymous', async () => {
  assert.deepEqual(await access(), {
    authorizers: [{ type: 'Node', name: 'node' }, { type: 'RBAC', name: 'rbac' }],
    serviceAccounts: { extendTokens: true }, requestHeader: { headers: {} }, bootstrapTokens: true, anonymous: { enabled: true, paths: [] },
  });
});

test('flags in kube-apiserver\'s own spelling', async () => {
  const got = await access(
    '--anonymous-auth=false', '--enable-bootstrap-token-auth=false',
    '--service-account-issuer', 'https://new', '--service-account-issuer=https://old', '--api-audiences=api,vault', '--service-account-jwks-uri=https://keys', '--service-account-max-token-expiration=24h', '--service-account-extend-token-expiration=false',
    '--requestheader-allowed-names=a,b', '--requestheader-username-headers=X-User', '--requestheader-extra-headers-prefix=X-More-',
    '--oidc-issuer-url=https://issuer', '--oidc-client-id=app', '--oidc-groups-claim=roles', '--oidc-groups-prefix=oidc:', '--oidc-required-claim=hd=example.com', '--oidc-required-claim', 'x=a=b',
    '--authorization-mode=Node,RBAC,Webhook', '--authorization-webhook-config-file', kubeconfig, '--authorization-webhook-cache-unauthorized-ttl=0s',
    '--authentication-token-webhook-config-file', kubeconfig, '--authentication-token-webhook-version=v1', '--authentication-token-webhook-cache-ttl=1m30s',
  );
  const connection = { server: 'https://w:8443/x' };
  assert.deepEqual(got, {
    authorizers: [{ type: 'Node', name: 'node' }, { type: 'RBAC', name: 'rbac' }, { type: 'Webhook', name: 'default', webhook: { connection, version: 'v1beta1', authorizedTtlMs: 300_000, unauthorizedTtlMs: 0, timeoutMs: 30_000, failurePolicy: 'NoOpinion' } }],
    serviceAccounts: { issuers: ['https://new', 'https://old'], audiences: ['api', 'vault'], jwksUri: 'https://keys', maxTokenSeconds: 86_400, extendTokens: false },
    requestHeader: { allowedNames: ['a', 'b'], headers: { username: ['X-User'], extraPrefix: ['X-More-'] } },
    bootstrapTokens: false,
    jwt: [{ url: 'https://issuer', audiences: ['app'], username: { claim: 'sub', prefix: 'https://issuer#' }, groups: { claim: 'roles', prefix: 'oidc:' }, requiredClaims: { hd: 'example.com', x: 'a=b' } }],
    jwtAlgorithms: ['RS256'],
    webhook: { connection, version: 'v1', cacheTtlMs: 90_000 },
    anonymous: { enabled: false, paths: [] },
  });
  const issuer = ['--oidc-issuer-url=https://issuer', '--oidc-client-id=app'];
  const prefixOf = async (...words: string[]): Promise<string | undefined> => (await access(...issuer, ...words)).jwt?.[0]?.username.prefix;
  assert.equal(await prefixOf('--oidc-username-claim=email'), '');
  assert.equal(await prefixOf('--oidc-username-prefix=-'), '');
  assert.equal(await prefixOf('--oidc-username-prefix=me:'), 'me:');
});

test('configuration files instead of flags', async () => {
  const authorization = file('authorization.yaml', `apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n- {type: Webhook, name: w, webhook: {timeout: 3s, subjectAccessReviewVersion: v1, failurePolicy: Deny, connectionInfo: {type: KubeConfigFile, kubeConfigFile: ${kubeconfig}}}}\n- {type: RBAC, name: r}\n`);
  const authentication = file('authentication.yaml', 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\nanonymous: {enabled: true, conditions: [{path: /livez}]}\njwt: [{issuer: {url: "https://i", audiences: [a]}, claimMappings: {username: {claim: sub, prefix: ""}}}]\n');
  const got = await access('--authorization-config', authorization, '--authentication-config', authentication);
  assert.deepEqual([got.authorizers?.map(({ name }) => name), got.jwt?.length, got.jwtAlgorithms, got.anonymous], [['w', 'r'], 1, undefined, { enabled: true, paths: ['/livez'] }]);
  const broken = file('broken.yaml', 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: [{type: ABAC, name: a}]\n');
  const cases: readonly [readonly string[], string | RegExp][] = [
    [['--authorization-config', broken], '--authorization-config: authorizers[0].type: Forbidden: not supported: ABAC'],
    [['--authorization-config', authorization, '--authorization-mode=RBAC'], '--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined'],
    [['--authorization-config', join(folder, 'absent')], /^--authorization-config: ENOENT/],
    [['--authorization-mode=Webhook'], "--authorization-mode: authorization-mode Webhook's authorization config file not passed"],
    [['--authorization-mode=RBAC,RBAC'], '--authorization-mode: authorization-mode ["RBAC","RBAC"] has mode specified more than once'],
    [['--authorization-webhook-config-file', kubeconfig], 'cannot specify --authorization-webhook-config-file without mode Webhook'],
    [['--authentication-config', authentication, '--oidc-client-id=x'], 'authentication-config file and oidc-* flags are mutually exclusive'],
    [['--authentication-config', authentication, '--anonymous-auth'], '--authentication-config: anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file'],
    [['--authentication-config', authentication, '--service-account-issuer=https://i'], '--authentication-config: invalid authentication configuration: jwt[0].issuer.url: Invalid value: "https://i": URL must not overlap with disallowed issuers: [https://i]'],
    [['--oidc-client-id=x'], 'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set'],
    [['--oidc-issuer-url=http://i', '--oidc-client-id=x'], 'invalid authentication configuration: jwt[0].issuer.url: Invalid value: "http://i": URL scheme must be https'],
    [['--oidc-issuer-url=https://i', '--oidc-client-id=x', '--oidc-signing-algs=HS256'], 'oidc: unsupported signing alg: "HS256"'],
    [['--oidc-issuer-url=https://i', '--oidc-client-id=x', '--oidc-required-claim=a'], '--oidc-required-claim: wants claim=value, not "a"'],
    [['--service-account-issuer=a', '--service-account-issuer=a'], 'service-account-issuer "a" is already specified'],
    [['--service-account-jwks-uri=http://x'], 'service-account-jwks-uri requires https scheme, parsed as: http://x'],
    [['--service-account-key-file', kubeconfig], /holds no PEM key$/],
    [['--authentication-token-webhook-config-file', broken], /^--authentication-token-webhook-config-file: kubeconfig .*: current-context is not set$/],
  ];
  for (const [words, message] of cases) await assert.rejects(access(...words), (error) => error instanceof UsageError && (typeof message === 'string' ? error.message === message : message.test(error.message)) || assert.fail(String(error)));
});
