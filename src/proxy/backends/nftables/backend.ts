import type { ProxyBackend, ProxyBackendOptions } from '../../backend.ts';
import type { ServicePort } from '../../service-port.ts';
import type { Ruleset } from './ruleset.ts';
import { baseScript, diffScript, rulesetOf, table } from './ruleset.ts';

/** Services as nftables verdict maps, changed by one transaction a sync. */
export class NftablesBackend implements ProxyBackend {
  readonly name = 'nftables';
  readonly #options: ProxyBackendOptions;
  #applied: Ruleset | undefined;

  constructor(options: ProxyBackendOptions) {
    this.#options = options;
  }

  async sync(ports: readonly ServicePort[]): Promise<void> {
    const wanted = rulesetOf(ports, this.#options.clusterCidr);
    const script = this.#applied === undefined ? baseScript() + diffScript(rulesetOf([], this.#options.clusterCidr), wanted) : diffScript(this.#applied, wanted);
    if (script !== '') {
      try {
        await this.#options.run('nft', ['-f', '-'], script);
      } catch (error) {
        this.#applied = undefined;
        throw error;
      }
    }
    this.#applied = wanted;
  }

  invalidate(): void {
    this.#applied = undefined;
  }

  async cleanup(): Promise<void> {
    this.#applied = undefined;
    await this.#options.run('nft', ['-f', '-'], `add table ${table}\ndelete table ${table}\n`);
  }
}
