import type { FamilyRules, ProxyBackend, ProxyBackendOptions, SyncReport } from '../../backend.ts';
import { syncFamilies } from '../../backend.ts';
import type { ServicePort } from '../../service-port.ts';
import type { RulesOptions } from './ruleset.ts';
import { RulesetMaker } from './ruleset.ts';
import { baseScript, deleteChains, difference, tableOf } from './script.ts';

/** The table of one family: what is in the kernel, and chains there that wait for their end. */
class FamilyTable implements FamilyRules {
  readonly family: 4 | 6;
  readonly #run: ProxyBackendOptions['run'];
  readonly #makerOptions: RulesOptions;
  #maker: RulesetMaker;
  #isThere = false;
  #stale = new Set<string>();

  constructor(family: 4 | 6, { run, clusterCidrs }: ProxyBackendOptions) {
    this.family = family;
    this.#run = run;
    this.#makerOptions = { family, clusterCidr: clusterCidrs.find((cidr) => cidr.includes(':') === (family === 6)) };
    this.#maker = new RulesetMaker(this.#makerOptions);
  }

  async sync(ports: readonly ServicePort[]): ReturnType<FamilyRules['sync']> {
    const maker = this.#maker;
    const { from, to } = maker.change(ports);
    const anew = !this.#isThere;
    // A machine without IPv6 has no table for what it does not need.
    if (anew && this.family === 6 && maker.isEmpty) return undefined;
    const { script, stale } = difference(this.family, from, to);
    if (script !== '' || anew) await this.#write((anew ? baseScript(this.family) : '') + script);
    // Where the next call is to write everything anew since, it does.
    this.#isThere = maker === this.#maker;
    for (const chain of stale) this.#stale.add(chain);
    for (const chain of to.chains.keys()) this.#stale.delete(chain);
    return { full: anew, cleanupFailed: !await this.#deleteStale() };
  }

  invalidate(): void {
    this.#isThere = false;
    this.#maker = new RulesetMaker(this.#makerOptions);
    this.#stale = new Set();
  }

  async #write(script: string): Promise<void> {
    try {
      await this.#run('nft', ['-f', '-'], script);
    } catch (error) {
      this.invalidate();
      throw error;
    }
  }

  /** Whether it was done; tried again the next time where the kernel is not ready. */
  async #deleteStale(): Promise<boolean> {
    if (this.#stale.size === 0) return true;
    const isDone = await this.#run('nft', ['-f', '-'], deleteChains(this.family, this.#stale)).then(() => true, () => false);
    if (isDone) this.#stale.clear();
    return isDone;
  }
}

/** Services as nftables verdict maps, changed by one transaction a sync and family. */
export class NftablesBackend implements ProxyBackend {
  readonly name = 'nftables';
  readonly #options: ProxyBackendOptions;
  readonly #tables: readonly FamilyTable[];

  constructor(options: ProxyBackendOptions) {
    this.#options = options;
    this.#tables = [new FamilyTable(4, options), new FamilyTable(6, options)];
  }

  sync(ports: readonly ServicePort[], told?: (report: SyncReport) => void): Promise<void> {
    return syncFamilies(this.#tables, ports, told);
  }

  invalidate(): void {
    for (const table of this.#tables) table.invalidate();
  }

  async cleanup(): Promise<void> {
    this.invalidate();
    for (const family of [4, 6] as const) await this.#options.run('nft', ['-f', '-'], `add table ${tableOf(family)}\ndelete table ${tableOf(family)}\n`);
  }
}
