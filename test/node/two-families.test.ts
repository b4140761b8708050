import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { services } from '../../src/api/resources.ts';
import { agnhost, podOf, RealCluster, withoutContainers } from './pods/real-cluster.ts';

const skip = withoutContainers !== false ? withoutContainers : existsSync('/proc/net/if_inet6') ? false : 'this kernel has no IPv6';
if (skip !== false) console.log(`# pods and Services of two families are not tried: ${skip}`);

describe('a cluster with ranges of both families', { skip, timeout: 235_000 }, () => {
  let cluster: RealCluster;
  before(async () => { cluster = await RealCluster.start({ images: /^registry\.k8s\.io_(pause|e2e-test-images_agnhost)/, settings: { clusterCidr: '10.244.0.0/16,fd00:10:244::/56', serviceCidr: '10.96.0.0/16,fd00:10:96::/112' } }); });
  after(() => cluster[Symbol.asyncDispose]());

  it('has pods and Services with an address of each, which lead to one another, and limits what pods send and receive', async () => {
    const pod = podOf('server', { image: agnhost, args: ['netexec'], readinessProbe: { httpGet: { path: '/hostname', port: 8080 }, periodSeconds: 1 } });
    const annotations = { 'kubernetes.io/ingress-bandwidth': '8M', 'kubernetes.io/egress-bandwidth': '4M' };
    const { status } = await cluster.running({ ...pod, metadata: { ...pod.metadata, labels: { app: 'server' }, annotations } });
    const ips = (status?.podIPs ?? []).map(({ ip }) => ip);
    assert.match(ips.join(' '), /^10\.244\.0\.\d+ fd00:10:244:.*$/);

    const service = await cluster.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name: 'server' }, spec: { ipFamilyPolicy: 'RequireDualStack', selector: { app: 'server' }, ports: [{ port: 80, targetPort: 8080 }] } });
    const clusterIps = service.spec?.clusterIPs ?? [];
    assert.match(clusterIps.join(' '), /^10\.96\.\d+\.\d+ fd00:10:96::.*$/);
    await cluster.running(podOf('client', { image: agnhost }));
    const urls = [...ips.map((ip) => [ip, 8080] as const), ...clusterIps.map((ip) => [ip, 80] as const)].map(([ip, port]) => `http://${ip.includes(':') ? `[${ip}]` : ip}:${port}/hostname`);
    await cluster.until('every address answers', async () => {
      const answers = await cluster.exec('client', ['/bin/sh', '-c', urls.map((url) => `curl -g -s -m 2 '${url}'; echo`).join('; ')]);
      return answers.trim().split(/\s+/).join() === urls.map(() => 'server').join();
    });
    const names = await cluster.exec('client', ['/bin/sh', '-c', 'dig +short server.default.svc.cluster.local A; dig +short server.default.svc.cluster.local AAAA']);
    assert.deepEqual(names.trim().split('\n'), clusterIps);

    if (spawnSync('tc', ['-V']).error !== undefined) return;
    const queues = execFileSync('tc', ['qdisc', 'show'], { encoding: 'utf8' });
    assert.match(queues, /qdisc tbf .* dev veth\S+ .*rate 8Mbit/, 'what the pod receives');
    assert.match(queues, /qdisc tbf .* dev bwp\S+ .*rate 4Mbit/, 'what it sends');
  });
});
