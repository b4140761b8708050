import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VolumeContext } from '../volume-plugin.ts';
import { trustAnchors } from './trust-anchors.ts';

const block = (body: string, head = ''): string => `-----BEGIN CERTIFICATE-----\n${head}${body}\n-----END CERTIFICATE-----\n`;
const long = 'A'.repeat(70);
const context = (bundles: readonly string[]): VolumeContext => ({ trustBundles: async () => bundles }) as unknown as VolumeContext;

test('trust anchors come once each, bare, whatever the bundles say beside them', async () => {
  const bundles = [`a comment\n${block('Qg==')}between\n${block(long, 'Subject: someone\n\n')}`, block('Qg==')];
  assert.equal(await trustAnchors(context(bundles), { metadata: {} }, { path: 'ca', name: 'x' }), `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n${'A'.repeat(6)}\n-----END CERTIFICATE-----\n${block('Qg==')}`);
});

test('none is a failure unless it is optional', async () => {
  await assert.rejects(trustAnchors(context([]), { metadata: {} }, { path: 'ca', name: 'x' }), { message: 'while getting ClusterTrustBundle: clustertrustbundle.certificates.k8s.io "x" not found' });
  await assert.rejects(trustAnchors(context([]), { metadata: {} }, { path: 'ca', signerName: 'example.com/s' }), { message: 'combination of signerName and labelSelector matched zero ClusterTrustBundles' });
  assert.equal(await trustAnchors(context([]), { metadata: {} }, { path: 'ca', name: 'x', optional: true }), '');
  await assert.rejects(trustAnchors(context([]), { metadata: {} }, { path: 'ca' }), /requires either name or signerName/);
});
