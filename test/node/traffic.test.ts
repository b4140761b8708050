import { after, before, describe } from 'node:test';
import { beyondScenarios } from './network/beyond.ts';
import { endpointScenarios } from './network/endpoints.ts';
import { RealCluster, withoutContainers } from './pods/real-cluster.ts';

if (withoutContainers !== false) console.log(`# changes under traffic are not tried between real containers: ${withoutContainers}`);

describe('traffic while Services and pods change', { skip: withoutContainers, concurrency: 6, timeout: 300_000 }, () => {
  let cluster: RealCluster;
  before(async () => { cluster = await RealCluster.start(); });
  after(() => cluster[Symbol.asyncDispose]());
  for (const scenarios of [beyondScenarios, endpointScenarios]) scenarios(() => cluster);
});
