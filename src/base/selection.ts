export interface SelectionRules {
  /** Today's name of what a word may name. */
  canonical(given: string): string;
  /** Names that are no mistake although nothing here has them. Default: none. */
  isKnown?(name: string): boolean;
  /** What `*` leaves out. Default: nothing. */
  isOffByDefault?(name: string): boolean;
}

/**
 * The entries that a `--controllers` list selects, as upstream's managers read it: `*` for all, a name for one, `-name` to
 * leave one out; of a name and its `-name` the first counts, and before `*`. Throws an Error of one line, in upstream's
 * words, for unknown names.
 */
export function selectNamed<E extends { readonly name: string }>(selection: readonly string[], entries: readonly E[], { canonical, isKnown, isOffByDefault }: SelectionRules): E[] {
  const present: ReadonlySet<string> = new Set(entries.map(({ name }) => name));
  const choices = selection.map((choice) => {
    const on = !choice.startsWith('-');
    const given = on ? choice : choice.slice(1);
    return { name: canonical(given), given, on };
  });
  const named = choices.filter(({ given }) => given !== '*');
  const unknown = named.filter(({ name }) => !present.has(name) && isKnown?.(name) !== true).map(({ given }) => `${JSON.stringify(given)} is not in the list of known controllers`);
  if (unknown.length > 0) throw new Error(unknown.length === 1 ? unknown[0] : `[${unknown.join(', ')}]`);
  const absent = named.find(({ name, on }) => on && !present.has(name));
  if (absent !== undefined) throw new Error(`not supported: ${JSON.stringify(absent.given)}`);
  const all = selection.includes('*');
  return entries.filter((entry) => choices.find(({ name }) => name === entry.name)?.on ?? (all && isOffByDefault?.(entry.name) !== true));
}
