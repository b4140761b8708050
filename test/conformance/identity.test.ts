import 'reflect-metadata';
import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { test } from 'node:test';
import * as x509 from '@peculiar/x509';
import { compactVerify, createLocalJWKSet, SignJWT } from 'jose';
import type { JSONWebKeySet } from 'jose';
import type { AccessOptions } from '../../src/apiserver/authorization/access.ts';
import { signClaims, signingKey } from '../../src/apiserver/authentication/jws.ts';
import type { LoopbackAnswer } from '../../src/apiserver/testing/loopback-server.ts';
import { LoopbackServer } from '../../src/apiserver/testing/loopback-server.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import type { ControlPlane } from '../../src/cluster/control-plane.ts';
import { startControlPlane } from '../../src/cluster/control-plane.ts';
import type { KeyPair } from '../../src/pki/key-pair.ts';
import { createMemoryPki } from '../../src/pki/pki.ts';
import type { Pki } from '../../src/pki/pki.ts';
import { MemoryStore } from '../../src/store/drivers/memory/memory-store.ts';

interface Reply { readonly code: number; readonly text: string; readonly json: { readonly message: string; readonly status: Record<string, unknown> } & Record<string, unknown>; readonly warnings: readonly string[]; readonly contentType: string }
interface Ask { readonly token?: string; readonly certificate?: KeyPair; readonly headers?: Record<string, string | string[]>; readonly body?: object; readonly contentType?: string }

const hourMs = 3_600_000;
const clock = new RealClock();
const pki: Pki = await createMemoryPki({ clock, apiServerNames: ['127.0.0.1'] });
const adminToken = 'admin-token';

/** An API server as the program composes it, asked over TLS as strangers ask it. */
class Server implements AsyncDisposable {
  readonly plane: ControlPlane;
  readonly #port: number;

  private constructor(plane: ControlPlane, port: number) {
    this.plane = plane;
    this.#port = port;
  }

  static async start(access: Omit<AccessOptions, 'pki' | 'tokenFile' | 'clientCa'> = {}): Promise<Server> {
    const plane = await startControlPlane({
      store: MemoryStore.open(), pki, clock, random: new SystemRandom(), logger: silentLogger, serviceCidr: '10.96.0.0/16', clusterCidr: '10.244.0.0/16',
      tokenFile: `${adminToken},admin,1,system:masters\nweak-token,weak,2,\n`, access,
    });
    const { port } = await plane.server.listen({ host: '127.0.0.1', port: 0, key: pki.apiServer.key, cert: pki.apiServer.certificate });
    return new Server(plane, port);
  }

  ask(method: string, path: string, { token = '', certificate, headers = {}, body, contentType = 'application/json' }: Ask = {}): Promise<Reply> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const outgoing = request({
        host: '127.0.0.1', port: this.#port, method, path, ca: pki.ca.certificate, agent: false, ...(certificate !== undefined && { cert: certificate.certificate, key: certificate.key }),
        headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...(text !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }), ...headers },
      }, (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk)).on('end', () => {
          const type = response.headers['content-type'] ?? '';
          const warnings = [response.headers['warning'] ?? []].flat();
          resolve({ code: response.statusCode ?? 0, text: answer, json: (type.includes('json') ? JSON.parse(answer) : {}) as Reply['json'], warnings, contentType: type });
        });
      });
      outgoing.on('error', reject).end(text);
    });
  }

  /** Who the server thinks asks. */
  async whoAmI(ask: Ask): Promise<unknown> {
    const reply = await this.ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { ...ask, body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' } });
    return reply.code === 201 ? reply.json.status['userInfo'] : `${reply.code} ${reply.json.message}`;
  }

  create(path: string, body: object): Promise<Reply> {
    return this.ask('POST', path, { token: adminToken, body });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.plane[Symbol.asyncDispose]();
  }
}

/** A client certificate whose authority was signed by another one, as the client presents it: both, leaf first. */
async function chained(root: KeyPair, subject: string): Promise<KeyPair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const [middle, leaf] = await Promise.all([crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']), crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])]);
  const rootCertificate = new x509.X509Certificate(root.certificate);
  const rootKey = await crypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(root.key), algorithm, false, ['sign']);
  const times = { notBefore: new Date(clock.now() - hourMs), notAfter: new Date(clock.now() + hourMs), signingAlgorithm: algorithm };
  const middleCertificate = await x509.X509CertificateGenerator.create({ ...times, serialNumber: '02', subject: 'CN=middle', issuer: rootCertificate.subject, publicKey: middle.publicKey, signingKey: rootKey, extensions: [new x509.BasicConstraintsExtension(true, undefined, true)] });
  const certificate = await x509.X509CertificateGenerator.create({ ...times, serialNumber: '03', subject, issuer: 'CN=middle', publicKey: leaf.publicKey, signingKey: middle.privateKey, extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])] });
  return { certificate: `${certificate.toString('pem')}\n${middleCertificate.toString('pem')}`, key: x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', leaf.privateKey), 'PRIVATE KEY') };
}

const serviceAccount = async (server: Server, name: string, spec: object = {}): Promise<{ uid: string; token: string }> => {
  const uid = ((await server.create('/api/v1/namespaces/default/serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } })).json['metadata'] as { uid: string }).uid;
  const reply = await server.create(`/api/v1/namespaces/default/serviceaccounts/${name}/token`, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
  return { uid, token: reply.json.status['token'] as string };
};

test('[sig-auth] ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer [Conformance]', async () => {
  await using server = await Server.start({ serviceAccounts: { issuers: ['https://kubernetes.default.svc.cluster.local', 'https://before.example.com'] } });
  const { token } = await serviceAccount(server, 'validator');
  const { token: forOthers } = await serviceAccount(server, 'other', { audiences: ['oidc-discovery-test'], expirationSeconds: 600 });
  const discovery = await server.ask('GET', '/.well-known/openid-configuration', { token });
  assert.equal(discovery.code, 200, discovery.text);
  assert.equal(discovery.json['issuer'], 'https://kubernetes.default.svc.cluster.local');
  const { pathname } = new URL(discovery.json['jwks_uri'] as string);
  const keys = await server.ask('GET', pathname, { token });
  assert.equal(keys.contentType, 'application/jwk-set+json');
  const { payload } = await compactVerify(forOthers, createLocalJWKSet(keys.json as unknown as JSONWebKeySet));
  const claims = JSON.parse(Buffer.from(payload).toString()) as { iss: string; aud: string[]; sub: string };
  assert.deepEqual([claims.iss, claims.aud, claims.sub], [discovery.json['issuer'], ['oidc-discovery-test'], 'system:serviceaccount:default:other']);
  assert.equal((await server.ask('GET', '/.well-known/openid-configuration', { token: 'weak-token' })).code, 403, 'only service accounts may ask');
});

test('who a connection\'s certificate is, with the intermediates that came along', async () => {
  await using server = await Server.start();
  const alice = await chained(pki.ca, 'CN=alice,O=dev,O=ops');
  const digest = new X509Certificate(alice.certificate).fingerprint256.replaceAll(':', '').toLowerCase();
  assert.deepEqual(await server.whoAmI({ certificate: alice }), { username: 'alice', groups: ['dev', 'ops', 'system:authenticated'], extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${digest}`] } });
  const [leaf] = alice.certificate.split(/(?<=-----END CERTIFICATE-----)/);
  assert.equal(await server.whoAmI({ certificate: { ...alice, certificate: leaf! } }), '401 Unauthorized', 'without the intermediate nobody knows its issuer');
  assert.equal(await server.whoAmI({ certificate: await chained(pki.frontProxyCa, 'CN=alice') }), '401 Unauthorized', 'a proxy\'s authority makes no users');
});

test('a front proxy names its users, their groups and more of them', async () => {
  await using server = await Server.start();
  const proxy = await pki.component('front-proxy-client');
  const headers = { 'X-Remote-User': 'bob', 'X-Remote-Uid': '7', 'X-Remote-Group': ['dev', 'ops'], 'X-Remote-Extra-Acme.com%2FProject': 'x' };
  assert.deepEqual(await server.whoAmI({ certificate: proxy, headers }), { username: 'bob', uid: '7', groups: ['dev', 'ops', 'system:authenticated'], extra: { 'acme.com/project': ['x'] } });
  assert.equal(await server.whoAmI({ certificate: await chained(pki.frontProxyCa, 'CN=not-a-proxy'), headers }), '401 Unauthorized');
  assert.match(String(await server.whoAmI({ headers })), /^403 .*User "system:anonymous"/, 'headers alone prove nothing');
  const { json } = await server.ask('GET', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication', { token: adminToken });
  const data = json['data'] as Record<string, string>;
  assert.deepEqual([data['requestheader-client-ca-file'], data['client-ca-file'], data['requestheader-allowed-names'], data['requestheader-username-headers']], [pki.frontProxyCa.certificate, pki.ca.certificate, '["front-proxy-client"]', '["X-Remote-User"]']);
});

test('tokens of issuers, of webhooks and of joining nodes', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await using issuer = await LoopbackServer.start(({ path }): LoopbackAnswer => (path === '/keys' ? { body: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig' }] } } : { body: { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` } }));
  await using reviewer = await LoopbackServer.start(({ body }): LoopbackAnswer => {
    const { spec } = body as { spec: { token: string } };
    return { body: { kind: 'TokenReview', status: spec.token === 'from-elsewhere' ? { authenticated: true, user: { username: 'carol', groups: ['remote'] } } : { authenticated: false } } };
  });
  await using server = await Server.start({
    jwt: [{ url: issuer.url, certificateAuthority: issuer.ca, audiences: ['app'], username: { claim: 'sub', prefix: 'oidc:' }, groups: { claim: 'groups', prefix: 'oidc:' }, requiredClaims: {} }],
    webhook: { connection: { server: reviewer.url, ca: reviewer.ca }, version: 'v1', cacheTtlMs: 60_000 },
  });
  const nowSeconds = Math.floor(clock.now() / 1000);
  const idToken = await new SignJWT({ iss: issuer.url, aud: 'app', sub: 'dave', groups: ['dev'], exp: nowSeconds + 600 }).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(privateKey);
  // The issuer is asked from the server's start on; the first request may come before it answered.
  for (let tries = 0; tries < 500 && (await server.whoAmI({ token: idToken })) === '401 Unauthorized'; tries++) await clock.sleep(10);
  assert.deepEqual(await server.whoAmI({ token: idToken }), { username: 'oidc:dave', groups: ['oidc:dev', 'system:authenticated'] });
  assert.deepEqual(await server.whoAmI({ token: 'from-elsewhere' }), { username: 'carol', groups: ['remote', 'system:authenticated'] });
  const bad = await server.ask('GET', '/api', { token: 'nobody-knows-it' });
  assert.deepEqual([bad.code, bad.json], [401, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Unauthorized', reason: 'Unauthorized', code: 401 }]);
  const spaced = await server.ask('GET', '/livez', { headers: { authorization: `Bearer  ${adminToken}` } });
  assert.deepEqual([spaced.code, spaced.warnings], [200, ['299 - "the provided Authorization header contains extra space before the bearer token, and is ignored"']]);
  assert.ok(reviewer.requests.every(({ body }) => !JSON.stringify(body).includes(adminToken)), 'what is known here is not shown to others');
  const encode = (data: Record<string, string>): Record<string, string> => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  await server.create('/api/v1/namespaces/kube-system/secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bootstrap-token-abcdef' }, type: 'bootstrap.kubernetes.io/token', data: encode({ 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' }) });
  assert.deepEqual(await server.whoAmI({ token: 'abcdef.0123456789abcdef' }), { username: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:authenticated'] });
});

test('a token in a secret: its use is written on the secret', async () => {
  await using server = await Server.start();
  const { uid } = await serviceAccount(server, 'robot');
  const token = signClaims({
    iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:default:robot', 'kubernetes.io/serviceaccount/namespace': 'default', 'kubernetes.io/serviceaccount/secret.name': 's',
    'kubernetes.io/serviceaccount/service-account.name': 'robot', 'kubernetes.io/serviceaccount/service-account.uid': uid,
  }, signingKey(pki.serviceAccount.privateKey));
  const secret = '/api/v1/namespaces/default/secrets';
  await server.create(secret, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', annotations: { 'kubernetes.io/service-account.name': 'robot' } }, type: 'kubernetes.io/service-account-token', data: { token: Buffer.from(token).toString('base64') } });
  assert.deepEqual(await server.whoAmI({ token }), { username: 'system:serviceaccount:default:robot', uid, groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'] });
  const labels = async (): Promise<Record<string, string> | undefined> => ((await server.ask('GET', `${secret}/s`, { token: adminToken })).json['metadata'] as { labels?: Record<string, string> }).labels;
  for (let tries = 0; tries < 500 && (await labels()) === undefined; tries++) await clock.sleep(10);
  assert.match((await labels())?.['kubernetes.io/legacy-token-last-used'] ?? '', /^\d{4}-\d\d-\d\d$/);
  await server.ask('PATCH', `${secret}/s`, { token: adminToken, contentType: 'application/merge-patch+json', body: { metadata: { labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' } } } });
  assert.equal(await server.whoAmI({ token }), '401 Unauthorized');
});

test('anonymous: everywhere, on some paths, nowhere', async () => {
  for (const [anonymous, livez, api] of [[undefined, 200, 403], [{ enabled: true, paths: ['/livez'] }, 200, 401], [{ enabled: false, paths: [] }, 401, 401]] as const) {
    await using server = await Server.start(anonymous === undefined ? {} : { anonymous });
    assert.deepEqual([(await server.ask('GET', '/livez')).code, (await server.ask('GET', '/api')).code], [livez, api], JSON.stringify(anonymous));
    assert.equal((await server.ask('GET', '/livez', { token: 'rubbish' })).code, 401);
  }
});

test('an authorizer elsewhere, before and after RBAC', async () => {
  let answer: LoopbackAnswer = 'hang up';
  await using judge = await LoopbackServer.start(() => answer);
  const webhook = { connection: { server: judge.url, ca: judge.ca }, version: 'v1' as const, authorizedTtlMs: 0, unauthorizedTtlMs: 0, timeoutMs: 3000, failurePolicy: 'NoOpinion' as const };
  await using server = await Server.start({ authorizers: [{ type: 'Webhook', name: 'w', webhook }, { type: 'RBAC', name: 'r' }] });
  const status = (more: object): LoopbackAnswer => ({ body: { kind: 'SubjectAccessReview', status: more } });
  const listPods = '/api/v1/namespaces/default/pods?labelSelector=app%3Dx&fieldSelector=spec.nodeName%3Dn';
  answer = status({ allowed: true });
  assert.equal((await server.ask('GET', listPods, { token: 'weak-token' })).code, 200);
  assert.deepEqual((judge.requests.at(-1)!.body as { spec: object }).spec, {
    user: 'weak', groups: ['system:authenticated'], uid: '2',
    resourceAttributes: { namespace: 'default', verb: 'list', version: 'v1', resource: 'pods', fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n'] }] }, labelSelector: { requirements: [{ key: 'app', operator: 'In', values: ['x'] }] } },
  });
  answer = status({ allowed: false, denied: true, reason: 'not on a Sunday' });
  const denied = await server.ask('GET', '/api', { token: 'weak-token' });
  assert.deepEqual([denied.code, denied.json.message], [403, 'forbidden: User "weak" cannot get path "/api": not on a Sunday']);
  answer = status({ allowed: false });
  assert.equal((await server.ask('GET', '/api', { token: 'weak-token' })).code, 200, 'RBAC is asked next');
  assert.equal((await server.ask('GET', listPods, { token: 'weak-token' })).code, 403);
  answer = { code: 503, body: 'down' };
  assert.equal((await server.ask('GET', '/api', { token: 'weak-token' })).code, 200);
  const failed = await server.ask('GET', listPods, { token: 'weak-token' });
  assert.equal(failed.code, 500, 'nobody allowed it, and one could not be asked');
  const before = judge.requests.length;
  assert.equal((await server.ask('GET', listPods, { token: adminToken })).code, 200);
  assert.equal(judge.requests.length, before, 'system:masters are not asked about');
});
