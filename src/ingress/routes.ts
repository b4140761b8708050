/** How a path of a rule is compared with that of a request. `ImplementationSpecific` is `Prefix` here. */
export type PathType = 'Exact' | 'Prefix' | 'ImplementationSpecific';

/** One rule, of one host and path. `T` is where it leads. */
export interface Rule<T> {
  /** Absent or empty: every host that no other rule names. `*.example.com` is any name with one label more. */
  readonly host?: string | undefined;
  readonly pathType: PathType;
  readonly path: string;
  readonly target: T;
}

/** Of one host: where whole paths lead, where paths below others lead, and where all others do. */
interface HostRoutes<T> { readonly exact: Map<string, T>; readonly prefixes: Map<string, T>; fallback: T | undefined; longestPrefix: number }

/** A prefix is the same with and without a slash at its end; that of everything is empty. */
const trimmed = (path: string): string => (path.endsWith('/') ? path.slice(0, -1) : path);

/**
 * Which rule a request is for, as the Ingress API says: the rules of its host, else those of a wildcard that covers it, else
 * those without a host; among these the longest path, and an exact one before a prefix. Of two rules that say the same the
 * first one counts. What no path of its host matches goes to that host's fallback, else to the general one.
 */
export class Routes<T> {
  readonly #hosts = new Map<string, HostRoutes<T>>();
  #fallback: T | undefined;

  /** Adds a rule. False: another one says the same already. */
  add({ host = '', pathType, path, target }: Rule<T>): boolean {
    const routes = this.#of(host);
    const key = pathType === 'Exact' ? path : trimmed(path);
    const map = pathType === 'Exact' ? routes.exact : routes.prefixes;
    if (map.has(key)) return false;
    map.set(key, target);
    if (map === routes.prefixes) routes.longestPrefix = Math.max(routes.longestPrefix, key.length);
    return true;
  }

  /** Where requests for this host lead that match no path of it; without a host, all others. The first one counts. */
  fallBack(target: T, host?: string): void {
    if (host === undefined) this.#fallback ??= target;
    else this.#of(host).fallback ??= target;
  }

  /** Where a request leads. `host`: without a port. `path`: without a query, and normal: no dots between slashes. */
  find(host: string, path: string): T | undefined {
    const name = host.toLowerCase();
    const dot = name.indexOf('.');
    const routes = this.#hosts.get(name) ?? (dot > 0 ? this.#hosts.get(`*${name.slice(dot)}`) : undefined) ?? this.#hosts.get('');
    return (routes === undefined ? undefined : inHost(routes, path) ?? routes.fallback) ?? this.#fallback;
  }

  #of(host: string): HostRoutes<T> {
    const name = host.toLowerCase();
    let routes = this.#hosts.get(name);
    if (routes === undefined) this.#hosts.set(name, routes = { exact: new Map(), prefixes: new Map(), fallback: undefined, longestPrefix: 0 });
    return routes;
  }
}

/** Instead of looking at each prefix, cuts the path at its slashes, from the end. */
function inHost<T>({ exact, prefixes, longestPrefix }: HostRoutes<T>, path: string): T | undefined {
  const whole = exact.get(path);
  if (whole !== undefined || prefixes.size === 0) return whole;
  // Nothing longer than the longest prefix can be one: a path of thousands of slashes costs no more than another.
  const cut = path.indexOf('/', longestPrefix);
  let candidate = cut < 0 ? path : path.slice(0, cut);
  for (;;) {
    const found = prefixes.get(trimmed(candidate));
    if (found !== undefined || candidate === '') return found;
    candidate = candidate.slice(0, candidate.lastIndexOf('/'));
  }
}

/** The path of a request target as rules see it: without query, `.` and `..` resolved, so that none gets around a rule. Undefined when it is none. */
export function normalPath(target: string): string | undefined {
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  if (!path.startsWith('/')) return undefined;
  if (!/\/\.|%2e|\\/i.test(path)) return path;
  try {
    return new URL(`http://host${path}`).pathname;
  } catch {
    return undefined;
  }
}

/** The name in a Host header, without its port. */
export function hostName(header: string): string {
  if (header.startsWith('[')) return header.slice(0, header.indexOf(']') + 1);
  const colon = header.indexOf(':');
  return colon < 0 ? header : header.slice(0, colon);
}
