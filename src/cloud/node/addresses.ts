import { canonicalIp } from '../../api/meta/ip.ts';
import type { Node, NodeAddress } from '../../api/types/core/v1.ts';

/** Set by a kubelet that was told its addresses, for the cloud to agree. */
const providedIp = 'alpha.kubernetes.io/provided-node-ip';

/**
 * The cloud's addresses as a node may show them: where its kubelet was told an address, that comes first and is the only one
 * of its type; the host name of the kubelet stays where the cloud has none. Throws when the cloud does not know such an address.
 */
export function nodeAddresses(node: Node, offered: readonly NodeAddress[]): readonly NodeAddress[] {
  const named = offered.some(({ type }) => type === 'Hostname') ? offered : [...offered, ...(node.status?.addresses ?? []).filter(({ type }) => type === 'Hostname')];
  const provided = node.metadata.annotations?.[providedIp];
  if (provided === undefined) return named;
  const enforced: NodeAddress[] = [];
  for (const ip of provided.split(',').map((one) => one.trim())) {
    const matching = named.filter(({ address }) => canonicalIp(address) === canonicalIp(ip));
    if (matching.length === 0) throw new Error(`failed to get node address from cloud provider that matches ip: ${ip}`);
    enforced.push(...matching);
  }
  return [...enforced, ...named.filter(({ type }) => !enforced.some((one) => one.type === type))];
}

/** Whether some type has another address now; several of one type are told apart by the last alone, as upstream does. */
export function addressesDiffer(old: readonly NodeAddress[], wanted: readonly NodeAddress[]): boolean {
  const last = new Map(old.map(({ type, address }) => [type, address]));
  return old.length !== wanted.length || wanted.some(({ type, address }) => last.get(type) !== address);
}
