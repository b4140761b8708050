import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { configmaps, events, nodes, pods } from '../../../src/api/resources.ts';
import { podOf } from './real-cluster.ts';
import type { RealCluster } from './real-cluster.ts';

/** `hostUsers: false`: with users of its own where containerd and the kernel can, and refused in upstream's words where they cannot. */
export function ownUsersScenarios(cluster: () => RealCluster): void {
  test('root of a pod with users of its own is nobody on the node, and its volumes look as always', async (t) => {
    const { runtimeHandlers = [] } = (await cluster().client.get(nodes, { name: 'node-1' })).status ?? {};
    const can = runtimeHandlers.some(({ name, features }) => (name ?? '') === '' && features?.userNamespaces === true);
    await cluster().client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'own-users', namespace: 'default' }, data: { key: 'value' } });
    const pod = podOf('own-users', {
      command: ['sh', '-c', 'cat /proc/self/uid_map; cat /c/key; echo; touch /d/file; stat -c "%u %g" /d/file /c/key /etc/hosts; sleep 3600'],
      volumeMounts: [{ name: 'd', mountPath: '/d' }, { name: 'c', mountPath: '/c' }],
    }, { hostUsers: false, volumes: [{ name: 'd', emptyDir: {} }, { name: 'c', configMap: { name: 'own-users' } }] });
    if (!can) {
      t.diagnostic('this runtime has no user namespaces');
      await cluster().client.create(pods, pod);
      await cluster().until('the refusal', async () => (await cluster().client.list(events, { namespace: 'default' })).items.some(({ involvedObject, message }) => involvedObject.name === 'own-users' && message === "Failed to create pod sandbox: can't set `spec.hostUsers: false`, runtime does not support user namespaces"));
    } else {
      const { metadata } = await cluster().running(pod);
      const lines = (await cluster().until('its output', async () => { const text = await cluster().logs('own-users'); return text.split('\n').length > 5 ? text : undefined; })).trim().split('\n');
      const [inside, outside, length] = lines[0]!.trim().split(/\s+/).map(Number);
      assert.deepEqual([inside, length, outside! % 65_536, outside! >= 65_536], [0, 65_536, 0, true]);
      assert.deepEqual(lines.slice(1), ['value', '0 0', '0 0', '0 0']);
      const { uidMappings } = JSON.parse(readFileSync(join(cluster().dataDir, 'kubelet/pods', metadata.uid ?? '', 'userns'), 'utf8')) as { uidMappings: { hostId: number }[] };
      assert.equal(uidMappings[0]?.hostId, outside);
    }
    await cluster().client.delete(pods, { namespace: 'default', name: 'own-users' }, { gracePeriodSeconds: 0 });
    await cluster().gone('own-users');
  });
}
