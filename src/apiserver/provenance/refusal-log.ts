import type { RefusalRecord } from '../../api/provenance.ts';

const maxRefusals = 512;

/** The latest refused writes; the same that is refused again for the same reason counts, and takes no more room. */
export class RefusalLog {
  readonly #records: Map<string, RefusalRecord>;

  /** `contents`: of another log, which this one goes on from. */
  constructor(contents?: ReadonlyMap<string, RefusalRecord>) {
    this.#records = new Map(contents);
  }

  /** What it holds now; later refusals do not change it. */
  get contents(): ReadonlyMap<string, RefusalRecord> {
    return new Map(this.#records);
  }

  add(record: RefusalRecord): void {
    const { user, verb, group, resource, subresource, namespace, name, owner, reason } = record;
    const id = [user, verb, group, resource, subresource, namespace, owner?.uid ?? name, reason].join(' ');
    const known = this.#records.get(id);
    this.#records.delete(id);
    this.#records.set(id, known === undefined ? record : { ...record, firstMs: known.firstMs, count: known.count + 1 });
    if (this.#records.size > maxRefusals) this.#records.delete(this.#records.keys().next().value!);
  }

  /** Latest last. */
  where(matches: (record: RefusalRecord) => boolean): readonly RefusalRecord[] {
    return [...this.#records.values()].filter(matches);
  }
}
