import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { RunCommand } from '../backend.ts';
import type { ServicePort } from '../service-port.ts';
import { kinds, portOf } from '../testing/ports.ts';
import { IptablesBackend } from './iptables/backend.ts';
import { restoreScript } from './iptables/restore-script.ts';
import { NftablesBackend } from './nftables/backend.ts';
import type { Ruleset } from './nftables/ruleset.ts';
import { elementMaps, RulesetMaker } from './nftables/ruleset.ts';
import { difference } from './nftables/script.ts';

const clusterCidrs = ['10.244.0.0/16', 'fd00:244::/64'];
const { plain, sticky, dns } = kinds as { plain: ServicePort; sticky: ServicePort; dns: ServicePort };

function scriptOf(from: readonly ServicePort[], to: readonly ServicePort[]): string {
  const maker = new RulesetMaker({ family: 4, clusterCidr: clusterCidrs[0] });
  maker.change(from);
  const change = maker.change(to);
  return difference(4, change.from, change.to).script;
}

/** One Service after the other, alone; each of them changed in every way that it can be; all at once; and then fewer and fewer. */
const steps: readonly (readonly ServicePort[])[] = [
  ...Object.values(kinds).map((one) => [one]),
  [plain, dns], [{ ...plain, cluster: [], hasEndpoints: false }, dns], [{ ...plain, affinitySeconds: 30 }, dns], [{ ...plain, affinitySeconds: 90 }, dns], [{ ...plain, protocol: 'udp' }],
  [{ ...plain, nodePort: 30099, port: 81 }], [{ ...plain, nodePort: undefined, externalIps: ['1.2.3.4'] }], [{ ...plain, externalLocal: true }],
  Object.values(kinds), Object.values(kinds).slice(3), [plain, dns],
];

describe('nftables rules', () => {
  it('say nothing when nothing changed', () => {
    assert.equal(scriptOf([portOf()], [portOf()]), '');
  });

  it('touch only the Service that changed', () => {
    const script = scriptOf([plain, dns], [portOf({ cluster: [{ ip: '10.244.0.9', port: 8080, local: true }] }), dns]);
    assert.match(script, /10\.244\.0\.9:8080/);
    assert.doesNotMatch(script, /kube_dns/);
  });

  it('remember clients for as long as the Service now says', () => {
    const script = scriptOf([sticky], [{ ...sticky, affinitySeconds: 90 }]);
    assert.match(script, /flush set [^\n]*aff-/);
    assert.match(script, /update @aff-\w+ \{ ip saddr timeout 90s \}/);
  });

  it('are as many for a packet with ten thousand Services as with one', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => portOf({ key: `default/many-${index}:`, clusterIp: `10.97.${index >> 8}.${index & 255}`, nodePort: undefined }));
    const { chains, elements } = new RulesetMaker({ family: 4, clusterCidr: undefined }).change(many).to;
    assert.deepEqual([chains.size, elements.get('service-ips')?.size], [10_000, 10_000]);
    assert.ok([...chains.values()].every((rules) => rules.length === 1));
  });
});

describe('what nftables rules become step by step', () => {
  const rival = (key: string, port = 80): ServicePort => portOf({ key, clusterIp: key === 'default/a:' ? '10.96.9.1' : '10.96.9.2', port, nodePort: undefined, externalIps: ['1.2.3.4'] });
  const [a, b] = [rival('default/a:'), rival('default/b:')];
  const again = (port: ServicePort): ServicePort => ({ ...port });
  const sequences: readonly (readonly [string, ...(readonly ServicePort[])[]])[] = [
    ['Services come, change and go, one by one and all at once', ...steps],
    ['of an address that two claim the first keeps it, and the other gets it', [a], [a, b], [b, a], [a, plain, b], [b], [again(a), b], [again(a), again(b)], [plain], [b, a], [rival('default/b:', 81), a]],
    ['what two ports share stays as long as one has it', [plain, { ...plain, key: 'default/web:more', port: 81, nodePort: undefined }], [again(plain)], [dns, plain], []],
  ];
  /** Numbers of backends depend on what was there before. */
  const told = ({ chains, elements, affinitySets }: Ruleset): unknown => [
    [...chains].map(([name, rules]) => [name, rules.map((rule) => rule.replace(/offset \d+/, ''))]), [...elements].map(([map, of]) => [map, map.startsWith('endpoints-') ? [...of.values()].sort() : [...of].sort()]), [...affinitySets],
  ].map((entries) => entries.toSorted((one, other) => (String(one[0]) < String(other[0]) ? -1 : 1)));
  for (const [title, ...sequence] of sequences) {
    it(title, () => {
      const maker = new RulesetMaker({ family: 4, clusterCidr: clusterCidrs[0] });
      const there = { chains: new Map<string, readonly string[]>(), elements: new Map<string, Map<string, string>>(elementMaps.map((name) => [name, new Map()])), affinitySets: new Map<string, number>() };
      const follow = <V>(of: Map<string, V>, from: ReadonlyMap<string, V> | undefined, to: ReadonlyMap<string, V> | undefined): void => {
        for (const [key, value] of from ?? []) {
          assert.deepEqual(of.get(key), value, `${key} was there`);
          of.delete(key);
        }
        for (const [key, value] of to ?? []) of.set(key, value);
      };
      for (const ports of sequence) {
        const { from, to } = maker.change(ports);
        follow(there.chains, from.chains, to.chains);
        for (const [map, of] of there.elements) follow(of, from.elements.get(map), to.elements.get(map));
        follow(there.affinitySets, from.affinitySets, to.affinitySets);
        assert.deepEqual(told(there), told(new RulesetMaker({ family: 4, clusterCidr: clusterCidrs[0] }).change(ports).to));
      }
    });
  }
});

// Node opens no sockets of SCTP, and few kernels have it: what its rules say is looked at here, and that the kernel takes them below.
it('rules of SCTP are those of TCP by another name', () => {
  const { sctp } = kinds as { sctp: ServicePort };
  const sorted = (text: string): string[] => text.replaceAll(/(ep|svc|ext)-[\w-]{8}|COX-(EP|SVC|EXT)-\w+/g, 'CHAIN').split('\n').sort();
  const nft = scriptOf([], [sctp]);
  assert.match(nft, /add element ip coxswain-proxy service-ips \{ 10\.96\.0\.11 \. sctp \. 3868 : goto svc-/);
  assert.match(nft, /add element ip coxswain-proxy endpoints-sctp \{ 0 : 10\.244\.0\.2 \. 8080, 1 : 10\.244\.1\.3 \. 8080 \}/);
  assert.match(nft, /add element ip coxswain-proxy node-ports \{ sctp \. 30083 : goto ext-/);
  const iptables = restoreScript([sctp], undefined, []).script;
  assert.match(iptables, /-A COX-SERVICES -d 10\.96\.0\.11 -p sctp -m sctp --dport 3868 .* -j COX-SVC-/);
  const asTcp: ServicePort = { ...sctp, protocol: 'tcp' };
  assert.deepEqual(sorted(nft.replaceAll('sctp', 'tcp')), sorted(scriptOf([], [asTcp])));
  assert.deepEqual(sorted(iptables.replaceAll('sctp', 'tcp')), sorted(restoreScript([asTcp], undefined, []).script));
});

/** Why the kernel cannot be asked here, or undefined. */
function unable(tool: string): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'writing kernel rules needs root on Linux';
  if (spawnSync(tool, ['--version']).error !== undefined) return `${tool} is not installed`;
  if (spawnSync('ip', ['netns', 'list']).status !== 0) return 'network namespaces cannot be made here';
  return undefined;
}

/** A network namespace of its own, so that the machine's rules are never touched. */
async function inNamespace(name: string, work: (run: RunCommand) => Promise<void>): Promise<void> {
  const namespace = `cox-proxy-${name}-${process.pid}`;
  execFileSync('ip', ['netns', 'add', namespace]);
  try {
    await work((command, args, input) => {
      const result = spawnSync('ip', ['netns', 'exec', namespace, command, ...args], { input, encoding: 'utf8' });
      return result.status === 0 ? Promise.resolve(result.stdout) : Promise.reject(new Error(`${command}: ${result.stderr}`));
    });
  } finally {
    execFileSync('ip', ['netns', 'delete', namespace]);
  }
}

describe('rules in the kernel', () => {
  it('nftables: every change is taken, the end is the same as from scratch, clean-up leaves nothing', { skip: unable('nft') ?? false }, async () => {
    await inNamespace('nft', async (run) => {
      const backend = new NftablesBackend({ run, clusterCidrs });
      for (const ports of steps) await backend.sync(ports);
      const stepwise = await run('nft', ['-s', 'list', 'ruleset']);
      backend.invalidate();
      await backend.sync([plain, dns]);
      const scratch = await run('nft', ['-s', 'list', 'table', 'ip', 'coxswain-proxy']);
      const sorted = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '').sort();
      assert.match(stepwise, /10\.96\.0\.10 \. udp \. 53/);
      // The order of chains and of elements differs; what they say does not.
      // Nor do the numbers of backends, which depend on what was there before.
      const withoutElements = (text: string): string => text.replaceAll(/elements = \{[^}]*\}/gs, '').replaceAll(/offset \d+ /g, '');
      assert.deepEqual(sorted(withoutElements(stepwise.slice(0, stepwise.indexOf('table ip6')))), sorted(withoutElements(scratch)));
      assert.doesNotMatch(stepwise.slice(stepwise.indexOf('table ip6')), /chain (svc|ep|ext|fw)-/);
      await backend.cleanup();
      assert.equal((await run('nft', ['list', 'ruleset'])).trim(), '');
    });
  });

  it('iptables: every change is taken and clean-up leaves nothing', { skip: unable('iptables-restore') ?? false }, async () => {
    await inNamespace('ipt', async (run) => {
      const backend = new IptablesBackend({ run, clusterCidrs });
      for (const ports of steps) await backend.sync(ports);
      const rules = await run('iptables-save', []);
      assert.match(rules, /-d 10\.96\.0\.10\/32 -p udp .*--dport 53/);
      assert.equal([...rules.matchAll(/-A PREROUTING .*COX-SERVICES/g)].length, 1);
      await backend.cleanup();
      assert.doesNotMatch(await run('iptables-save', []) + await run('ip6tables-save', []), /COX/);
    });
  });
});
