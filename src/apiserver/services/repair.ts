import { formatAddress, parseAddress } from '../../api/meta/ip-network.ts';
import { nameOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { services } from '../../api/resources.ts';
import type { Service } from '../../api/types/core/v1.ts';
import type { IPAddress } from '../../api/types/networking/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { IpAddresses } from './ip-addresses.ts';
import { isLabelled, isManaged, parentOf } from './ip-addresses.ts';
import { familyName } from './ip-families.ts';
import type { ServiceCidrs } from './service-cidrs.ts';

/** An address stands before its Service does, for as long as a request may take. */
const creationMs = 60_000;
/** The same for a Service that is there already: its creation is about to be refused and the address to be given back. */
const refusalMs = 5000;

export interface RepairParts {
  readonly reader: ObjectReader;
  readonly addresses: IpAddresses;
  readonly cidrs: ServiceCidrs;
  /** A write of this server has the address, and will say what becomes of it. */
  readonly isHeld: (ip: string) => boolean;
  readonly clock: Clock;
  /** Records as `ipallocator-repair-controller`. */
  readonly recorder: EventRecorder;
}

/** Called again after a while, or not. */
type Later = { readonly requeueAfterMs: number } | undefined;

const action = 'ClusterIPAllocation';

/** Keeps Services and IPAddress objects in line, after crashes, upgrades and what people did. */
export class AddressRepair {
  readonly #parts: RepairParts;

  constructor(parts: RepairParts) {
    this.#parts = parts;
  }

  /** Every address of a Service has its object, which names the Service. */
  async syncService(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const service = this.#parts.reader.get(services, namespace, name);
    if (service === undefined || service.spec?.type === 'ExternalName') return;
    const ips = service.spec?.clusterIPs ?? [];
    if (ips[0] === 'None') return;
    for (const ip of ips) await this.#syncClusterIp(service, ip);
  }

  async #syncClusterIp(service: Service, clusterIp: string): Promise<void> {
    const { addresses, cidrs, reader } = this.#parts;
    const parsed = parseAddress(clusterIp);
    if (parsed === undefined) {
      this.#warn(service, 'ClusterIPNotValid', `Cluster IP ${clusterIp} is not a valid IP; please recreate Service`, 'ClusterIPValidation');
      return;
    }
    const ip = formatAddress(parsed);
    const of = `[${familyName(parsed.family)}]: ${ip}`;
    if (!cidrs.contains(parsed)) {
      this.#warn(service, 'ClusterIPOutOfRange', `Cluster IP ${of} is not within any configured Service CIDR; please recreate service`);
      return;
    }
    const address = addresses.get(ip);
    if (address === undefined) {
      this.#warn(service, 'ClusterIPNotAllocated', `Cluster IP ${of} is not allocated; repairing`);
      await addresses.create(ip, service);
      return;
    }
    const { group, resource, namespace, name } = parentOf(address);
    const wrong = `the ClusterIP ${of} for Service ${namespaceOf(service)}/${nameOf(service)} has a wrong reference; repairing`;
    if (group !== '' || resource !== 'services') {
      this.#warn(service, 'ClusterIPNotAllocated', wrong);
      await this.#recreate(ip, service);
      return;
    }
    if (namespace !== namespaceOf(service) || name !== nameOf(service)) {
      // Two Services may have the same address: then the object stays whose it is.
      const other = reader.get(services, namespace, name);
      if (other === undefined) {
        this.#warn(service, 'ClusterIPNotAllocated', wrong);
        await this.#recreate(ip, service);
        return;
      }
      if (other.spec?.clusterIPs?.includes(ip) === true) this.#warn(service, 'ClusterIPAlreadyAllocated', `Cluster IP [${familyName(parsed.family)}]:${ip} was assigned to multiple services; please recreate service`);
    }
    if (!isLabelled(address)) await this.#recreate(ip, service);
  }

  /** Every object that an API server made has its Service. */
  async syncAddress(ip: string): Promise<Later> {
    const { addresses, clock, reader } = this.#parts;
    const address = addresses.get(ip);
    if (address === undefined || !isManaged(address) || this.#parts.isHeld(ip)) return undefined;
    const { group, resource, namespace, name } = parentOf(address);
    if (group !== '' || resource !== 'services') {
      await this.#cleanUp(address, 'IPAddressNotAllocated', `IPAddress ${ip} appears to have been modified, not referencing a Service &ParentReference{Group:${group},Resource:${resource},Namespace:${namespace},Name:${name},}: cleaning up`);
      return undefined;
    }
    const createdMs = parseTime(address.metadata.creationTimestamp ?? '') ?? 0;
    const ageMs = clock.now() - createdMs;
    const service = reader.get(services, namespace, name);
    if (service === undefined) {
      if (ageMs <= creationMs) return { requeueAfterMs: creationMs - ageMs + 1 };
      await this.#cleanUp(address, 'IPAddressNotAllocated', `IPAddress: ${ip} for Service ${namespace}/${name} appears to have leaked: cleaning up`);
      return undefined;
    }
    if (service.spec?.clusterIPs?.includes(ip) === true) return undefined;
    if (service.spec?.type === 'ExternalName' && ageMs < creationMs) return { requeueAfterMs: creationMs - ageMs };
    if (createdMs > (parseTime(service.metadata.creationTimestamp ?? '') ?? 0) && ageMs < refusalMs) return { requeueAfterMs: refusalMs };
    await this.#cleanUp(address, 'IPAddressWrongReference', `IPAddress: ${ip} for Service ${namespace}/${name} has a wrong reference; cleaning up`);
    return undefined;
  }

  async #recreate(ip: string, service: Service): Promise<void> {
    await this.#parts.addresses.remove(ip);
    await this.#parts.addresses.create(ip, service);
  }

  async #cleanUp(address: IPAddress, reason: string, message: string): Promise<void> {
    this.#parts.recorder.event(address, 'Warning', reason, message, { action: 'IPAddressAllocation' });
    await this.#parts.addresses.remove(nameOf(address));
  }

  #warn(service: Service, reason: string, message: string, what = action): void {
    this.#parts.recorder.event(service, 'Warning', reason, message, { action: what });
  }
}
