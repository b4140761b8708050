import type { Gauge, HistogramValues, Labels, Rows } from './metrics.ts';

/**
 * Adds a family to the lines, in Prometheus' text format; stops after each of its rows, for whoever wants to send what there
 * is. A family without rows is not there at all: Go's library, too, shows a vector only when it has a series.
 */
export function* linesOfFamily({ name, help, type = 'gauge', histograms }: Gauge, rows: Rows, lines: string[]): Generator<void> {
  let head = `\n# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n`;
  for (const [labels, value] of histograms === undefined ? rows : []) {
    lines.push(head, name, braced(labelText(labels)), ' ', numberText(value), '\n');
    head = '';
    yield;
  }
  for (const one of histograms?.() ?? []) {
    lines.push(head);
    writeHistogram(name, one, lines);
    head = '';
    yield;
  }
}

function writeHistogram(name: string, { labels, bounds, counts, sum, total }: HistogramValues, lines: string[]): void {
  const text = labelText(labels);
  const start = `${name}_bucket{${text === '' ? '' : `${text},`}le="`;
  let cumulative = 0;
  for (const [i, count] of counts.entries()) lines.push(start, boundText(bounds[i] ?? 0), '"} ', String((cumulative += count)), '\n');
  const tail = braced(text);
  lines.push(start, '+Inf"} ', String(total), '\n', name, '_sum', tail, ' ', numberText(sum), '\n', name, '_count', tail, ' ', String(total), '\n');
}

/** A bound as Go writes it: `1e-07`, `1e+06`. Series of a scraper's past go on only under the same label. */
function boundText(bound: number): string {
  let text = boundTexts.get(bound);
  if (text === undefined) {
    const [mantissa = '', exponent = ''] = bound.toExponential().split('e');
    const power = Number(exponent);
    text = bound !== 0 && (power < -4 || power >= 6) ? `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}` : String(bound);
    // As many as there are bounds in the program.
    boundTexts.set(bound, text);
  }
  return text;
}

const boundTexts = new Map<number, string>();

const braced = (text: string): string => (text === '' ? '' : `{${text}}`);

/** One series without its value: `name{label="value"}`. */
export function seriesText(name: string, labels: Labels): string {
  return `${name}${braced(labelText(labels))}`;
}

function labelText(labels: Labels): string {
  let text = '';
  for (const [name, value] of Object.entries(labels)) text += `${text === '' ? '' : ','}${name}="${/[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value}"`;
  return text;
}

const numberText = (value: number): string => (Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf');

/** One whose numbers are known at once. */
export type InstantGauge = Omit<Gauge, 'read'> & { read(): Rows };

/** Families whose numbers are known at once, in Prometheus' text format. */
export function metricsText(gauges: Iterable<InstantGauge>): string {
  const lines: string[] = [];
  for (const gauge of gauges) for (const _ of linesOfFamily(gauge, gauge.read(), lines));
  return lines.join('').trimStart();
}
