import { after, before, describe } from 'node:test';
import { RealCluster, withoutContainers } from './pods/real-cluster.ts';
import { restartScenario, volumeScenarios } from './volumes/beyond.ts';
import { downwardScenarios } from './volumes/downward.ts';
import { emptyDirScenarios } from './volumes/empty-dir.ts';
import { identityScenarios } from './volumes/identity.ts';
import { imageScenarios } from './volumes/images.ts';
import { objectScenarios } from './volumes/objects.ts';
import { deviceScenarios } from './volumes/devices.ts';
import { subPathScenarios } from './volumes/sub-paths.ts';

if (withoutContainers !== false) console.log(`# volumes are not tried on real containers: ${withoutContainers}`);

describe('volumes on real containers', { skip: withoutContainers, concurrency: 1, timeout: 450_000 }, () => {
  let cluster: RealCluster;
  before(async () => { cluster = await RealCluster.start(); });
  after(() => cluster[Symbol.asyncDispose]());
  describe('beside each other', { concurrency: 16 }, () => {
    // What takes longest begins first.
    for (const scenarios of [emptyDirScenarios, subPathScenarios, imageScenarios, objectScenarios, downwardScenarios, identityScenarios, volumeScenarios, deviceScenarios]) scenarios(() => cluster);
  });
  describe('alone', () => restartScenario(() => cluster));
});
