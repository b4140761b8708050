import type { FamilyRules, ProxyBackend, ProxyBackendOptions, RunCommand, SyncReport } from '../../backend.ts';
import { syncFamilies } from '../../backend.ts';
import type { ServicePort } from '../../service-port.ts';
import { restoreScript } from './restore-script.ts';

/** Chains that hook into the kernel's own; made once, never renamed: `reset` removes what starts with COX-. */
const anchors: readonly { readonly tableName: 'nat' | 'filter'; readonly hook: string; readonly chain: string; readonly match: readonly string[] }[] = [
  { tableName: 'nat', hook: 'PREROUTING', chain: 'COX-SERVICES', match: [] },
  { tableName: 'nat', hook: 'OUTPUT', chain: 'COX-SERVICES', match: [] },
  { tableName: 'nat', hook: 'POSTROUTING', chain: 'COX-POSTROUTING', match: [] },
  { tableName: 'filter', hook: 'INPUT', chain: 'COX-REJECT', match: ['-m', 'conntrack', '--ctstate', 'NEW'] },
  { tableName: 'filter', hook: 'FORWARD', chain: 'COX-REJECT', match: ['-m', 'conntrack', '--ctstate', 'NEW'] },
  { tableName: 'filter', hook: 'OUTPUT', chain: 'COX-REJECT', match: ['-m', 'conntrack', '--ctstate', 'NEW'] },
];

/** Rules in each table of a script. */
function countRules(script: string): { readonly nat: number; readonly filter: number } {
  const [nat = '', filter = ''] = script.split('*filter');
  const count = (text: string): number => text.split('\n').filter((line) => line.startsWith('-A ')).length;
  return { nat: count(nat), filter: count(filter) };
}

/** The chains of one family: `iptables` or `ip6tables`. */
class FamilyChains implements FamilyRules {
  readonly family: 4 | 6;
  readonly #program: string;
  readonly #run: RunCommand;
  readonly #clusterCidr: string | undefined;
  #chains: readonly string[] = [];
  #applied = '';
  #anchored = false;

  constructor(family: 4 | 6, { run, clusterCidrs }: ProxyBackendOptions) {
    this.family = family;
    this.#program = family === 4 ? 'iptables' : 'ip6tables';
    this.#run = run;
    this.#clusterCidr = clusterCidrs.find((cidr) => cidr.includes(':') === (family === 6));
  }

  async sync(all: readonly ServicePort[]): ReturnType<FamilyRules['sync']> {
    const ports = all.filter((port) => port.family === this.family);
    // A machine without IPv6 has no chains for what it does not need.
    if (this.family === 6 && ports.length === 0 && this.#applied === '') return undefined;
    const { script, chains } = restoreScript(ports, this.#clusterCidr, this.#chains);
    const counts = countRules(script);
    const report = (written: boolean): Awaited<ReturnType<FamilyRules['sync']>> => ({
      full: written, cleanupFailed: false,
      rules: { nat: { there: counts.nat, written: written ? counts.nat : 0 }, filter: { there: counts.filter, written: written ? counts.filter : 0 } },
    });
    if (script === this.#applied) return report(false);
    await this.#run(`${this.#program}-restore`, ['--noflush', '-w', '5'], script);
    this.#applied = script;
    this.#chains = chains;
    if (!this.#anchored) await this.#anchor();
    this.#anchored = true;
    return report(true);
  }

  invalidate(): void {
    this.#applied = '';
    this.#anchored = false;
  }

  async cleanup(): Promise<void> {
    for (const { tableName, hook, chain, match } of anchors) await this.#iptables(tableName, '-D', hook, ...match, '-j', chain).catch(() => undefined);
    for (const tableName of ['nat', 'filter']) {
      const listed = await this.#iptables(tableName, '-S').catch(() => '');
      const ours = [...listed.matchAll(/^-N (COX-\S+)/gm)].map((match) => match[1]!);
      for (const step of ['-F', '-X']) for (const chain of ours) await this.#iptables(tableName, step, chain).catch(() => undefined);
    }
    this.invalidate();
    this.#chains = [];
  }

  #iptables(tableName: string, ...args: readonly string[]): Promise<string> {
    return this.#run(this.#program, ['-w', '5', '-t', tableName, ...args]);
  }

  async #anchor(): Promise<void> {
    for (const { tableName, hook, chain, match } of anchors) {
      const rule = [hook, ...match, '-j', chain];
      const there = await this.#iptables(tableName, '-C', ...rule).then(() => true, () => false);
      if (!there) await this.#iptables(tableName, '-I', ...rule);
    }
  }
}

/** Services as iptables chains, rewritten whole in one restore a sync and family: for machines without nft. */
export class IptablesBackend implements ProxyBackend {
  readonly name = 'iptables';
  readonly #families: readonly FamilyChains[];

  constructor(options: ProxyBackendOptions) {
    this.#families = [new FamilyChains(4, options), new FamilyChains(6, options)];
  }

  sync(ports: readonly ServicePort[], told?: (report: SyncReport) => void): Promise<void> {
    return syncFamilies(this.#families, ports, told);
  }

  invalidate(): void {
    for (const family of this.#families) family.invalidate();
  }

  async cleanup(): Promise<void> {
    for (const family of this.#families) await family.cleanup();
  }
}
