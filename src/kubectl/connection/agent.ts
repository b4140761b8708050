import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

export interface AgentOptions {
  readonly secure: boolean;
  readonly tls: { readonly ca?: string | string[]; readonly cert?: string; readonly key?: string; readonly servername?: string; readonly rejectUnauthorized?: boolean };
  readonly proxy: URL | undefined;
}

/** What keeps connections to a server, made directly or through a proxy (`http:`, `https:` or `socks5:`). */
export async function agentFor({ secure, tls, proxy }: AgentOptions): Promise<HttpAgent> {
  const common = { keepAlive: true, maxSockets: 64 };
  if (proxy?.protocol === 'socks5:') {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    // Names are looked up by the proxy, as Go has it.
    return new SocksProxyAgent(proxy.href.replace(/^socks5:/, 'socks5h:'), { ...common, ...tls });
  }
  const proxyEnv = proxy === undefined ? undefined : { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href };
  return secure ? new HttpsAgent({ ...common, ...tls, proxyEnv }) : new HttpAgent({ ...common, proxyEnv });
}
