import type { Service, ServicePort } from '../api/types/core/v1.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../api/types/discovery/v1.ts';
import type { Directory } from './directory.ts';

/** One resource record of ours, in the words of dns-packet. */
export type ZoneRecord =
  | { readonly type: 'A' | 'AAAA' | 'CNAME' | 'PTR' | 'NS' | 'TXT'; readonly name: string; readonly data: string }
  | { readonly type: 'SOA'; readonly name: string; readonly data: { readonly mname: string; readonly rname: string; readonly serial: number; readonly refresh: number; readonly retry: number; readonly expire: number; readonly minimum: number } }
  | { readonly type: 'SRV'; readonly name: string; readonly data: { readonly port: number; readonly target: string; readonly priority: number; readonly weight: number } };

/** What the zone says to a question. `not-ours`: ask upstream. `alias`: a CNAME whose target must be looked up as well. */
export type Lookup =
  | { readonly kind: 'found'; readonly records: readonly ZoneRecord[]; readonly additionals: readonly ZoneRecord[] }
  | { readonly kind: 'alias'; readonly records: readonly ZoneRecord[]; readonly target: string }
  /** The name exists, but not with this type. */
  | { readonly kind: 'no-data' }
  | { readonly kind: 'no-such-name' }
  | { readonly kind: 'not-ours' };

/** Seconds that clients may keep an answer: pods come and go. */
export const secondsToLive = 5;
const specificationVersion = '1.1.0';
const noData: Lookup = { kind: 'no-data' };
const noSuchName: Lookup = { kind: 'no-such-name' };

const isIpv4 = (ip: string): boolean => ip.includes('.');

interface Target { readonly endpoint: Endpoint; readonly ip: string; readonly hostname: string; readonly ports: readonly EndpointPort[] }

/** `10-244-0-7` for `10.244.0.7`: the name of an endpoint without a hostname of its own. */
const dashed = (ip: string): string => ip.replaceAll(/[.:]/g, '-');

function undashed(label: string): string | undefined {
  const v4 = /^(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})$/.exec(label);
  if (v4 !== null) return v4.slice(1).every((part) => Number(part) < 256) ? v4.slice(1).join('.') : undefined;
  return /^[0-9a-f]{0,4}(-[0-9a-f]{0,4}){2,7}$/.test(label) ? label.replaceAll('-', ':') : undefined;
}

/**
 * The cluster's DNS zone: Kubernetes' DNS specification 1.1 as a pure function of Services and EndpointSlices. Names are
 * given and returned in lower case without the final dot.
 */
export class Zone {
  readonly #directory: Directory;
  readonly #domain: string;

  constructor(directory: Directory, domain: string) {
    this.#directory = directory;
    this.#domain = domain.toLowerCase();
  }

  get domain(): string {
    return this.#domain;
  }

  lookup(name: string, type: string): Lookup {
    if (name.endsWith('.in-addr.arpa') || name.endsWith('.ip6.arpa')) return this.#reverse(name, type);
    if (name === this.#domain) return this.#apex(name, type);
    if (name === this.#nameServer) return this.#addresses(name, type, this.#nameServerAddresses());
    if (!name.endsWith(`.${this.#domain}`)) return { kind: 'not-ours' };
    const labels = name.slice(0, -this.#domain.length - 1).split('.').reverse();
    switch (labels[0]) {
      case 'svc': return this.#services(name, type, labels);
      case 'dns': return labels.length === 1 ? noData : noSuchName;
      case 'pod': return this.#pods(name, type, labels);
      case 'dns-version': return labels.length > 1 ? noSuchName : type === 'TXT' ? { kind: 'found', records: [{ type: 'TXT', name, data: specificationVersion }], additionals: [] } : noData;
      default: return noSuchName;
    }
  }

  /** Sent with every negative answer, so that clients know how long to remember it. */
  startOfAuthority(): ZoneRecord {
    return { type: 'SOA', name: this.#domain, data: { mname: this.#nameServer, rname: `hostmaster.${this.#domain}`, serial: 1, refresh: 7200, retry: 1800, expire: 86400, minimum: secondsToLive } };
  }

  get #nameServer(): string {
    return `ns.dns.${this.#domain}`;
  }

  /** Those of the Service that pods ask. */
  #nameServerAddresses(): readonly string[] {
    return (this.#directory.service('kube-system', 'kube-dns')?.spec?.clusterIPs ?? []).filter((ip) => ip !== 'None');
  }

  #apex(name: string, type: string): Lookup {
    if (type === 'SOA') return { kind: 'found', records: [this.startOfAuthority()], additionals: [] };
    if (type !== 'NS') return noData;
    return { kind: 'found', records: [{ type: 'NS', name, data: this.#nameServer }], additionals: this.#nameServerAddresses().map((ip) => ({ type: isIpv4(ip) ? 'A' : 'AAAA', name: this.#nameServer, data: ip })) };
  }

  /** labels: svc, namespace, service, then a hostname, or protocol and port. */
  #services(name: string, type: string, labels: readonly string[]): Lookup {
    const [, namespace, serviceName, third, fourth] = labels;
    if (namespace === undefined) return noData;
    if (serviceName === undefined) return this.#directory.namespaceExists(namespace) ? noData : noSuchName;
    const service = this.#directory.service(namespace, serviceName);
    if (service?.spec === undefined || labels.length > 5) return noSuchName;
    if (service.spec.type === 'ExternalName') {
      if (third !== undefined || service.spec.externalName === undefined) return noSuchName;
      const target = service.spec.externalName.toLowerCase().replace(/\.$/, '');
      return { kind: 'alias', records: [{ type: 'CNAME', name, data: target }], target };
    }
    const headless = service.spec.clusterIP === 'None' || service.spec.clusterIP === undefined;
    if (fourth !== undefined || third?.startsWith('_') === true) return this.#ports(name, type, service, headless, namespace, serviceName, third ?? '', fourth ?? '');
    const targets = headless || third !== undefined ? this.#targets(namespace, serviceName, service) : [];
    if (third !== undefined) {
      const named = targets.filter((one) => one.hostname === third);
      return named.length === 0 ? noSuchName : this.#addresses(name, type, named.map((one) => one.ip));
    }
    if (headless) {
      if (targets.length === 0) return noSuchName;
      if (type === 'SRV') return this.#portRecords(name, namespace, serviceName, targets, () => true);
      return this.#addresses(name, type, targets.map((one) => one.ip));
    }
    const ips = service.spec.clusterIPs ?? [service.spec.clusterIP ?? ''];
    if (type === 'SRV') return this.#clusterPortRecords(name, namespace, serviceName, ips, service.spec.ports ?? []);
    return this.#addresses(name, type, ips);
  }

  /** `_port._protocol.service`: one SRV record for a cluster IP, one an endpoint for a headless Service. */
  #ports(name: string, type: string, service: Service, headless: boolean, namespace: string, serviceName: string, protocolLabel: string, portLabel: string): Lookup {
    if (!protocolLabel.startsWith('_') || (portLabel !== '' && !portLabel.startsWith('_'))) return noSuchName;
    const protocol = protocolLabel.slice(1).toUpperCase();
    const matches = (port: { readonly name?: string; readonly protocol?: string }): boolean => (port.protocol ?? 'TCP') === protocol && (portLabel === '' || (port.name ?? '') === portLabel.slice(1));
    if (headless) {
      const targets = this.#targets(namespace, serviceName, service);
      if (!targets.some((target) => target.ports.some(matches))) return noSuchName;
      return type === 'SRV' ? this.#portRecords(name, namespace, serviceName, targets, matches) : noData;
    }
    const ports = (service.spec?.ports ?? []).filter(matches);
    if (ports.length === 0) return noSuchName;
    return type === 'SRV' ? this.#clusterPortRecords(name, namespace, serviceName, service.spec?.clusterIPs ?? [service.spec?.clusterIP ?? ''], ports) : noData;
  }

  #clusterPortRecords(name: string, namespace: string, serviceName: string, ips: readonly string[], ports: readonly ServicePort[]): Lookup {
    const target = `${serviceName}.${namespace}.svc.${this.#domain}`;
    if (ports.length === 0) return noData;
    return {
      kind: 'found',
      records: ports.map((port) => ({ type: 'SRV', name, data: { port: port.port, target, priority: 0, weight: Math.floor(100 / ports.length) } })),
      additionals: ips.map((ip) => ({ type: isIpv4(ip) ? 'A' : 'AAAA', name: target, data: ip })),
    };
  }

  #portRecords(name: string, namespace: string, serviceName: string, targets: readonly Target[], matches: (port: EndpointPort) => boolean): Lookup {
    const pairs = targets.flatMap((target) => target.ports.filter(matches).map((port) => ({ target, port })));
    if (pairs.length === 0) return noData;
    const hostOf = (target: Target): string => `${target.hostname}.${serviceName}.${namespace}.svc.${this.#domain}`;
    return {
      kind: 'found',
      records: pairs.map(({ target, port }) => ({ type: 'SRV', name, data: { port: port.port ?? 0, target: hostOf(target), priority: 0, weight: Math.max(1, Math.floor(100 / pairs.length)) } })),
      additionals: targets.map((target) => ({ type: isIpv4(target.ip) ? 'A' : 'AAAA', name: hostOf(target), data: target.ip })),
    };
  }

  #targets(namespace: string, serviceName: string, service: Service): Target[] {
    const found = new Map<string, Target>();
    for (const slice of this.#directory.slices(namespace, serviceName)) {
      if (slice.addressType === 'FQDN') continue;
      for (const endpoint of slice.endpoints ?? []) {
        if (endpoint.conditions?.ready === false && service.spec?.publishNotReadyAddresses !== true) continue;
        for (const ip of endpoint.addresses) {
          const known = found.get(ip);
          found.set(ip, { endpoint, ip, hostname: endpoint.hostname ?? dashed(ip), ports: [...(known?.ports ?? []), ...(slice.ports ?? [])] });
        }
      }
    }
    return [...found.values()];
  }

  /** `10-244-0-7.namespace.pod`: any address of an existing namespace, as upstream's default (`pods insecure`). */
  #pods(name: string, type: string, labels: readonly string[]): Lookup {
    const [, namespace, label] = labels;
    if (namespace === undefined) return noData;
    if (!this.#directory.namespaceExists(namespace) || labels.length > 3) return noSuchName;
    if (label === undefined) return noData;
    const ip = undashed(label);
    return ip === undefined ? noSuchName : this.#addresses(name, type, [ip]);
  }

  #addresses(name: string, type: string, ips: readonly string[]): Lookup {
    if (type !== 'A' && type !== 'AAAA') return noData;
    const records = ips.filter((ip) => isIpv4(ip) === (type === 'A')).map((ip) => ({ type, name, data: ip }) as const);
    return records.length === 0 ? noData : { kind: 'found', records, additionals: [] };
  }

  #reverse(name: string, type: string): Lookup {
    const ip = addressOf(name);
    if (ip === undefined) return { kind: 'not-ours' };
    const names = new Set<string>();
    for (const { metadata } of this.#directory.servicesByIp(ip)) names.add(`${metadata.name ?? ''}.${metadata.namespace ?? ''}.svc.${this.#domain}`);
    if (names.size === 0) for (const slice of this.#directory.slicesByIp(ip)) for (const host of this.#hostsOf(slice, ip)) names.add(host);
    if (names.size === 0) return { kind: 'not-ours' };
    if (type !== 'PTR') return noData;
    return { kind: 'found', records: [...names].map((data) => ({ type: 'PTR', name, data })), additionals: [] };
  }

  /** Only endpoints of headless Services and those with a hostname have names of their own. */
  #hostsOf(slice: EndpointSlice, ip: string): string[] {
    const namespace = slice.metadata.namespace ?? '';
    const serviceName = slice.metadata.labels?.['kubernetes.io/service-name'];
    if (serviceName === undefined) return [];
    return (slice.endpoints ?? []).filter((endpoint) => endpoint.addresses.includes(ip)).map((endpoint) => `${endpoint.hostname ?? dashed(ip)}.${serviceName}.${namespace}.svc.${this.#domain}`);
  }
}

/** The address that a reverse name asks for. */
function addressOf(name: string): string | undefined {
  if (name.endsWith('.in-addr.arpa')) {
    const parts = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse();
    return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part)) ? parts.join('.') : undefined;
  }
  const nibbles = name.slice(0, -'.ip6.arpa'.length).split('.').reverse();
  if (nibbles.length !== 32 || !nibbles.every((one) => /^[0-9a-f]$/.test(one))) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => nibbles.slice(index * 4, index * 4 + 4).join('').replace(/^0{1,3}/, ''));
  return groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
}
