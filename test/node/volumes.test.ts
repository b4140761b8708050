import { after, before, describe } from 'node:test';
import { RealCluster, withoutContainers } from './pods/real-cluster.ts';
import { downwardScenarios } from './volumes/downward.ts';
import { emptyDirScenarios } from './volumes/empty-dir.ts';
import { identityScenarios } from './volumes/identity.ts';
import { imageScenarios } from './volumes/images.ts';
import { objectScenarios } from './volumes/objects.ts';
import { subPathScenarios } from './volumes/sub-paths.ts';

if (withoutContainers !== false) console.log(`# volumes are not tried on real containers: ${withoutContainers}`);

describe('volumes on real containers', { skip: withoutContainers, concurrency: 16, timeout: 220_000 }, () => {
  let cluster: RealCluster;
  before(async () => { cluster = await RealCluster.start(); });
  after(() => cluster[Symbol.asyncDispose]());
  for (const scenarios of [subPathScenarios, imageScenarios, emptyDirScenarios, objectScenarios, downwardScenarios, identityScenarios]) scenarios(() => cluster);
});
