import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../api/resources.ts';
import type { Host } from '../host.ts';
import { simulatedHost } from '../hosts/simulated/simulated-host.ts';
import { TestNode } from '../testing/test-node.test.ts';

/** A node that is not virtual as far as cgroups go: what is asked of them is written down. */
async function withCgroups(kubelet: Parameters<typeof TestNode.start>[0] = {}): Promise<{ readonly node: TestNode; readonly asked: string[] }> {
  const asked: string[] = [];
  const simulated = simulatedHost({ hostname: 'node-1', cores: 4, memoryBytes: 2 ** 33 });
  const host: Host = {
    ...simulated, virtual: false,
    cgroups: {
      ...simulated.cgroups,
      prepare: async (_root, { cpuShares, memoryBytes }) => void asked.push(`all ${cpuShares} ${memoryBytes}`),
      weighBurstable: async (_root, shares) => void asked.push(`burstable ${shares}`),
      ensurePod: async (_parent, { cpuShares }, { pids } = {}) => void asked.push(`pod ${cpuShares} ${pids ?? 'unlimited'}`),
    },
  };
  return { node: await TestNode.start({ ...kubelet, kubelet: { host, ...kubelet.kubelet, devicePlugins: { directory: '/nowhere', podResourcesDirectory: '/nowhere', clock: { now: () => 0 } as never } } }), asked };
}

test('pods together get what the node does not keep, and burstable ones weigh what they ask for', async () => {
  const { node, asked } = await withCgroups({ kubelet: { reserve: { systemReserved: { cpu: '500m', memory: '1Gi' }, kubeReserved: { cpu: '500m' } }, podPidsLimit: 64 } });
  await using _ = node;
  assert.deepEqual(asked.splice(0), [`all 3072 ${7 * 2 ** 30}`]);
  const asking = (cpu: string) => ({ containers: [{ name: 'app', image: 'nginx:1', resources: { requests: { cpu } } }] });
  await node.createPod('one', asking('250m'));
  await node.clock.advance(1000);
  await node.createPod('two', asking('500m'));
  await node.createPod('rest');
  await node.clock.advance(1000);
  assert.deepEqual(asked.splice(0).sort(), ['burstable 256', 'burstable 768', 'pod 2 64', 'pod 256 64', 'pod 512 64']);
  await node.client.delete(pods, { namespace: 'default', name: 'two' }, { gracePeriodSeconds: 0 });
  await node.clock.advance(5000);
  assert.deepEqual(asked, ['burstable 256']);
});
