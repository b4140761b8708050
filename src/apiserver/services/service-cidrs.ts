import { findCondition } from '../../api/meta/conditions.ts';
import type { AddressValue } from '../../api/meta/ip-network.ts';
import { nameOf } from '../../api/meta/object.ts';
import { servicecidrs } from '../../api/resources.ts';
import type { ServiceCIDR } from '../../api/types/networking/v1.ts';
import type { ObjectReader } from '../cache/reader.ts';
import { ClusterIpRange } from './cluster-ip-range.ts';

export const defaultServiceCidr = '10.96.0.0/12';
/** The ServiceCIDR that the API server makes from its options. */
export const defaultCidrName = 'kubernetes';

/** The networks of `--service-cluster-ip-range`: one, or one of each family. The first family is the default. */
export const configuredCidrs = (serviceCidr: string | undefined): readonly string[] => (serviceCidr ?? defaultServiceCidr).split(',');

/** Without a condition it is ready: no controller manager may be there to say so. */
const isReady = (cidr: ServiceCIDR): boolean => cidr.metadata.deletionTimestamp === undefined && (findCondition(cidr.status?.conditions, 'Ready')?.status ?? 'True') === 'True';

/** Where Services get their addresses from: the ServiceCIDR objects, and what was configured until its object stands. */
export class ServiceCidrs {
  readonly #configured: readonly string[];
  readonly #reader: ObjectReader;
  /** Undefined after a change. */
  #known: { readonly ready: readonly ClusterIpRange[]; readonly all: readonly ClusterIpRange[] } | undefined;

  constructor(reader: ObjectReader, serviceCidr: string | undefined) {
    this.#reader = reader;
    this.#configured = configuredCidrs(serviceCidr);
    if (reader.has(servicecidrs)) reader.onChange(servicecidrs, () => { this.#known = undefined; });
  }

  /** Those that new addresses may come from, the default one first. */
  get ready(): readonly ClusterIpRange[] { return this.#ranges().ready; }

  /** Does any have the address, ready or not? */
  contains(address: AddressValue): boolean {
    return this.#ranges().all.some((range) => range.contains(address));
  }

  #ranges(): { readonly ready: readonly ClusterIpRange[]; readonly all: readonly ClusterIpRange[] } {
    return this.#known ??= this.#read();
  }

  #read(): { ready: ClusterIpRange[]; all: ClusterIpRange[] } {
    const made = new Map<string, ClusterIpRange>();
    const ready = new Set<ClusterIpRange>();
    const add = (cidrs: readonly string[], counts: boolean): void => {
      for (const cidr of cidrs) {
        const range = made.get(cidr) ?? new ClusterIpRange(cidr);
        made.set(cidr, range);
        if (counts) ready.add(range);
      }
    };
    const objects = this.#reader.has(servicecidrs) ? this.#reader.list(servicecidrs) : [];
    const own = objects.find((cidr) => nameOf(cidr) === defaultCidrName);
    if (own === undefined) add(this.#configured, true);
    else add(own.spec?.cidrs ?? [], isReady(own));
    for (const cidr of objects) if (cidr !== own) add(cidr.spec?.cidrs ?? [], isReady(cidr));
    return { ready: [...ready], all: [...made.values()] };
  }
}
