import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { nodes, services } from '../../src/api/resources.ts';
import { agnhost, podOf, RealCluster, withoutContainers } from './pods/real-cluster.ts';

const skip = withoutContainers !== false ? withoutContainers : existsSync('/proc/net/if_inet6') ? false : 'this kernel has no IPv6';
if (skip !== false) console.log(`# pods and Services of two families are not tried: ${skip}`);

const ranges = { 4: { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16' }, 6: { clusterCidr: 'fd00:10:244::/56', serviceCidr: 'fd00:10:96::/112' } } as const;
const podIp = { 4: /^10\.244\.0\.\d+$/, 6: /^fd00:10:244:/ };
const clusterIp = { 4: /^10\.96\.\d+\.\d+$/, 6: /^fd00:10:96::/ };
const isSix = (ip: string): boolean => ip.includes(':');
const machineHas = (family: 4 | 6): boolean => Object.values(networkInterfaces()).flat().some((one) => one?.internal === false && one.family === `IPv${family}` && !one.address.startsWith('fe80:'));

function matches(addresses: readonly string[], patterns: readonly RegExp[]): void {
  assert.equal(addresses.length, patterns.length, addresses.join(' '));
  for (const [index, pattern] of patterns.entries()) assert.match(addresses[index]!, pattern);
}

// That of IPv4 alone is every other cluster of these tests.
for (const families of [[4, 6], [6]] as const) {
  describe(`a cluster of ${families.map((family) => `IPv${family}`).join(' and ')}`, { skip, timeout: 450_000 }, () => {
    let cluster: RealCluster;
    before(async () => {
      const settings = { clusterCidr: families.map((family) => ranges[family].clusterCidr).join(), serviceCidr: families.map((family) => ranges[family].serviceCidr).join() };
      cluster = await RealCluster.start({ settings: { ...settings, loadBalancerPool: undefined } });
    });
    after(() => cluster[Symbol.asyncDispose]());

    it('has pods and Services with an address of each, which lead to one another, and limits what pods send and receive', async () => {
      const node = await cluster.client.get(nodes, { name: 'node-1' });
      const known = (node.status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
      if (machineHas(4) && machineHas(6)) assert.deepEqual(known.map(isSix), families.map((family) => family === 6));

      const pod = podOf('server', { image: agnhost, args: ['netexec'], readinessProbe: { httpGet: { path: '/hostname', port: 8080 }, periodSeconds: 1 } });
      const annotations = { 'kubernetes.io/ingress-bandwidth': '8M', 'kubernetes.io/egress-bandwidth': '4M' };
      const { status } = await cluster.running({ ...pod, metadata: { ...pod.metadata, labels: { app: 'server' }, annotations } });
      const ips = (status?.podIPs ?? []).map(({ ip }) => ip);
      matches(ips, families.map((family) => podIp[family]));

      const service = await cluster.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name: 'server' }, spec: { type: 'NodePort', ipFamilyPolicy: 'PreferDualStack', selector: { app: 'server' }, ports: [{ port: 80, targetPort: 8080 }] } });
      const clusterIps = service.spec?.clusterIPs ?? [];
      matches(clusterIps, families.map((family) => clusterIp[family]));
      await cluster.running(podOf('client', { image: agnhost }));
      const nodePort = service.spec?.ports?.[0]?.nodePort ?? 0;
      const urls = [...ips.map((ip) => [ip, 8080] as const), ...clusterIps.map((ip) => [ip, 80] as const), ...known.map((ip) => [ip, nodePort] as const)].map(([ip, port]) => `http://${isSix(ip) ? `[${ip}]` : ip}:${port}/hostname`);
      await cluster.until('every address answers', async () => {
        const answers = await cluster.exec('client', ['/bin/sh', '-c', urls.map((url) => `curl -g -s -m 2 '${url}'; echo`).join('; ')]);
        return answers.trim().split(/\s+/).join() === urls.map(() => 'server').join();
      });
      const names = await cluster.exec('client', ['/bin/sh', '-c', 'dig +short server.default.svc.cluster.local A; dig +short server.default.svc.cluster.local AAAA']);
      assert.deepEqual(names.trim().split('\n'), clusterIps.toSorted((a, b) => Number(isSix(a)) - Number(isSix(b))));
      // By name, and the API server as every pod finds it.
      assert.match(await cluster.exec('client', ['/bin/sh', '-c', 'curl -s -m 5 http://server/hostname; curl -k -s -m 5 -o /dev/null -w " %{http_code}" https://kubernetes.default/healthz']), /^server (200|401|403)$/);

      if (spawnSync('tc', ['-V']).error !== undefined) return;
      const queues = execFileSync('tc', ['qdisc', 'show'], { encoding: 'utf8' });
      assert.match(queues, /qdisc tbf .* dev veth\S+ .*rate 8Mbit/, 'what the pod receives');
      assert.match(queues, /qdisc tbf .* dev bwp\S+ .*rate 4Mbit/, 'what it sends');
    });
  });
}
