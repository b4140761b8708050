/** One entry of an Accept header, in the order of preference: by `q`, then as written. */
export interface AcceptedType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads an Accept header. An absent or empty one accepts anything. Entries with `q=0` are left out. */
export function parseAccept(accept: string): readonly AcceptedType[] {
  const entries: { type: string; parameters: Map<string, string>; quality: number }[] = [];
  for (const text of accept.split(',')) {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    if (type === '') continue;
    const parameters = new Map(rest.map((part): [string, string] => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part.toLowerCase(), ''] : [part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim().replace(/^"(.*)"$/, '$1')];
    }));
    const quality = Number(parameters.get('q') ?? '1');
    if (quality > 0) entries.push({ type: type.toLowerCase(), parameters, quality });
  }
  if (entries.length === 0) return [{ type: '*/*', parameters: new Map() }];
  return entries.sort((a, b) => b.quality - a.quality);
}

/** Does the entry take this media type, by name or by wildcard? */
export function accepts(entry: AcceptedType, mediaType: string): boolean {
  return entry.type === mediaType || entry.type === '*/*' || (entry.type.endsWith('/*') && mediaType.startsWith(entry.type.slice(0, -1)));
}
