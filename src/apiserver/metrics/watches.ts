import type { ResourceSchema } from '../../api/schema/schema.ts';
import { exponentialBounds, Histogram, labelled } from './histogram.ts';
import type { Gauge, Labels } from './registry.ts';
import { histogramFamily } from './registry.ts';

const sizeBounds = exponentialBounds(1024, 2, 8);

/** What is counted of all watches of one resource: how many events they were sent, and how large. */
export type WatchStats = Histogram;

/** Counts what watches are sent. */
export class WatchMetrics {
  readonly #stats = new Map<ResourceSchema, WatchStats>();

  of(schema: ResourceSchema): WatchStats {
    let stats = this.#stats.get(schema);
    if (stats === undefined) this.#stats.set(schema, (stats = new Histogram(sizeBounds)));
    return stats;
  }

  get families(): Gauge[] {
    const labelsOf = ({ group, version, resource }: ResourceSchema): Labels => ({ group, version, resource });
    return [
      { name: 'apiserver_watch_events_total', type: 'counter', help: '[BETA] Number of events sent in watch clients', read: () => Array.from(this.#stats, ([schema, { total }]) => [labelsOf(schema), total] as const) },
      histogramFamily('apiserver_watch_events_sizes', '[BETA] Watch event size distribution in bytes', () => Array.from(this.#stats, ([schema, stats]) => labelled(labelsOf(schema), stats))),
    ];
  }
}
