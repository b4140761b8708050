/** What is meant by a word that may be a number or a name: `80` and `http`. */
export function intOrStringOf(text: string): number | string {
  return /^[+-]?\d+$/.test(text) && Math.abs(Number(text)) <= 0x7fffffff ? Number(text) : text;
}
