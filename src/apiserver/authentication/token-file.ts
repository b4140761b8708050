import type { Authenticator, UserInfo } from './authenticator.ts';
import { tokenDigest } from './token-digest.ts';
import { authenticated } from './users.ts';

/** Fields of one CSV record, which may be quoted and then hold commas, quotes (doubled) and line breaks. */
function* records(text: string): Generator<{ readonly line: number; readonly fields: string[] }> {
  let fields: string[] = [];
  let field = '';
  let quoted = false;
  let wasQuoted = false;
  let line = 1;
  let startLine = 1;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === undefined) throw new Error(`line ${startLine}: a quoted field does not end`);
      if (character === '\n') line++;
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[++at];
      else quoted = false;
      continue;
    }
    if (character === '"') {
      if (field.trim() !== '' || wasQuoted) throw new Error(`line ${line}: a quote stands in the middle of a field`);
      field = '';
      quoted = true;
      wasQuoted = true;
    } else if (character === ',' || character === '\n' || character === undefined) {
      fields.push(wasQuoted ? field : field.trim());
      field = '';
      wasQuoted = false;
      if (character === ',') continue;
      if (fields.length > 1 || fields[0] !== '') yield { line: startLine, fields };
      fields = [];
      line++;
      startLine = line;
    } else if (character !== '\r') {
      if (wasQuoted && character.trim() !== '') throw new Error(`line ${line}: something follows the end of a quoted field`);
      if (!wasQuoted) field += character;
    }
  }
}

/** Users by their tokens, as written in a token file. Throws with the line that cannot be understood. */
export function parseTokenFile(text: string): ReadonlyMap<string, UserInfo> {
  const users = new Map<string, UserInfo>();
  for (const { line, fields } of records(text)) {
    const [token = '', name = '', uid = '', groups = ''] = fields;
    if (fields.length < 3) throw new Error(`line ${line}: a token needs at least 3 columns (token, user name, user uid), found ${fields.length}`);
    if (token === '') throw new Error(`line ${line}: the token is empty`);
    if (name === '') throw new Error(`line ${line}: the user name is empty`);
    if (users.has(token)) throw new Error(`line ${line}: the token was given before`);
    users.set(token, authenticated({ name, ...(uid !== '' && { uid }), groups: groups === '' ? [] : groups.split(',').map((group) => group.trim()) }));
  }
  return users;
}

/** Proves users by static tokens: kube-apiserver's `--token-auth-file` (`token,user,uid,"group1,group2"`). Throws as parseTokenFile does. */
export function tokenFileAuthenticator(text: string): Authenticator {
  // Looked up by digest, so that the time a look-up takes says nothing about a token.
  const byDigest = new Map([...parseTokenFile(text)].map(([token, user]) => [tokenDigest(token), user]));
  return {
    name: 'token-file',
    authenticate: ({ bearerToken }) => (bearerToken === undefined ? undefined : byDigest.get(tokenDigest(bearerToken))),
  };
}
