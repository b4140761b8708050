import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../../src/api/resources.ts';
import type { RealCluster } from './real-cluster.ts';
import { agnhost, busybox, podOf } from './real-cluster.ts';

/** Commands in containers and what they write, as clients reach them. */
export function streamScenarios(cluster: () => RealCluster): void {
  test('[sig-node] Pods should support remote command execution over websockets [NodeConformance] [Conformance]', async () => {
    await cluster().running(podOf('pod-exec-websocket', { command: ['/bin/sh', '-c', 'echo container is alive; sleep 600'] }));
    assert.equal(await cluster().exec('pod-exec-websocket', ['echo', 'remote execution test'], 'main'), 'remote execution test\n');
  });
  test('[sig-node] Pods should support retrieving logs from the container over websockets [NodeConformance] [Conformance]', async () => {
    await cluster().running(podOf('pod-logs-websocket', { command: ['/bin/sh', '-c', 'echo container is alive; sleep 10000'] }));
    await cluster().until('the log', async () => (await cluster().logs('pod-logs-websocket')) !== '');
    assert.equal(await cluster().webSocket('/api/v1/namespaces/default/pods/pod-logs-websocket/log?container=main', 'binary.k8s.io', (message) => message.toString('utf8')), 'container is alive\n');
  });
  test('[sig-node] Ephemeral Containers [NodeConformance] will start an ephemeral container in an existing pod [Conformance]', async () => {
    const name = 'ephemeral-containers-target-pod';
    const pod = await cluster().running(podOf(name, { command: ['/bin/sleep'], args: ['10000'] }));
    assert.equal(pod.metadata.generation, 1);
    const debug = { name: 'debugger', image: busybox, command: ['sh', '-c', 'while true; do echo polo; sleep 2; done'], stdin: true, tty: true };
    const more = await cluster().client.patch(pods, { namespace: 'default', name }, { type: 'strategic', value: { spec: { ephemeralContainers: [debug] } } }, { subresource: 'ephemeralcontainers' });
    assert.equal(more.metadata.generation, 2);
    await cluster().untilPod(name, 'has its debugger', ({ status }) => status?.ephemeralContainerStatuses?.[0]?.state?.running !== undefined);
    assert.match(await cluster().exec(name, ['/bin/echo', 'marco'], 'debugger'), /marco/);
    assert.match(await cluster().logs(name, 'debugger'), /polo/);
  });
  test('[sig-cli] Kubectl logs logs should be able to retrieve and filter logs [Conformance]', async () => {
    const name = 'logs-generator';
    await cluster().client.create(pods, podOf(name, { name, image: agnhost, args: [name, '--log-lines-total', '100', '--run-duration', '10s'] }, { restartPolicy: 'Never' }));
    await cluster().until('the first lines', async () => (await cluster().logs(name).catch(() => '')).includes('/api/v1/namespaces/kube-system'));
    const lines = async (query: string): Promise<string[]> => (await cluster().logs(name, name, query)).replace(/\n$/, '').split('\n');
    assert.equal((await lines('tailLines=1')).length, 1);
    assert.equal((await cluster().logs(name, name, 'limitBytes=1')).length, 1);
    const [stamped = ''] = await lines('tailLines=1&timestamps=true');
    assert.ok(!Number.isNaN(Date.parse(stamped.split(' ')[0]!)), stamped);
    await cluster().clock.sleep(2500);
    const recent = (await lines('sinceSeconds=1')).length;
    assert.ok(recent < (await lines('sinceSeconds=86400')).length);
  });
}
