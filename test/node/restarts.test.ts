import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { pods } from '../../src/api/resources.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import { hostPaths } from '../../src/host/paths.ts';
import { ownCpusKubelet, ownCpuScenarios, withoutOwnCpus } from './pods/own-cpus.ts';
import { isReadyPod, podOf, RealCluster, withoutContainers } from './pods/real-cluster.ts';

/** What runs goes on while the programs of Kubernetes, or containerd, are gone. */
describe('restarts', { skip: withoutContainers, timeout: 450_000 }, () => {
  let cluster: RealCluster;
  before(async () => { cluster = await RealCluster.start(withoutOwnCpus === false ? { kubelet: ownCpusKubelet } : {}); });
  after(() => cluster[Symbol.asyncDispose]());

  const beats = async (): Promise<number> => Number((await cluster.exec('lasting', ['sh', '-c', 'wc -l </beats/beat'])).trim());
  const identity = ({ metadata, status }: Pod): unknown => [metadata.uid, status?.containerStatuses?.map(({ containerID, restartCount, ready }) => [containerID, restartCount, ready]), status?.podIP, status?.startTime];

  test('of everything: containers, addresses and statuses are as they were, and the same process has worked on', async () => {
    const probe = { exec: { command: ['test', '-s', '/beats/beat'] }, periodSeconds: 1 };
    const pod = await cluster.running(podOf('lasting', { command: ['sh', '-c', 'while true; do date >>/beats/beat; sleep 0.2; done'], volumeMounts: [{ name: 'beats', mountPath: '/beats' }], readinessProbe: probe, livenessProbe: probe }, { volumes: [{ name: 'beats', emptyDir: {} }] }));
    const before = await beats();
    await cluster.stop();
    await cluster.clock.sleep(2000);
    await cluster.start();
    const again = await cluster.untilPod('lasting', 'is ready', isReadyPod);
    assert.deepEqual(identity(again), identity(pod));
    assert.ok(await beats() >= before + 5, 'it worked while nobody watched');
  });

  test('of containerd alone: it comes back by itself, containers go on, and new pods start', async () => {
    const before = await cluster.get('lasting');
    const { pid } = JSON.parse(readFileSync(hostPaths(cluster.dataDir).pidFile, 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await cluster.running(podOf('after', { command: ['sleep', '100'] }));
    const now = await cluster.untilPod('lasting', 'is ready', isReadyPod);
    assert.deepEqual(identity(now), identity(before));
    const count = await beats();
    await cluster.until('the process to work', async () => (await beats()) > count);
  });

  test('a pod whose end was begun before a restart is ended after it', async () => {
    await cluster.client.delete(pods, { namespace: 'default', name: 'after' });
    await cluster.stop();
    await cluster.start();
    await cluster.gone('after');
    assert.ok(isReadyPod(await cluster.untilPod('lasting', 'is ready', isReadyPod)));
  });

  ownCpuScenarios(() => cluster, { skip: withoutOwnCpus });
});
