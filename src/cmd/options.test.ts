import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultDataDir, resolveClusterOptions, UsageError } from './options.ts';

const resolveWith = (flags: Record<string, unknown>) => resolveClusterOptions(flags, (key) => key in flags, 'HOST');

test('defaults: root keeps its data in /var/lib, everybody else in the XDG data folder', () => {
  assert.equal(defaultDataDir({}, 0), '/var/lib/coxswain');
  assert.equal(defaultDataDir({ XDG_DATA_HOME: '/x' }, 1000), '/x/coxswain');
  const options = resolveWith({});
  assert.equal(options.port, 6443);
  assert.equal(options.nodeName, 'host');
  assert.equal(options.store, 'sqlite');
});

test('a flag wins over the config file, the file over the default', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-options-'));
  try {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, 'port: 7000\nservice-cidr: 10.0.0.0/16\n');
    const options = resolveWith({ config: file, port: '0' });
    assert.equal(options.port, 0);
    assert.equal(options.serviceCidr, '10.0.0.0/16');
    writeFileSync(file, 'runtime-config: { batch/v1beta1: true, api/ga: "false" }\nfeature-gates: ClusterTrustBundle=true,AllAlpha\n');
    assert.deepEqual(resolveWith({ config: file }).runtimeConfig, { 'batch/v1beta1': 'true', 'api/ga': 'false' });
    assert.deepEqual(resolveWith({ config: file }).featureGates, { ClusterTrustBundle: 'true', AllAlpha: '' });
    assert.deepEqual(resolveWith({ config: file, runtimeConfig: 'api/all=true, apps/v1beta1' }).runtimeConfig, { 'api/all': 'true', 'apps/v1beta1': '' });
    writeFileSync(file, 'prot: 7000\n');
    assert.throws(() => resolveWith({ config: file }), /unknown setting "prot"; known are dataDir, port/);
    writeFileSync(file, 'port: [');
    assert.throws(() => resolveWith({ config: file }), UsageError);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('many nodes have a range of pod addresses that is large enough, unless another is asked for', () => {
  assert.equal(resolveWith({ nodes: '256' }).clusterCidr, '10.244.0.0/16');
  assert.equal(resolveWith({ nodes: '5000' }).clusterCidr, '10.128.0.0/9');
  assert.equal(resolveWith({ nodes: '5000', clusterCidr: '10.0.0.0/10' }).clusterCidr, '10.0.0.0/10');
});

test('pods and Services have a range of one family or of each, in either order', () => {
  for (const [clusterCidr, serviceCidr] of [['fd00:244::/56', 'fd00:96::/112'], ['fd00:244::/56,10.244.0.0/16', 'fd00:96::/112,10.96.0.0/16'], ['10.244.0.0/16, fd00:244::/56', '10.96.0.0/16']] as const) {
    const options = resolveWith({ clusterCidr, serviceCidr });
    assert.deepEqual([options.clusterCidr, options.serviceCidr], [clusterCidr.replaceAll(' ', ''), serviceCidr]);
  }
});

test('load balancers have a pool beside the other addresses, unless another or none is asked for', () => {
  assert.deepEqual(resolveWith({}).loadBalancerPool, ['10.112.0.1-10.112.0.254']);
  assert.deepEqual(resolveWith({ loadBalancerPool: '192.168.1.240/28, fd00::f0-fd00::ff' }).loadBalancerPool, ['192.168.1.240/28', 'fd00::f0-fd00::ff']);
  assert.equal(resolveWith({ loadBalancerPool: 'none' }).loadBalancerPool, undefined);
  assert.equal(resolveWith({ serviceCidr: '10.112.0.0/12' }).loadBalancerPool, undefined);
  assert.deepEqual(resolveWith({ serviceCidr: 'fd00:96::/112,10.112.0.0/12' }).loadBalancerPool, ['fd00:10:112::1-fd00:10:112::fe']);
});

for (const [flags, message] of [
  [{ port: '65536' }, /--port: wants a whole number from 0 to 65535, not "65536"/],
  [{ port: 'x' }, /--port/],
  [{ store: 'etcd' }, /--store: wants one of sqlite, memory, not "etcd"/],
  [{ runtime: 'docker' }, /--runtime: wants one of auto/],
  [{ clusterCidr: '10.0.0.0' }, /--cluster-cidr: wants a range of IPv4 \(from \/8 to \/24\)/],
  [{ clusterCidr: '10.0.0.300/16' }, /--cluster-cidr/],
  [{ nodes: '-1' }, /--nodes/],
  [{ loadBalancerPool: '10.0.0.9-10.0.0.1' }, /--load-balancer-pool: wants addresses such as 192.168.1.240\/28/],
  [{ loadBalancerPool: '192.168.1.0/28,10.244.7.0/24' }, /--load-balancer-pool 10.244.7.0\/24 overlaps the addresses of pods or Services/],
  [{ bindAddress: 'localhost' }, /--bind-address: wants an IP address/],
  [{ nodeName: 'my_node' }, /--node-name: wants lower-case letters/],
  [{ authorizationMode: 'Node,ABAC' }, /--authorization-mode: not supported: ABAC/],
  [{ authorizationMode: 'Node,Abac' }, /--authorization-mode: wants some of Node, RBAC, Webhook, AlwaysAllow, AlwaysDeny, separated by commas, not "Abac"/],
  [{ anonymousAuth: 'maybe' }, /--anonymous-auth: wants true or false, not "maybe"/],
  [{ serviceAccountMaxTokenExpiration: '2 days' }, /--service-account-max-token-expiration: wants a duration such as 30s or 1m30s, not "2 days"/],
  [{ apiAudiences: 'a,,b' }, /--api-audiences: wants texts, separated by commas/],
  [{ authorizationWebhookVersion: 'v2' }, /--authorization-webhook-version: wants one of v1, v1beta1/],
  [{ runtimeConfig: 7 }, /--runtime-config: wants pairs such as batch\/v1beta1=true, separated by commas, not 7/],
  [{ serviceCidr: '10.0.0.0/29' }, /--service-cidr/],
  [{ serviceCidr: '10.0.0.0/16,fd00::/64' }, /--service-cidr: wants .* of IPv6 \(from \/108 to \/124\), or one of each/],
  [{ clusterCidr: '10.0.0.0/16,10.1.0.0/16' }, /--cluster-cidr: wants .* or one of each/],
  [{ clusterCidr: 'fd00::/56,10.0.0.0/16,fd01::/56' }, /--cluster-cidr: wants .* or one of each/],
  [{ clusterCidr: '10.244.0.0/16,fd00::/56', serviceCidr: '10.96.0.0/16,fd00::/112' }, /overlap/],
  [{ network: 'none' }, /--network none: .* --bind-address/],
  [{ serviceCidr: '10.244.3.0/24' }, /--cluster-cidr 10.244.0.0\/16 and --service-cidr 10.244.3.0\/24 overlap/],
] as const) {
  test(`refused with what to do: ${JSON.stringify(flags)}`, () => {
    assert.throws(() => resolveWith(flags), message);
  });
}
