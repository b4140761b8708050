/** Breaks lines that are longer than `limit` at the last space that fits; words that are longer stay whole. As mitchellh/go-wordwrap. */
export function wrapWords(text: string, limit: number): string {
  let [out, word, spaces] = ['', '', ''];
  let current = 0;
  const take = (): void => {
    current += spaces.length + word.length;
    out += spaces + word;
    [spaces, word] = ['', ''];
  };
  for (const c of text) {
    if (c === '\n') {
      if (word === '' && current + spaces.length > limit) spaces = '';
      else take();
      out += c;
      current = 0;
    } else if (/\s/.test(c) && c !== '\u00a0') {
      if (spaces === '' || word !== '') take();
      spaces += c;
    } else {
      word += c;
      if (current + word.length + spaces.length > limit && word.length < limit) {
        out += '\n';
        current = 0;
        spaces = '';
      }
    }
  }
  return word !== '' || current + spaces.length <= limit ? out + spaces + word : out;
}

/** Every line moved right, those that are empty too. */
export const indented = (text: string, by: number): string => `${' '.repeat(by)}${text.replaceAll('\n', `\n${' '.repeat(by)}`)}`;
