/**
 * Path elements as fieldsV1 writes them: `f:name` a field, `k:{…}` the item of a list with these keys, `v:…` the item of
 * a set, `i:n` an index. An element is handled as its text, which is canonical: keys sorted, JSON without spaces.
 */

/** Scalars that tell items apart. */
export type KeyValue = string | number | boolean | null;

/** `k:{"name":"a"}`. `names` are sorted. */
export function keyElement(names: readonly string[], values: readonly unknown[]): string {
  let text = 'k:{';
  let first = true;
  for (let i = 0; i < names.length; i++) {
    if (values[i] === undefined) continue;
    text += `${first ? '' : ','}${JSON.stringify(names[i])}:${JSON.stringify(values[i])}`;
    first = false;
  }
  return `${text}}`;
}

/** `v:"a"`. */
export const valueElement = (value: unknown): string => `v:${JSON.stringify(value)}`;

/** The canonical text of an element that a client wrote; undefined: of a kind that nobody knows. Throws SyntaxError. */
export function canonicalElement(text: string): string | undefined {
  if (text.length < 2) throw new SyntaxError('key must be 2 characters long:');
  if (text[1] !== ':') throw new SyntaxError(`missing colon: ${text}`);
  switch (text[0]) {
    case 'f': return text;
    case 'v': return valueElement(JSON.parse(text.slice(2)));
    case 'k': {
      const fields: unknown = JSON.parse(text.slice(2));
      if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new SyntaxError(`expected an object: ${text}`);
      const names = Object.keys(fields).sort();
      return keyElement(names, names.map((name) => (fields as Record<string, unknown>)[name]));
    }
    case 'i': {
      if (!/^[+-]?\d+$/.test(text.slice(2))) throw new SyntaxError(`strconv.Atoi: parsing ${JSON.stringify(text.slice(2))}: invalid syntax`);
      return `i:${Number(text.slice(2))}`;
    }
    default: return undefined;
  }
}

const rank: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 };

/** The order of elements in fieldsV1: fields, keys, values, indexes; `.`, the set's own place, before all. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '.' || b === '.') return a === '.' ? -1 : 1;
  const kind = a[0]!;
  if (kind !== b[0]) return rank[kind]! - rank[b[0]!]!;
  const left = a.slice(2);
  const right = b.slice(2);
  switch (kind) {
    case 'f': return compareText(left, right);
    case 'i': return Number(left) - Number(right);
    case 'v': return compareValues(JSON.parse(left), JSON.parse(right));
    default: return compareKeys(JSON.parse(left) as Record<string, unknown>, JSON.parse(right) as Record<string, unknown>);
  }
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function compareKeys(a: Record<string, unknown>, b: Record<string, unknown>): number {
  const left = Object.entries(a);
  const right = Object.entries(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareText(left[i]![0], right[i]![0]) || compareValues(left[i]![1], right[i]![1]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

const typeRank: Readonly<Record<string, number>> = { number: 0, string: 1, boolean: 2, object: 3 };

function compareValues(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) return typeRank[typeof a]! - typeRank[typeof b]!;
  if (typeof a === 'object') return compareText(JSON.stringify(a), JSON.stringify(b));
  return (a as string) < (b as string) ? -1 : (a as string) > (b as string) ? 1 : 0;
}

/** How people read an element: `.name`, `[name="a"]`, `[="a"]`, `[0]`. */
export function showElement(text: string): string {
  switch (text[0]) {
    case 'f': return `.${text.slice(2)}`;
    case 'i': return `[${text.slice(2)}]`;
    case 'v': return `[=${text.slice(2)}]`;
    default: return `[${Object.entries(JSON.parse(text.slice(2)) as Record<string, unknown>).map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
  }
}
