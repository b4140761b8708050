import { apiservices } from '../../api/resources.ts';
import type { APIService } from '../../api/types/apiregistration/v1.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { Gauge } from '../metrics/registry.ts';
import { isAvailable } from './backend.ts';

/** How often API services have become unavailable, and which are now, under upstream's names. */
export class AvailabilityMetrics {
  readonly #reader: ObjectReader;
  /** By name, then by reason; forgotten with the object. */
  readonly #losses = new Map<string, Map<string, number>>();

  constructor(reader: ObjectReader) {
    this.#reader = reader;
  }

  note(before: APIService | undefined, now: APIService | undefined): void {
    if (now === undefined) this.#losses.delete(before?.metadata.name ?? '');
    if (before === undefined || now === undefined || !isAvailable(before) || isAvailable(now)) return;
    const name = now.metadata.name!;
    const reason = now.status?.conditions?.find(({ type }) => type === 'Available')?.reason ?? 'UnknownReason';
    const losses = this.#losses.get(name) ?? new Map<string, number>();
    losses.set(reason, (losses.get(reason) ?? 0) + 1);
    this.#losses.set(name, losses);
  }

  get families(): readonly Gauge[] {
    return [
      { name: 'aggregator_unavailable_apiservice', help: '[ALPHA] Gauge of APIServices which are marked as unavailable broken down by APIService name.', read: () => this.#reader.list(apiservices).map((service) => [{ name: service.metadata.name! }, isAvailable(service) ? 0 : 1] as const) },
      { name: 'aggregator_unavailable_apiservice_total', type: 'counter', help: '[ALPHA] Counter of APIServices which are marked as unavailable broken down by APIService name and reason.', read: () => [...this.#losses].flatMap(([name, losses]) => Array.from(losses, ([reason, count]) => [{ name, reason }, count] as const)) },
    ];
  }
}
