import { invalid } from '../../api/field-error.ts';
import { needsClusterIp } from '../../api/groups/core/service-kind.ts';
import { parseAddress } from '../../api/meta/ip-network.ts';
import type { ApiError } from '../../api/status.ts';
import { internalError, invalidError } from '../../api/status.ts';
import type { Service, ServiceSpec } from '../../api/types/core/v1.ts';
import type { Random } from '../../base/random.ts';
import type { Reservation } from '../core.ts';
import type { IpAddresses } from './ip-addresses.ts';
import type { IpFamily } from './ip-families.ts';
import { familyName, initIpFamilies, keepsPreferDualStack } from './ip-families.ts';
import type { ServiceCidrs } from './service-cidrs.ts';

const alreadyAllocated = 'provided IP is already allocated';

interface Chosen {
  ip: string;
  /** Where it stands in clusterIPs. */
  readonly index: number;
  readonly family: IpFamily;
  /** The client asked for this one and no other. */
  readonly wanted: boolean;
}

export interface ClusterIpParts {
  readonly cidrs: ServiceCidrs;
  readonly addresses: IpAddresses;
  /** The cluster's families, the default first. */
  readonly families: readonly IpFamily[];
  readonly random: Random;
  /** Whether a stored Service has the address; asked only where IPAddress objects are not kept. */
  readonly isUsed: (ip: string) => boolean;
}

const isHeadless = ({ clusterIPs }: ServiceSpec): boolean => clusterIPs?.[0] === 'None';

/** Gives Services their cluster IPs. Writes under way hold theirs in memory; what is written has its IPAddress object. */
export class ClusterIpAllocator {
  readonly #parts: ClusterIpParts;
  readonly #held = new Set<string>();

  constructor(parts: ClusterIpParts) {
    this.#parts = parts;
  }

  /**
   * Fills in families and addresses that the Service lacks. What is new is held until the reservation ends; its `claim`
   * makes the objects that say whose they are. Throws Invalid for what is taken or in no range.
   */
  allocate(service: Service, old: Service | undefined): Reservation {
    initIpFamilies(service, old, this.#parts.families);
    const { missing, given } = plan(service.spec ?? {}, old?.spec);
    const chosen: Chosen[] = [];
    try {
      for (const index of missing) chosen.push(this.#choose(service, index));
    } catch (error) {
      for (const { ip } of chosen) this.#held.delete(ip);
      throw error;
    }
    return this.#reservation(service, chosen, given);
  }

  /** The Service is gone, and its addresses are free. */
  async free(spec: ServiceSpec): Promise<void> {
    if (!needsClusterIp(spec) || isHeadless(spec)) return;
    await this.#remove(spec.clusterIPs ?? []);
  }

  async #remove(ips: readonly string[]): Promise<void> {
    if (this.#parts.addresses.areKept) await Promise.all(ips.map((ip) => this.#parts.addresses.remove(ip)));
  }

  /** A write under way has it. */
  isHeld(ip: string): boolean {
    return this.#held.has(ip);
  }

  #isTaken(ip: string): boolean {
    const { addresses, isUsed } = this.#parts;
    return this.#held.has(ip) || (addresses.areKept ? addresses.get(ip) !== undefined : isUsed(ip));
  }

  #choose(service: Service, index: number): Chosen {
    const spec = service.spec!;
    const family = spec.ipFamilies![index] as IpFamily;
    const wanted = spec.clusterIPs?.[index] ?? '';
    const chosen: Chosen = { ip: wanted, index, family, wanted: wanted !== '' };
    if (chosen.wanted) this.#checkWanted(service, wanted);
    else chosen.ip = this.#pick(service, family);
    this.#put(spec, chosen);
    return chosen;
  }

  #put(spec: ServiceSpec, { ip, index }: Chosen): void {
    this.#held.add(ip);
    const ips = [...(spec.clusterIPs ?? [])];
    ips[index] = ip;
    spec.clusterIPs = ips;
    if (index === 0) spec.clusterIP = ip;
  }

  #checkWanted(service: Service, ip: string): void {
    const address = parseAddress(ip);
    if (address === undefined) throw internalError(new Error(`failed to parse service IP ${JSON.stringify(ip)}`));
    if (!this.#parts.cidrs.ready.some((range) => range.contains(address))) throw refused(service, ip, 'the provided network does not match the current range');
    if (this.#isTaken(ip)) throw refused(service, ip, alreadyAllocated);
  }

  #pick(service: Service, family: IpFamily): string {
    for (const range of this.#parts.cidrs.ready) {
      if (familyName(range.family) !== family) continue;
      const ip = range.pick(this.#parts.random, (address) => this.#isTaken(address));
      if (ip !== undefined) return ip;
    }
    throw internalError(new Error(`failed to allocate a serviceIP for Service ${JSON.stringify(service.metadata.name ?? '')}: range is full`));
  }

  #reservation(service: Service, chosen: readonly Chosen[], given: readonly string[]): Reservation {
    const made: string[] = [];
    const letGo = (): void => { for (const { ip } of chosen) this.#held.delete(ip); };
    return {
      ...(chosen.length > 0 && this.#parts.addresses.areKept && { claim: async () => { for (const one of chosen) made.push(await this.#claim(service, one)); } }),
      commit: () => {
        letGo();
        return given.length === 0 ? undefined : this.#remove(given);
      },
      rollback: () => {
        letGo();
        return made.length === 0 ? undefined : this.#remove(made);
      },
    };
  }

  /** Somebody else may have been quicker by a server of their own: then another address is as good, unless this one was asked for. */
  async #claim(service: Service, chosen: Chosen): Promise<string> {
    while (!(await this.#parts.addresses.create(chosen.ip, service))) {
      if (chosen.wanted) throw refused(service, chosen.ip, alreadyAllocated);
      const next = this.#pick(service, chosen.family);
      this.#held.delete(chosen.ip);
      chosen.ip = next;
      this.#put(service.spec!, chosen);
    }
    return chosen.ip;
  }
}

function refused(service: Service, ip: string, why: string): ApiError {
  return invalidError({ group: '', kind: 'Service' }, service.metadata.name ?? '', [invalid('spec.clusterIPs', service.spec?.clusterIPs ?? [ip], `failed to allocate IP ${ip}: ${why}`)]);
}

/** Which places of clusterIPs are to be filled, or taken if they are filled; and which addresses are given back. */
function plan(spec: ServiceSpec, before: ServiceSpec | undefined): { readonly missing: readonly number[]; readonly given: readonly string[] } {
  const nothing = { missing: [], given: [] };
  const all = { missing: (spec.ipFamilies ?? []).map((_, i) => i), given: [] };
  const isExternal = spec.type === 'ExternalName';
  if (before === undefined) return isExternal || isHeadless(spec) ? nothing : all;
  if (keepsPreferDualStack(spec, before)) return nothing;
  if (before.type === 'ExternalName') return isExternal || isHeadless(spec) ? nothing : all;
  if (isHeadless(before)) return nothing;
  if (isExternal) return { missing: [], given: before.clusterIPs ?? [] };
  const families = spec.ipFamilies?.length ?? 0;
  const familiesBefore = before.ipFamilies?.length ?? 0;
  if (familiesBefore === 1 && families === 2) return { missing: [1], given: [] };
  if (familiesBefore === 2 && families === 1) return { missing: [], given: (before.clusterIPs ?? []).slice(1) };
  return nothing;
}
