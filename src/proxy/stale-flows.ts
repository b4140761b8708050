import type { Clock } from '../base/clock.ts';
import type { RunCommand } from './backend.ts';
import type { ServicePort } from './service-port.ts';

/** A UDP flow that the kernel translates, as `conntrack -L` tells of it. */
export interface Flow {
  /** Where the client sends to. */
  readonly destination: string;
  readonly destinationPort: number;
  /** Who answers. */
  readonly answerer: string;
  readonly answererPort: number;
}

/** The flows in what `conntrack -L -p udp` prints. */
export function parseFlows(listing: string): Flow[] {
  return listing.split('\n').flatMap((line) => {
    const [, destination, destinationPort, answerer, answererPort] = /^udp\s.*?src=\S+ dst=(\S+) sport=\d+ dport=(\d+).*? src=(\S+) dst=\S+ sport=(\d+)/.exec(line) ?? [];
    return destination === undefined || answerer === undefined ? [] : [{ destination, destinationPort: Number(destinationPort), answerer, answererPort: Number(answererPort) }];
  });
}

const endpointOf = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

/** By the destination of a client, who may answer. Destinations of Services without any backend are not there. */
function answerersOf(ports: readonly ServicePort[], nodeAddresses: readonly string[]): Map<string, ReadonlySet<string>> {
  const answerers = new Map<string, ReadonlySet<string>>();
  for (const port of ports) {
    if (port.protocol !== 'udp' || port.serving.length === 0) continue;
    const serving = new Set(port.serving);
    for (const ip of [port.clusterIp, ...port.externalIps, ...port.loadBalancerIps]) answerers.set(endpointOf(ip, port.port), serving);
    if (port.nodePort !== undefined) for (const ip of nodeAddresses) answerers.set(endpointOf(ip, port.nodePort), serving);
  }
  return answerers;
}

/** The flows to UDP Services that somebody else answers than one of their backends; each kind once. */
export function staleFlows(flows: readonly Flow[], ports: readonly ServicePort[], nodeAddresses: readonly string[]): Flow[] {
  const answerers = answerersOf(ports, nodeAddresses);
  const stale = new Map<string, Flow>();
  for (const flow of flows) {
    const [to, from] = [endpointOf(flow.destination, flow.destinationPort), endpointOf(flow.answerer, flow.answererPort)];
    if (answerers.get(to)?.has(from) === false) stale.set(`${to} ${from}`, flow);
  }
  return [...stale.values()];
}

/**
 * What UDP Services are about, as one text: as long as it stays the same, no flow becomes stale. TCP clients notice that
 * their backend is gone; those of UDP would send to it as long as they send.
 */
export function udpState(ports: readonly ServicePort[]): string {
  return ports.filter(({ protocol }) => protocol === 'udp').map(({ clusterIp, externalIps, loadBalancerIps, port, nodePort, serving }) => [clusterIp, ...externalIps, ...loadBalancerIps, port, nodePort, ...serving].join(' ')).join('\n');
}

export interface ForgetOptions {
  readonly nodeAddresses: readonly string[];
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Hears how long that took for each family, and how many kinds of flows were forgotten. */
  readonly told?: (family: 4 | 6, seconds: number, forgotten: number) => void;
}

/** Makes the kernel forget stale flows, with Debian's `conntrack` program. */
export async function forgetStaleFlows(run: RunCommand, ports: readonly ServicePort[], { nodeAddresses, clock, told }: ForgetOptions): Promise<number> {
  let all = 0;
  for (const [family, name] of [[4, 'ipv4'], [6, 'ipv6']] as const) {
    const ofFamily = ports.filter((port) => port.family === family && port.protocol === 'udp');
    if (ofFamily.length === 0) continue;
    const startedMs = clock.monotonicMs();
    let forgotten = 0;
    const listing = await run('conntrack', ['-L', '-f', name, '-p', 'udp']);
    for (const { destination, destinationPort, answerer, answererPort } of staleFlows(parseFlows(listing), ofFamily, nodeAddresses)) {
      // Gone already is as good as forgotten.
      await run('conntrack', ['-D', '-f', name, '-p', 'udp', '--orig-dst', destination, '--orig-port-dst', String(destinationPort), '--reply-src', answerer, '--reply-port-src', String(answererPort)]).then(() => { forgotten++; }, () => {});
    }
    told?.(family, (clock.monotonicMs() - startedMs) / 1000, forgotten);
    all += forgotten;
  }
  return all;
}
