import { after, before, describe } from 'node:test';
import { claimScenarios } from './pods/claims.ts';
import { environmentScenarios } from './pods/environment.ts';
import { featureScenarios } from './pods/features.ts';
import { imageScenarios } from './pods/images.ts';
import { lifecycleScenarios } from './pods/lifecycle.ts';
import { ownUsersScenarios } from './pods/own-users.ts';
import { probeScenarios } from './pods/probes.ts';
import { RealCluster, withoutContainers } from './pods/real-cluster.ts';
import { resizeScenarios } from './pods/resize.ts';
import { securityScenarios } from './pods/security.ts';
import { streamScenarios } from './pods/streams.ts';

if (withoutContainers !== false) console.log(`# pods are not tried on real containers: ${withoutContainers}`);

describe('pods on real containers', { skip: withoutContainers, concurrency: 16, timeout: 450_000 }, () => {
  let cluster: RealCluster;
  before(async () => { cluster = await RealCluster.start(); });
  after(() => cluster[Symbol.asyncDispose]());
  // What takes longest begins first.
  for (const scenarios of [probeScenarios, lifecycleScenarios, resizeScenarios, imageScenarios, streamScenarios, featureScenarios, environmentScenarios, securityScenarios, ownUsersScenarios, claimScenarios]) scenarios(() => cluster);
});
