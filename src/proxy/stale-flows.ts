import type { RunCommand } from './backend.ts';
import { addressOf } from './service-port.ts';
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

/** By the destination of a client, `ip:port`, who may answer. */
export type Answerers = ReadonlyMap<string, ReadonlySet<string>>;

/** Of UDP Services. Destinations of those without any backend are not there. */
export function answerersOf(ports: readonly ServicePort[], nodeAddresses: readonly string[]): Answerers {
  const answerers = new Map<string, ReadonlySet<string>>();
  for (const port of ports) {
    if (port.protocol !== 'udp' || port.serving.length === 0) continue;
    const serving = new Set(port.serving);
    for (const ip of [port.clusterIp, ...port.externalIps, ...port.loadBalancerIps]) answerers.set(addressOf({ ip, port: port.port }), serving);
    if (port.nodePort !== undefined) for (const ip of nodeAddresses.filter((one) => one.includes(':') === (port.family === 6))) answerers.set(addressOf({ ip, port: port.nodePort }), serving);
  }
  return answerers;
}

/** The flows that somebody else answers than who may; each kind once. */
export function staleFlows(flows: readonly Flow[], answerers: Answerers): Flow[] {
  const stale = new Map<string, Flow>();
  for (const flow of flows) {
    const [to, from] = [addressOf({ ip: flow.destination, port: flow.destinationPort }), addressOf({ ip: flow.answerer, port: flow.answererPort })];
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

/** Makes the kernel forget stale flows, with Debian's `conntrack` program. */
export async function forgetStaleFlows(run: RunCommand, answerers: Answerers): Promise<number> {
  let forgotten = 0;
  for (const name of ['ipv4', 'ipv6'] as const) {
    if (![...answerers.keys()].some((to) => to.startsWith('[') === (name === 'ipv6'))) continue;
    const listing = await run('conntrack', ['-L', '-f', name, '-p', 'udp']);
    for (const { destination, destinationPort, answerer, answererPort } of staleFlows(parseFlows(listing), answerers)) {
      // Gone already is as good as forgotten.
      await run('conntrack', ['-D', '-f', name, '-p', 'udp', '--orig-dst', destination, '--orig-port-dst', String(destinationPort), '--reply-src', answerer, '--reply-port-src', String(answererPort)]).then(() => { forgotten++; }, () => {});
    }
  }
  return forgotten;
}
