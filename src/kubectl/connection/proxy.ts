import { BlockList, isIP } from 'node:net';
import { KubectlError } from '../errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy through which a server is reached, undefined for none: that of the kubeconfig's cluster, else what the
 * environment says (HTTPS_PROXY, HTTP_PROXY and NO_PROXY in either case, as Go programs read them: this machine itself is
 * reached directly). Throws KubectlError for a URL that is no proxy's.
 */
export function proxyFor(server: URL, ofCluster: URL | undefined, environment: Environment): URL | undefined {
  if (ofCluster !== undefined) return ofCluster;
  const variable = (name: string): string => environment[name] ?? environment[name.toLowerCase()] ?? '';
  const asked = variable(server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (asked === '' || !usesProxy(server, variable('NO_PROXY'))) return undefined;
  return proxyUrl(/^[a-z0-9]+:\/\//i.test(asked) ? asked : `http://${asked}`, (problem) => `invalid proxy address ${JSON.stringify(asked)}: ${problem}`);
}

/** The `proxy-url` of a kubeconfig's cluster. Throws KubectlError for what is none. */
export const proxyOfCluster = (text: string, cluster: string): URL =>
  proxyUrl(text, (problem) => `invalid 'proxy-url' ${JSON.stringify(text)} for cluster ${JSON.stringify(cluster)}: ${problem}`);

function proxyUrl(text: string, complaint: (problem: string) => string): URL {
  if (!URL.canParse(text)) throw new KubectlError(complaint('could not parse'));
  const url = new URL(text);
  if (!['http:', 'https:', 'socks5:'].includes(url.protocol)) throw new KubectlError(complaint(`unsupported scheme ${JSON.stringify(url.protocol.slice(0, -1))}, must be http, https, or socks5`));
  return url;
}

/** golang.org/x/net/http/httpproxy: names cover their subdomains, `.name` them alone; addresses, ranges, ports, and `*`. */
function usesProxy(server: URL, exceptions: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const family = isIP(host);
  if (host === 'localhost' || host === '::1' || (family === 4 && host.startsWith('127.'))) return false;
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  return !exceptions.split(',').map((one) => one.trim().toLowerCase()).some((one) => one !== '' && (one === '*' || covers(one, host, family, port)));
}

function covers(exception: string, host: string, family: number, port: string): boolean {
  const range = /^(.+)\/(\d+)$/.exec(exception);
  if (range !== null) {
    const [, address = '', bits = ''] = range;
    if (family === 0 || isIP(address) !== family || Number(bits) > (family === 4 ? 32 : 128)) return false;
    const list = new BlockList();
    list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
    return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
  }
  const [, name = '', itsPort] = isIP(exception) === 6 ? [exception, exception] : /^\[?(.*?)\]?(?::(\d+))?$/.exec(exception) ?? [];
  if (itsPort !== undefined && itsPort !== port) return false;
  const plain = name.replace(/^\*(?=\.)/, '');
  return plain.startsWith('.') ? host.endsWith(plain) : host === plain || (family === 0 && host.endsWith(`.${plain}`));
}
