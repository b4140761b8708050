import type { InstantGauge } from './metrics-text.ts';
import type { Gauge } from './metrics.ts';

/** Says of families how many of each stability there are, by the mark that their help texts begin with; those without are as alpha. */
export function registeredFamilies(all: () => Iterable<Pick<Gauge, 'help'>>): InstantGauge[] {
  const none = (name: string, help: string): InstantGauge => ({ name, type: 'counter', help, read: () => [[{}, 0]] });
  return [
    { name: 'registered_metrics_total', type: 'counter', help: '[BETA] Families that are told of, by how stable they are.', read: () => countsOf(all()) },
    // Nobody can ask for either here.
    none('disabled_metrics_total', '[BETA] Families that are switched off.'),
    none('hidden_metrics_total', '[BETA] Families that are out of date and not told of.'),
  ];
}

function countsOf(all: Iterable<Pick<Gauge, 'help'>>): [{ readonly deprecated_version: string; readonly stability_level: string }, number][] {
  const counts = new Map<string, [{ readonly deprecated_version: string; readonly stability_level: string }, number]>();
  for (const { help } of all) {
    const { level = 'ALPHA' } = /^\[(?<level>[A-Z]+)\]/.exec(help)?.groups ?? {};
    const { version = '' } = /\(Deprecated since (?<version>[\d.]+)\)/.exec(help)?.groups ?? {};
    const known = counts.get(`${level} ${version}`);
    if (known === undefined) counts.set(`${level} ${version}`, [{ deprecated_version: version, stability_level: level }, 1]);
    else known[1] += 1;
  }
  return [...counts.values()];
}
