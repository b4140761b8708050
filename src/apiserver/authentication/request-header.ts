import type { Clock } from '../../base/clock.ts';
import type { Authenticator, Credentials } from './authenticator.ts';
import { chainVerifier } from './certificate-chain.ts';
import { commonNameOf } from './client-certificate.ts';
import { authenticated } from './users.ts';

/** Which headers name the user. The first name, and the first uid, that is not empty counts; groups and extras add up. */
export interface RequestHeaderNames {
  readonly username: readonly string[];
  readonly uid: readonly string[];
  readonly group: readonly string[];
  readonly extraPrefix: readonly string[];
}

/** How a front proxy proves itself, and in which headers it names the user. */
export interface RequestHeaderOptions {
  readonly clock: Clock;
  /** PEM of the authority that signed the proxy's certificate. */
  readonly clientCa: string;
  /** Common names that a proxy may have; none: any that the authority signed. */
  readonly allowedNames?: readonly string[];
  /** Default as kubeadm sets them. */
  readonly headers?: Partial<RequestHeaderNames>;
}

export const defaultRequestHeaders: RequestHeaderNames = { username: ['X-Remote-User'], uid: ['X-Remote-Uid'], group: ['X-Remote-Group'], extraPrefix: ['X-Remote-Extra-'] };

const lower = (names: readonly string[]): readonly string[] => names.map((name) => name.toLowerCase());

/** Percent-encoded bytes of a key are decoded; a key that is encoded wrongly stays as it is, as upstream has it. */
export function decodeExtraKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

function first(credentials: Credentials, names: readonly string[]): string {
  for (const name of names) {
    // A request may name a header twice; the first value counts.
    const value = credentials.header(name) === undefined ? undefined : credentials.headerValues(name)[0];
    if (value !== undefined && value !== '') return value;
  }
  return '';
}

function extrasOf(credentials: Credentials, prefixes: readonly string[]): Record<string, readonly string[]> {
  const extra = new Map<string, readonly string[]>();
  for (const prefix of prefixes) {
    for (const [encoded, values] of credentials.headersWithPrefix(prefix)) {
      const key = decodeExtraKey(encoded);
      extra.set(key, [...(extra.get(key) ?? []), ...values]);
    }
  }
  return Object.fromEntries(extra);
}

/**
 * Takes a front proxy's word for who asks. The proxy proves itself by its client certificate; the user, its uid, groups
 * and extra attributes come in headers, one value a header.
 */
export function requestHeaderAuthenticator(options: RequestHeaderOptions): Authenticator {
  const verify = chainVerifier(options.clientCa);
  const allowed = options.allowedNames ?? [];
  const { username, uid, group, extraPrefix } = { ...defaultRequestHeaders, ...options.headers };
  const [names, uids, groups, prefixes] = [lower(username), lower(uid), lower(group), lower(extraPrefix)];
  return {
    name: 'request-header',
    authenticate: (credentials) => {
      const { clientCertificate } = credentials;
      const name = first(credentials, names);
      if (name === '' || clientCertificate === undefined) return undefined;
      const chain = verify(clientCertificate);
      const nowMs = options.clock.now();
      if (chain === undefined || nowMs < chain.notBeforeMs || nowMs > chain.notAfterMs) return undefined;
      if (allowed.length > 0 && !allowed.includes(commonNameOf(chain.leaf) ?? '')) return undefined;
      const userId = first(credentials, uids);
      const extra = extrasOf(credentials, prefixes);
      return authenticated({
        name,
        groups: groups.flatMap((header) => credentials.headerValues(header)).filter((value) => value !== ''),
        ...(userId !== '' && { uid: userId }),
        ...(Object.keys(extra).length > 0 && { extra }),
      });
    },
  };
}
