import type { UserInfo } from '../authentication/authenticator.ts';
import type { IdentityHeaders } from './extension-transport.ts';

/** Go's header values are bytes; Node takes them as Latin-1. */
const bytesOf = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text.replaceAll(/[\r\n\0]/g, ' ')));

/** What may stand in a header's name as it is; capitals may not, for names have no case. */
const plain = /[!#$&'*+\-.^_`|~0-9a-z]/;

/** A key of extra attributes as part of a header's name: what cannot stand there, and percent signs, percent-encoded. */
function escapedKey(key: string): string {
  let escaped = '';
  for (const byte of new TextEncoder().encode(key)) {
    const character = String.fromCharCode(byte);
    escaped += plain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return escaped;
}

/** Who asks, as a front proxy tells it to the server behind it. */
export function identityHeaders({ name, uid, groups, extra = {} }: UserInfo): IdentityHeaders {
  const headers: Record<string, string | readonly string[]> = { 'X-Remote-User': bytesOf(name) };
  if (uid !== undefined && uid !== '') headers['X-Remote-Uid'] = bytesOf(uid);
  if (groups.length > 0) headers['X-Remote-Group'] = groups.map(bytesOf);
  for (const [key, values] of Object.entries(extra)) if (values.length > 0) headers[`X-Remote-Extra-${escapedKey(key)}`] = values.map(bytesOf);
  return headers;
}
