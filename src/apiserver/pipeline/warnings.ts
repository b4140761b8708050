/** Texts past this many characters in all are cut, as upstream cuts them. */
const truncateAtTotal = 4 * 1024;
/** What is left of each then. */
const truncateItem = 256;

/**
 * The warnings that go with one answer, as the values of its Warning headers. The same text is sent once. Texts with
 * control characters cannot stand in a header, and are left out as upstream leaves them out.
 */
export class WarningRecorder {
  readonly #seen = new Set<string>();
  #headers: string[] = [];
  #written = 0;
  #truncating = false;

  add(text: string): void {
    if (text === '' || this.#seen.has(text) || (this.#truncating && this.#written >= truncateAtTotal)) return;
    this.#seen.add(text);
    const length = countOf(text);
    if (this.#truncating || this.#written + length <= truncateAtTotal) {
      this.#write(text, length);
      return;
    }
    // Too much: from here on everything is cut, and what was sent whole is sent again.
    this.#truncating = true;
    this.#written = 0;
    this.#headers = [];
    for (const one of this.#seen) this.#write(one, countOf(one));
  }

  #write(text: string, length: number): void {
    const cut = this.#truncating && length > truncateItem;
    const shown = cut ? Array.from(text).slice(0, truncateItem).join('') : text;
    if (/\p{Cc}/u.test(shown)) return;
    this.#written += cut ? truncateItem : length;
    this.#headers.push(`299 - "${shown.replace(/["\\]/g, String.raw`\$&`)}"`);
  }

  /** In the order in which they were told. */
  get headers(): readonly string[] {
    return this.#headers;
  }
}

/** Characters, not UTF-16 units. */
function countOf(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
