import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod } from '../../api/types/core/v1.ts';
import { containerResources, podCgroupParent } from './linux-resources.ts';
import { computeQosClass } from './qos.ts';
import { podResources } from './quantities.ts';

const pod = (containers: Partial<Container>[], initContainers: Partial<Container>[] = []): Pod => ({
  metadata: { name: 'p', uid: 'u1' },
  spec: { containers: containers.map((container, index) => ({ name: `c${index}`, ...container })), initContainers: initContainers.map((container, index) => ({ name: `i${index}`, ...container })) },
});
const gibibyte = 2 ** 30;

test('quality of service, its cgroup and how early the kernel kills', () => {
  const cases: [Partial<Container>, string, string, number][] = [
    [{}, 'BestEffort', '/kubepods/besteffort/podu1', 1000],
    [{ resources: { requests: { cpu: '100m' } } }, 'Burstable', '/kubepods/burstable/podu1', 999],
    [{ resources: { requests: { memory: '2Gi' } } }, 'Burstable', '/kubepods/burstable/podu1', 500],
    [{ resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } } }, 'Guaranteed', '/kubepods/podu1', -997],
    [{ resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } } }, 'Burstable', '/kubepods/burstable/podu1', 750],
  ];
  for (const [container, qos, parent, score] of cases) {
    const one = pod([container]);
    assert.equal(computeQosClass(one), qos);
    assert.equal(podCgroupParent('', one), parent);
    assert.equal(containerResources(one, one.spec!.containers[0]!, 4 * gibibyte).oomScoreAdj, score, JSON.stringify(container));
  }
});

test('CPU and memory in the units of cgroups', () => {
  const one = pod([{ resources: { requests: { cpu: '250m' }, limits: { cpu: '500m', memory: '64Mi' } } }]);
  assert.deepEqual(containerResources(one, one.spec!.containers[0]!, gibibyte), { cpuPeriod: 100_000, cpuQuota: 50_000, cpuShares: 256, memoryLimitBytes: 67_108_864, oomScoreAdj: 938 });
  const none = pod([{}]);
  assert.deepEqual(containerResources(none, none.spec!.containers[0]!, gibibyte), { cpuPeriod: 100_000, cpuQuota: 0, cpuShares: 2, memoryLimitBytes: 0, oomScoreAdj: 1000 });
});

test('a pod asks for what runs at once, or for its largest init container', () => {
  const cpu = (amount: string): Partial<Container> => ({ resources: { requests: { cpu: amount } } });
  assert.equal(podResources(pod([cpu('1'), cpu('500m')]), 'requests')['cpu'], '1500m');
  assert.equal(podResources(pod([cpu('1')], [cpu('3')]), 'requests')['cpu'], '3');
  assert.equal(podResources(pod([cpu('1')], [{ ...cpu('1'), restartPolicy: 'Always' }, cpu('3')]), 'requests')['cpu'], '4');
});
