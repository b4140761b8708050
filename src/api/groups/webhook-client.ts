/** How a webhook is reached: admission webhooks and the conversion of custom resources say it alike. */
import type { FieldError } from '../field-error.ts';
import { invalid, required } from '../field-error.ts';
import type { Loose } from '../meta/loose.ts';
import { dns1035Label, dns1123Subdomain, portNumber } from '../meta/validation.ts';
import { addInvalid } from '../pod/validation/rules.ts';

type Errors = FieldError[];

interface ServiceReference {
  namespace: string;
  name: string;
  path?: string;
  port?: number;
}

/** What admissionregistration and apiextensions have in common. */
export type WebhookClient = Loose<{ url?: string; service?: ServiceReference }>;

const form = '; desired format: https://host[/path]';
const urlPattern = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/** What Go's `url.Parse` cannot read at all; empty for what it can. */
function parseError(url: string): string {
  const wrong = (detail: string): string => `parse ${JSON.stringify(url)}: ${detail}`;
  if (/\p{Cc}/u.test(url)) return wrong('net/url: invalid control character in URL');
  if (url.startsWith(':')) return wrong('missing protocol scheme');
  const escape = /%(?![0-9a-fA-F]{2}).{0,2}/s.exec(url);
  if (escape !== null) return wrong(`invalid URL escape ${JSON.stringify(escape[0])}`);
  const host = urlPattern.exec(url)?.[2]?.split('@').at(-1) ?? '';
  const port = /^(?:\[[^\]]*\]|[^:]*)(:.*)$/.exec(host)?.[1];
  return port !== undefined && !/^:\d*$/.test(port) ? wrong(`invalid port ${JSON.stringify(port)} after host`) : '';
}

function addUrl(errors: Errors, path: string, url: string): void {
  const unreadable = parseError(url);
  if (unreadable !== '') return void errors.push(required(path, `url must be a valid URL: ${unreadable}${form}`));
  const [, scheme = '', authority = '', , query = '', fragment = ''] = urlPattern.exec(url) ?? [];
  const at = authority.lastIndexOf('@');
  if (scheme.toLowerCase() !== 'https') errors.push(invalid(path, scheme, `'https' is the only allowed URL scheme${form}`));
  if (authority.slice(at + 1) === '') errors.push(invalid(path, '', `host must be specified${form}`));
  if (at >= 0) errors.push(invalid(path, authority.slice(0, at), 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalid(path, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalid(path, query, 'query parameters are not permitted in the URL'));
}

function addServicePath(errors: Errors, path: string, value: string): void {
  if (value === '' || value === '/') return;
  if (value === '//') return void errors.push(invalid(path, value, 'segment[0] may not be empty'));
  if (!value.startsWith('/')) errors.push(invalid(path, value, "must start with a '/'"));
  value.slice(1).replace(/\/$/, '').split('/').forEach((step, i) => {
    if (step === '') errors.push(invalid(path, value, `segment[${i}] may not be empty`));
    else addInvalid(errors, path, value, dns1123Subdomain(step).map((message) => `segment[${i}]: ${message}`));
  });
}

function addService(errors: Errors, path: string, { namespace = '', name = '', path: servicePath = '', port = 0 }: Loose<ServiceReference>): void {
  // Upstream hands name and namespace over in the wrong order, so that each is missed under the other's name.
  if (namespace === '') errors.push(required(`${path}.name`));
  if (name === '') errors.push(required(`${path}.namespace`));
  const wrong = portNumber(port);
  if (wrong.length > 0) errors.push(invalid(`${path}.port`, port, `port is not valid: ${wrong.join(', ')}`));
  addServicePath(errors, `${path}.path`, servicePath);
}

/** Either a URL or a Service. `path`: of the client configuration. */
export function addWebhookClient(errors: Errors, path: string, { url, service }: WebhookClient): void {
  if ((url === undefined) === (service === undefined)) errors.push(required(path, 'exactly one of url or service is required'));
  else if (url !== undefined) addUrl(errors, `${path}.url`, url);
  else if (service !== undefined) addService(errors, `${path}.service`, service);
}

/** Services are reached at the port of HTTPS. In place. */
export function defaultWebhookClient(client: WebhookClient | undefined): void {
  if (client?.service !== undefined) client.service.port ??= 443;
}

/** Versions of reviews that the API server speaks. */
export const reviewVersions = ['v1', 'v1beta1'];

/** The versions of reviews that a webhook takes. `known`: it must take one that the API server speaks; `none`: what is said where there are none. */
export function addReviewVersions(errors: Errors, path: string, versions: readonly string[], { known, none = '' }: { readonly known: boolean; readonly none?: string }): void {
  if (versions.length === 0) return void errors.push(required(path, none));
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) errors.push(invalid(`${path}[${i}]`, version, 'duplicate version'));
    else addInvalid(errors, `${path}[${i}]`, version, dns1035Label(version));
  });
  if (known && !versions.some((version) => reviewVersions.includes(version))) errors.push(invalid(path, versions, `must include at least one of ${reviewVersions.join(', ')}`));
}
