import type { KubeObject } from '../../api/meta/object.ts';
import { services } from '../../api/resources.ts';
import type { Service, ServiceSpec } from '../../api/types/core/v1.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Core, Reservation, StorageHook } from '../core.ts';
import { ClusterIpAllocator } from './cluster-ips.ts';
import { Held } from './held.ts';
import { IpAddresses } from './ip-addresses.ts';
import { familyName } from './ip-families.ts';
import { NodePortAllocator } from './node-ports.ts';
import { ServiceCidrs, configuredCidrs } from './service-cidrs.ts';
import { ClusterIpRange } from './cluster-ip-range.ts';

export interface ServiceHookOptions {
  /** One network, or two of different families with a comma between them. */
  readonly serviceCidr?: string;
  readonly nodePorts?: { readonly first: number; readonly last: number };
  readonly random: Random;
}

const specOf = (object: KubeObject | undefined): ServiceSpec => (object as Service | undefined)?.spec ?? {};
const clusterIpsOf = ({ clusterIPs = [] }: ServiceSpec): string[] => clusterIPs.filter((ip) => ip !== '' && ip !== 'None');

export interface ServiceHook extends StorageHook {
  /** A write under way has this cluster IP. */
  isHeld(ip: string): boolean;
}

/** Gives Services their cluster IPs and node ports. `core` is asked for at the first write. */
export function serviceHook(reader: ObjectReader, options: ServiceHookOptions, core: () => Core): ServiceHook {
  const ports = new NodePortAllocator(options);
  const used = new Held<string>();
  const clusterIps = new ClusterIpAllocator({
    cidrs: new ServiceCidrs(reader, options.serviceCidr),
    addresses: new IpAddresses(reader, core),
    families: configuredCidrs(options.serviceCidr).map((cidr) => familyName(new ClusterIpRange(cidr).family)),
    random: options.random,
    isUsed: (ip) => used.has(ip),
  });
  const hold = (spec: ServiceSpec): void => {
    ports.hold(spec);
    for (const ip of clusterIpsOf(spec)) used.add(ip);
  };
  for (const service of reader.list(services)) hold(specOf(service));
  reader.onChange(services, ({ object, previous }) => {
    hold(specOf(object));
    const before = specOf(previous);
    ports.release(before);
    for (const ip of clusterIpsOf(before)) used.remove(ip);
  });

  const begin = (service: Service, old: Service | undefined): Reservation => {
    const ips = clusterIps.allocate(service, old);
    let release: () => void;
    try {
      release = ports.allocate(service, specOf(old));
    } catch (error) {
      // Nothing was claimed yet: this only lets go of what is held.
      void ips.rollback();
      throw error;
    }
    return {
      ...(ips.claim !== undefined && { claim: ips.claim }),
      commit: () => {
        release();
        return ips.commit();
      },
      rollback: () => {
        release();
        return ips.rollback();
      },
    };
  };
  return {
    beginCreate: (object) => begin(object as Service, undefined),
    beginUpdate: (object, old) => begin(object as Service, old as Service),
    afterDelete: (object) => clusterIps.free(specOf(object)),
    isHeld: (ip) => clusterIps.isHeld(ip),
  };
}
