import type { WriteRecord } from '../../api/provenance.ts';

/** Objects and records in one generation; there are two of them. */
const maxObjects = 8192;
const maxRecords = 32_768;
/** Of one object. */
const maxOfObject = 16;
/** Of writes of one kind by one controller: the first and the latest. People's are all kept. */
const maxAlike = 3;

/**
 * The latest writes of each object. Objects that are not written for long are forgotten: when the young generation is
 * full the old one is dropped and it becomes the old one, which costs nothing on the way of a write.
 */
export class WriteLog {
  #young = new Map<string, WriteRecord[]>();
  #old = new Map<string, WriteRecord[]>();
  #records = 0;

  add(key: string, record: WriteRecord): void {
    let records = this.#young.get(key);
    if (records === undefined) {
      records = this.#old.get(key) ?? [];
      this.#old.delete(key);
      this.#young.set(key, records);
      this.#records += records.length;
    }
    const before = records.length;
    if (record.cause !== '' || record.user.startsWith('system:')) dropAlike(records, record);
    if (records.length >= maxOfObject) records.splice(records[0]!.operation === 'created' ? 1 : 0, 1);
    records.push(record);
    this.#records += records.length - before;
    if (this.#young.size >= maxObjects || this.#records >= maxRecords) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#records = 0;
    }
  }

  of(key: string): readonly WriteRecord[] {
    return this.#young.get(key) ?? this.#old.get(key) ?? [];
  }
}

/** Heartbeats and counts would drive out everything else. */
function dropAlike(records: WriteRecord[], { operation, subresource, user, agent }: WriteRecord): void {
  let alike = 0;
  let second = -1;
  for (let i = 0; i < records.length; i++) {
    const other = records[i]!;
    if (other.operation !== operation || other.subresource !== subresource || other.user !== user || other.agent !== agent) continue;
    if (++alike === 2) second = i;
  }
  if (alike >= maxAlike) records.splice(second, 1);
}
