import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, serviceaccounts, tokenreviews } from '../../../src/api/resources.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { podOf } from '../pods/real-cluster.ts';
import { expectOutput, mountTestPod } from './mount-test.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What a pod is given to say who it is. */
export function identityScenarios(cluster: () => RealCluster): void {
  test('[sig-auth] ServiceAccounts should mount an API token into pods [Conformance]', async () => {
    const { client } = cluster();
    const account = await client.create(serviceaccounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'mount-test', namespace: 'default' } });
    const pod = await cluster().running(podOf('pod-service-account', { name: 'test', command: ['sleep', '100000'] }, { serviceAccountName: 'mount-test', terminationGracePeriodSeconds: 0, restartPolicy: 'Never' }));
    const read = (file: string): Promise<string> => cluster().exec('pod-service-account', ['cat', `${mountPath}/${file}`], 'test');
    const [token, authority, namespace] = [await read('token'), await read('ca.crt'), await read('namespace')];
    assert.equal(authority, (await client.get(configmaps, { namespace: 'default', name: 'kube-root-ca.crt' })).data?.['ca.crt']);
    assert.equal(namespace, 'default');
    const { status } = await client.create(tokenreviews, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } });
    assert.equal(status?.authenticated, true);
    assert.equal(status.error ?? '', '');
    assert.equal(status.user?.username, 'system:serviceaccount:default:mount-test');
    assert.deepEqual([...status.user.groups ?? []].sort(), ['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:default']);
    assert.equal(status.user.uid, account.metadata.uid);
    const extra = status.user.extra ?? {};
    assert.deepEqual([extra['authentication.kubernetes.io/pod-name'], extra['authentication.kubernetes.io/pod-uid'], extra['authentication.kubernetes.io/node-name']], [['pod-service-account'], [pod.metadata.uid], [pod.spec?.nodeName]]);
  });

  test('[sig-auth] ServiceAccounts should mount projected service account token [Conformance]', async () => {
    await expectOutput(cluster(), mountTestPod({
      name: 'projected-token', source: { projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3600 } }] } }, path: '/test-volume', ask: [['file_content', '/test-volume/token']],
    }), [/content of file "\/test-volume\/token": [A-Za-z0-9-_=]+\.[A-Za-z0-9-_=]+\.?[A-Za-z0-9-_.+/=]*/]);
  });
}
