import type { Service } from '../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../api/types/discovery/v1.ts';
import { counterVector, countersFamily, histogramsFamily, Vector } from '../../base/metric-vector.ts';
import type { Gauge } from '../../base/metrics.ts';
import { exponentialBounds, Histogram } from '../../base/metrics.ts';
import type { AddressFamily, PortGroup } from './desired.ts';
import { familiesOf } from './desired.ts';
import type { Plan } from './plan.ts';
import { wantsTopology } from './topology.ts';

/** What the slices of one service add up to, all families together. */
interface Totals { readonly endpoints: number; readonly slices: number; readonly needed: number; readonly distribution: string | undefined }

const distributions: ReadonlySet<string> = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);

/** Topology-aware hints, where a service asks for them, come before its traffic distribution. */
function distributionOf(service: Service): string | undefined {
  const wanted = service.spec?.trafficDistribution;
  return wanted !== undefined && distributions.has(wanted) && !wantsTopology(service) ? wanted : undefined;
}

/** What the controller counts, under upstream's names. */
export class EndpointSliceMetrics {
  readonly #perSlice: number;
  readonly #perSync = { added: new Vector([], () => new Histogram(exponentialBounds(2, 2, 15))), removed: new Vector([], () => new Histogram(exponentialBounds(2, 2, 15))) };
  readonly #changedPerSync = new Vector(['topology', 'traffic_distribution'], () => new Histogram([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]));
  readonly #changes = counterVector('operation');
  readonly #syncs = counterVector('result');
  readonly #services = new Map<string, Totals>();
  /** Once asked for, a distribution is told of also when no service has it any more. */
  readonly #distributions = new Set<string>();
  #anything = false;

  constructor(maxEndpointsPerSlice: number) {
    this.#perSlice = maxEndpointsPerSlice;
  }

  /** What a service's slices are going to be. */
  planned(key: string, service: Service, { existing, groups, plan }: { readonly existing: readonly EndpointSlice[]; readonly groups: ReadonlyMap<string, PortGroup>; readonly plan: Plan }): void {
    const families = familiesOf(service);
    const distribution = distributionOf(service);
    let [endpoints, needed] = [0, 0];
    for (const family of families) {
      const { added = 0, removed = 0 } = plan.moved.get(family) ?? {};
      this.#perSync.added.with().observe(added);
      this.#perSync.removed.with().observe(removed);
      const sizes = [...groups.values()].filter((group) => group.family === family).map((group) => group.endpoints.length);
      endpoints += sizes.reduce((sum, size) => sum + size, 0);
      // A family without endpoints keeps a placeholder.
      needed += Math.max(1, sizes.reduce((sum, size) => sum + Math.ceil(size / this.#perSlice), 0));
    }
    if (distribution !== undefined) this.#distributions.add(distribution);
    this.#services.set(key, { endpoints, needed, slices: existing.length + plan.create.length - plan.remove.length, distribution });
    this.#anything = true;
  }

  /** The plan was carried out. */
  changed(service: Service, plan: Plan): void {
    const topology = wantsTopology(service) ? 'Auto' : 'Disabled';
    const distribution = distributionOf(service) ?? '';
    const of = (slices: readonly EndpointSlice[], family: AddressFamily): number => slices.filter(({ addressType }) => addressType === family).length;
    for (const family of familiesOf(service)) this.#changedPerSync.with(topology, distribution).observe(of(plan.create, family) + of(plan.update, family) + of(plan.remove, family));
  }

  wrote(operation: 'create' | 'update' | 'delete'): void {
    this.#changes.with(operation).value += 1;
  }

  synced(result: 'success' | 'stale' | 'error'): void {
    this.#syncs.with(result).value += 1;
  }

  forget(key: string): void {
    this.#services.delete(key);
  }

  get families(): readonly Gauge[] {
    const name = (rest: string): string => `endpoint_slice_controller_${rest}`;
    const total = (rest: string, help: string, of: (totals: Totals) => number): Gauge => ({ name: name(rest), help, read: () => (this.#anything ? [[{}, this.#sum(of)]] : []) });
    return [
      histogramsFamily(name('endpoints_added_per_sync'), '[BETA] Endpoints that came with one look at a service.', this.#perSync.added),
      histogramsFamily(name('endpoints_removed_per_sync'), '[BETA] Endpoints that went with one look at a service.', this.#perSync.removed),
      total('endpoints_desired', '[BETA] Endpoints of all services.', ({ endpoints }) => endpoints),
      total('num_endpoint_slices', '[BETA] Slices of all services.', ({ slices }) => slices),
      total('desired_endpoint_slices', '[BETA] Slices that all endpoints would need, packed tightly.', ({ needed }) => needed),
      {
        name: name('services_count_by_traffic_distribution'), help: '[BETA] Services by how their traffic is to be distributed.',
        read: () => Array.from(this.#distributions, (wanted) => [{ traffic_distribution: wanted }, this.#sum(({ distribution }) => Number(distribution === wanted))] as const),
      },
      countersFamily(name('changes'), '[ALPHA] Slices that were written.', this.#changes),
      histogramsFamily(name('endpointslices_changed_per_sync'), '[ALPHA] Slices that one look at a service changed.', this.#changedPerSync),
      countersFamily(name('syncs'), '[ALPHA] Looks at services by how they ended.', this.#syncs),
    ];
  }

  #sum(of: (totals: Totals) => number): number {
    let sum = 0;
    for (const totals of this.#services.values()) sum += of(totals);
    return sum;
  }
}
