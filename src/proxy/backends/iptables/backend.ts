import { createHash } from 'node:crypto';
import type { ProxyBackend, ProxyBackendOptions } from '../../backend.ts';
import type { Backend, ServicePort } from '../../service-port.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16).toUpperCase();

/** Chains that hook into the kernel's own; made once, never renamed: `reset` removes what starts with COX-. */
const anchors: readonly { readonly tableName: 'nat' | 'filter'; readonly hook: string; readonly chain: string; readonly match: readonly string[] }[] = [
  { tableName: 'nat', hook: 'PREROUTING', chain: 'COX-SERVICES', match: [] },
  { tableName: 'nat', hook: 'OUTPUT', chain: 'COX-SERVICES', match: [] },
  { tableName: 'nat', hook: 'POSTROUTING', chain: 'COX-POSTROUTING', match: [] },
  { tableName: 'filter', hook: 'INPUT', chain: 'COX-REJECT', match: ['-m', 'conntrack', '--ctstate', 'NEW'] },
  { tableName: 'filter', hook: 'FORWARD', chain: 'COX-REJECT', match: ['-m', 'conntrack', '--ctstate', 'NEW'] },
  { tableName: 'filter', hook: 'OUTPUT', chain: 'COX-REJECT', match: ['-m', 'conntrack', '--ctstate', 'NEW'] },
];

function backendChain(port: ServicePort, backend: Backend): string {
  return `COX-EP-${hash(`${port.key}/${port.protocol}/${backend.ip}:${backend.port}`)}`;
}

/** The choice among backends: sticky clients first, then each with an equal chance. */
function choose(chain: string, port: ServicePort, backends: readonly Backend[]): string[] {
  const rules: string[] = [];
  if (port.affinitySeconds !== undefined) {
    for (const backend of backends) rules.push(`-A ${chain} -m recent --name ${backendChain(port, backend)} --rcheck --seconds ${port.affinitySeconds} --reap --rsource -j ${backendChain(port, backend)}`);
  }
  backends.forEach((backend, index) => {
    const left = backends.length - index;
    const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}`;
    rules.push(`-A ${chain}${chance} -j ${backendChain(port, backend)}`);
  });
  return rules;
}

/** The whole of our chains as input for `iptables-restore --noflush`. Pure. */
export function restoreScript(ports: readonly ServicePort[], clusterCidr: string, staleChains: readonly string[]): { readonly script: string; readonly chains: readonly string[] } {
  const chains = new Set<string>();
  const services: string[] = [];
  const nodePorts: string[] = [];
  const rules: string[] = [];
  const rejects: string[] = [];
  const destination = (ip: string, port: ServicePort): string => `-d ${ip}/32 -p ${port.protocol} -m ${port.protocol} --dport ${port.port}`;

  for (const port of ports) {
    const id = hash(`${port.key}/${port.protocol}`);
    const comment = `-m comment --comment "${port.key}"`;
    if (port.internal.length > 0) {
      const chain = `COX-SVC-${id}`;
      chains.add(chain);
      services.push(`-A COX-SERVICES ${destination(port.clusterIp, port)} ${comment} -j ${chain}`);
      rules.push(`-A ${chain} ! -s ${clusterCidr} -d ${port.clusterIp}/32 -j COX-MARK`, ...choose(chain, port, port.internal));
    } else rejects.push(`-A COX-REJECT ${destination(port.clusterIp, port)} ${comment} -j REJECT`);

    const nodePortMatch = `-m addrtype --dst-type LOCAL -p ${port.protocol} -m ${port.protocol} --dport ${port.nodePort ?? 0}`;
    if (port.external.length > 0 && (port.externalIps.length > 0 || port.nodePort !== undefined)) {
      const chain = `COX-EXT-${id}`;
      chains.add(chain);
      for (const ip of port.externalIps) services.push(`-A COX-SERVICES ${destination(ip, port)} ${comment} -j ${chain}`);
      if (port.nodePort !== undefined) nodePorts.push(`-A COX-SERVICES ${nodePortMatch} ${comment} -j ${chain}`);
      rules.push(port.preservesClientIp ? `-A ${chain} -s 127.0.0.0/8 -j COX-MARK` : `-A ${chain} -j COX-MARK`, ...choose(chain, port, port.external));
    } else {
      const target = port.preservesClientIp && port.internal.length > 0 ? 'DROP' : 'REJECT';
      for (const ip of port.externalIps) rejects.push(`-A COX-REJECT ${destination(ip, port)} ${comment} -j ${target}`);
      if (port.nodePort !== undefined) rejects.push(`-A COX-REJECT ${nodePortMatch} ${comment} -j ${target}`);
    }
    for (const backend of new Map([...port.internal, ...port.external].map((one) => [`${one.ip}:${one.port}`, one])).values()) {
      const chain = backendChain(port, backend);
      chains.add(chain);
      const sticky = port.affinitySeconds === undefined ? '' : ` -m recent --name ${chain} --set --rsource`;
      rules.push(`-A ${chain} -s ${backend.ip}/32 -j COX-MARK`, `-A ${chain} -p ${port.protocol}${sticky} -m ${port.protocol} -j DNAT --to-destination ${backend.ip}:${backend.port}`);
    }
  }
  const gone = staleChains.filter((chain) => !chains.has(chain));
  const script = [
    '*nat',
    ':COX-SERVICES - [0:0]',
    ':COX-POSTROUTING - [0:0]',
    ':COX-MARK - [0:0]',
    ...[...chains, ...gone].map((chain) => `:${chain} - [0:0]`),
    '-A COX-MARK -j MARK --or-mark 0x4000',
    '-A COX-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    '-A COX-POSTROUTING -j MARK --xor-mark 0x4000',
    '-A COX-POSTROUTING -j MASQUERADE --random-fully',
    ...services,
    ...nodePorts,
    ...rules,
    ...gone.map((chain) => `-X ${chain}`),
    'COMMIT',
    '*filter',
    ':COX-REJECT - [0:0]',
    ...rejects,
    'COMMIT',
    '',
  ].join('\n');
  return { script, chains: [...chains] };
}

/** Services as iptables chains, rewritten whole in one restore a sync: for machines without nft. */
export class IptablesBackend implements ProxyBackend {
  readonly name = 'iptables';
  readonly #options: ProxyBackendOptions;
  #chains: readonly string[] = [];
  #applied = '';
  #anchored = false;

  constructor(options: ProxyBackendOptions) {
    this.#options = options;
  }

  async sync(ports: readonly ServicePort[]): Promise<void> {
    const { script, chains } = restoreScript(ports, this.#options.clusterCidr, this.#chains);
    if (script === this.#applied) return;
    await this.#options.run('iptables-restore', ['--noflush', '-w', '5'], script);
    this.#applied = script;
    this.#chains = chains;
    if (!this.#anchored) await this.#anchor();
    this.#anchored = true;
  }

  invalidate(): void {
    this.#applied = '';
    this.#anchored = false;
  }

  async cleanup(): Promise<void> {
    for (const { tableName, hook, chain, match } of anchors) {
      await this.#options.run('iptables', ['-w', '5', '-t', tableName, '-D', hook, ...match, '-j', chain]).catch(() => undefined);
    }
    for (const tableName of ['nat', 'filter']) {
      const listed = await this.#options.run('iptables', ['-w', '5', '-t', tableName, '-S']).catch(() => '');
      const ours = [...listed.matchAll(/^-N (COX-\S+)/gm)].map((match) => match[1]!);
      for (const chain of ours) await this.#options.run('iptables', ['-w', '5', '-t', tableName, '-F', chain]).catch(() => undefined);
      for (const chain of ours) await this.#options.run('iptables', ['-w', '5', '-t', tableName, '-X', chain]).catch(() => undefined);
    }
    this.invalidate();
    this.#chains = [];
  }

  async #anchor(): Promise<void> {
    for (const { tableName, hook, chain, match } of anchors) {
      const rule = [hook, ...match, '-j', chain];
      const there = await this.#options.run('iptables', ['-w', '5', '-t', tableName, '-C', ...rule]).then(() => true, () => false);
      if (!there) await this.#options.run('iptables', ['-w', '5', '-t', tableName, '-I', ...rule]);
    }
  }
}
