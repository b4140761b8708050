import { after, before, describe } from 'node:test';
import { apiProxyScenarios } from './network/api-proxy.ts';
import { demoScenarios } from './network/demos.ts';
import { dnsScenarios } from './network/dns.ts';
import { granularScenarios } from './network/granular.ts';
import { loadBalancerScenarios } from './network/load-balancers.ts';
import { serviceScenarios } from './network/services.ts';
import { RealCluster, withoutContainers } from './pods/real-cluster.ts';

if (withoutContainers !== false) console.log(`# traffic is not tried between real containers: ${withoutContainers}`);

describe('traffic between real containers', { skip: withoutContainers, concurrency: 8, timeout: 450_000 }, () => {
  let cluster: RealCluster;
  before(async () => { cluster = await RealCluster.start(); });
  after(() => cluster[Symbol.asyncDispose]());
  // What takes longest begins first.
  for (const scenarios of [dnsScenarios, loadBalancerScenarios, serviceScenarios, demoScenarios, apiProxyScenarios, granularScenarios]) scenarios(() => cluster);
});
