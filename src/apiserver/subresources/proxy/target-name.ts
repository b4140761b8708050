/** What `[SCHEME:]NAME[:PORT]` in a proxy's path names. */
export interface TargetName {
  /** Empty when it is not given. */
  readonly scheme: '' | 'http' | 'https';
  readonly name: string;
  /** A number or the name of a port; empty when it is not given. */
  readonly port: string;
}

const dns1123 = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;
const portName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/**
 * Reads the name of a pod, service or node as the proxy subresource writes it: `NAME`, `NAME:PORT`, `SCHEME:NAME:` or
 * `SCHEME:NAME:PORT`. Undefined when it is none of these (upstream's SplitSchemeNamePort).
 */
export function parseTargetName(id: string): TargetName | undefined {
  const parts = id.split(':');
  const [first = '', second = '', third = ''] = parts;
  const [scheme, name, port] = parts.length === 1 ? ['', first, ''] : parts.length === 2 ? ['', first, second] : [first, second, third];
  if (parts.length > 3 || (scheme !== '' && scheme !== 'http' && scheme !== 'https')) return undefined;
  if (!dns1123.test(name) || (port !== '' && !portName.test(port))) return undefined;
  return { scheme, name, port };
}
