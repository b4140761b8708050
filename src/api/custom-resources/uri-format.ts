/** The shape of URIs that Go's url.ParseRequestURI takes: absolute, or an absolute path. */

const badEscape = /%(?![0-9a-fA-F]{2})/;
// oxlint-disable-next-line no-control-regex -- control characters are what is refused
const control = /[\u0000-\u001f\u007f]/;
const hostCharacters = /^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u0080-\u{10ffff}]*$/u;
const userCharacters = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;

const isPort = (text: string): boolean => /^(?::\d*)?$/.test(text);

function isHost(host: string): boolean {
  if (!hostCharacters.test(host) || badEscape.test(host)) return false;
  if (!host.startsWith('[')) {
    const colon = host.lastIndexOf(':');
    // Only what is no ASCII may be escaped.
    return (colon < 0 || isPort(host.slice(colon))) && !/%[0-7]/.test(host.replaceAll('%25', ''));
  }
  const end = host.lastIndexOf(']');
  return end > 0 && isPort(host.slice(end + 1));
}

function isAuthority(authority: string): boolean {
  const at = authority.lastIndexOf('@');
  const user = authority.slice(0, Math.max(at, 0));
  return isHost(authority.slice(at + 1)) && userCharacters.test(user) && !badEscape.test(user);
}

/** Is the text such a URI? */
export function isRequestUri(text: string): boolean {
  if (text === '' || control.test(text)) return false;
  if (text === '*') return true;
  if (text.startsWith(':')) return false;
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text)?.[0] ?? '';
  const question = text.indexOf('?', scheme.length);
  const rest = text.slice(scheme.length, question < 0 ? undefined : question);
  if (!rest.startsWith('/')) return scheme !== '';
  if (scheme === '' || !rest.startsWith('//')) return !badEscape.test(rest);
  const slash = rest.indexOf('/', 2);
  const end = slash < 0 ? rest.length : slash;
  return isAuthority(rest.slice(2, end)) && !badEscape.test(rest.slice(end));
}
