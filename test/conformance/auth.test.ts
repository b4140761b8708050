// What @peculiar/x509 is built with asks for it, and it must come first.
import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator, X509CertificateGenerator } from '@peculiar/x509';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import test from 'node:test';
import { nameOf } from '../../src/api/meta/object.ts';
import { certificatesigningrequests, configmaps, pods, serviceaccounts } from '../../src/api/resources.ts';
import type { SubjectAccessReview } from '../../src/api/types/authorization/v1.ts';
import type { TokenRequest, TokenReview } from '../../src/api/types/authentication/v1.ts';
import { apiOperations, found, podOf, World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });
const account = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: ns, name }, ...more });

test('[sig-auth] ServiceAccounts should allow opting out of API token automount [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  await client.create(serviceaccounts, account('mount', { automountServiceAccountToken: true }));
  await client.create(serviceaccounts, account('nomount', { automountServiceAccountToken: false }));
  const cases: readonly [string, boolean | undefined, boolean][] = [
    ['default', undefined, true], ['default', true, true], ['default', false, false],
    ['mount', undefined, true], ['mount', true, true], ['mount', false, false],
    ['nomount', undefined, false], ['nomount', true, true], ['nomount', false, false],
  ];
  for (const [name, automount, mounted] of cases) {
    const pod = await client.create(pods, podOf(ns, `pod-service-account-${name}-${String(automount)}`, { spec: { serviceAccountName: name, ...(automount !== undefined && { automountServiceAccountToken: automount }) } }));
    const mounts = pod.spec?.containers[0]?.volumeMounts ?? [];
    assert.equal(mounts.some(({ mountPath }) => mountPath === '/var/run/secrets/kubernetes.io/serviceaccount'), mounted, `${name} ${String(automount)}`);
  }
});

test('[sig-auth] ServiceAccounts should run through the lifecycle of a ServiceAccount [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const selector = 'test-serviceaccount-static=true';
  const watched = await world.watch(serviceaccounts, { namespace: ns }, { labelSelector: selector });
  await client.create(serviceaccounts, { ...account('testserviceaccount'), metadata: { namespace: ns, name: 'testserviceaccount', labels: { 'test-serviceaccount-static': 'true' } } });
  await client.patch(serviceaccounts, ref('testserviceaccount'), { type: 'strategic', value: { metadata: { creationTimestamp: null }, automountServiceAccountToken: false } });
  assert.equal((await client.list(serviceaccounts, {}, { labelSelector: selector })).items[0]?.automountServiceAccountToken, false);
  await client.deleteCollection(serviceaccounts, { namespace: ns }, { labelSelector: selector });
  await world.clock.settle();
  assert.deepEqual(watched.events.map(({ type }) => type), ['ADDED', 'MODIFIED', 'DELETED']);
});

test('[sig-auth] ServiceAccounts should update a ServiceAccount [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await world.client.create(serviceaccounts, account('e2e-sa', { automountServiceAccountToken: false }));
  const updated = await world.retry(serviceaccounts, ref('e2e-sa'), (object) => ({ ...object, automountServiceAccountToken: true }));
  assert.equal(updated.automountServiceAccountToken, true);
});

test('[sig-auth] ServiceAccounts should create a serviceAccountToken and ensure a successful TokenReview [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  await client.create(serviceaccounts, account('e2e'));
  const request = await client.createSubresource<TokenRequest, TokenRequest>(serviceaccounts, ref('e2e'), 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec: { audiences: [], expirationSeconds: 3600 } } as TokenRequest);
  const token = request.status?.token ?? '';
  assert.equal(token.split('.').length, 3);
  const review = (await client.raw('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } })) as TokenReview;
  assert.equal(review.status?.authenticated, true);
  assert.equal(review.status?.error ?? '', '');
  assert.equal(review.status?.user?.username, 'system:serviceaccount:default:e2e');
  assert.deepEqual([...(review.status?.user?.groups ?? [])].sort(), ['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:default']);
  const forged = (await client.raw('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token: `${token.slice(0, -6)}AAAAAA` } })) as TokenReview;
  assert.notEqual(forged.status?.authenticated, true);
});

test('[sig-auth] ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  await world.namespace('svcaccounts');
  const at = { namespace: 'svcaccounts', name: 'kube-root-ca.crt' };
  await world.until('the root CA', () => found(client.get(configmaps, at)));
  await client.delete(configmaps, at);
  const original = await world.until('it to be back', () => found(client.get(configmaps, at)));
  assert.match(original.data?.['ca.crt'] ?? '', /BEGIN CERTIFICATE/);
  await client.update(configmaps, { ...original, data: { 'ca.crt': '' } });
  await world.until('it to be mended', async () => (await client.get(configmaps, at)).data?.['ca.crt'] === original.data?.['ca.crt']);
});

test('[sig-auth] SubjectReview should support SubjectReview API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  await client.create(serviceaccounts, account('e2e'));
  const user = 'system:serviceaccount:default:e2e';
  const spec = { resourceAttributes: { namespace: ns, verb: 'get', resource: 'configmaps', version: 'v1' }, user };
  for (const path of ['/apis/authorization.k8s.io/v1/subjectaccessreviews', `/apis/authorization.k8s.io/v1/namespaces/${ns}/localsubjectaccessreviews`]) {
    const review = (await client.raw('POST', path, { apiVersion: 'authorization.k8s.io/v1', kind: path.includes('local') ? 'LocalSubjectAccessReview' : 'SubjectAccessReview', metadata: { ...(path.includes('local') && { namespace: ns }) }, spec })) as SubjectAccessReview;
    assert.equal(review.status?.allowed, false);
  }
  const asUser = world.as(user, ['system:serviceaccounts', 'system:serviceaccounts:default']);
  const self = (await asUser.raw('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {}, spec: { resourceAttributes: spec.resourceAttributes } })) as SubjectAccessReview;
  assert.equal(self.status?.allowed, false);
  await assert.rejects(asUser.list(configmaps, { namespace: ns }), (error: Error) => error.message === `configmaps is forbidden: User "${user}" cannot list resource "configmaps" in API group "" in the namespace "default"`);
});

test('[sig-auth] Certificates API [Privileged:ClusterAdmin] should support CSR API operations [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const pem = (made: { toString(format: 'pem'): string }): string => Buffer.from(`${made.toString('pem')}\n`).toString('base64');
  const request = pem(await Pkcs10CertificateRequestGenerator.create({ name: 'CN=e2e-user, O=e2e-group', keys, signingAlgorithm: algorithm }));
  const make = (name: string) => ({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec: { request, signerName: 'example.com/e2e', usages: ['digital signature', 'key encipherment', 'server auth'], expirationSeconds: 3600 } });
  await apiOperations(world, certificatesigningrequests, make);
  await client.create(certificatesigningrequests, make('csr'));
  const condition = (type: string) => ({ type, status: 'True', reason: 'E2E', message: 'Set from an e2e test' });
  const approved = await client.patch(certificatesigningrequests, { name: 'csr' }, { type: 'merge', value: { metadata: { annotations: { patchedapproval: 'true' } }, status: { conditions: [condition('ApprovalPatch')] } } }, { subresource: 'approval' });
  assert.deepEqual([approved.status?.conditions?.length, approved.metadata.annotations?.['patchedapproval']], [1, 'true']);
  const again = await client.update(certificatesigningrequests, { ...approved, status: { conditions: [...approved.status!.conditions!, condition('Approved')] } }, { subresource: 'approval' });
  assert.deepEqual(again.status?.conditions?.map(({ type }) => type), ['ApprovalPatch', 'Approved']);
  const certificate = pem(await X509CertificateGenerator.createSelfSigned({ name: 'CN=e2e-user', keys, signingAlgorithm: algorithm, serialNumber: '01', notBefore: new Date(0), notAfter: new Date(1) }));
  const issued = await client.patch(certificatesigningrequests, { name: 'csr' }, { type: 'merge', value: { metadata: { annotations: { patchedstatus: 'true' } }, status: { certificate } } }, { subresource: 'status' });
  assert.equal(issued.status?.certificate, certificate);
  await client.delete(certificatesigningrequests, { name: 'csr' });
  assert.deepEqual((await client.list(certificatesigningrequests)).items.map(nameOf), []);
});
