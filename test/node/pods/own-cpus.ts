import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { pods } from '../../../src/api/resources.ts';
import { parseCpuSet } from '../../../src/kubelet/cpus/cpu-set.ts';
import type { RealCluster } from './real-cluster.ts';
import { isReadyPod, podOf } from './real-cluster.ts';

/** Why no container can have a processor of its own here; false where one can. */
export const withoutOwnCpus: string | false = availableParallelism() < 2 ? 'a processor of one\'s own needs a machine with two' : false;

/** Of a kubelet that gives processors and memory to containers; the first processor stays for everybody. */
export const ownCpusKubelet = `{kind: KubeletConfiguration, apiVersion: kubelet.config.k8s.io/v1beta1, cpuManagerPolicy: static, reservedSystemCPUs: "0", cpuManagerReconcilePeriod: 1s,
  memoryManagerPolicy: Static, systemReserved: {memory: 156Mi}, reservedMemory: [{numaNode: 0, limits: {memory: 256Mi}}], topologyManagerPolicy: single-numa-node, evictionHard: {memory.available: 100Mi}}`;

/** Processors that containers have alone, as their kernel tells it. */
export function ownCpuScenarios(cluster: () => RealCluster, { skip }: { readonly skip: string | false }): void {
  const all = Array.from({ length: availableParallelism() }, (_, index) => index);
  const runs = { command: ['sleep', '1000'] };
  const whole = { cpu: '1', memory: '32Mi' };
  const allowed = async (pod: string): Promise<number[]> => parseCpuSet(/Cpus_allowed_list:\s*(\S+)/.exec(await cluster().exec(pod, ['cat', '/proc/self/status']))?.[1] ?? '');
  const quota = async (pod: string): Promise<string> => (await cluster().exec(pod, ['sh', '-c', 'cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d" " -f1 /sys/fs/cgroup/cpu.max'])).trim();

  test('a guaranteed container that asks for a whole processor has it alone, without a quota; the others are moved to the rest', { skip }, async () => {
    await cluster().running(podOf('shares', runs));
    assert.deepEqual(await allowed('shares'), all);
    await cluster().running(podOf('alone', { ...runs, resources: { requests: whole, limits: whole } }));
    const own = await allowed('alone');
    assert.equal(own.length, 1);
    assert.ok(!own.includes(0), 'that one is reserved');
    assert.match(await quota('alone'), /^(-1|max)$/);
    assert.match(await cluster().exec('alone', ['cat', '/proc/self/status']), /Mems_allowed_list:\s*0\n/);
    const rest = all.filter((cpu) => !own.includes(cpu));
    await cluster().until('the others to be moved', async () => (await allowed('shares')).join() === rest.join());
    await cluster().running(podOf('late', { ...runs, resources: { requests: { cpu: '0' }, limits: { cpu: '250m' } } }));
    assert.deepEqual(await allowed('late'), rest, 'and those that come later start there');
    assert.equal(await quota('late'), '25000');
  });

  test('after a restart of the kubelet a processor is still nobody else\'s, and given back when its pod goes', { skip }, async () => {
    const own = await allowed('alone');
    await cluster().stop();
    await cluster().start();
    await cluster().untilPod('alone', 'is ready', isReadyPod);
    await cluster().running(podOf('later', runs));
    assert.deepEqual([await allowed('alone'), (await allowed('later')).length], [own, all.length - 1]);
    await cluster().client.delete(pods, { namespace: 'default', name: 'alone' });
    await cluster().gone('alone');
    await cluster().until('the others to have it again', async () => (await allowed('shares')).join() === all.join());
  });
}
