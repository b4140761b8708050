/** One family as a scraper sees it. */
export interface ScrapedFamily {
  readonly type: string;
  readonly help: string;
  /** Values by `name{label="value",…}`, without the family's name and with labels in the order of their names; of histograms with `_count`, `_sum` and `_bucket` before. */
  readonly series: Map<string, number>;
  readonly labels: ReadonlySet<string>;
  /** Of histograms. */
  readonly bounds: ReadonlySet<number>;
}

const line = /^(?<name>[a-z_A-Z:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)(?: \d+)?$/;
const pair = /(?<name>\w+)="(?<value>(?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus' text format; throws at what is none. */
export function parseMetrics(text: string): Map<string, ScrapedFamily> {
  const families = new Map<string, { type: string; help: string; series: Map<string, number>; labels: Set<string>; bounds: Set<number> }>();
  const helps = new Map<string, string>();
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const [, kind, told = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(row) ?? [];
    if (kind === 'HELP') helps.set(told, rest);
    else if (kind === 'TYPE') {
      if (families.has(told)) throw new Error(`${told} is there twice`);
      families.set(told, { type: rest, help: helps.get(told) ?? '', series: new Map(), labels: new Set(), bounds: new Set() });
    } else {
      const { name = '', labels = '', value = '' } = line.exec(row)?.groups ?? {};
      if (name === '') throw new Error(`no sample: ${row}`);
      const own = families.get(name);
      const family = own ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ''));
      if (family === undefined) throw new Error(`a sample without a type: ${row}`);
      const suffix = own === undefined ? /_(?:bucket|sum|count)$/.exec(name)?.[0] ?? '' : '';
      const pairs = [...labels.matchAll(pair)].map(({ groups = {} }) => [groups['name'] ?? '', groups['value'] ?? ''] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
      for (const [label, text] of pairs) {
        if (label !== 'le') family.labels.add(label);
        else if (text !== '+Inf') family.bounds.add(Number(text));
      }
      family.series.set(`${suffix}${pairs.length === 0 ? '' : `{${pairs.map(([label, text]) => `${label}="${text}"`).join(',')}}`}`, Number(value));
    }
  }
  return families;
}
