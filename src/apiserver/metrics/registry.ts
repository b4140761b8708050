import type { Registry } from 'prom-client';
import type { Gauge, HistogramValues, Labels, Rows } from '../../base/metrics.ts';

export type { Gauge, HistogramValues, Labels, Rows };
export { histogramFamily } from '../../base/metrics.ts';

/**
 * What is scraped at /metrics. The process's own figures are prom-client's, which is loaded when somebody scrapes; the
 * server's are written here, because there may be tens of thousands of lines of them and everybody waits meanwhile.
 */
export class MetricsRegistry {
  readonly #gauges: Gauge[] = [];
  #process: Registry | undefined;

  /** More to read at each scrape. */
  add(gauges: readonly Gauge[]): void {
    this.#gauges.push(...gauges);
  }

  /** Prometheus' text format, with the process's own figures. */
  async render(): Promise<string> {
    let text = '';
    for await (const chunk of this.chunks()) text += chunk;
    return text;
  }

  /** The same, piece by piece: thousands of kinds of requests make tens of megabytes, which need not be in memory at once. */
  async *chunks(): AsyncGenerator<string> {
    if (this.#process === undefined) {
      // A CommonJS package: a bundle that imports it on demand gives it as the default alone.
      const { default: { Registry, collectDefaultMetrics } } = await import('prom-client');
      this.#process = new Registry();
      collectDefaultMetrics({ register: this.#process });
    }
    const lines = [await this.#process.metrics()];
    for (const gauge of this.#gauges) {
      const rows = gauge.read();
      for (const _ of write(gauge, rows instanceof Promise ? await rows : rows, lines)) {
        if (lines.length > piecesAtATime) yield lines.splice(0).join('');
      }
    }
    yield lines.join('');
  }
}

/** About 100 kB. */
const piecesAtATime = 5000;

/** Adds a family to the lines; stops after each of its rows, for whoever wants to send what there is. */
function* write({ name, help, type = 'gauge', histograms }: Gauge, rows: Rows, lines: string[]): Generator<void> {
  lines.push(`\n# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`);
  for (const [labels, value] of histograms === undefined ? rows : []) yield void lines.push(name, braced(labelText(labels)), ' ', numberText(value), '\n');
  for (const one of histograms?.() ?? []) yield writeHistogram(name, one, lines);
}

function writeHistogram(name: string, { labels, bounds, counts, sum, total }: HistogramValues, lines: string[]): void {
  const text = labelText(labels);
  const start = `${name}_bucket{${text === '' ? '' : `${text},`}le="`;
  let cumulative = 0;
  for (const [i, count] of counts.entries()) lines.push(start, String(bounds[i]), '"} ', String((cumulative += count)), '\n');
  const tail = braced(text);
  lines.push(start, '+Inf"} ', String(total), '\n', name, '_sum', tail, ' ', numberText(sum), '\n', name, '_count', tail, ' ', String(total), '\n');
}

const braced = (text: string): string => (text === '' ? '' : `{${text}}`);

function labelText(labels: Labels): string {
  let text = '';
  for (const [name, value] of Object.entries(labels)) text += `${text === '' ? '' : ','}${name}="${/[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value}"`;
  return text;
}

const numberText = (value: number): string => (Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf');
