import { readFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { tlsCipherNames, tlsVersionNames } from '../apiserver/http/tls-settings.ts';
import type { ClusterSettings } from '../cluster/start-options.ts';
import type { AccessFlags } from './access-flags.ts';
import { accessSettings } from './access-flags.ts';
import type { Check } from './checks.ts';
import { choice, clusterCidrCheck, configurationMap, dnsName, duration, flag, ipAddress, ipv4Range, listOf, nameList, oneOf, path, sniCertificates, transportSecurity, UsageError, wholeNumber } from './checks.ts';
import type { Setting } from './setting.ts';

export type { Check } from './checks.ts';
export { clusterCidrCheck, dnsName, ipAddress, UsageError, wholeNumber } from './checks.ts';

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
const settings: readonly Setting<ClusterOptions>[] = [
  { key: 'dataDir', flags: '--data-dir <folder>', description: 'where the cluster keeps everything', default: defaultDataDir(), check: path },
  { key: 'port', flags: '--port <port>', description: 'port of the API server; 0 takes any free one', default: 6443, check: wholeNumber(0, 65535) },
  { key: 'bindAddress', flags: '--bind-address <ip>', description: 'address that the API server listens on', default: '127.0.0.1', check: ipAddress },
  { key: 'store', flags: '--store <kind>', description: 'sqlite (durable) or memory (gone when it stops)', default: 'sqlite', check: oneOf('sqlite', 'memory') },
  { key: 'runtime', flags: '--runtime <kind>', description: 'auto, containerd (real containers), simulated, or none (no node)', default: 'auto', check: oneOf('auto', 'containerd', 'simulated', 'none') },
  { key: 'nodes', flags: '--nodes <count>', description: 'nodes in all; more than one are simulated', default: 1, check: wholeNumber(0, 10_000) },
  { key: 'nodeName', flags: '--node-name <name>', description: 'name of the node (default: the host name)', default: undefined, check: dnsName },
  { key: 'tokenAuthFile', flags: '--token-auth-file <file>', description: 'static tokens: CSV of token,user,uid,"group1,group2"', default: undefined, check: path },
  { key: 'clusterCidr', flags: '--cluster-cidr <cidr>', description: 'addresses of pods', default: '10.244.0.0/16', check: clusterCidrCheck },
  { key: 'serviceCidr', flags: '--service-cidr <cidr>', description: 'addresses of Services', default: '10.96.0.0/12', check: ipv4Range(28) },
  { key: 'clusterDomain', flags: '--cluster-domain <domain>', description: 'DNS domain of the cluster', default: 'cluster.local', check: dnsName },
  { key: 'writeKubeconfig', flags: '--write-kubeconfig <file>', description: 'also write the administrator\'s kubeconfig here', default: undefined, check: path },
  { key: 'proxyMode', flags: '--proxy-mode <mode>', description: 'auto, nftables, iptables or none', default: 'auto', check: oneOf('auto', 'nftables', 'iptables', 'none') },
  ...accessSettings,
  { key: 'runtimeConfig', flags: '--runtime-config <pairs>', description: 'API versions to turn on or off: api/all=, api/beta=, group/version= or group/version/resource= true or false', default: undefined, check: configurationMap },
  { key: 'featureGates', flags: '--feature-gates <pairs>', description: 'features to turn on or off: name=true or name=false', default: undefined, check: configurationMap },
  { key: 'encryptionProviderConfig', flags: '--encryption-provider-config <file>', description: 'what is encrypted on the disk, and with what (EncryptionConfiguration)', default: undefined, check: path },
  { key: 'enableAdmissionPlugins', flags: '--enable-admission-plugins <names>', description: 'admission plug-ins to turn on, separated by commas, beside those that are on by default', default: undefined, check: nameList },
  { key: 'disableAdmissionPlugins', flags: '--disable-admission-plugins <names>', description: 'admission plug-ins to turn off although they are on by default', default: undefined, check: nameList },
  { key: 'admissionControlConfigFile', flags: '--admission-control-config-file <file>', description: 'configurations of admission plug-ins (apiserver.config.k8s.io/v1 AdmissionConfiguration)', default: undefined, check: path },
  { key: 'defaultNotReadyTolerationSeconds', flags: '--default-not-ready-toleration-seconds <seconds>', description: 'how long pods stay on a node that is not ready, unless they say otherwise', default: 300, check: wholeNumber(0, 2_147_483_647) },
  { key: 'defaultUnreachableTolerationSeconds', flags: '--default-unreachable-toleration-seconds <seconds>', description: 'how long pods stay on a node that cannot be reached', default: 300, check: wholeNumber(0, 2_147_483_647) },
  { key: 'tracingConfigFile', flags: '--tracing-config-file <file>', description: 'where traces of requests are sent (TracingConfiguration)', default: undefined, check: path },
  { key: 'auditPolicyFile', flags: '--audit-policy-file <file>', description: 'which requests are recorded, and how much of them (audit.k8s.io/v1 Policy)', default: undefined, check: path },
  { key: 'auditLogPath', flags: '--audit-log-path <file>', description: 'where requests are recorded; - is standard output', default: undefined, check: (value, name) => (value === '-' ? value : path(value, name)) },
  { key: 'auditLogMaxsize', flags: '--audit-log-maxsize <megabytes>', description: 'size at which the audit log is put aside; 0: never', default: 100, check: wholeNumber(0, 1_000_000) },
  { key: 'auditLogMaxbackup', flags: '--audit-log-maxbackup <count>', description: 'audit logs put aside that are kept; 0: all', default: 0, check: wholeNumber(0, 100_000) },
  { key: 'auditLogMaxage', flags: '--audit-log-maxage <days>', description: 'days that audit logs put aside are kept; 0: for ever', default: 0, check: wholeNumber(0, 100_000) },
  { key: 'auditLogCompress', flags: '--audit-log-compress', description: 'compress audit logs that are put aside', default: false, check: flag },
  { key: 'auditWebhookConfigFile', flags: '--audit-webhook-config-file <kubeconfig>', description: 'a server that records of requests are sent to', default: undefined, check: path },
  { key: 'enablePriorityAndFairness', flags: '--enable-priority-and-fairness [yes]', description: 'API priority and fairness instead of plain limits (default: true)', default: true, check: choice },
  { key: 'maxRequestsInflight', flags: '--max-requests-inflight <count>', description: 'reading requests at a time; with priority and fairness, the sum of both counts', default: 400, check: wholeNumber(0, 1_000_000) },
  { key: 'maxMutatingRequestsInflight', flags: '--max-mutating-requests-inflight <count>', description: 'writing requests at a time', default: 200, check: wholeNumber(0, 1_000_000) },
  { key: 'requestTimeout', flags: '--request-timeout <duration>', description: 'when a request is given up (default: "1m0s")', default: undefined, check: duration },
  { key: 'profiling', flags: '--profiling [yes]', description: 'show what priority and fairness does under /debug (default: true)', default: true, check: choice },
  { key: 'shutdownDelayDuration', flags: '--shutdown-delay-duration <duration>', description: 'how long to go on serving, not ready any more, before stopping (default: "0s")', default: undefined, check: duration },
  { key: 'shutdownWatchTerminationGracePeriod', flags: '--shutdown-watch-termination-grace-period <duration>', description: 'how long watches may take to end (default: "0s")', default: undefined, check: duration },
  { key: 'tlsCertFile', flags: '--tls-cert-file <file>', description: 'certificate to serve with; read again when it changes (default: the cluster\'s own)', default: undefined, check: path },
  { key: 'tlsPrivateKeyFile', flags: '--tls-private-key-file <file>', description: 'private key of --tls-cert-file', default: undefined, check: path },
  { key: 'tlsSniCertKey', flags: '--tls-sni-cert-key <pair>', description: 'certificate,key or certificate,key:name,name for clients that ask for these names; may be given several times', default: undefined, check: sniCertificates, repeated: true },
  { key: 'clientCaFile', flags: '--client-ca-file <file>', description: 'authorities of client certificates, beside the cluster\'s own; read again when it changes', default: undefined, check: path },
  { key: 'tlsMinVersion', flags: '--tls-min-version <version>', description: `${tlsVersionNames.join(' or ')}`, default: 'VersionTLS12', check: oneOf(...tlsVersionNames) },
  { key: 'tlsCipherSuites', flags: '--tls-cipher-suites <suites>', description: 'comma-separated IANA names of cipher suites (default: Node\'s choice)', default: undefined, check: listOf(tlsCipherNames) },
  { key: 'strictTransportSecurityDirectives', flags: '--strict-transport-security-directives <directives>', description: 'comma-separated: max-age=seconds, includeSubDomains, preload', default: undefined, check: transportSecurity },
  { key: 'install', flags: '--no-install', description: 'never install missing packages', default: true, check: flag },
  { key: 'logLevel', flags: '--log-level <level>', description: 'debug, info, warn or error', default: 'warn', check: oneOf('debug', 'info', 'warn', 'error') },
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
  const options = result as unknown as ClusterOptions;
  if (options.enablePriorityAndFairness === true && options.maxRequestsInflight === 0 && options.maxMutatingRequestsInflight === 0) throw new UsageError('--max-requests-inflight and --max-mutating-requests-inflight: one of them must be more than 0 with priority and fairness', 2);
  if (overlap(options.clusterCidr, options.serviceCidr)) throw new UsageError(`--cluster-cidr ${options.clusterCidr} and --service-cidr ${options.serviceCidr} overlap: pods and Services need ranges of their own`, 2);
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

function overlap(first: string, second: string): boolean {
  const list = new BlockList();
  const [[firstBase, firstPrefix], [secondBase, secondPrefix]] = [first, second].map((range) => range.split('/')) as [[string, string], [string, string]];
  const [wide, inner] = Number(firstPrefix) <= Number(secondPrefix) ? [[firstBase, firstPrefix], secondBase] as const : [[secondBase, secondPrefix], firstBase] as const;
  list.addSubnet(wide[0], Number(wide[1]), 'ipv4');
  return list.check(inner, 'ipv4');
}
