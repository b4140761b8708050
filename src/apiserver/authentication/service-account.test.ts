import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { CompactSign } from 'jose';
import { nodes, pods, secrets, serviceaccounts } from '../../api/resources.ts';
import { ApiError } from '../../api/status.ts';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { LocalEndpoint } from '../../client/transports/local-endpoint.ts';
import { generateKey } from '../../pki/certificate.ts';
import { FakeReader } from '../authorization/fake-reader.ts';
import type { RequestContext } from '../request.ts';
import { peekClaims, signClaims, signingKey } from './jws.ts';
import { useTracker } from './legacy-token.ts';
import { openIdPaths } from './open-id.ts';
import { authenticationEndpoints } from './reviews.ts';
import { ServiceAccountAuthenticator } from './service-account.ts';
import { defaultIssuer, ServiceAccountIssuer } from './service-account-issuer.ts';
import { tokenRequestEndpoint } from './token-request.ts';

const key = await generateKey();
const signing = signingKey(key);
const invalidSignature = 'go-jose/go-jose: error in cryptographic primitive';

function world() {
  const reader = new FakeReader();
  const clock = new VirtualClock();
  const issuer = new ServiceAccountIssuer({ privateKey: key, clock, random: new SeededRandom(1) });
  const authenticator = new ServiceAccountAuthenticator({ reader, clock, keys: [key], issuers: [defaultIssuer] });
  const account = { metadata: { name: 'robot', namespace: 'ci', uid: 'sa-uid' } };
  const pod = { metadata: { name: 'p', namespace: 'ci', uid: 'pod-uid' }, spec: { containers: [], serviceAccountName: 'robot', nodeName: 'n' } };
  reader.put(serviceaccounts, account);
  reader.put(pods, pod);
  reader.put(nodes, { metadata: { name: 'n', uid: 'node-uid' } });
  const judge = async (token: string, audiences: readonly string[] = [defaultIssuer]) => {
    const verdict = await authenticator.authenticateToken(token, audiences);
    return verdict.kind === 'refused' ? verdict.error : verdict.kind;
  };
  const endpoint = tokenRequestEndpoint({ reader, clock, issuer });
  const facts: Record<string, string> = {};
  const annotate = (name: string, value: string): void => void (facts[name] = value);
  const request = async (body: unknown, name = 'robot'): Promise<{ status: { token: string; expirationTimestamp: string } } | string> => {
    try {
      const response = await endpoint.handle({ info: { namespace: 'ci', name }, body: () => Promise.resolve(body), user: { name: 'u', groups: [] }, annotate } as unknown as RequestContext);
      assert.ok(response.kind === 'object' && response.code === 201);
      return response.object as never;
    } catch (error) {
      assert.ok(error instanceof ApiError, String(error));
      return error.message;
    }
  };
  return { reader, clock, issuer, authenticator, account, pod, judge, request, facts };
}

test('a token is a service account, in upstream\'s groups and with its credentials told', async () => {
  const { issuer, authenticator, account, pod } = world();
  const { token, expirationTimestamp } = await issuer.issue({ serviceAccount: account, expirationSeconds: 600, pod, node: { metadata: { name: 'n', uid: 'node-uid' } } });
  assert.equal(expirationTimestamp, '2026-01-01T00:10:00Z');
  const verdict = await authenticator.authenticateToken(token, [defaultIssuer]);
  assert.equal(authenticator.authenticateToken(token, [defaultIssuer]) instanceof Promise, false, 'the second time there is nothing to wait for');
  const jti = (await peekClaims(token))!.claims.jti as string;
  assert.deepEqual(verdict, {
    kind: 'accepted',
    audiences: [defaultIssuer],
    user: {
      name: 'system:serviceaccount:ci:robot', uid: 'sa-uid', groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [`JTI=${jti}`],
        'authentication.kubernetes.io/node-name': ['n'], 'authentication.kubernetes.io/node-uid': ['node-uid'],
        'authentication.kubernetes.io/pod-name': ['p'], 'authentication.kubernetes.io/pod-uid': ['pod-uid'],
      },
    },
  });
  assert.deepEqual((await peekClaims(token))!.claims, {
    aud: [defaultIssuer], exp: 1_767_226_200, iat: 1_767_225_600, iss: defaultIssuer, jti,
    'kubernetes.io': { namespace: 'ci', node: { name: 'n', uid: 'node-uid' }, pod: { name: 'p', uid: 'pod-uid' }, serviceaccount: { name: 'robot', uid: 'sa-uid' } },
    nbf: 1_767_225_600, sub: 'system:serviceaccount:ci:robot',
  });
});

test('forged, foreign and misdirected tokens are refused', async () => {
  const { issuer, account, judge } = world();
  const { token } = await issuer.issue({ serviceAccount: account, expirationSeconds: 600 });
  const [header, claims, signature] = token.split('.') as [string, string, string];
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claimed = (await peekClaims(token))!.claims;
  assert.equal(await judge(token), 'accepted');
  assert.equal(await judge(token, ['other']), `token audiences ["${defaultIssuer}"] is invalid for the target audiences ["other"]`);
  assert.equal(await judge(`${header}.${encode({ ...claimed, sub: 'system:serviceaccount:ci:admin' })}.${signature}`), invalidSignature);
  assert.equal(await judge(`${encode({ alg: 'none' })}.${claims}.${signature}`), invalidSignature);
  assert.equal(await judge(`${encode({ alg: 'HS256' })}.${claims}.${signature}`), invalidSignature);
  assert.equal(await judge(`${encode({ alg: 'none' })}.${claims}.`), 'unknown');
  assert.equal(await judge(await new CompactSign(Buffer.from(JSON.stringify(claimed))).setProtectedHeader({ alg: 'ES256', kid: 'another' }).sign(signing.privateKey)), 'invalid signature, no keys found');
  assert.equal(await judge(await new CompactSign(Buffer.from(JSON.stringify(claimed))).setProtectedHeader({ alg: 'ES256', crit: ['b64'], b64: true }).sign(signing.privateKey)), invalidSignature);
  const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  assert.equal(await judge(await new CompactSign(Buffer.from(JSON.stringify(claimed))).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(publicPem))), invalidSignature);
  assert.equal(await judge(await new CompactSign(Buffer.from(JSON.stringify(claimed))).setProtectedHeader({ alg: 'ES256' }).sign(signing.privateKey)), 'accepted');
  assert.equal(await judge(signClaims(claimed, signingKey(await generateKey()))), 'invalid signature, no keys found');
  assert.equal(await judge(signClaims(claimed, { ...signingKey(await generateKey()), id: signing.id })), invalidSignature);
  assert.equal(await judge(signClaims({ ...claimed, iss: 'https://else' }, signing)), 'unknown');
  assert.equal(await judge(signClaims({ iss: defaultIssuer, sub: 'x' }, signing)), 'service account token claims could not be validated due to unexpected private claim');
  for (const rubbish of ['', 'a', 'a.b.c', '...', 'x'.repeat(5000)]) assert.equal(await judge(rubbish), 'unknown');
});

test('each kind of key signs and verifies with its own algorithm', async () => {
  const pems = {
    RS256: generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }).privateKey,
    ES384: generateKeyPairSync('ec', { namedCurve: 'P-384', publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }).privateKey,
  };
  const { reader, clock, account } = world();
  const authenticator = new ServiceAccountAuthenticator({ reader, clock, keys: [key, pems.RS256, pems.ES384], issuers: [defaultIssuer] });
  for (const [algorithm, pem] of Object.entries(pems)) {
    const { token } = await new ServiceAccountIssuer({ privateKey: pem, clock, random: new SeededRandom(1) }).issue({ serviceAccount: account, expirationSeconds: 600 });
    assert.equal((await peekClaims(token))!.header.alg, algorithm);
    assert.equal((await authenticator.authenticateToken(token, [defaultIssuer])).kind, 'accepted');
  }
  assert.throws(() => signingKey(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string), /not supported: a service-account key of type ed25519/);
});

test('a token ends with its time and with what it is bound to', async () => {
  const { reader, clock, issuer, account, pod, judge } = world();
  const { token } = await issuer.issue({ serviceAccount: account, expirationSeconds: 600, pod });
  reader.put(pods, { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  assert.equal(await judge(token), 'accepted');
  await clock.advance(61_000);
  assert.equal(await judge(token), 'service account token has been invalidated');
  reader.put(pods, { ...pod, metadata: { ...pod.metadata, uid: 'again' } });
  assert.equal(await judge(token), 'pod UID (again) does not match service account pod ref claim (pod-uid)');
  reader.put(pods, pod);
  reader.put(serviceaccounts, { metadata: { ...account.metadata, uid: 'other' } });
  assert.equal(await judge(token), 'service account UID (other) does not match claim (sa-uid)');
  reader.remove(serviceaccounts, 'ci', 'robot');
  assert.equal(await judge(token), 'serviceaccounts "robot" not found');
  reader.put(serviceaccounts, account);
  await clock.advance(600_000);
  assert.equal(await judge(token), 'service account token has expired');
});

test('a token in a secret holds while the secret holds it', async () => {
  const { reader, judge } = world();
  const token = signClaims({
    iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:ci:robot', 'kubernetes.io/serviceaccount/namespace': 'ci', 'kubernetes.io/serviceaccount/secret.name': 's',
    'kubernetes.io/serviceaccount/service-account.name': 'robot', 'kubernetes.io/serviceaccount/service-account.uid': 'sa-uid',
  }, signing);
  assert.equal(await judge(token), 'Token has been invalidated');
  reader.put(secrets, { metadata: { name: 's', namespace: 'ci', uid: 's' }, data: { token: Buffer.from(token).toString('base64') } });
  assert.equal(await judge(token), 'accepted');
  reader.put(secrets, { metadata: { name: 's', namespace: 'ci', uid: 's' }, data: { token: 'eA==' } });
  assert.equal(await judge(token), "Token does not match server's copy");
});

test('the use of a token in a secret is written down once a day, and its holder is told what to use instead', async () => {
  const { reader, clock, account } = world();
  const secret = (labels: Record<string, string> = {}) => ({ metadata: { name: 's', namespace: 'ci', uid: 's-uid', labels }, data: { token: Buffer.from(token).toString('base64') } });
  const token = signClaims({
    iss: 'kubernetes/serviceaccount', sub: 'system:serviceaccount:ci:robot', 'kubernetes.io/serviceaccount/namespace': 'ci', 'kubernetes.io/serviceaccount/secret.name': 's',
    'kubernetes.io/serviceaccount/service-account.name': 'robot', 'kubernetes.io/serviceaccount/service-account.uid': 'sa-uid',
  }, signing);
  const written: unknown[] = [];
  // The first write takes until the cache shows it.
  const slow = Promise.withResolvers<undefined>();
  const local = { request: (request: object) => { written.push(request); return slow.promise; } } as unknown as LocalEndpoint;
  const authenticator = new ServiceAccountAuthenticator({ reader, clock, keys: [key], issuers: [defaultIssuer], track: useTracker({ clock, local, logger: silentLogger }) });
  const warnings: string[] = [];
  let facts: Record<string, string> = {};
  const listener = { warn: (message: string) => void warnings.push(message), annotate: (name: string, value: string) => void (facts[name] ??= value) };
  const judge = async () => {
    facts = {};
    const verdict = await authenticator.authenticateToken(token, [defaultIssuer], listener);
    return verdict.kind === 'refused' ? verdict.error : verdict.kind;
  };
  reader.put(secrets, secret());
  assert.deepEqual([await judge(), await judge(), written.length], ['accepted', 'accepted', 1]);
  assert.deepEqual(written[0], {
    method: 'PATCH', path: '/api/v1/namespaces/ci/secrets/s', contentType: 'application/merge-patch+json', user: { name: 'system:apiserver', groups: ['system:masters'] },
    body: { metadata: { uid: 's-uid', labels: { 'kubernetes.io/legacy-token-last-used': '2026-01-01' } } },
  });
  slow.resolve(undefined);
  await clock.settle();
  for (const day of ['2026-01-01', '2026-01-02']) {
    reader.put(secrets, secret({ 'kubernetes.io/legacy-token-last-used': day }));
    assert.deepEqual([await judge(), written.length], ['accepted', 1], day);
  }
  assert.deepEqual(warnings, []);
  const subject = { 'authentication.k8s.io/legacy-token': 'system:serviceaccount:ci:robot' };
  assert.deepEqual(facts, { ...subject, 'authentication.k8s.io/legacy-token-manual-secret': 's' });
  reader.put(serviceaccounts, { ...account, secrets: [{ name: 's' }] } as never);
  await judge();
  assert.deepEqual(warnings, ['Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.']);
  assert.deepEqual(facts, { ...subject, 'authentication.k8s.io/legacy-token-autogenerated-secret': 's' });
  reader.put(secrets, secret({ 'kubernetes.io/legacy-token-invalid-since': '2025-12-01', 'kubernetes.io/legacy-token-last-used': '2025-11-01' }));
  assert.match(await judge(), /^the token in secret ci\/s for service account ci\/robot has been marked invalid\. Use tokens from the TokenRequest API .* or remove the 'kubernetes\.io\/legacy-token-invalid-since' label from the secret to temporarily allow use of this token$/);
  assert.equal(written.length, 2, 'even then its use is written down');
  assert.deepEqual(facts, { ...subject, 'authentication.k8s.io/legacy-token-invalidated': 's/ci' });
  reader.put(serviceaccounts, { metadata: { ...account.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });
  assert.equal(await judge(), 'ServiceAccount ci/robot has been deleted');
});

test('an issuer with settings: old issuers and keys are accepted, lives are cut short', async () => {
  const { reader, clock, account } = world();
  const oldKey = await generateKey();
  const issuer = new ServiceAccountIssuer({ privateKey: key, otherKeys: [oldKey, key], clock, random: new SeededRandom(1), issuers: ['https://new', 'https://old'], maxSeconds: 1800, extendTokenExpiration: false });
  assert.deepEqual([issuer.issuer, issuer.audiences, issuer.keySet().keys.length], ['https://new', ['https://new', 'https://old'], 2]);
  const authenticator = new ServiceAccountAuthenticator({ reader, clock, keys: [key, oldKey], issuers: issuer.issuers, audiences: issuer.audiences });
  const old = new ServiceAccountIssuer({ privateKey: oldKey, clock, random: new SeededRandom(2), issuers: ['https://old'] });
  assert.equal((await authenticator.authenticateToken((await old.issue({ serviceAccount: account, expirationSeconds: 600 })).token, ['https://old'])).kind, 'accepted');
  const warnings: string[] = [];
  const handle = async (body: object) => {
    const response = await tokenRequestEndpoint({ reader, clock, issuer }).handle({ info: { namespace: 'ci', name: 'robot' }, body: () => Promise.resolve(body), user: { name: 'u', groups: [] }, warn: (message: string) => warnings.push(message), annotate: () => {} } as unknown as RequestContext);
    assert.ok(response.kind === 'object');
    return response.object as { metadata: { uid: string }; spec: { expirationSeconds: number; audiences: string[] }; status: { token: string; expirationTimestamp: string } };
  };
  const answer = await handle({});
  assert.deepEqual([answer.spec.expirationSeconds, answer.spec.audiences, answer.status.expirationTimestamp, answer.metadata.uid], [1800, ['https://new', 'https://old'], '2026-01-01T00:30:00Z', 'sa-uid']);
  assert.deepEqual(warnings, ['requested expiration of 3600 seconds shortened to 1800 seconds']);
  assert.equal((await peekClaims(answer.status.token))!.claims.iss, 'https://new');
  await assert.rejects(handle({ metadata: { uid: 'other' } }), { message: 'Operation cannot be fulfilled on TokenRequest.authentication.k8s.io "robot": the UID in the token request (other) does not match the UID of the service account (sa-uid)' });
  assert.deepEqual(openIdPaths(new ServiceAccountIssuer({ privateKey: key, clock, random: new SeededRandom(1), issuers: ['kubernetes/serviceaccount'] })), [], 'an issuer that is no URL is not discovered');
});

test('TokenRequest: defaults, bindings and refusals', async () => {
  const { request, judge, facts } = world();
  const plain = await request({});
  assert.ok(typeof plain !== 'string');
  assert.equal(plain.status.expirationTimestamp, '2026-01-01T01:00:00Z');
  assert.equal(await judge(plain.status.token), 'accepted');
  const projected = await request({ spec: { expirationSeconds: 3607, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'pod-uid' } } });
  assert.ok(typeof projected !== 'string');
  const claims = (await peekClaims(projected.status.token))!.claims as { exp: number; iat: number; 'kubernetes.io': { warnafter: number; node: object } };
  assert.equal(projected.status.expirationTimestamp, '2026-01-01T01:00:07Z');
  assert.deepEqual([claims.exp - claims.iat, claims['kubernetes.io'].warnafter - claims.iat, claims['kubernetes.io'].node], [31_536_000, 3607, { name: 'n', uid: 'node-uid' }]);
  assert.deepEqual(facts, { 'authentication.kubernetes.io/issued-credential-id': `JTI=${(claims as unknown as { jti: string }).jti}` });
  const cases: readonly [unknown, string, string?][] = [
    [{ spec: { expirationSeconds: 599 } }, 'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes'],
    [{ spec: { expirationSeconds: 2 ** 33 } }, 'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 8589934592: may not specify a duration larger than 2^32 seconds'],
    [{}, 'serviceaccounts "nobody" not found', 'nobody'],
    [{ metadata: { name: 'x' } }, 'TokenRequest.authentication.k8s.io "robot" is invalid: metadata.name: Invalid value: "x": must match the service account name if specified'],
    [{ spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'q' } } }, 'pods "q" not found'],
    [{ spec: { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'old' } } }, 'Operation cannot be fulfilled on Pod "p": the UID in the bound object reference (old) does not match the UID in record. The object might have been deleted and then recreated'],
    [{ spec: { boundObjectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } } }, 'cannot bind token to object of type apps/v1, Kind=Deployment'],
  ];
  for (const [body, error, name] of cases) assert.equal(await request(body, name), error);
});

test('TokenReview and SelfSubjectReview', async () => {
  const { issuer, authenticator, clock, account } = world();
  const [tokenReview, self] = authenticationEndpoints({ authenticators: [authenticator], audiences: [defaultIssuer], clock });
  const review = async (spec: object): Promise<unknown> => {
    const response = await tokenReview!.handle({ body: () => Promise.resolve({ spec }) } as RequestContext);
    return response.kind === 'object' && (response.object as { status: unknown }).status;
  };
  const { token } = await issuer.issue({ serviceAccount: account, expirationSeconds: 600, audiences: ['vault'] });
  assert.deepEqual(await review({ token: 'rubbish' }), { user: {}, error: 'invalid bearer token' });
  assert.deepEqual(await review({ token }), { user: {}, error: `[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["${defaultIssuer}"]]` });
  const accepted = (await review({ token, audiences: ['vault', 'x'] })) as { authenticated: boolean; audiences: string[]; user: { username: string } };
  assert.deepEqual([accepted.authenticated, accepted.audiences, accepted.user.username], [true, ['vault'], 'system:serviceaccount:ci:robot']);
  await assert.rejects(Promise.resolve(review({})), /token is required for TokenReview in authentication/);
  const me = await self!.handle({ body: () => Promise.resolve({}), user: { name: 'bob', groups: ['dev'] } } as unknown as RequestContext);
  assert.deepEqual(me.kind === 'object' && (me.object as { status: unknown }).status, { userInfo: { username: 'bob', groups: ['dev'] } });
});

test('the keys are published', async () => {
  const { issuer } = world();
  const [configuration, keys] = openIdPaths(issuer);
  const bodyOf = async (handler: typeof configuration): Promise<Record<string, unknown>> => {
    const response = await handler!.handle({} as RequestContext);
    assert.ok(response.kind === 'raw' && typeof response.body === 'string');
    return JSON.parse(response.body) as Record<string, unknown>;
  };
  assert.deepEqual(await bodyOf(configuration), {
    issuer: defaultIssuer, jwks_uri: `${defaultIssuer}/openid/v1/jwks`, response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['ES256'],
  });
  const [first] = (await bodyOf(keys)).keys as Record<string, string>[];
  assert.deepEqual(Object.keys(first!).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});
