import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { certificatesigningrequests } from '../../src/api/resources.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SeededRandom } from '../../src/base/random.ts';
import type { Client } from '../../src/client/client.ts';
import type { CertificateManagerOptions, CertificatePair } from '../../src/kubelet/certificates/certificate-manager.ts';
import { CertificateManager, rotationDeadlineMs } from '../../src/kubelet/certificates/certificate-manager.ts';
import { createRequest, lifetimeOf } from '../../src/pki/certificate-request.ts';
import { World } from '../conformance/world.ts';

const dayMs = 24 * 3_600_000;
const bind = (world: World, name: string, role: string, group: string): Promise<unknown> => world.client.raw('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role }, subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group }] });

function managerOf(world: World, used: CertificatePair[], client: () => Client, more: Partial<CertificateManagerOptions> = {}): CertificateManager {
  return new CertificateManager({
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet', namePrefix: 'node-csr-', client, clock: world.clock, random: new SeededRandom(3), logger: silentLogger,
    maker: { make: () => createRequest({ commonName: 'system:node:n', organizations: ['system:nodes'], names: [] }), lifetimeOf },
    load: () => Promise.resolve(undefined), save: () => Promise.resolve(), use: (pair) => void used.push(pair), signal: new AbortController().signal, ...more,
  });
}

describe('a kubelet\'s certificates', () => {
  it('come by its leave to join, and are replaced as itself before they end', async () => {
    await using world = await World.start({ nodes: 0 });
    await bind(world, 'join', 'system:node-bootstrapper', 'system:bootstrappers');
    await bind(world, 'approve', 'system:certificates.k8s.io:certificatesigningrequests:nodeclient', 'system:bootstrappers');
    await bind(world, 'renew', 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', 'system:nodes');
    const used: CertificatePair[] = [];
    const stop = new AbortController();
    const joining = world.as('system:bootstrap:abcdef', ['system:bootstrappers']);
    const self = world.as('system:node:n', ['system:nodes']);
    const manager = managerOf(world, used, () => (used.length === 0 ? joining : self), { signal: stop.signal });
    const running = manager.run();
    await world.until('the first certificate', async () => Promise.resolve(used.length === 1));
    assert.equal(await manager.first, used[0]);
    const [first] = used.map(({ certificate }) => new X509Certificate(certificate));
    assert.equal(first!.subject, 'O=system:nodes\nCN=system:node:n');
    assert.deepEqual(first!.keyUsage, ['1.3.6.1.5.5.7.3.2']);
    const lifeMs = Date.parse(first!.validTo) - Date.parse(first!.validFrom);
    await world.clock.advance(lifeMs * 0.69);
    assert.equal(used.length, 1);
    await world.clock.advance(lifeMs * 0.22);
    await world.until('the second', async () => Promise.resolve(used.length === 2));
    assert.notEqual(used[1]!.key, used[0]!.key);
    stop.abort();
    await running;
  });

  it('are asked for again when a request is denied', async () => {
    await using world = await World.start({ nodes: 0 });
    const used: CertificatePair[] = [];
    const stop = new AbortController();
    const manager = managerOf(world, used, () => world.as('system:node:n', ['system:nodes']), { signerName: 'kubernetes.io/kubelet-serving', namePrefix: 'csr-', maker: { make: () => createRequest({ commonName: 'system:node:n', organizations: ['system:nodes'], names: ['n', '10.0.0.1'] }), lifetimeOf }, signal: stop.signal });
    const running = manager.run();
    const requests = async (): Promise<string[]> => (await world.client.list(certificatesigningrequests)).items.map(({ metadata }) => metadata.name ?? '');
    const settle = (name: string, type: 'Approved' | 'Denied'): Promise<unknown> => world.retry(certificatesigningrequests, { name }, (request) => ({ ...request, status: { ...request.status, conditions: [{ type, status: 'True', reason: 'Admin', message: 'so' }] } }), 'approval');
    await world.until('a request', async () => (await requests()).length === 1);
    const [denied] = await requests();
    await settle(denied!, 'Denied');
    await world.until('another', async () => (await requests()).length === 2);
    await settle((await requests()).find((name) => name !== denied)!, 'Approved');
    await world.until('a certificate', async () => Promise.resolve(used.length === 1));
    assert.equal(new X509Certificate(used[0]!.certificate).subjectAltName, 'DNS:n, IP Address:10.0.0.1');
    stop.abort();
    await running;
  });

  it('of last time are used while they hold', async () => {
    await using world = await World.start({ nodes: 0 });
    const used: CertificatePair[] = [];
    const pair = { certificate: 'c', key: 'k' };
    const now = world.clock.now();
    const manager = managerOf(world, used, () => { throw new Error('nobody is to be asked'); }, {
      load: () => Promise.resolve(pair),
      maker: { make: () => Promise.reject(new Error('nothing is to be made')), lifetimeOf: () => ({ notBeforeMs: now, notAfterMs: now + dayMs }) },
    });
    await manager.run({ once: true });
    assert.deepEqual(used, [pair]);
  });

  it('are replaced after 70 % to 90 % of their life', () => {
    const random = new SeededRandom(1);
    const deadlines = Array.from({ length: 200 }, () => rotationDeadlineMs({ notBeforeMs: 1000, notAfterMs: 2000 }, random));
    assert.ok(Math.min(...deadlines) >= 1700 && Math.max(...deadlines) <= 1900);
    assert.ok(Math.max(...deadlines) - Math.min(...deadlines) > 150);
  });
});
