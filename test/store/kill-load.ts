/** What the killed child writes, so that the parent can tell what must be there. Each writer has keys of its own. */

/** Keys that a writer goes round. */
const keysEach = 17;

export function keyOf(writer: number, sequence: number): string {
  return `/writer/${writer}/${sequence % keysEach}`;
}

/** Whether this write deletes its key, if the key is there. */
export function isDelete(sequence: number): boolean {
  return sequence % 5 === 4;
}

/** Most values are those of small objects, some span many pages. */
export function valueOf(writer: number, sequence: number): Uint8Array {
  const length = sequence % 97 === 0 ? 120_000 : 50 + ((sequence * 7919 + writer * 104_729) % 2500);
  return new TextEncoder().encode(`${writer}:${sequence}:`.padEnd(length, String(sequence)));
}

/** The sequence number that a value was written with. */
export function sequenceOf(value: Uint8Array): number {
  return Number(new TextDecoder().decode(value.subarray(0, 40)).split(':')[1]);
}
