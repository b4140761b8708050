import 'reflect-metadata';
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from '@peculiar/x509';
import { certificatesigningrequests } from '../../src/api/resources.ts';
import type { CertificateSigningRequest } from '../../src/api/types/certificates/v1.ts';
import { found, World } from '../conformance/world.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const clientUsages = ['digital signature', 'key encipherment', 'client auth'];

async function requestOf(name: string, subject: string, spec: { readonly signerName: string; readonly usages?: string[]; readonly expirationSeconds?: number }, dns: readonly string[] = []): Promise<CertificateSigningRequest> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm: algorithm, extensions: dns.length === 0 ? [] : [new SubjectAlternativeNameExtension(dns.map((value) => ({ type: 'dns', value })))] });
  return { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec: { request: btoa(`${made.toString('pem')}\n`), usages: clientUsages, ...spec } };
}

async function approve(world: World, name: string): Promise<void> {
  await world.retry(certificatesigningrequests, { name }, (request) => ({ ...request, status: { ...request.status, conditions: [{ type: 'Approved', status: 'True', reason: 'KubectlApprove', message: 'approved' }] } }), 'approval');
}

const untilSettled = (world: World, name: string): Promise<CertificateSigningRequest> => world.until('the request to be settled', async () => {
  const now = await world.client.get(certificatesigningrequests, { name });
  return (now.status?.certificate !== undefined || now.status?.conditions?.some(({ type }) => type === 'Failed') === true) && now;
});

describe('requests for certificates', () => {
  it('are signed when somebody approves them, and go an hour later', async () => {
    await using world = await World.start({ nodes: 0 });
    const { client } = world;
    const name = 'jane';
    await client.create(certificatesigningrequests, await requestOf(name, 'O=dev,CN=jane', { signerName: 'kubernetes.io/kube-apiserver-client', expirationSeconds: 3600 }));
    await world.clock.advance(10_000);
    assert.equal((await client.get(certificatesigningrequests, { name })).status?.certificate, undefined);
    const nowMs = world.clock.now();
    await approve(world, name);
    const { status } = await untilSettled(world, name);
    const certificate = new X509Certificate(atob(status!.certificate!));
    assert.equal(certificate.subject, 'O=dev\nCN=jane');
    assert.deepEqual([Date.parse(certificate.validFrom) <= nowMs - 299_000, Math.abs(Date.parse(certificate.validTo) - nowMs - 3_600_000) < 5000], [true, true]);
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.2']);
    await world.clock.advance(3_700_000);
    await world.until('it to be gone', async () => (await found(client.get(certificatesigningrequests, { name }))) === undefined);
  });

  it('fail when the signer does not sign such things', async () => {
    await using world = await World.start({ nodes: 0 });
    await world.client.create(certificatesigningrequests, await requestOf('a', 'CN=a', { signerName: 'kubernetes.io/kube-apiserver-client', usages: ['digital signature', 'server auth'] }));
    await world.client.create(certificatesigningrequests, await requestOf('b', 'O=system:nodes,CN=system:node:n', { signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'] }));
    for (const [name, message] of [['a', 'invalid usage for client certificate: server auth'], ['b', 'DNS or IP subjectAltName is required']] as const) {
      await approve(world, name);
      const { status } = await untilSettled(world, name);
      assert.partialDeepStrictEqual(status!.conditions!.find(({ type }) => type === 'Failed'), { status: 'True', reason: 'SignerValidationFailure', message });
    }
  });

  it('of kubelets are approved by themselves where their user may ask, and signed', async () => {
    await using world = await World.start({ nodes: 0 });
    const kubelet = world.as('system:node:n', ['system:nodes']);
    await kubelet.create(certificatesigningrequests, await requestOf('n', 'O=system:nodes,CN=system:node:n', { signerName: 'kubernetes.io/kube-apiserver-client-kubelet' }));
    await world.clock.advance(1000);
    assert.equal((await world.client.get(certificatesigningrequests, { name: 'n' })).status?.conditions, undefined);
    await world.client.raw('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'renew' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient' }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }] });
    const { status } = await untilSettled(world, 'n');
    assert.partialDeepStrictEqual(status!.conditions, [{ type: 'Approved', reason: 'AutoApproved', message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' }]);
    assert.notEqual(status!.certificate, undefined);
  });

  it('for a duration are counted by signer, and those that were given it', async () => {
    await using world = await World.start({ nodes: 0 });
    const { client } = world;
    const signerName = 'kubernetes.io/kube-apiserver-client';
    const issued = async (name: string, expirationSeconds?: number): Promise<string> => {
      await client.create(certificatesigningrequests, await requestOf(name, 'CN=panda', { signerName, ...(expirationSeconds !== undefined && { expirationSeconds }) }));
      await approve(world, name);
      return (await untilSettled(world, name)).status?.certificate ?? '';
    };
    await issued('without');
    const certificate = await issued('short', 600);
    await issued('hours', 20 * 3600);
    await issued('longer-than-any', 2 * 365 * 24 * 3600);
    await client.create(certificatesigningrequests, await requestOf('foreign', 'CN=panda', { signerName: 'example.com/signer', expirationSeconds: 600 }));
    await approve(world, 'foreign');
    const write = (options: { readonly dryRun: boolean }): Promise<unknown> => client.patch(certificatesigningrequests, { name: 'foreign' }, { type: 'merge', value: { status: { certificate } } }, { subresource: 'status', ...options });
    await write({ dryRun: true });
    await write({ dryRun: false });
    const lines = (await world.plane.server.metrics.render()).split('\n').filter((line) => line.startsWith('apiserver_certificates_registry_'));
    assert.deepEqual(lines, ['honored', 'requested'].flatMap((what) => [
      `apiserver_certificates_registry_csr_${what}_duration_total{signerName="${signerName}"} ${what === 'honored' ? 2 : 3}`,
      `apiserver_certificates_registry_csr_${what}_duration_total{signerName="other"} 1`,
    ]));
  });

  it('that nobody settles go after a day', async () => {
    await using world = await World.start({ nodes: 0 });
    await world.client.create(certificatesigningrequests, await requestOf('p', 'CN=p', { signerName: 'kubernetes.io/kube-apiserver-client' }));
    await world.clock.advance(24 * 3_600_000 + 5000);
    await world.until('it to be gone', async () => (await found(world.client.get(certificatesigningrequests, { name: 'p' }))) === undefined);
  });
});
