import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../../base/clock.ts';
import { timeoutSignal } from '../../base/clock.ts';
import { KubectlError } from '../errors.ts';
import { agentFor } from './agent.ts';
import { proxyFor } from './proxy.ts';

/** What `auth-provider: {name: oidc}` of a kubeconfig's user holds: client-go's own names. */
export type OidcConfig = Readonly<Record<string, string>>;

export interface OidcOptions {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Keeps what was renewed for the next call. */
  readonly persist: (config: OidcConfig) => Promise<void>;
}

type Around = Omit<OidcOptions, 'persist'>;

/** A token is not used for the last seconds of its life, as golang.org/x/oauth2 has it. */
const spareMs = 10_000;
/** Answers of providers are small. */
const maxBytes = 1024 * 1024;
const timeoutMs = 30_000;

/**
 * The user's id token: the one that the kubeconfig holds while it is valid, else one that the provider gives for the refresh
 * token, which is written into the kubeconfig, as client-go's `oidc` provider does. Throws KubectlError when there is none.
 */
export async function oidcToken(config: OidcConfig, { persist, ...around }: OidcOptions): Promise<string> {
  for (const name of ['idp-issuer-url', 'client-id']) if ((config[name] ?? '') === '') throw new KubectlError(`Must provide ${name}`);
  const held = config['id-token'] ?? '';
  if (held !== '' && around.clock.now() + spareMs < expiryMs(held)) return held;
  const refresh = config['refresh-token'] ?? '';
  if (refresh === '') throw new KubectlError('No valid id-token, and cannot refresh without refresh-token');

  const endpoint = await tokenEndpoint(config, around);
  const basic = Buffer.from(`${encodeURIComponent(config['client-id'] ?? '')}:${encodeURIComponent(config['client-secret'] ?? '')}`).toString('base64');
  const answer = await ask(endpoint, config, around, { authorization: `Basic ${basic}`, body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refresh }).toString() });
  if (answer.code < 200 || answer.code > 299) throw new KubectlError(`failed to refresh token: oauth2: cannot fetch token: ${answer.code}\nResponse: ${answer.text}`);
  const { id_token: token, refresh_token: next } = jsonOf(answer.text, 'failed to refresh token: oauth2: cannot parse json');
  if (typeof token !== 'string') throw new KubectlError('token response did not contain an id_token, either the scope "openid" wasn\'t requested upon login, or the provider doesn\'t support id_tokens as part of the refresh response');
  await persist({ ...config, 'id-token': token, ...(typeof next === 'string' && next !== '' && { 'refresh-token': next }) });
  return token;
}

/** When a token ends, in ms. Its signature is the server's to check. */
function expiryMs(token: string): number {
  const [, payload, signature, ...rest] = token.split('.');
  if (payload === undefined || signature === undefined || rest.length > 0) throw new KubectlError('ID Token is not a valid JWT');
  const { exp } = jsonOf(Buffer.from(payload, 'base64url').toString('utf8'), 'parsing claims');
  return typeof exp === 'number' ? exp * 1000 : 0;
}

async function tokenEndpoint(config: OidcConfig, around: Around): Promise<URL> {
  const { code, text } = await ask(new URL(`${(config['idp-issuer-url'] ?? '').replace(/\/$/, '')}/.well-known/openid-configuration`), config, around);
  if (code !== 200) throw new KubectlError(`oidc: failed to query metadata endpoint ${code}: ${JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)}`);
  const { token_endpoint: endpoint } = jsonOf(text, 'oidc: failed to decode provider discovery object');
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) throw new KubectlError("oidc: discovery object doesn't contain a token_endpoint");
  return new URL(endpoint);
}

function jsonOf(text: string, what: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new KubectlError(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

async function ask(url: URL, config: OidcConfig, { clock, environment }: Around, form?: { readonly authorization: string; readonly body: string }): Promise<{ readonly code: number; readonly text: string }> {
  const file = config['idp-certificate-authority'] ?? '';
  const data = config['idp-certificate-authority-data'] ?? '';
  const ca = data !== '' ? Buffer.from(data, 'base64').toString('utf8') : file === '' ? undefined : readFileSync(file, 'utf8');
  const secure = url.protocol === 'https:';
  const limit = timeoutSignal(clock, timeoutMs);
  const agent = await agentFor({ secure, tls: ca === undefined ? {} : { ca }, proxy: proxyFor(url, undefined, environment) });
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)(url, {
        agent, method: form === undefined ? 'GET' : 'POST', signal: limit.signal,
        headers: form === undefined ? {} : { 'authorization': form.authorization, 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(form.body) },
      });
      outgoing.once('error', (error) => reject(new KubectlError(`${form === undefined ? 'Get' : 'Post'} "${url.href}": ${error.message}`, { cause: error }))).once('response', resolve).end(form?.body);
    });
    let text = '';
    for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) if ((text += chunk).length > maxBytes) throw new KubectlError(`the answer of ${url.href} is larger than ${maxBytes} bytes`);
    return { code: response.statusCode ?? 0, text };
  } finally {
    limit.cancel();
    agent.destroy();
  }
}
