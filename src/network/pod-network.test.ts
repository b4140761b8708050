import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNetwork } from '../api/meta/ip-network.ts';
import { cniConfig } from './cni-config.ts';
import { masqueradeRules } from './masquerade.ts';

const ranges = [parseNetwork('10.244.1.0/24')!, parseNetwork('fd00:1::/64')!];

test('the CNI list names the bridge, both families and host ports', () => {
  assert.deepEqual(cniConfig({ name: 'coxswain', bridge: 'cox0', ranges, mtu: 1450, leasesDir: '/data/cni/networks', ipMasq: false, portmap: true, bandwidth: true }), {
    cniVersion: '0.4.0',
    name: 'coxswain',
    plugins: [
      {
        type: 'bridge', bridge: 'cox0', isGateway: true, ipMasq: false, hairpinMode: true, mtu: 1450,
        ipam: {
          type: 'host-local',
          dataDir: '/data/cni/networks',
          ranges: [[{ subnet: '10.244.1.0/24', gateway: '10.244.1.1' }], [{ subnet: 'fd00:1::/64', gateway: 'fd00:1::1' }]],
          routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true }, snat: true },
      { type: 'bandwidth', capabilities: { bandwidth: true } },
    ],
  });
});

test('pods leave the cluster under the node\'s address and keep theirs inside it', () => {
  const rules = masqueradeRules({ table: 'coxswain-pods', bridge: 'cox0', podRanges: ranges, clusterRanges: [parseNetwork('10.244.0.0/16')!] });
  assert.match(rules, /^table inet coxswain-pods\ndelete table inet coxswain-pods\n/);
  assert.match(rules, /ip saddr 10\.244\.1\.0\/24 ip daddr != \{ 10\.244\.0\.0\/16, 224\.0\.0\.0\/4 \} oifname != "cox0" masquerade/);
  assert.match(rules, /ip6 saddr fd00:1::\/64 ip6 daddr != \{ ff00::\/8 \} oifname != "cox0" masquerade/);
});
