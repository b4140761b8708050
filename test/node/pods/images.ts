import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { events, pods, secrets } from '../../../src/api/resources.ts';
import { testImages } from './images-folder.ts';
import type { RealCluster } from './real-cluster.ts';
import { podOf, script } from './real-cluster.ts';
import { ImageRegistry } from '../volumes/image-registry.ts';

/** Images from a registry that asks who one is. */
export function imageScenarios(cluster: () => RealCluster): void {
  test('an image of a private registry is pulled with the secret of the pod, and not without', async () => {
    const login = 'user1:s3cret';
    await using registry = await ImageRegistry.start(join(testImages(), 'busybox_1.36.tar'), login);
    const image = `${registry.host}/private/busybox:1`;
    const auths = { [registry.host]: { auth: Buffer.from(login).toString('base64') } };
    await cluster().client.create(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'registry', namespace: 'default' }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') } });
    const eventsOf = async (name: string): Promise<string[]> => (await cluster().client.list(events, { namespace: 'default' }, { fieldSelector: `involvedObject.name=${name}` })).items.map(({ reason, message }) => `${reason}: ${message}`);

    await cluster().client.create(pods, podOf('pull-refused', { image, command: ['sleep', '100'], imagePullPolicy: 'Always' }));
    const refused = await cluster().untilPod('pull-refused', 'backs off', ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'ImagePullBackOff');
    assert.match(refused.status?.containerStatuses?.[0]?.state?.waiting?.message ?? '', new RegExp(`^Back-off pulling image "${image}": ErrImagePull: .*(401|authorization|no basic auth)`));
    assert.equal(refused.status?.phase, 'Pending');
    assert.ok((await eventsOf('pull-refused')).some((event) => event.startsWith(`Failed: Failed to pull image "${image}": `)));

    assert.equal(await cluster().output(script('pull-private', 'echo pulled', { image, imagePullPolicy: 'Always' }, { imagePullSecrets: [{ name: 'registry' }] })), 'pulled\n');
    assert.ok((await eventsOf('pull-private')).some((event) => event.startsWith(`Pulled: Successfully pulled image "${image}" in `)));
    assert.ok(registry.served.some((path) => path.includes('/manifests/')));
    const before = registry.served.length;
    assert.equal(await cluster().output(script('pull-present', 'echo here', { image, imagePullPolicy: 'IfNotPresent' })), 'here\n');
    assert.equal(registry.served.length, before, 'what is there is not asked for');
  });
}
