import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulatedHost } from '../hosts/simulated/simulated-host.ts';
import { TestNode } from '../testing/test-node.test.ts';

const mebibyte = 2 ** 20;

test('huge pages are the node\'s to give, and no container uses more than it asked for', async () => {
  const base = simulatedHost({ hostname: 'node-1', memoryBytes: 1024 * mebibyte });
  const hugePages = [{ pageBytes: 1024 * mebibyte, pages: 0 }, { pageBytes: 2 * mebibyte, pages: 16 }];
  await using node = await TestNode.start({ kubelet: { host: { ...base, machineInfo: async () => ({ ...await base.machineInfo(), hugePages }) }, reserve: { evictionHard: {} } } });
  const { capacity = {}, allocatable = {} } = node.node().status ?? {};
  assert.deepEqual([capacity['hugepages-2Mi'], capacity['hugepages-1Gi'], allocatable['hugepages-2Mi'], capacity['memory'], allocatable['memory']], ['32Mi', '0', '32Mi', '1Gi', '992Mi'], 'memory is what is not huge pages');
  const asking = (name: string, amount: string) => ({ name, image: 'nginx:1', resources: { limits: { cpu: '1', memory: '1Mi', 'hugepages-2Mi': amount } } });
  await node.createPod('pages', { containers: [asking('app', '24Mi'), { name: 'none', image: 'nginx:1' }] });
  await node.clock.advance(1000);
  const limits = new Map((await node.runtime.listContainers()).map(({ id, name }) => [name, node.runtime.configOf(id)?.linux.resources.hugePageLimits]));
  assert.deepEqual(limits.get('app'), [{ pageSize: '1GB', bytes: 0 }, { pageSize: '2MB', bytes: 24 * mebibyte }]);
  assert.deepEqual(limits.get('none'), [{ pageSize: '1GB', bytes: 0 }, { pageSize: '2MB', bytes: 0 }]);
  await node.createPod('more', { containers: [asking('app', '10Mi')] });
  await node.clock.advance(1000);
  assert.equal(node.pod('more').status?.reason, 'OutOfhugepages-2Mi');
});
