import type { Registry } from 'prom-client';
import { linesOfFamily } from '../../base/metrics-text.ts';
import { registeredFamilies } from '../../base/registered-metrics.ts';
import type { Gauge, HistogramValues, Labels, Rows } from '../../base/metrics.ts';

export type { Gauge, HistogramValues, Labels, Rows };
export { histogramFamily } from '../../base/metrics.ts';

/**
 * What is scraped at /metrics. The process's own figures are prom-client's, which is loaded when somebody scrapes; the
 * server's are written here, because there may be tens of thousands of lines of them and everybody waits meanwhile.
 */
export class MetricsRegistry {
  readonly #gauges = new Map<string, Gauge>();
  #process: Registry | undefined;

  readonly #alone: boolean;

  /** `alone`: without the process's own figures, and without what is said of the families themselves. */
  constructor({ alone = false }: { readonly alone?: boolean } = {}) {
    this.#alone = alone;
    if (!alone) this.add(registeredFamilies(() => this.#gauges.values()));
  }

  /** More to read at each scrape. One of a name that is there takes its place: a component of this process was started anew. */
  add(gauges: readonly Gauge[]): void {
    for (const gauge of gauges) this.#gauges.set(gauge.name, gauge);
  }

  /** Prometheus' text format, with the process's own figures. */
  async render(): Promise<string> {
    let text = '';
    for await (const chunk of this.chunks()) text += chunk;
    return text;
  }

  /** The same, piece by piece: thousands of kinds of requests make tens of megabytes, which need not be in memory at once. */
  async *chunks(): AsyncGenerator<string> {
    const lines = this.#alone ? [] : [await this.#ownProcess().then((registry) => registry.metrics())];
    for (const gauge of this.#gauges.values()) {
      const rows = gauge.read();
      for (const _ of linesOfFamily(gauge, rows instanceof Promise ? await rows : rows, lines)) {
        if (lines.length > piecesAtATime) yield lines.splice(0).join('');
      }
    }
    yield lines.join('');
  }

  async #ownProcess(): Promise<Registry> {
    if (this.#process === undefined) {
      // A CommonJS package: a bundle that imports it on demand gives it as the default alone.
      const { default: { Registry, collectDefaultMetrics } } = await import('prom-client');
      this.#process = new Registry();
      collectDefaultMetrics({ register: this.#process });
    }
    return this.#process;
  }
}

/** About 100 kB. */
const piecesAtATime = 5000;
