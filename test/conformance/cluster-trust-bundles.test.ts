import assert from 'node:assert/strict';
import test from 'node:test';
import { clustertrustbundles, configmaps, events, pods } from '../../src/api/resources.ts';
import type { ClusterTrustBundleProjection, PodSpec } from '../../src/api/types/core/v1.ts';
import { podOf, World } from './world.ts';

const ns = 'default';

const withBundle = (clusterTrustBundle: ClusterTrustBundleProjection): Partial<PodSpec> => ({
  containers: [{ name: 'c', image: 'nginx:1', volumeMounts: [{ name: 'v', mountPath: '/v' }] }], volumes: [{ name: 'v', projected: { sources: [{ clusterTrustBundle }] } }],
});

test('[sig-auth] Projected ClusterTrustBundle pods wait for the bundle that they name, or whose signer they name', async () => {
  await using world = await World.start({ runtimeConfig: { 'certificates.k8s.io/v1beta1': 'true' }, featureGates: { ClusterTrustBundle: 'true' } });
  const { client } = world;
  await world.clock.advance(5000);
  const trustBundle = (await client.get(configmaps, { namespace: ns, name: 'kube-root-ca.crt' })).data?.['ca.crt'] ?? '';
  await client.create(pods, podOf(ns, 'by-name', { spec: withBundle({ path: 'ca.crt', name: 'anchors' }) }));
  await client.create(pods, podOf(ns, 'by-signer', { spec: withBundle({ path: 'ca.crt', signerName: 'example.com/signer', labelSelector: { matchLabels: { live: 'yes' } } }) }));
  await client.create(pods, podOf(ns, 'optional', { spec: withBundle({ path: 'ca.crt', name: 'none', optional: true }) }));
  await world.clock.advance(10_000);
  const phase = async (name: string): Promise<string | undefined> => (await client.get(pods, { namespace: ns, name })).status?.phase;
  assert.deepEqual([await phase('by-name'), await phase('by-signer'), await phase('optional')], ['Pending', 'Pending', 'Running']);
  const told = (await client.list(events, { namespace: ns })).items.map(({ message = '' }) => message).filter((message) => message.startsWith('MountVolume')).sort();
  assert.deepEqual([...new Set(told)], [
    'MountVolume.SetUp failed for volume "v" : combination of signerName and labelSelector matched zero ClusterTrustBundles',
    'MountVolume.SetUp failed for volume "v" : while getting ClusterTrustBundle: clustertrustbundle.certificates.k8s.io "anchors" not found',
  ]);
  const make = (name: string, signerName?: string, labels?: Record<string, string>) => client.create(clustertrustbundles, {
    apiVersion: 'certificates.k8s.io/v1beta1', kind: 'ClusterTrustBundle', metadata: { name, ...(labels !== undefined && { labels }) }, spec: { trustBundle, ...(signerName !== undefined && { signerName }) },
  });
  await make('anchors');
  await make('example.com:signer:old', 'example.com/signer', { live: 'no' });
  await world.clock.advance(60_000);
  assert.deepEqual([await phase('by-name'), await phase('by-signer')], ['Running', 'Pending']);
  await make('example.com:signer:new', 'example.com/signer', { live: 'yes' });
  await world.clock.advance(120_000);
  assert.equal(await phase('by-signer'), 'Running');
});
