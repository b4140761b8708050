const buckets = [0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192];
const codeNames = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const typeNames: Readonly<Record<number, string>> = { 1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 12: 'PTR', 15: 'MX', 16: 'TXT', 28: 'AAAA', 33: 'SRV', 65: 'HTTPS' };

/** What the name server counts, under CoreDNS's names: dashboards know those. */
export class DnsMetrics {
  readonly cacheHits = { success: 0, denial: 0 };
  cacheMisses = 0;
  forwarded = 0;
  /** How many answers of others are kept. */
  entries: () => number = () => 0;
  readonly #requests = new Map<string, number>();
  readonly #responses = new Map<string, number>();
  readonly #durations = buckets.map(() => 0);
  #seconds = 0;
  #count = 0;

  /** One query of this type, and the answer's code. */
  count(transport: 'udp' | 'tcp', type: number, code: number, seconds: number): void {
    const request = `proto="${transport}",type="${typeNames[type] ?? 'other'}"`;
    this.#requests.set(request, (this.#requests.get(request) ?? 0) + 1);
    const response = `rcode="${codeNames[code] ?? String(code)}"`;
    this.#responses.set(response, (this.#responses.get(response) ?? 0) + 1);
    const bucket = buckets.findIndex((most) => seconds <= most);
    if (bucket >= 0) this.#durations[bucket]!++;
    this.#seconds += seconds;
    this.#count++;
  }

  /** In Prometheus' text format. */
  text(): string {
    const lines: string[] = [];
    const family = (name: string, type: 'counter' | 'gauge' | 'histogram', help: string, samples: readonly (readonly [string, number])[]): void => {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map(([labels, value]) => `${name}${labels} ${value}`));
    };
    const labelled = (counts: ReadonlyMap<string, number>): [string, number][] => [...counts].map(([labels, value]) => [`{server="dns://:53",zone=".",${labels}}`, value]);
    family('coredns_dns_requests_total', 'counter', 'Queries.', labelled(this.#requests));
    family('coredns_dns_responses_total', 'counter', 'Answers by their code.', labelled(this.#responses));
    let sum = 0;
    const within = this.#durations.map((count, index): [string, number] => [`_bucket{le="${buckets[index]}"}`, sum += count]);
    family('coredns_dns_request_duration_seconds', 'histogram', 'How long queries took.', [...within, ['_bucket{le="+Inf"}', this.#count], ['_sum', this.#seconds], ['_count', this.#count]]);
    family('coredns_cache_hits_total', 'counter', 'Answers of other servers that were kept.', Object.entries(this.cacheHits).map(([type, value]) => [`{type="${type}"}`, value]));
    family('coredns_cache_misses_total', 'counter', 'Answers of other servers that were not kept.', [['', this.cacheMisses]]);
    family('coredns_cache_entries', 'gauge', 'Answers of other servers that are kept.', [['', this.entries()]]);
    family('coredns_forward_requests_total', 'counter', 'Queries to other servers.', [['', this.forwarded]]);
    return `${lines.join('\n')}\n`;
  }
}
