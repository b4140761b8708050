import type { WriteRecord } from '../../api/provenance.ts';

/** Objects and records in one generation; there are two of them. */
const maxObjects = 8192;
const maxRecords = 32_768;
/** Of one object. */
const maxOfObject = 16;
/** Of writes of one kind by one controller: the first and the latest. People's are all kept. */
const maxAlike = 3;

/** What a log holds at one moment. */
export interface WriteLogContents {
  readonly young: ReadonlyMap<string, readonly WriteRecord[]>;
  readonly old: ReadonlyMap<string, readonly WriteRecord[]>;
}

const none: readonly WriteRecord[] = [];

/**
 * The latest writes of each object. Objects that are not written for long are forgotten: when the young generation is
 * full the old one is dropped and it becomes the old one, which costs nothing on the way of a write.
 */
export class WriteLog {
  #young: Map<string, readonly WriteRecord[]>;
  #old: Map<string, readonly WriteRecord[]>;
  #records = 0;

  /** `contents`: of another log, which this one goes on from. */
  constructor(contents?: WriteLogContents) {
    this.#young = new Map(contents?.young);
    this.#old = new Map(contents?.old);
    for (const records of this.#young.values()) this.#records += records.length;
  }

  /** What it holds now; later writes do not change it. */
  get contents(): WriteLogContents {
    return { young: new Map(this.#young), old: new Map(this.#old) };
  }

  add(key: string, record: WriteRecord): void {
    let known = this.#young.get(key);
    if (known === undefined) {
      known = this.#old.get(key) ?? none;
      if (known !== none) this.#old.delete(key);
      this.#records += known.length;
    }
    const records = record.cause !== '' || record.user.startsWith('system:') ? withoutAlike(known, record) : [...known];
    if (records.length >= maxOfObject) records.splice(records[0]!.operation === 'created' ? 1 : 0, 1);
    records.push(record);
    this.#young.set(key, records);
    this.#records += records.length - known.length;
    if (this.#young.size >= maxObjects || this.#records >= maxRecords) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#records = 0;
    }
  }

  of(key: string): readonly WriteRecord[] {
    return this.#young.get(key) ?? this.#old.get(key) ?? none;
  }
}

/** Heartbeats and counts would drive out everything else. */
function withoutAlike(records: readonly WriteRecord[], { operation, subresource, user, agent }: WriteRecord): WriteRecord[] {
  let alike = 0;
  let second = -1;
  for (let i = 0; i < records.length; i++) {
    const other = records[i]!;
    if (other.operation !== operation || other.subresource !== subresource || other.user !== user || other.agent !== agent) continue;
    if (++alike === 2) second = i;
  }
  return alike >= maxAlike ? records.toSpliced(second, 1) : [...records];
}
