import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { kinds, portOf } from '../../testing/ports.ts';
import type { IpvsOptions } from './virtual-servers.ts';
import { ipvsRules, ipvsSchedulers } from './virtual-servers.ts';

const options: IpvsOptions = { family: 4, scheduler: 'rr', nodeAddresses: ['198.51.100.1', '2001:db8::1'], clusterCidr: '10.244.0.0/16' };
const serversOf = (name: string, more: Partial<IpvsOptions> = {}): string[] => ipvsRules([kinds[name]!], { ...options, ...more }).servers.trim().split('\n');

describe('virtual servers', () => {
  for (const [name, lines, more] of [
    ['plain', ['-A -t 10.96.0.7:80 -s rr', '-a -t 10.96.0.7:80 -r 10.244.0.2:8080 -m -w 1', '-a -t 10.96.0.7:80 -r 10.244.1.3:8080 -m -w 1', '-A -t 198.51.100.1:30080 -s rr', '-a -t 198.51.100.1:30080 -r 10.244.0.2:8080 -m -w 1', '-a -t 198.51.100.1:30080 -r 10.244.1.3:8080 -m -w 1']],
    ['nowhere', ['-A -t 10.96.0.8:80 -s rr', '-A -t 198.51.100.1:30081 -s rr']],
    ['dns', ['-A -u 10.96.0.10:53 -s lc', '-a -u 10.96.0.10:53 -r 10.244.0.2:8080 -m -w 1', '-a -u 10.96.0.10:53 -r 10.244.1.3:8080 -m -w 1'], { scheduler: 'lc' }],
    // From outside only what is here.
    ['here', ['-A -t 10.96.0.12:80 -s rr', '-a -t 10.96.0.12:80 -r 10.244.0.2:8080 -m -w 1', '-a -t 10.96.0.12:80 -r 10.244.1.3:8080 -m -w 1', '-A -t 198.51.100.1:30084 -s rr', '-a -t 198.51.100.1:30084 -r 10.244.0.2:8080 -m -w 1']],
    ['elsewhere', ['-A -t 10.96.0.13:80 -s rr', '-A -t 198.51.100.1:30085 -s rr']],
    ['sixSticky', ['-A -t [fd00:96::8]:80 -s mh -p 90 -b mh-port', '-a -t [fd00:96::8]:80 -r [fd00:244::2]:8080 -m -w 1'], { family: 6, scheduler: 'mh' }],
  ] as readonly [string, string[], Partial<IpvsOptions>?][]) it(name, () => assert.deepEqual(serversOf(name, more), lines));

  it('of SCTP, and with every scheduler', () => {
    assert.match(serversOf('sctp')[0]!, /^-A --sctp-service 10\.96\.0\.11:3868 /);
    for (const scheduler of ipvsSchedulers) assert.match(serversOf('plain', { scheduler })[0]!, new RegExp(` -s ${scheduler}( |$)`));
  });

  it('have their addresses on the node; node ports have them already', () => {
    assert.deepEqual(ipvsRules([kinds['plain']!, kinds['balanced']!, kinds['six']!], options).addresses, ['10.96.0.14', '10.96.0.7', '192.0.2.8', '192.0.2.9']);
  });
});

describe('what stands beside IPVS', () => {
  it('masquerades, refuses and keeps out', () => {
    const { filter } = ipvsRules([kinds['plain']!, kinds['nowhere']!, kinds['here']!, kinds['balanced']!], options);
    assert.match(filter, /set masqueraded-node-ports \{[^}]*elements = \{ tcp \. 30080, tcp \. 30081, tcp \. 30086 \}/);
    assert.match(filter, /set refused \{[^}]*elements = \{ 10\.96\.0\.8 \. tcp \. 80 \}/);
    assert.match(filter, /@cluster-ips ip saddr != 10\.244\.0\.0\/16 meta mark set/);
    assert.match(filter, /\{ 192\.0\.2\.8 \. tcp \. 80 \} ip saddr != \{ 198\.51\.100\.0\/24, 203\.0\.113\.7\/32, 192\.0\.2\.8 \} drop/);
  });

  const unable = process.getuid?.() !== 0 || spawnSync('nft', ['--version']).error !== undefined || spawnSync('ip', ['netns', 'list']).status !== 0 ? 'needs root, nft and network namespaces' : false;
  it('is taken by the kernel', { skip: unable }, () => {
    const namespace = `cox-ipvs-${process.pid}`;
    execFileSync('ip', ['netns', 'add', namespace]);
    try {
      for (const family of [4, 6] as const) {
        for (const ports of [Object.values(kinds), [portOf()], []]) execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: ipvsRules(ports, { ...options, family, clusterCidr: family === 4 ? '10.244.0.0/16' : 'fd00:244::/64' }).filter });
      }
    } finally {
      execFileSync('ip', ['netns', 'delete', namespace]);
    }
  });
});
