import type { IpNetwork } from '../api/meta/ip-network.ts';
import { formatNetwork } from '../api/meta/ip-network.ts';

export interface MasqueradeOptions {
  readonly table: string;
  readonly bridge: string;
  /** This node's pods. */
  readonly podRanges: readonly IpNetwork[];
  /** All pods of the cluster: traffic between pods keeps its source address. */
  readonly clusterRanges: readonly IpNetwork[];
}

/**
 * An nftables script that replaces our table in one transaction: pods reach the world under the node's address, and may
 * not reach the node's loopback services although route_localnet lets NodePorts on 127.0.0.1 work.
 */
export function masqueradeRules(options: MasqueradeOptions): string {
  const { table, bridge } = options;
  const rules: string[] = [];
  for (const range of options.podRanges) {
    const family = range.family === 4 ? 'ip' : 'ip6';
    const inside = options.clusterRanges.filter((cluster) => cluster.family === range.family).map(formatNetwork);
    const multicast = range.family === 4 ? '224.0.0.0/4' : 'ff00::/8';
    rules.push(`    ${family} saddr ${formatNetwork(range)} ${family} daddr != { ${[...inside, multicast].join(', ')} } oifname != "${bridge}" masquerade`);
  }
  return [
    `table inet ${table}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    ...rules,
    '  }',
    '  chain input {',
    '    type filter hook input priority filter; policy accept;',
    `    iifname "${bridge}" ip daddr 127.0.0.0/8 ct state new ct status ! dnat drop`,
    '  }',
    '}',
    '',
  ].join('\n');
}
