import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { defaultImageCollection, ImageCollector } from './image-collector.ts';

test('images that nobody uses go when the disk is full, the longest unused first', async () => {
  await using node = await TestNode.start({ runtime: { images: ['a:1', 'b:1', 'registry.k8s.io/pause:3.10', 'nginx:1'] } });
  await node.createPod('web', { containers: [{ name: 'app', image: 'nginx:1' }] });
  await node.clock.advance(1000);
  const collector = new ImageCollector({ runtime: node.runtime, clock: node.clock, logger: silentLogger, policy: defaultImageCollection, volumeImages: () => ['b:1'] });
  const tags = async () => (await node.runtime.listImages()).flatMap(({ repoTags }) => repoTags).sort();
  const capacityBytes = 100 * 2 ** 20;
  assert.equal(await collector.collect({ availableBytes: 50 * 2 ** 20, capacityBytes }), undefined);
  await node.clock.advance(200_000);
  assert.equal(await collector.collect({ availableBytes: 16 * 2 ** 20, capacityBytes }), undefined, 'not full');
  assert.deepEqual(await tags(), ['a:1', 'b:1', 'nginx:1', 'registry.k8s.io/pause:3.10']);
  assert.match(await collector.collect({ availableBytes: 10 * 2 ** 20, capacityBytes }) ?? '', /^Insufficient free disk space on the node's image filesystem \(90% of 0\.1 GiB used\)\. Failed to free sufficient space by deleting unused images \(freed 1048576 bytes\)\./);
  assert.deepEqual(await tags(), ['b:1', 'nginx:1', 'registry.k8s.io/pause:3.10'], 'what a pod has mounted as a volume is used, too');
});

test('images that nobody has used for too long go, however much room there is', async () => {
  await using node = await TestNode.start({ runtime: { images: ['a:1', 'nginx:1'] } });
  await node.createPod('web', { containers: [{ name: 'app', image: 'nginx:1' }] });
  await node.clock.advance(1000);
  const collector = new ImageCollector({ runtime: node.runtime, clock: node.clock, logger: silentLogger, policy: { ...defaultImageCollection, maxAgeMs: 600_000 }, volumeImages: () => [] });
  const look = async () => {
    await collector.collect({ availableBytes: 90 * 2 ** 20, capacityBytes: 100 * 2 ** 20 });
    return (await node.runtime.listImages()).flatMap(({ repoTags }) => repoTags).sort();
  };
  assert.deepEqual(await look(), ['a:1', 'nginx:1']);
  await node.clock.advance(500_000);
  assert.deepEqual(await look(), ['a:1', 'nginx:1']);
  await node.clock.advance(200_000);
  assert.deepEqual(await look(), ['nginx:1']);
});

test('images are pulled one after the other where that is asked for, else a few at once', async () => {
  for (const [maxParallelImagePulls, most] of [[1, 1], [undefined, 5]] as const) {
    await using node = await TestNode.start({ runtime: { images: [], pullDelayMs: 1000 }, ...(maxParallelImagePulls !== undefined && { kubelet: { maxParallelImagePulls } }) });
    const { runtime } = node;
    let [now, seen] = [0, 0];
    const pull = runtime.pullImage.bind(runtime);
    runtime.pullImage = async (...args) => {
      seen = Math.max(seen, now += 1);
      try {
        return await pull(...args);
      } finally {
        now -= 1;
      }
    };
    for (let index = 0; index < 7; index++) await node.createPod(`pod-${index}`, { containers: [{ name: 'app', image: `image-${index}:1` }] });
    await node.clock.advance(10_000);
    assert.equal(seen, most);
    assert.equal(node.pod('pod-6').status?.phase, 'Running');
  }
});
