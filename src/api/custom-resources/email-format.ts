/** Addresses as Go's mail.ParseAddress reads them (RFC 5322): `a@b`, `"a b"@c`, `Some One <a@b>`. */

const atext = "[A-Za-z0-9!#$%&'*+\\-/=?^_`{|}~\\u0080-\\u{10ffff}]";
const dotAtom = new RegExp(`^${atext}+(?:\\.${atext}+)*`, 'u');
/** Names that are shown may have dots where they like. */
const phraseWord = new RegExp(`^[.]?(?:${atext}|\\.)+`, 'u');
const quoted = /^"(?:[^"\\\r\n]|\\[^\r\n])*"/;
const literal = /^\[[^[\]\\\r\n]*\]/;
const maxLength = 10_000;

/** What is left of the text. */
interface Rest { text: string }

function take(rest: Rest, pattern: RegExp): boolean {
  const found = pattern.exec(rest.text);
  if (found === null) return false;
  rest.text = rest.text.slice(found[0].length);
  return true;
}

function skipComments(rest: Rest): boolean {
  for (;;) {
    rest.text = rest.text.replace(/^[ \t]+/, '');
    if (!rest.text.startsWith('(')) return true;
    let depth = 0;
    let at = 0;
    for (; at < rest.text.length; at++) {
      const c = rest.text[at];
      if (c === '\\') at++;
      else if (c === '(') depth++;
      else if (c === ')' && --depth === 0) break;
    }
    if (depth > 0) return false;
    rest.text = rest.text.slice(at + 1);
  }
}

function takeAddress(rest: Rest): boolean {
  rest.text = rest.text.replace(/^[ \t]+/, '');
  if (rest.text.startsWith('"') ? rest.text.startsWith('""') || !take(rest, quoted) : !take(rest, dotAtom)) return false;
  if (!take(rest, /^[ \t]*@[ \t]*/)) return false;
  return take(rest, literal) || take(rest, dotAtom);
}

/** Is the text one address, with or without a name? */
export function isEmail(text: string): boolean {
  if (text.length > maxLength) return false;
  const plain: Rest = { text };
  if (takeAddress(plain)) return skipComments(plain) && plain.text === '';
  const named: Rest = { text: text.replace(/^[ \t]+/, '') };
  while (named.text !== '' && !named.text.startsWith('<')) {
    if (!take(named, named.text.startsWith('"') ? quoted : phraseWord)) return false;
    named.text = named.text.replace(/^[ \t]+/, '');
  }
  return take(named, /^</) && takeAddress(named) && take(named, /^>/) && skipComments(named) && named.text === '';
}
