/** One clause of an Accept header. */
export interface AcceptClause {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
  /** All but `q`. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The clauses of an Accept header, best first, as the library reads them that upstream uses: by quality, then named
 * types before wildcards, then as written. What cannot be read is passed over; a quality that is no number is 0, and 0
 * means last, not never.
 */
export function parseAcceptHeader(header: string): AcceptClause[] {
  return header.split(',').flatMap((part) => parseClause(part) ?? []).sort((a, b) => b.quality - a.quality || wildness(a) - wildness(b));
}

function parseClause(part: string): AcceptClause | undefined {
  const [name = '', ...rest] = part.trim().split(';');
  const slash = name.split('/').map((text) => text.trim());
  const [type = '', subtype = type === '*' ? '*' : ''] = slash;
  if (slash.length > 2 || subtype === '') return undefined;
  const parameters = new Map<string, string>();
  let quality = 1;
  for (const text of rest) {
    const [token = '', value = '', ...more] = text.split('=');
    if (value === '' || more.length > 0) continue;
    if (token.trim() === 'q') quality = Number(value) || 0;
    else parameters.set(token.trim(), value.trim());
  }
  return { type, subtype, quality, parameters };
}

const wildness = ({ type, subtype }: AcceptClause): number => (type === '*' ? 2 : 0) + (subtype === '*' ? 1 : 0);
