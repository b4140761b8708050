import type { ResourceSchema } from '../../api/schema/schema.ts';
import { exponentialBounds, Histogram, labelled } from './histogram.ts';
import type { Gauge, Labels } from './registry.ts';
import { histogramFamily } from './registry.ts';
import { Series } from './series.ts';

const sizeBounds = exponentialBounds(1024, 2, 8);

/** What is counted of all watches of one resource: how many events they were sent, and how large. */
export type WatchStats = Histogram;

/** Counts what watches are sent. */
export class WatchMetrics {
  readonly #lists = new Series([0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 15, 20, 30, 45, 60]);
  readonly #stats = new Map<ResourceSchema, WatchStats>();

  of(schema: ResourceSchema): WatchStats {
    let stats = this.#stats.get(schema);
    if (stats === undefined) this.#stats.set(schema, (stats = new Histogram(sizeBounds)));
    return stats;
  }

  /** A watch that began with a list has come to its end. */
  listed({ group, version, resource }: ResourceSchema, scope: string, durationMs: number): void {
    this.#lists.observe({ group, version, resource, scope }, durationMs / 1000);
  }

  get families(): Gauge[] {
    const labelsOf = ({ group, version, resource }: ResourceSchema): Labels => ({ group, version, resource });
    return [
      histogramFamily('apiserver_watch_list_duration_seconds', '[BETA] How long watches took that begin with a list until they had sent it.', () => this.#lists.histograms()),
      { name: 'apiserver_watch_events_total', type: 'counter', help: '[BETA] Number of events sent in watch clients', read: () => Array.from(this.#stats, ([schema, { total }]) => [labelsOf(schema), total] as const) },
      histogramFamily('apiserver_watch_events_sizes', '[BETA] Watch event size distribution in bytes', () => Array.from(this.#stats, ([schema, stats]) => labelled(labelsOf(schema), stats))),
    ];
  }
}
