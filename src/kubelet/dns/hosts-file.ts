import type { Pod } from '../../api/types/core/v1.ts';
import { hostDomainOf, specOf } from '../pods/pod-spec.ts';

/** The text of a pod's /etc/hosts. `hostFile`: the machine's own, for pods on the host's network. */
export function hostsFile(pod: Pod, options: { readonly hostname: string; readonly podIps: readonly string[]; readonly clusterDomain: string; readonly hostFile: string }): string {
  const spec = specOf(pod);
  const aliases = (spec.hostAliases ?? []).map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`).join('');
  const aliasPart = aliases === '' ? '' : `\n# Entries added by HostAliases.\n${aliases}`;
  if (spec.hostNetwork === true) return `# Kubernetes-managed hosts file (host network).\n${options.hostFile}${aliasPart}`;
  const domain = hostDomainOf(pod, options.clusterDomain);
  return [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    ...options.podIps.map((ip) => `${ip}\t${domain === '' ? '' : `${options.hostname}.${domain}\t`}${options.hostname}`),
    '',
  ].join('\n') + aliasPart;
}
