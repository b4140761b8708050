import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import type { RunCommand } from '../backend.ts';
import type { ServicePort } from '../service-port.ts';
import { IptablesBackend } from './iptables/backend.ts';
import { NftablesBackend } from './nftables/backend.ts';
import { diffScript, rulesetOf } from './nftables/ruleset.ts';

const clusterCidr = '10.244.0.0/16';

function port(changes: Partial<ServicePort> = {}): ServicePort {
  return {
    key: 'default/web:http', protocol: 'tcp', port: 80, clusterIp: '10.96.0.7', externalIps: [], nodePort: 30080, affinitySeconds: undefined,
    internal: [{ ip: '10.244.0.2', port: 8080 }, { ip: '10.244.0.3', port: 8080 }], external: [{ ip: '10.244.0.2', port: 8080 }, { ip: '10.244.0.3', port: 8080 }], preservesClientIp: false, ...changes,
  };
}

const empty = port({ internal: [], external: [] });
const sticky = port({ affinitySeconds: 60 });
const dns = port({ key: 'kube-system/kube-dns:dns', protocol: 'udp', port: 53, clusterIp: '10.96.0.10', nodePort: undefined });
const local = port({ preservesClientIp: true, external: [] });

describe('nftables rules', () => {
  it('say nothing when nothing changed', () => {
    assert.equal(diffScript(rulesetOf([port()], clusterCidr), rulesetOf([port()], clusterCidr)), '');
  });

  it('touch only the Service that changed', () => {
    const script = diffScript(rulesetOf([port(), dns], clusterCidr), rulesetOf([port({ internal: [{ ip: '10.244.0.9', port: 8080 }] }), dns], clusterCidr));
    assert.match(script, /10\.244\.0\.9:8080/);
    assert.doesNotMatch(script, /kube_dns/);
  });

  it('remember clients for as long as the Service now says', () => {
    const script = diffScript(rulesetOf([sticky], clusterCidr), rulesetOf([port({ affinitySeconds: 90 })], clusterCidr));
    assert.match(script, /flush set [^\n]*aff-/);
    assert.match(script, /update @aff-\w+ \{ ip saddr timeout 90s \}/);
  });
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
      const backend = new NftablesBackend({ run, clusterCidr });
      for (const ports of [[port()], [port(), dns], [empty, dns], [sticky, dns], [port({ affinitySeconds: 90 }), dns], [local], [port({ nodePort: undefined, externalIps: ['1.2.3.4'] })], [port(), dns]]) await backend.sync(ports);
      const stepwise = await run('nft', ['-s', 'list', 'ruleset']);
      backend.invalidate();
      await backend.sync([port(), dns]);
      const scratch = await run('nft', ['-s', 'list', 'ruleset']);
      const sorted = (text: string): string[] => text.split('\n').map((line) => line.trim()).sort();
      assert.match(stepwise, /10\.96\.0\.10 \. udp \. 53/);
      // The order of chains and of elements differs; what they say does not.
      assert.deepEqual(sorted(stepwise.replaceAll(/elements = \{[^}]*\}/gs, '')), sorted(scratch.replaceAll(/elements = \{[^}]*\}/gs, '')));
      await backend.cleanup();
      assert.equal((await run('nft', ['list', 'ruleset'])).trim(), '');
    });
  });

  it('iptables: every change is taken and clean-up leaves nothing', { skip: unable('iptables-restore') ?? false }, async () => {
    await inNamespace('ipt', async (run) => {
      const backend = new IptablesBackend({ run, clusterCidr });
      for (const ports of [[port()], [port(), dns], [empty, dns], [sticky], [local], [port(), dns]]) await backend.sync(ports);
      const rules = await run('iptables-save', []);
      assert.match(rules, /-d 10\.96\.0\.10\/32 -p udp .*--dport 53/);
      assert.equal([...rules.matchAll(/-A PREROUTING .*COX-SERVICES/g)].length, 1);
      await backend.cleanup();
      assert.doesNotMatch(await run('iptables-save', []), /COX/);
    });
  });
});
