import { namespaceOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { ResolverConfig } from '../host.ts';
import { specOf } from '../pods/pod-spec.ts';

const maxServers = 3;

export interface DnsSettings {
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
}

/**
 * The resolver settings of a pod. `fellBack`: the policy asks for the cluster's DNS, but none is configured; the
 * node's own is used instead.
 */
export function podDns(pod: Pod, host: ResolverConfig, settings: DnsSettings): { readonly config: ResolverConfig; readonly fellBack: boolean } {
  const spec = specOf(pod);
  const policy = spec.dnsPolicy ?? 'ClusterFirst';
  const wantsCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && spec.hostNetwork !== true);
  const fellBack = wantsCluster && settings.clusterDns.length === 0;
  let config: ResolverConfig = host;
  if (policy === 'None') config = { servers: [], searches: [], options: [] };
  else if (wantsCluster && !fellBack) {
    const { clusterDomain } = settings;
    const cluster = [`${namespaceOf(pod)}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
    config = { servers: settings.clusterDns, searches: [...new Set([...cluster, ...host.searches])], options: ['ndots:5'] };
  }
  const own = spec.dnsConfig;
  if (own !== undefined) {
    const options = new Map(config.options.map((option) => [option.split(':')[0]!, option]));
    for (const { name, value } of own.options ?? []) if (name !== undefined) options.set(name, value === undefined || value === '' ? name : `${name}:${value}`);
    config = {
      servers: [...new Set([...config.servers, ...(own.nameservers ?? [])])],
      searches: [...new Set([...config.searches, ...(own.searches ?? [])])],
      options: [...options.values()],
    };
  }
  return { config: { ...config, servers: config.servers.slice(0, maxServers) }, fellBack };
}
