// What @peculiar/x509 is built with asks for it, and it must come first.
import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import assert from 'node:assert/strict';
import { createPrivateKey, sign, webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { refusal, TestServer } from '../testing/server.ts';

const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const algorithms = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
  ed25519: { name: 'Ed25519' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 },
  // Go takes these for requests, though no longer for certificates.
  sha1: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 1024 },
} as const;

async function makeRequest(kind: keyof typeof algorithms): Promise<Uint8Array> {
  const algorithm = algorithms[kind];
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as webcrypto.CryptoKeyPair;
  return new Uint8Array((await Pkcs10CertificateRequestGenerator.create({ name: 'CN=a', keys, signingAlgorithm: algorithm })).rawData);
}

/** The same request, with another last byte of its signature. */
function forged(der: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(der);
  copy[copy.length - 1]! ^= 1;
  return copy;
}

const base64 = (data: Uint8Array | string): string => Buffer.from(data).toString('base64');
const pemOf = (der: Uint8Array): string => base64(`-----BEGIN CERTIFICATE REQUEST-----\n${base64(der)}\n-----END CERTIFICATE REQUEST-----\n`);
const object = (name: string, der: Uint8Array): object => ({ metadata: { name }, spec: { request: pemOf(der), signerName: 'example.com/s', usages: ['client auth'], username: 'somebody else' } });

const failures = { ecdsa: 'x509: ECDSA verification failure', ed25519: 'x509: Ed25519 verification failure', rsa: 'crypto/rsa: verification error', sha1: 'crypto/rsa: verification error' } as const;
for (const kind of ['ecdsa', 'ed25519', 'rsa', 'sha1'] as const) {
  test(`requests are signed with the key that they are for: ${kind}`, async () => {
    await using api = await TestServer.start();
    const der = await makeRequest(kind);
    const made = await api.create(requests, object('Good', der));
    assert.deepEqual([made.spec['username'], made.spec['groups'], made.status], ['admin', ['system:masters', 'system:authenticated'], {}]);
    const bad = forged(der);
    await assert.rejects(api.create(requests, object('bad', bad)), refusal('Invalid', `CertificateSigningRequest.certificates.k8s.io "bad" is invalid: spec.request: Invalid value: "${pemOf(bad)}": ${failures[kind]}`));
  });
}

test('requests of pods: a stub that is signed, or a key and a proof that it is held', async () => {
  await using api = await TestServer.start({ runtimeConfig: { 'certificates.k8s.io/v1beta1': 'true' }, featureGates: { PodCertificateRequest: 'true' } });
  const path = '/apis/certificates.k8s.io/v1beta1/namespaces/default/podcertificaterequests';
  const names = { signerName: 'example.com/s', podName: 'p', podUID: 'uid', serviceAccountName: 's', serviceAccountUID: 'u', nodeName: 'n', nodeUID: 'u' };
  const ask = (name: string, fields: object): Promise<unknown> => api.create(path, { metadata: { name }, spec: { ...names, ...fields } });
  const der = await makeRequest('ecdsa');
  await ask('stub', { stubPKCS10Request: base64(der) });
  await assert.rejects(ask('forged', { stubPKCS10Request: base64(forged(der)) }), refusal('Invalid', 'PodCertificateRequest.certificates.k8s.io "forged" is invalid: spec.stubPKCS10Request: Invalid value: invalid signature'));

  const keys = await webcrypto.subtle.generateKey(algorithms.ed25519 as webcrypto.EcKeyAlgorithm, true, ['sign', 'verify']) as unknown as webcrypto.CryptoKeyPair;
  const pkixPublicKey = base64(new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey)));
  const key = { key: Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)), format: 'der', type: 'pkcs8' } as const;
  const proof = (uid: string): string => base64(sign(null, Buffer.from(uid), createPrivateKey(key)));
  await ask('proof', { pkixPublicKey, proofOfPossession: proof('uid') });
  await assert.rejects(ask('other', { pkixPublicKey, proofOfPossession: proof('other') }), refusal('Invalid', 'PodCertificateRequest.certificates.k8s.io "other" is invalid: spec.proofOfPossession: Invalid value: could not verify proof-of-possession signature'));
});
