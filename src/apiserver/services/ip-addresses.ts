import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import type { Loose } from '../../api/meta/loose.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { ipFamilyOf } from '../../api/meta/ip.ts';
import { ipaddresses } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { IPAddress } from '../../api/types/networking/v1.ts';
import { createOwn, removeObject } from '../bootstrap/own-objects.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Core } from '../core.ts';
import { familyName } from './ip-families.ts';

const familyLabel = 'ipaddress.kubernetes.io/ip-family';
const managedByLabel = 'ipaddress.kubernetes.io/managed-by';
const manager = 'ipallocator.k8s.io';

/** Was the object made for a Service by an API server? */
export const isManaged = ({ metadata }: KubeObject): boolean => metadata.labels?.[managedByLabel] === manager;

/** Does it say so, and name its family? */
export const isLabelled = (address: IPAddress): boolean => isManaged(address) && address.metadata.labels?.[familyLabel] === familyName(ipFamilyOf(nameOf(address)) ?? 4);

/** Whose the address is; what is not said is empty. */
export function parentOf({ spec }: Loose<IPAddress>): { readonly group: string; readonly resource: string; readonly namespace: string; readonly name: string } {
  const { group = '', resource = '', namespace = '', name = '' } = spec?.parentRef ?? {};
  return { group, resource, namespace, name };
}

/** The object that says which Service has an address. */
export function ipAddressFor(ip: string, service: KubeObject): IPAddress {
  return {
    apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress',
    metadata: { name: ip, labels: { [familyLabel]: familyName(ipFamilyOf(ip) ?? 4), [managedByLabel]: manager } },
    spec: { parentRef: { resource: 'services', namespace: namespaceOf(service), name: nameOf(service) } },
  };
}

/**
 * The IPAddress objects of Services: where they are kept, the store decides who of several API servers has an address.
 * Where the runtime configuration has turned the kind off, nothing is kept and nothing refused.
 */
export class IpAddresses {
  readonly #reader: ObjectReader;
  readonly #core: () => Core;

  /** `core` is asked for at the first write: the hooks that write are a part of it. */
  constructor(reader: ObjectReader, core: () => Core) {
    this.#reader = reader;
    this.#core = core;
  }

  get areKept(): boolean { return this.#reader.has(ipaddresses); }

  get(ip: string): IPAddress | undefined {
    return this.areKept ? this.#reader.get(ipaddresses, '', ip) : undefined;
  }

  /** Resolves once it is durable: false when somebody else has the address. */
  async create(ip: string, service: KubeObject): Promise<boolean> {
    try {
      await createOwn(this.#core(), ipAddressFor(ip, service));
      return true;
    } catch (error) {
      if (isReason(error, 'AlreadyExists')) return false;
      throw error;
    }
  }

  /** It may be gone already. */
  async remove(ip: string): Promise<void> {
    await removeObject(this.#core(), { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress', metadata: { name: ip } });
  }
}
