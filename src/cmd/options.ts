import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { parsePool } from '../cloud/providers/local/pools.ts';
import { familiesOf, isLoopback } from '../cluster/addresses.ts';
import type { ClusterSettings } from '../cluster/start-options.ts';
import type { AccessFlags } from './access-flags.ts';
import { accessSettings } from './access-flags.ts';
import { apiSettings } from './api-flags.ts';
import { auditSettings } from './audit-flags.ts';
import type { Check } from './checks.ts';
import { addressPools, clusterCidrCheck, dnsName, flag, ipAddress, oneOf, path, serviceCidrCheck, UsageError, wholeNumber } from './checks.ts';
import { controllerFlagSettings, controllerSettings } from './controller-flags.ts';
import { servingSettings } from './serving-flags.ts';
import type { Setting } from './setting.ts';

export type { Check } from './checks.ts';
export { clusterCidrCheck, dnsName, ipAddress, UsageError, wholeNumber } from './checks.ts';

/** Each node has a /24: the default range is enough for so many, and this one for 32,768. */
const nodesOfDefaultRange = 256;
const wideClusterCidr = '10.128.0.0/9';
/** Beside the addresses of Services: reached from the nodes themselves, and from wherever somebody has a route to them. Of the families that Services have. */
const defaultLoadBalancerPool = ['10.112.0.1-10.112.0.254', 'fd00:10:112::1-fd00:10:112::fe'];

/** What a cluster is started with: flags, over the `--config` file, over the defaults. */
export interface ClusterOptions extends ClusterSettings, AccessFlags {
  readonly tokenAuthFile: string | undefined;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** Where a cluster keeps everything: a system folder for root, the user's own otherwise. */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env, uid: number = process.getuid?.() ?? 1): string {
  if (uid === 0) return '/var/lib/coxswain';
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'coxswain');
}

/** Every setting: its flag, what it means, its default and what it accepts. The config file uses the same names. */
const ownSettings: readonly Setting<ClusterOptions>[] = [
  { key: 'dataDir', flags: '--data-dir <folder>', description: 'where the cluster keeps everything', default: defaultDataDir(), check: path },
  { key: 'port', flags: '--port <port>', description: 'port of the API server; 0 takes any free one', default: 6443, check: wholeNumber(0, 65535) },
  { key: 'bindAddress', flags: '--bind-address <ip>', description: 'address that the API server listens on; 0.0.0.0 lets other machines join', default: '127.0.0.1', check: ipAddress },
  { key: 'advertiseAddress', flags: '--advertise-address <ip>', description: 'address by which other machines reach this one (default: the bind address, or that of the default route)', default: undefined, check: ipAddress },
  { key: 'store', flags: '--store <kind>', description: 'sqlite (durable) or memory (gone when it stops)', default: 'sqlite', check: oneOf('sqlite', 'memory') },
  { key: 'runtime', flags: '--runtime <kind>', description: 'auto, containerd (real containers), simulated, or none (no node)', default: 'auto', check: oneOf('auto', 'containerd', 'simulated', 'none') },
  { key: 'nodes', flags: '--nodes <count>', description: 'nodes in all; more than one are simulated', default: 1, check: wholeNumber(0, 10_000) },
  { key: 'nodeConfig', flags: '--node-config <file>', description: 'simulated nodes by groups, instead of --nodes: see docs/simulated-nodes.md', default: undefined, check: path },
  { key: 'nodeName', flags: '--node-name <name>', description: 'name of the node (default: the host name)', default: undefined, check: dnsName },
  { key: 'kubeletConfig', flags: '--kubelet-config <file>', description: 'a KubeletConfiguration for the node of this machine: static pods, eviction, shutdown and more', default: undefined, check: path },
  { key: 'tokenAuthFile', flags: '--token-auth-file <file>', description: 'static tokens: CSV of token,user,uid,"group1,group2"', default: undefined, check: path },
  { key: 'clusterCidr', flags: '--cluster-cidr <cidr>', description: `addresses of pods: a range, or one of each family, of which the first is everybody's; ${wideClusterCidr} with more than ${nodesOfDefaultRange} nodes`, default: '10.244.0.0/16', check: clusterCidrCheck },
  { key: 'serviceCidr', flags: '--service-cidr <cidr>', description: 'addresses of Services: a range, or one of each family, of which the first is that of a Service that does not say', default: '10.96.0.0/12', check: serviceCidrCheck },
  { key: 'clusterDomain', flags: '--cluster-domain <domain>', description: 'DNS domain of the cluster', default: 'cluster.local', check: dnsName },
  { key: 'writeKubeconfig', flags: '--write-kubeconfig <file>', description: 'also write the administrator\'s kubeconfig here', default: undefined, check: path },
  { key: 'network', flags: '--network <kind>', description: 'bridge (ours), or none: another\'s CNI configuration is in cni/net.d of the data directory, or will be', default: 'bridge', check: oneOf('bridge', 'none') },
  { key: 'proxyMode', flags: '--proxy-mode <mode>', description: 'auto, nftables, iptables or none', default: 'auto', check: oneOf('auto', 'nftables', 'iptables', 'none') },
  { key: 'loadBalancerPool', flags: '--load-balancer-pool <addresses>', description: 'addresses for Services of type LoadBalancer: ranges like 192.168.1.240/28 or 192.168.1.240-192.168.1.250, separated by commas; none leaves such Services to others', default: defaultLoadBalancerPool, check: addressPools },
  { key: 'ingress', flags: '--no-ingress', description: 'never serve Ingresses: leave them to another controller', default: true, check: flag },
  ...accessSettings,
  ...apiSettings,
  ...auditSettings,
  ...servingSettings,
  { key: 'install', flags: '--no-install', description: 'never install missing packages', default: true, check: flag },
  { key: 'logLevel', flags: '--log-level <level>', description: 'debug, info, warn or error', default: 'warn', check: oneOf('debug', 'info', 'warn', 'error') },
];
const settings: readonly (Setting<ClusterOptions> | Setting<Record<string, unknown>>)[] = [
  ...ownSettings,
  { key: 'serviceClusterIpRange', flags: '--service-cluster-ip-range <cidr>', description: 'the same as --service-cidr, by upstream\'s name', default: undefined, check: serviceCidrCheck },
  ...controllerFlagSettings,
];

/** Adds the flags of a cluster to a command. */
export function addClusterFlags(command: Command): Command {
  for (const { flags, description, default: value, repeated } of settings) {
    const help = value === undefined || typeof value === 'boolean' ? description : `${description} (default: ${JSON.stringify(value)})`;
    if (repeated === true) command.option(flags, help, (one: string, before: readonly string[] | undefined) => [...(before ?? []), one]);
    else command.option(flags, help);
  }
  return command.option('--config <file>', 'settings from a YAML file: the flags\' names, without dashes before them');
}

const camelCase = (name: string): string => name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

function readConfig(file: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--config ${file}: ${(error as Error).message.split('\n')[0]}`);
  }
  if (document === null || document === undefined) return {};
  if (typeof document !== 'object' || Array.isArray(document)) throw new UsageError(`--config ${file}: wants a map of settings`);
  const known = new Set<string>(settings.map(({ key }) => key));
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(document)) {
    const key = camelCase(name);
    if (!known.has(key)) throw new UsageError(`--config ${file}: unknown setting ${JSON.stringify(name)}; known are ${[...known].join(', ')}`);
    result[key] = value;
  }
  return result;
}

/** Flags as commander parsed them (only those given), the config file and the defaults, checked. */
export function resolveClusterOptions(flags: Readonly<Record<string, unknown>>, given: (key: string) => boolean, hostName: string): ClusterOptions {
  const config = typeof flags['config'] === 'string' ? readConfig(flags['config']) : {};
  const result: Record<string, unknown> = {};
  for (const { key, check, default: fallback, flags: spelled } of settings) {
    const name = spelled.split(' ')[0]!;
    if (given(key)) result[key] = checkedFlag(check, flags[key], name);
    else if (key in config) result[key] = check(config[key], `${key} in the config file`);
    else result[key] = fallback;
  }
  result['nodeName'] ??= dnsName(hostName.toLowerCase(), 'the host name, which names the node unless --node-name does,');
  if (!given('clusterCidr') && !('clusterCidr' in config) && Number(result['nodes']) > nodesOfDefaultRange) result['clusterCidr'] = wideClusterCidr;
  result['serviceCidr'] = result['serviceClusterIpRange'] ?? result['serviceCidr'];
  const options = { ...result, controllerSettings: controllerSettings(result) } as unknown as ClusterOptions;
  if (options.enablePriorityAndFairness === true && options.maxRequestsInflight === 0 && options.maxMutatingRequestsInflight === 0) throw new UsageError('--max-requests-inflight and --max-mutating-requests-inflight: one of them must be more than 0 with priority and fairness', 2);
  if (overlap(options.clusterCidr, options.serviceCidr)) throw new UsageError(`--cluster-cidr ${options.clusterCidr} and --service-cidr ${options.serviceCidr} overlap: pods and Services need ranges of their own`, 2);
  if (options.network === 'none' && isLoopback(options.bindAddress)) throw new UsageError('--network none: pods reach the API server and the DNS at an address of the node, which --bind-address has to allow: such as 0.0.0.0', 2);
  const isTaken = (pool: string): boolean => [options.clusterCidr, options.serviceCidr].some((range) => overlap(pool, range));
  if (options.loadBalancerPool === defaultLoadBalancerPool) {
    const free = defaultLoadBalancerPool.filter((pool) => familiesOf(options.serviceCidr).some((family) => family === familiesOf(pool)[0]) && !isTaken(pool));
    return { ...options, loadBalancerPool: free.length === 0 ? undefined : free };
  }
  const taken = options.loadBalancerPool?.find(isTaken);
  if (taken !== undefined) throw new UsageError(`--load-balancer-pool ${taken} overlaps the addresses of pods or Services (--cluster-cidr ${options.clusterCidr}, --service-cidr ${options.serviceCidr})`, 2);
  return options;
}

/** What is wrong on the command line ends the program with 2, as commander's own refusals do. */
function checkedFlag(check: Check, value: unknown, name: string): unknown {
  try {
    return check(value, name);
  } catch (error) {
    throw error instanceof UsageError ? new UsageError(error.message, 2) : error;
  }
}

function overlap(one: string, another: string): boolean {
  const others = another.split(',').map(parsePool);
  return one.split(',').map(parsePool).some((a) => others.some((b) => a.family === b.family && a.first <= b.last && b.first <= a.last));
}
