import { keyOf, nameOf } from '../../../api/meta/object.ts';
import { services } from '../../../api/resources.ts';
import type { LoadBalancerStatus, Service } from '../../../api/types/core/v1.ts';
import type { SharedInformers } from '../../../client/informer/shared-informers.ts';
import type { CloudProvider, Instances, LoadBalancer } from '../../contract.ts';
import { RetryError } from '../../contract.ts';
import { addressesOf, assign } from './assign.ts';
import type { AddressPool } from './pools.ts';

/** An address may become free at any time; nobody tells. */
const retryWhenFullMs = 10_000;

/**
 * A cloud of the machines that are there: load balancers are addresses out of pools, which the nodes themselves announce on
 * their link and serve with their Service rules. What is given to whom stands in the Services, and nowhere else.
 */
export function localProvider(informers: SharedInformers, pools: readonly AddressPool[]): CloudProvider {
  return { name: 'local', instances, loadBalancer: new AddressBalancer(informers, pools) };
}

/** Whoever joined is there until somebody deletes it: the machines are nobody's inventory. */
const instances: Instances = {
  exists: () => Promise.resolve(true),
  isShutDown: () => Promise.resolve(false),
  metadata: (node) => Promise.resolve({ providerId: `local://${nameOf(node)}`, addresses: node.status?.addresses ?? [] }),
};

class AddressBalancer implements LoadBalancer {
  readonly #pools: readonly AddressPool[];
  readonly #services: { list(): readonly Service[] };
  /** What was given and may not have come back from the API yet; by key. */
  readonly #given = new Map<string, readonly string[]>();

  constructor(informers: SharedInformers, pools: readonly AddressPool[]) {
    this.#pools = pools;
    this.#services = informers.informer(services).lister;
  }

  get(_clusterName: string, service: Service): Promise<LoadBalancerStatus | undefined> {
    const addresses = this.#given.get(keyOf(service)) ?? addressesOf(service);
    return Promise.resolve(addresses.length === 0 ? undefined : statusOf(addresses));
  }

  async ensure(_clusterName: string, service: Service): Promise<LoadBalancerStatus> {
    const key = keyOf(service);
    const taken = this.#takenByOthers(key);
    const assignment = assign(service, this.#pools, { held: this.#given.get(key) ?? addressesOf(service), isTaken: (address) => taken.has(address) });
    if (assignment.kind === 'full') throw new RetryError(assignment.why, retryWhenFullMs);
    if (assignment.kind === 'refused') throw new Error(assignment.why);
    this.#given.set(key, assignment.addresses);
    return Promise.resolve(statusOf(assignment.addresses));
  }

  /** Which node answers is the nodes' own choice. */
  update(): Promise<void> {
    return Promise.resolve();
  }

  ensureDeleted(_clusterName: string, service: Service): Promise<void> {
    this.#given.delete(keyOf(service));
    return Promise.resolve();
  }

  #takenByOthers(key: string): ReadonlySet<string> {
    const taken = new Set<string>();
    for (const [other, addresses] of this.#given) if (other !== key) for (const address of addresses) taken.add(address);
    for (const service of this.#services.list()) {
      const other = keyOf(service);
      // What this provider took away may still stand in a status that it has not been written into.
      if (other !== key && !this.#given.has(other)) for (const address of addressesOf(service)) taken.add(address);
    }
    return taken;
  }
}

const statusOf = (addresses: readonly string[]): LoadBalancerStatus => ({ ingress: addresses.map((ip) => ({ ip, ipMode: 'VIP' })) });
