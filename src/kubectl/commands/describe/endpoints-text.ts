import type { EndpointSlice } from '../../../api/types/discovery/v1.ts';

/** As many addresses as are told. */
const maxShown = 3;

/** `10.0.0.1:80,10.0.0.2:80 + 2 more...`: the ready addresses behind the ports that `port` names. */
export function endpointsText(slices: readonly EndpointSlice[], port: string): string {
  if (slices.length === 0) return '<none>';
  const all: string[] = [];
  // Upstream says `more` as soon as it looks at an address beyond the third, ready or not.
  let looked = false;
  const add = (address: string, ready: boolean | undefined): void => {
    if (all.length >= maxShown) looked = true;
    if (ready !== false) all.push(address);
  };
  for (const { ports, endpoints } of slices) {
    if (ports === undefined || ports === null || ports.length === 0) for (const { addresses, conditions } of endpoints ?? []) add(addresses[0]!, conditions?.ready);
    for (const one of ports ?? []) {
      if ((one.name ?? '') !== port) continue;
      for (const { addresses, conditions } of endpoints ?? []) add(`${addresses[0]!.includes(':') ? `[${addresses[0]!}]` : addresses[0]!}:${one.port ?? 0}`, conditions?.ready);
    }
  }
  const shown = all.slice(0, maxShown).join(',');
  return looked ? `${shown} + ${all.length - maxShown} more...` : shown;
}
