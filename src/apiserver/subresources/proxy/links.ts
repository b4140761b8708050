/** Links in what a proxied backend answers, led back through the proxy (upstream's proxy.Transport). */

/** Where the backend's `/` is to the client, and who the backend is. */
export interface LinkBase {
  /** The path of the API server that stands for the backend's root, without a slash at its end. */
  readonly prefix: string;
  /** `host:port` of the backend. */
  readonly backendHost: string;
  /** The Host header that the client sent. */
  readonly clientHost: string;
}

/** One URL as the client must see it: links to the backend itself by an absolute path get the prefix, others stay. */
export function rewriteLink(link: string, { prefix, backendHost, clientHost }: LinkBase): string {
  const match = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/is.exec(link);
  if (match === null) return link;
  const [, scheme = '', host = '', path = '', rest = ''] = match;
  const elsewhere = host !== '' && host !== backendHost && host !== clientHost;
  if (elsewhere || !path.startsWith('/') || (scheme !== '' && host === '')) return link;
  const origin = host !== '' && host === clientHost && host !== backendHost ? `${scheme === '' ? '' : `${scheme}:`}//${host}` : '';
  if (path === prefix || path.startsWith(`${prefix}/`)) return `${origin}${path}${rest}`;
  return `${origin}${prefix}${path}${rest}`;
}

/** The attributes of HTML elements that hold URLs. */
export const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'], applet: ['codebase'], area: ['href'], audio: ['src'], base: ['href'], blockquote: ['cite'], body: ['background'], button: ['formaction'],
  command: ['icon'], del: ['cite'], embed: ['src'], form: ['action'], frame: ['longdesc', 'src'], head: ['profile'], html: ['manifest'],
  iframe: ['longdesc', 'src'], img: ['longdesc', 'src', 'usemap'], input: ['src', 'usemap', 'formaction'], ins: ['cite'], link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'], q: ['cite'], script: ['src'], source: ['src'], video: ['poster', 'src'],
};
