import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../base/logger.ts';
import type { IpNetwork } from '../api/meta/ip-network.ts';
import { parseNetwork } from '../api/meta/ip-network.ts';
import { gatewayOf } from './gateway.ts';
import { cniConfig, cniFile, writeCniConfig } from './cni-config.ts';
import type { RunCommand } from './commands.ts';
import { must, mtuOf } from './commands.ts';
import { hasLink } from './links.ts';
import { masqueradeRules } from './masquerade.ts';

/** The pods' network on one node: a bridge, an address for each pod from the node's range, and the way out. */
export interface PodNetwork {
  /** Sets everything up for this range (two, comma-separated, for both families). Idempotent. Rejects with a one-line error. */
  configure(podCidr: string): Promise<void>;
}

export interface PodNetworkOptions {
  /** DATA-DIR/cni; its net.d is what containerd watches. */
  readonly cniDir: string;
  readonly run: RunCommand;
  /** The nftables tables of the machine, as `family name`. */
  readonly listNftTables: () => Promise<readonly string[]>;
  readonly logger: Logger;
  readonly tools: { readonly ip: string; readonly nft: string | undefined; readonly iptables: string | undefined };
  /** The bandwidth plugin is here. */
  readonly limitsBandwidth?: boolean;
  /** Pods of the whole cluster, comma-separated; the node's own range when there is no more. */
  readonly clusterCidr?: string;
  /** Defaults to cox0. Another name lets several nodes live on one machine. */
  readonly bridge?: string;
}

/** What we made on the machine, for `reset`. */
export interface NetworkRecord { readonly name: string; readonly bridge: string; readonly nftTable: string | undefined; readonly iptablesChains: readonly string[]; readonly nftTablesBefore: readonly string[] }

export const defaultBridge = 'cox0';
const recordName = 'network.json';
const forwardChain = 'COX-FORWARD';

export async function readNetworkRecord(cniDir: string): Promise<NetworkRecord | undefined> {
  try {
    const { name, bridge, nftTable, iptablesChains, nftTablesBefore } = JSON.parse(await readFile(join(cniDir, recordName), 'utf8')) as Partial<NetworkRecord>;
    return name === undefined || bridge === undefined ? undefined : { name, bridge, nftTable, iptablesChains: iptablesChains ?? [], nftTablesBefore: nftTablesBefore ?? [] };
  } catch {
    return undefined;
  }
}

function parseRanges(text: string): IpNetwork[] {
  return text.split(',').filter((part) => part.trim() !== '').map((part) => {
    const cidr = parseNetwork(part);
    if (cidr === undefined) throw new Error(`invalid pod CIDR ${JSON.stringify(part)}`);
    return cidr;
  });
}

/** The interface that holds the default route. */
function uplink(): string | undefined {
  const routes = existsSync('/proc/net/route') ? readFileSync('/proc/net/route', 'utf8').split('\n').map((line) => line.split('\t')) : [];
  return routes.find((fields) => fields[1] === '00000000' && fields[7] === '00000000')?.[0];
}

/** Derived from the address as Kubernetes does, so that it never changes while pods come and go (which would upset their ARP caches). */
function bridgeMac(gateway: string): string | undefined {
  const parts = gateway.split('.').map(Number);
  return parts.length === 4 ? ['0a', '58', ...parts.map((part) => part.toString(16).padStart(2, '0'))].join(':') : undefined;
}

export class BridgePodNetwork implements PodNetwork {
  readonly #options: PodNetworkOptions;
  readonly #bridge: string;
  readonly #name: string;
  readonly #table: string;

  constructor(options: PodNetworkOptions) {
    this.#options = options;
    this.#bridge = options.bridge ?? defaultBridge;
    const suffix = this.#bridge === defaultBridge ? '' : `-${this.#bridge}`;
    this.#name = `coxswain${suffix}`;
    this.#table = `coxswain-pods${suffix}`;
  }

  async configure(podCidr: string): Promise<void> {
    const { cniDir, tools, clusterCidr } = this.#options;
    const ranges = parseRanges(podCidr);
    if (ranges.length === 0) throw new Error('no pod CIDR');
    const clusterRanges = clusterCidr === undefined ? ranges : parseRanges(clusterCidr);
    await mkdir(cniDir, { recursive: true });
    const iptablesChains = await this.#needsForwardRule() ? [forwardChain] : [];
    const record: NetworkRecord = {
      name: this.#name,
      bridge: this.#bridge,
      nftTable: tools.nft === undefined ? undefined : this.#table,
      iptablesChains,
      nftTablesBefore: (await readNetworkRecord(cniDir))?.nftTablesBefore ?? await this.#options.listNftTables(),
    };
    // Before anything is made, so that a reset finds it whatever happens next.
    await writeFile(join(cniDir, recordName), JSON.stringify(record), { mode: 0o644 });
    const byDefault = uplink();
    const mtu = (byDefault === undefined ? undefined : await mtuOf(this.#options.run, tools.ip, byDefault)) ?? 1500;
    await this.#createBridge(ranges, mtu);
    await this.#setSysctls(ranges);
    if (tools.nft !== undefined) {
      await this.#must(tools.nft, ['-f', '-'], 'set the rules for pods leaving the node', masqueradeRules({ table: this.#table, bridge: this.#bridge, podRanges: ranges, clusterRanges }));
    }
    if (iptablesChains.length > 0) await this.#allowForwarding();
    await writeCniConfig(join(cniDir, 'net.d'), cniConfig({
      name: this.#name, bridge: this.#bridge, ranges, mtu, leasesDir: join(cniDir, 'networks'), ipMasq: tools.nft === undefined, portmap: tools.iptables !== undefined, bandwidth: this.#options.limitsBandwidth === true,
    }));
  }

  /** Another's CNI configuration takes the place of ours. What we made stays until a reset. */
  async leaveToOthers(): Promise<void> {
    const { cniDir, listNftTables } = this.#options;
    await mkdir(join(cniDir, 'net.d'), { recursive: true });
    await rm(join(cniDir, 'net.d', cniFile), { force: true });
    if (await readNetworkRecord(cniDir) !== undefined) return;
    const record: NetworkRecord = { name: this.#name, bridge: this.#bridge, nftTable: undefined, iptablesChains: [], nftTablesBefore: await listNftTables() };
    await writeFile(join(cniDir, recordName), JSON.stringify(record), { mode: 0o644 });
  }

  #must(file: string, args: readonly string[], purpose: string, input?: string): Promise<string> {
    return must(this.#options.run, file, args, { purpose, ...(input !== undefined && { input }) });
  }

  async #createBridge(ranges: readonly IpNetwork[], mtu: number): Promise<void> {
    const { ip } = this.#options.tools;
    const bridge = this.#bridge;
    const commands: string[] = [];
    if (!hasLink(bridge)) commands.push(`link add ${bridge} type bridge`);
    const mac = bridgeMac(gatewayOf(ranges[0]!));
    commands.push(`link set ${bridge}${mac === undefined ? '' : ` address ${mac}`} mtu ${mtu} up`);
    const wanted = ranges.map((range) => `${gatewayOf(range)}/${range.prefixLength}`);
    // An address of an earlier range would make the bridge plugin refuse to add pods.
    const shown = await this.#options.run(ip, ['-o', 'addr', 'show', 'dev', bridge, 'scope', 'global']);
    for (const [, address] of shown.stdout.matchAll(/ inet6? (\S+) /g)) {
      // Not in the batch: with the first address of a range the kernel takes its others away, too.
      if (address !== undefined && !wanted.includes(address)) await this.#options.run(ip, ['addr', 'del', address, 'dev', bridge]);
    }
    for (const [index, address] of wanted.entries()) commands.push(`addr replace ${address}${ranges[index]?.family === 4 ? ' brd +' : ' nodad'} dev ${bridge}`);
    await this.#must(ip, ['-batch', '-'], `set up the bridge ${bridge}`, `${commands.join('\n')}\n`);
  }

  async #setSysctls(ranges: readonly IpNetwork[]): Promise<void> {
    const wanted: [string, string][] = [
      ...(ranges.some((range) => range.family === 4) ? [['net/ipv4/ip_forward', '1'] as [string, string]] : []),
      ...(ranges.some((range) => range.family === 6) ? [['net/ipv6/conf/all/forwarding', '1'] as [string, string]] : []),
      // A NodePort on 127.0.0.1 leads to a pod behind the bridge.
      [`net/ipv4/conf/${this.#bridge}/route_localnet`, '1'],
      // Replies between two pods of this node must pass connection tracking, or service addresses are not translated back.
      ['net/bridge/bridge-nf-call-iptables', '1'],
      ['net/bridge/bridge-nf-call-ip6tables', '1'],
    ];
    if (!existsSync('/proc/sys/net/bridge')) await this.#options.run('modprobe', ['br_netfilter']);
    for (const [name, value] of wanted) {
      const file = `/proc/sys/${name}`;
      if (!existsSync(file)) {
        this.#options.logger.debug('the kernel has no such setting', { name });
        continue;
      }
      if ((await readFile(file, 'utf8')).trim() === value) continue;
      await writeFile(file, value).catch((error: unknown) => this.#options.logger.warn('cannot set a kernel setting', { name, value, error }));
    }
  }

  /** Docker and some firewalls drop what the machine forwards unless it is allowed. */
  async #needsForwardRule(): Promise<boolean> {
    const { iptables } = this.#options.tools;
    if (iptables === undefined) return false;
    const policy = await this.#options.run(iptables, ['-w', '-S', 'FORWARD']);
    return policy.exitCode === 0 && /^-P FORWARD DROP/m.test(policy.stdout);
  }

  async #allowForwarding(): Promise<void> {
    const iptables = this.#options.tools.iptables!;
    const rules = ['*filter', `:${forwardChain} - [0:0]`, `-A ${forwardChain} -i ${this.#bridge} -j ACCEPT`, `-A ${forwardChain} -o ${this.#bridge} -j ACCEPT`, 'COMMIT', ''].join('\n');
    await this.#must(`${iptables}-restore`, ['-w', '--noflush'], 'allow forwarding for pods', rules);
    const present = await this.#options.run(iptables, ['-w', '-C', 'FORWARD', '-j', forwardChain]);
    if (present.exitCode !== 0) await this.#must(iptables, ['-w', '-I', 'FORWARD', '1', '-j', forwardChain], 'allow forwarding for pods');
  }
}
