import type { ConfigMap } from '../api/types/core/v1.ts';
import { ipFamilyOf } from '../api/meta/ip.ts';

/** A name server that others are asked at. */
export interface NameServer { readonly address: string; readonly port: number }

/** What users configure of a cluster's DNS. */
export interface DnsSettings {
  /** By domain, in lower case without the final dot, the servers that know it. */
  readonly stubDomains: ReadonlyMap<string, readonly NameServer[]>;
  /** Instead of the machine's own; undefined: those. */
  readonly upstream: readonly NameServer[] | undefined;
  /** What is there and not understood: it has no effect. */
  readonly ignored: readonly string[];
}

export const noSettings: DnsSettings = { stubDomains: new Map(), upstream: undefined, ignored: [] };

/** `10.0.0.1`, `10.0.0.1:5353`, `fd00::1` or `[fd00::1]:5353`, also after `dns://`. */
export function parseNameServer(text: string): NameServer | undefined {
  const [, bracketed, plain, port = '53'] = /^(?:dns:\/\/)?(?:\[([^\]]+)\]|([^[\]:]+|[^[\]]+:[^[\]]*:[^[\]]+?))(?::(\d+))?$/.exec(text.trim()) ?? [];
  const address = bracketed ?? plain;
  return address === undefined || ipFamilyOf(address) === undefined || Number(port) > 65_535 ? undefined : { address, port: Number(port) };
}

const parseServers = (texts: readonly string[]): NameServer[] => texts.map(parseNameServer).filter((server) => server !== undefined);
const normalized = (domain: string): string => domain.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');

/** Of a Corefile the server blocks that forward: `consul.local:53 { forward . 10.150.0.1 }`. The other plugins are built in, or ignored. */
function readCorefile(text: string): DnsSettings {
  const stubDomains = new Map<string, readonly NameServer[]>();
  const ignored: string[] = [];
  let upstream: readonly NameServer[] | undefined;
  const builtIn = new Set(['errors', 'health', 'ready', 'kubernetes', 'prometheus', 'cache', 'loop', 'reload', 'loadbalance', 'log', 'whoami', 'lameduck']);
  for (const [, names = '', body = ''] of text.replaceAll(/#.*/g, '').matchAll(/^[ \t]*([^\s{}][^{}\n]*?)\s*\{((?:[^{}]|\{[^{}]*\})*)\}/gm)) {
    for (const line of body.replaceAll(/\{[^{}]*\}/g, '').split('\n').map((one) => one.trim()).filter((one) => one !== '')) {
      const [plugin = '', from, ...to] = line.split(/\s+/);
      if (plugin !== 'forward' && plugin !== 'proxy') {
        if (!builtIn.has(plugin)) ignored.push(plugin);
        continue;
      }
      const servers = parseServers(to);
      if (servers.length === 0 || from === undefined) continue;
      for (const domain of names.split(/[\s,]+/).map(normalized)) {
        const within = from === '.' ? domain : normalized(from);
        if (within === '') upstream = servers;
        else stubDomains.set(within, servers);
      }
    }
  }
  return { stubDomains, upstream, ignored };
}

/** What the ConfigMaps `coredns` (its Corefile) and `kube-dns` (stubDomains, upstreamNameservers) of kube-system say. */
export function readSettings(maps: readonly ConfigMap[]): DnsSettings {
  const corefile = maps.find(({ metadata }) => metadata.name === 'coredns')?.data?.['Corefile'];
  const settings = corefile === undefined ? noSettings : readCorefile(corefile);
  const older = maps.find(({ metadata }) => metadata.name === 'kube-dns')?.data;
  if (older === undefined) return settings;
  const stubDomains = new Map(settings.stubDomains);
  const ignored = [...settings.ignored];
  let { upstream } = settings;
  try {
    for (const [domain, servers] of Object.entries(JSON.parse(older['stubDomains'] ?? '{}') as Record<string, unknown>)) {
      if (Array.isArray(servers)) stubDomains.set(normalized(domain), parseServers(servers.map(String)));
    }
    const named: unknown = JSON.parse(older['upstreamNameservers'] ?? 'null');
    if (Array.isArray(named)) upstream = parseServers(named.map(String));
  } catch {
    ignored.push('kube-dns');
  }
  return { stubDomains, upstream, ignored };
}
