import { as, asString } from '../runtime/arguments.ts';
import { CelFailure } from '../runtime/failure.ts';
import { CelObject, ValueList, ValueMap, type CelValue } from '../runtime/values.ts';
import { member, overload, type Library } from '../language/declarations.ts';
import { BOOL, listOf, mapOf, STRING } from '../language/types.ts';
import { URL_TYPE } from './values.ts';

interface Parts { readonly scheme: string; readonly host: string; readonly path: string; readonly query: string; readonly fragment: string }

/** What `url('https://example.com/x')` makes. */
export class UrlValue extends CelObject {
  readonly typeName = URL_TYPE.name;
  readonly text: string;
  readonly parts: Parts;
  constructor(text: string, parts: Parts) {
    super();
    this.text = text;
    this.parts = parts;
  }
  override equals(other: CelObject): boolean {
    return other instanceof UrlValue && other.text === this.text;
  }
}

/** An absolute URL or an absolute path, as Go's `url.ParseRequestURI` and then `url.Parse` read it; or why not. */
export function parseUrl(text: string): UrlValue | string {
  const complaint = (detail: string): string => `parse ${JSON.stringify(text)}: ${detail}`;
  if (text === '') return complaint('empty url');
  // eslint-disable-next-line no-control-regex -- Control characters are what is looked for.
  if (/[\x00-\x1f\x7f]/.test(text)) return complaint('net/url: invalid control character in URL');
  const found = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?([^#]*)(?:#([\s\S]*))?$/.exec(text);
  const [, scheme = '', rest = '', fragment = ''] = found ?? [];
  if (scheme === '' && /^[^/]*:/.test(rest)) return complaint(rest.startsWith(':') ? 'missing protocol scheme' : 'first path segment in URL cannot contain colon');
  if (scheme === '' && !rest.startsWith('/')) return complaint('invalid URI for request');
  // `mailto:x`: what follows the scheme is opaque.
  if (scheme !== '' && !rest.startsWith('/')) return new UrlValue(text, { scheme: scheme.toLowerCase(), host: '', path: '', query: '', fragment });
  const mark = rest.indexOf('?');
  const [before, query] = mark < 0 ? [rest, ''] : [rest.slice(0, mark), rest.slice(mark + 1)];
  const authority = scheme !== '' && before.startsWith('//') ? (/^\/\/([^/]*)/.exec(before)?.[1] ?? '') : undefined;
  const path = authority === undefined ? before : before.slice(authority.length + 2);
  const escape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(path)?.[0];
  if (escape !== undefined) return complaint(`invalid URL escape ${JSON.stringify(escape)}`);
  const host = (authority ?? '').replace(/^[^@]*@/, '');
  const wrong = wrongHost(host);
  if (wrong !== undefined) return complaint(wrong);
  return new UrlValue(text, { scheme: scheme.toLowerCase(), host, path, query, fragment });
}

function wrongHost(host: string): string | undefined {
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host";
  const port = /:([^\]:]*)$/.exec(host)?.[0];
  if (port !== undefined && !/^:[0-9]*$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  const invalid = /[ "<>^`{|}\\]/.exec(host)?.[0];
  return invalid === undefined ? undefined : `invalid character ${JSON.stringify(invalid)} in host name`;
}

function splitHost(host: string): readonly [string, string] {
  const found = /^(\[[^\]]*\]|[^:]*)(?::([0-9]*))?$/.exec(host);
  if (found === null) return [host, ''];
  const [, name = '', port = ''] = found;
  return [name.startsWith('[') ? name.slice(1, -1) : name, port];
}

/** Go's `EscapedPath`: as it was written where that is a valid encoding, else encoded. */
function escapedPath(path: string): string {
  if (/^[a-zA-Z0-9\-._~!$&'()*+,;=:@/%[\]]*$/.test(path)) return path;
  return encodeURI(path).replaceAll('%25', '%');
}

function query(text: string): ValueMap {
  const found = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const mark = pair.indexOf('=');
    const key = decode(mark < 0 ? pair : pair.slice(0, mark));
    const value = decode(mark < 0 ? '' : pair.slice(mark + 1));
    if (key === undefined || value === undefined) continue;
    const values = found.get(key);
    if (values === undefined) found.set(key, [value]);
    else values.push(value);
  }
  return new ValueMap([...found].map(([key, values]) => [key, new ValueList(values)]));
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}

const partsOf = (value: CelValue | undefined): Parts => as(UrlValue, value).parts;
const getter = (id: string, get: (parts: Parts) => string): Library[string] => [member(id, [URL_TYPE], STRING, (value) => get(partsOf(value)))];

/** Kubernetes' URLs. */
export const urls: Library = {
  url: [overload('string_to_url', [STRING], URL_TYPE, (text) => {
    const parsed = parseUrl(asString(text));
    if (typeof parsed === 'string') throw new CelFailure(`URL parse error during conversion from string: ${parsed}`);
    return parsed;
  })],
  getScheme: getter('url_get_scheme', ({ scheme }) => scheme),
  getHost: getter('url_get_host', ({ host }) => host),
  getHostname: getter('url_get_hostname', ({ host }) => splitHost(host)[0]),
  getPort: getter('url_get_port', ({ host }) => splitHost(host)[1]),
  getEscapedPath: getter('url_get_escaped_path', ({ path }) => escapedPath(path)),
  getQuery: [member('url_get_query', [URL_TYPE], mapOf(STRING, listOf(STRING)), (value) => query(partsOf(value).query))],
  isURL: [overload('is_url_string', [STRING], BOOL, (text) => typeof parseUrl(asString(text)) !== 'string')],
};
