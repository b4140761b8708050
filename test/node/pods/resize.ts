import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milliValue, value } from '../../../src/api/meta/quantity.ts';
import { pods } from '../../../src/api/resources.ts';
import type { Container, Pod } from '../../../src/api/types/core/v1.ts';
import type { ResizeRig } from '../../conformance/pod-resize.ts';
import { replaceTitle, resizeCases, runReplace, runResize } from '../../conformance/pod-resize.ts';
import type { RealCluster } from './real-cluster.ts';
import { busybox, podOf } from './real-cluster.ts';

/** Resources of running containers are changed, down to their cgroups. */
export function resizeScenarios(cluster: () => RealCluster): void {
  const verify = async (pod: Pod, { name, resources = {} }: Container): Promise<void> => {
    const [cpuLimit, memoryLimit] = [resources.limits?.['cpu'], resources.limits?.['memory']];
    if (cpuLimit === undefined && memoryLimit === undefined) return;
    const files = [['cpu.max', 'cpu/cpu.cfs_quota_us'], ['memory.max', 'memory/memory.limit_in_bytes']];
    const read = files.map((either) => either.map((file) => `cat /sys/fs/cgroup/${file} 2>/dev/null`).join(' || ')).join('; ');
    const [quota = '', memory = ''] = (await cluster().exec(pod.metadata.name!, ['sh', '-c', read], name)).trim().split('\n');
    if (cpuLimit !== undefined) assert.equal(Number(quota.split(' ')[0]), Math.max(1000, milliValue(cpuLimit) * 100), `${name}: cpu limit`);
    if (memoryLimit !== undefined) assert.equal(Number(memory), value(memoryLimit), `${name}: memory limit`);
  };
  const rig = (): ResizeRig => ({ client: cluster().client, running: (pod) => cluster().running(pod), untilPod: (name, holds) => cluster().untilPod(name, 'is resized', holds), verify });
  for (const one of resizeCases) test(one.title, () => runResize(rig(), one, busybox));
  test(replaceTitle, () => runReplace(rig(), busybox));

  test('a resize that needs a new start gets one; a limit below what is used is an error until it is taken back', async () => {
    const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }, { resourceName: 'cpu', restartPolicy: 'NotRequired' }];
    const resources = (memory: string) => ({ requests: { cpu: '20m', memory }, limits: { cpu: '100m', memory } });
    const patch = (name: string, memory: string) => cluster().client.patch(pods, { namespace: 'default', name }, { type: 'strategic', value: { spec: { containers: [{ name: 'main', resources: resources(memory) }] } } }, { subresource: 'resize' });
    await Promise.all([
      cluster().running(podOf('resize-restart', { command: ['sleep', '1000'], resizePolicy, resources: resources('32Mi') })),
      cluster().running(podOf('resize-error', { command: ['sh', '-c', 'head -c 24000000 /dev/zero > /dev/shm/full; sleep 1000'], resources: resources('64Mi') })),
    ]);
    await patch('resize-restart', '40Mi');
    const restarted = await cluster().untilPod('resize-restart', 'was restarted', ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1 && status.containerStatuses[0].resources?.limits?.['memory'] === '40Mi');
    await verify(restarted, restarted.spec!.containers[0]!);
    await cluster().until('memory to be in use', async () => Number((await cluster().exec('resize-error', ['wc', '-c', '/dev/shm/full'])).split(' ')[0]) === 24_000_000);
    await patch('resize-error', '16Mi');
    const failed = await cluster().untilPod('resize-error', 'tells the error', ({ status }) => status?.conditions?.some(({ type, reason }) => type === 'PodResizeInProgress' && reason === 'Error') === true);
    assert.match(failed.status?.conditions?.find(({ type }) => type === 'PodResizeInProgress')?.message ?? '', /^cannot decrease memory limits: attempting to set container "main" memory limit \(16777216\) below current usage \(\d+\)$/);
    assert.equal(failed.status?.containerStatuses?.[0]?.resources?.limits?.['memory'], '64Mi');
    await patch('resize-error', '64Mi');
    await cluster().untilPod('resize-error', 'is as it was', ({ status }) => status?.conditions?.some(({ type }) => type.startsWith('PodResize')) === false);
  });
}
