import { test } from 'node:test';
import { replaceTitle, resizeCases, runReplace, runResize } from './pod-resize.ts';
import type { ResizeRig } from './pod-resize.ts';
import { World } from './world.ts';

const rigOf = (world: World): ResizeRig => ({ client: world.client, running: (pod) => world.runningPod(pod), untilPod: (name, holds) => world.untilPod('default', name, holds) });

for (const one of resizeCases) {
  test(one.title, async () => {
    await using world = await World.start({ nodes: 1 });
    await runResize(rigOf(world), one, 'busybox:1.36');
  });
}

test(replaceTitle, async () => {
  await using world = await World.start({ nodes: 1 });
  await runReplace(rigOf(world), 'busybox:1.36');
});
