import assert from 'node:assert/strict';
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { SignJWT, importPKCS8 } from 'jose';
import type { JWTPayload } from 'jose';
import { BadInputServer, configMaps, json } from './server.ts';

const unauthorized = { code: 401, reason: 'Unauthorized', message: 'Unauthorized' } as const;

describe('those who may not, or are not who they say', () => {
  let server: BadInputServer;
  /** A good token of the service account default/robot, and what is in it. */
  let token: string;
  let claims: JWTPayload;
  let header: Record<string, string>;

  before(async () => {
    server = await BadInputServer.start();
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await server.ask('POST', accounts, { body: JSON.stringify({ metadata: { name: 'robot' } }), headers: json });
    const reply = await server.ask('POST', `${accounts}/robot/token`, { body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [] } }), headers: json });
    token = (reply.json['status'] as { token: string }).token;
    [header, claims] = token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, string>) as [Record<string, string>, JWTPayload];
  });
  after(() => server[Symbol.asyncDispose]());

  const signed = async (payload: JWTPayload, privateKey = server.pki.serviceAccount.privateKey): Promise<string> => new SignJWT(payload).setProtectedHeader({ alg: header['alg']!, ...header }).sign(await importPKCS8(privateKey, header['alg']!));

  test('no permission: who may not do what, where', async () => {
    const weak = { token: 'weak-token' };
    for (const [method, path, message] of [
      ['GET', configMaps, 'configmaps is forbidden: User "weak" cannot list resource "configmaps" in API group "" in the namespace "default"'],
      ['GET', '/api/v1/namespaces/default/pods/x/log', 'pods "x" is forbidden: User "weak" cannot get resource "pods/log" in API group "" in the namespace "default"'],
      ['GET', '/api/v1/nodes', 'nodes is forbidden: User "weak" cannot list resource "nodes" in API group "" at the cluster scope'],
      ['DELETE', '/apis/apps/v1/namespaces/default/deployments/web', 'deployments.apps "web" is forbidden: User "weak" cannot delete resource "deployments" in API group "apps" in the namespace "default"'],
      ['DELETE', configMaps, 'configmaps is forbidden: User "weak" cannot deletecollection resource "configmaps" in API group "" in the namespace "default"'],
      ['GET', '/apis/nope/v1/x', 'x.nope is forbidden: User "weak" cannot list resource "x" in API group "nope" at the cluster scope'],
      ['GET', '/metrics', 'forbidden: User "weak" cannot get path "/metrics"'],
    ] as const) await server.refuses(method, path, weak, { code: 403, reason: 'Forbidden', message });
    // What may not be done is refused before what is sent is looked at.
    await server.refuses('POST', configMaps, { ...weak, body: '{"a":', headers: json }, { code: 403, reason: 'Forbidden', message: /cannot create resource "configmaps"/ });
    await server.refuses('GET', configMaps, { ...weak, headers: { 'impersonate-user': 'admin' } }, { code: 403, reason: 'Forbidden', message: 'configmaps is forbidden: User "weak" cannot impersonate-on:user-info:list resource "configmaps" in API group "" in the namespace "default"' });
  });

  test('without any identity, or one of a kind that is not known: anonymous', async () => {
    const message = 'configmaps is forbidden: User "system:anonymous" cannot list resource "configmaps" in API group "" in the namespace "default"';
    await server.refuses('GET', configMaps, { token: '' }, { code: 403, reason: 'Forbidden', message });
    for (const authorization of ['Basic YWRtaW46YWRtaW4=', 'Bearer', 'Bearer ', 'Bearer  admin-token', 'Digest x', 'admin-token', 'Negotiate']) await server.refuses('GET', configMaps, { token: '', headers: { authorization } }, { code: 403, reason: 'Forbidden', message });
    assert.equal((await server.ask('GET', '/livez', { token: '' })).code, 200);
    for (const name of ['x-remote-user', 'x-remote-group', 'x-forwarded-user']) await server.refuses('GET', configMaps, { token: '', headers: { [name]: 'system:masters' } }, { code: 403, reason: 'Forbidden', message });
  });

  test('a good token is let in', async () => {
    await server.refuses('GET', configMaps, { token }, { code: 403, reason: 'Forbidden', message: /^configmaps is forbidden: User "system:serviceaccount:default:robot" cannot list/ });
    await server.refuses('GET', configMaps, { token: await signed(claims) }, { code: 403, reason: 'Forbidden', message: /User "system:serviceaccount:default:robot"/ });
  });

  test('tokens that are none, forged, expired, for others, or of those who are gone', async () => {
    const [head, payload, signature] = token.split('.') as [string, string, string];
    const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const other = generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
    const otherEc = generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } });
    const nowSeconds = claims.iat!;
    const publicKey = createPublicKey(server.pki.serviceAccount.publicKey).export({ type: 'spki', format: 'pem' });
    const hmacHead = encode({ ...header, alg: 'HS256' });
    const tokens: Record<string, string> = {
      garbage: 'garbage',
      'three parts of garbage': 'a.b.c',
      long: 'x'.repeat(7000),
      'another static token\'s beginning': 'admin-toke',
      'no signature': `${head}.${payload}.`,
      'algorithm none': `${encode({ ...header, alg: 'none' })}.${payload}.`,
      'public key as a secret': `${hmacHead}.${payload}.${createHmac('sha256', publicKey).update(`${hmacHead}.${payload}`).digest('base64url')}`,
      'other payload': `${head}.${encode({ ...claims, sub: 'system:serviceaccount:kube-system:robot' })}.${signature}`,
      'other signature': `${head}.${payload}.${signature.split('').toReversed().join('')}`,
      'other key': await signed(claims, header['alg']!.startsWith('ES') ? otherEc.privateKey : other.privateKey),
      expired: await signed({ ...claims, iat: nowSeconds - 7200, nbf: nowSeconds - 7200, exp: nowSeconds - 3600 }),
      'not yet valid': await signed({ ...claims, nbf: nowSeconds + 3600, exp: nowSeconds + 7200 }),
      'wrong audience': await signed({ ...claims, aud: ['https://elsewhere'] }),
      'wrong issuer': await signed({ ...claims, iss: 'https://elsewhere' }),
      'no such account': await signed({ ...claims, sub: 'system:serviceaccount:default:nobody', 'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'nobody', uid: 'x' } } }),
      'subject and claims at odds': await signed({ ...claims, sub: 'system:serviceaccount:kube-system:robot' }),
      'no claims of ours': await signed({ iss: claims.iss!, sub: 'system:masters', aud: claims.aud!, exp: claims.exp! }),
      'prototype as claims': `${head}.${Buffer.from('{"__proto__":{"kubernetes.io":{}}}').toString('base64url')}.${signature}`,
    };
    for (const [what, bad] of Object.entries(tokens)) {
      const reply = await server.ask('GET', configMaps, { token: bad });
      assert.deepEqual([reply.code, reply.json.reason, reply.json.message], [unauthorized.code, unauthorized.reason, unauthorized.message], `${what}: ${reply.text}`);
    }
    // A token dies with its account, at once.
    await server.ask('DELETE', '/api/v1/namespaces/default/serviceaccounts/robot');
    await server.refuses('GET', configMaps, { token }, unauthorized);
  });

  test('afterwards the server is as well as ever', () => server.isWell());
});
