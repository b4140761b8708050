import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { events, pods } from '../../../src/api/resources.ts';
import { testImages } from '../pods/images-folder.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { podOf } from '../pods/real-cluster.ts';
import { ImageRegistry } from './image-registry.ts';

/** The files of images as volumes. */
export function imageScenarios(cluster: () => RealCluster): void {
  test('[sig-node] ImageVolume should succeed with pod and pull policy of Always [LinuxOnly] [MinimumKubeletVersion:1.35] [Conformance]', async () => {
    await using registry = await ImageRegistry.start(join(testImages(), 'registry.k8s.io_e2e-test-images_kitten_1.8.tar'));
    const name = 'image-volume';
    await cluster().running(podOf(name, {
      command: ['/bin/sh', '-c', 'while true; do echo test; sleep 1; done'],
      volumeMounts: [{ name: 'volume', mountPath: '/volume' }, { name: 'volume', mountPath: '/volume-etc', subPath: 'etc' }],
    }, { volumes: [{ name: 'volume', image: { reference: `${registry.host}/e2e-test-images/kitten:1.8`, pullPolicy: 'Always' } }] }));
    assert.match(await cluster().exec(name, ['/bin/cat', '/volume/data.json']), /kitten\.jpg/);
    assert.match(await cluster().exec(name, ['/bin/cat', '/volume/etc/os-release']), /Alpine Linux/);
    assert.match(await cluster().exec(name, ['/bin/cat', '/volume-etc/os-release']), /Alpine Linux/, 'a part of it');
    assert.match(await cluster().exec(name, ['/bin/sh', '-c', 'touch /volume/new 2>&1 || true']), /Read-only file system/);
    const told = (await cluster().client.list(events, { namespace: 'default' }, { fieldSelector: `involvedObject.name=${name}` })).items.map(({ message }) => message);
    assert.ok(told.some((message) => message?.startsWith(`Successfully pulled image "${registry.host}/e2e-test-images/kitten:1.8"`)), told.join('\n'));
    await cluster().client.delete(pods, { namespace: 'default', name });
    await cluster().gone(name);
  });
}
