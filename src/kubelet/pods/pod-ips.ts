/**
 * A pod's addresses as the API has them: one of each family, that of the node's first address first, whatever the order in
 * which the runtime tells them.
 */
export function sortPodIps(ips: readonly string[], hostIps: readonly string[]): readonly string[] {
  if (ips.length < 2) return ips;
  const isSix = (ip: string): boolean => ip.includes(':');
  const first = isSix(hostIps[0] ?? '');
  return [first, !first].flatMap((six) => ips.find((ip) => isSix(ip) === six) ?? []);
}
