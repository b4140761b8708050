import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { configmaps, persistentvolumes, secrets, volumeattributesclasses } from '../../src/api/resources.ts';
import { formatTime } from '../../src/base/clock.ts';
import { startFixture } from './fixture.ts';

const info = { namespace: 'kube-public', name: 'cluster-info' };
const token = { namespace: 'kube-system', name: 'bootstrap-token-abcdef' };

describe('bootstrap tokens', () => {
  it('sign the cluster information while they are good, and are deleted then', async () => {
    await using fixture = await startFixture({ controllers: ['bootstrap-signer-controller', 'token-cleaner-controller'], kubelet: false });
    const { client, clock } = fixture;
    await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: info, data: { kubeconfig: 'a: b\n' } });
    await client.create(secrets, { apiVersion: 'v1', kind: 'Secret', type: 'bootstrap.kubernetes.io/token', metadata: token, stringData: { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', expiration: formatTime(clock.now() + 60_000) } });
    await clock.advance(1000);
    const { data } = await client.get(configmaps, info);
    const [header, content, signature] = data!['jws-kubeconfig-abcdef']!.split('.');
    assert.deepEqual([JSON.parse(Buffer.from(header!, 'base64url').toString()), content], [{ alg: 'HS256', kid: 'abcdef' }, '']);
    assert.equal(signature, createHmac('sha256', '0123456789abcdef').update(`${header}.${Buffer.from('a: b\n').toString('base64url')}`).digest('base64url'));
    await clock.advance(60_000);
    assert.deepEqual((await client.list(secrets)).items.filter(({ metadata }) => metadata.name === token.name), []);
    assert.deepEqual((await client.get(configmaps, info)).data, { kubeconfig: 'a: b\n' });
    assert.deepEqual(fixture.complaints, []);
  });
});

describe('classes of volume attributes', () => {
  it('stay while a volume names them', async () => {
    await using fixture = await startFixture({ controllers: ['volumeattributesclass-protection-controller'], kubelet: false });
    const { client, clock } = fixture;
    await client.create(volumeattributesclasses, { apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttributesClass', metadata: { name: 'fast' }, driverName: 'disk.example.com', parameters: { iops: '1' } });
    await client.create(persistentvolumes, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], volumeAttributesClassName: 'fast', csi: { driver: 'disk.example.com', volumeHandle: 'x' } } });
    await clock.advance(1000);
    assert.deepEqual((await client.get(volumeattributesclasses, { name: 'fast' })).metadata.finalizers, ['kubernetes.io/vac-protection']);
    await client.delete(volumeattributesclasses, { name: 'fast' });
    await clock.advance(1000);
    assert.equal((await client.list(volumeattributesclasses)).items.length, 1);
    await client.patch(persistentvolumes, { name: 'v' }, { type: 'merge', value: { metadata: { finalizers: null } } });
    await client.delete(persistentvolumes, { name: 'v' });
    await clock.advance(1000);
    assert.equal((await client.list(volumeattributesclasses)).items.length, 0);
  });
});
