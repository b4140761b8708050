/** A value of JSON as Go's `%#v` shows it, which is how upstream shows an object that a template cannot be followed in. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const inner = (one: unknown): string => (one === null ? 'interface {}(nil)' : goValue(one));
  if (Array.isArray(value)) return `[]interface {}{${value.map(inner).join(', ')}}`;
  return `map[string]interface {}{${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, child]) => `${goQuote(key)}:${inner(child)}`).join(', ')}}`;
}

const named: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '"': '\\"', '\\': '\\\\' };

/** As Go's strconv.Quote. */
export const goQuote = (text: string): string => `"${text.replaceAll(/["\\]|\p{C}|(?! )\p{Z}/gu, (c) => {
  const code = c.codePointAt(0)!;
  if (named[c] !== undefined) return named[c];
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
})}"`;
