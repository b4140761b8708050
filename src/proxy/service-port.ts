import type { Endpoint } from './endpoints.ts';

/** One place that traffic can be sent to. */
export interface Backend {
  readonly ip: string;
  readonly port: number;
  /** On this node: only such a backend can be its own client. */
  readonly local: boolean;
}

/**
 * One port of one Service in one IP family as a proxy backend must realise it: plain data, comparable, independent of any
 * rule language. As long as nothing of its Service changed it is the same object (`ServicePorts`): backends tell by that what is new.
 */
export interface ServicePort {
  /** `namespace/name:portname`, unique beside the family and the protocol. */
  readonly key: string;
  readonly family: 4 | 6;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  readonly clusterIp: string;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  /** Ranges that may come to the load balancer's addresses; empty: everybody. */
  readonly sourceRanges: readonly string[];
  /** They are open for this node itself. */
  readonly openForNode: boolean;
  readonly nodePort: number | undefined;
  /** Seconds that a client sticks to its backend; undefined without affinity. */
  readonly affinitySeconds: number | undefined;
  /** internalTrafficPolicy and externalTrafficPolicy are Local. */
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  /** Where traffic of policy Cluster goes; empty too where no traffic has that policy. */
  readonly cluster: readonly Backend[];
  /** Where traffic of policy Local goes; empty too where no traffic has that policy. */
  readonly local: readonly Backend[];
  /** Somewhere in the cluster there is a backend, though perhaps not for this node. */
  readonly hasEndpoints: boolean;
  /** All that may go on answering what they are being asked, `ip:port`: other UDP flows are forgotten. */
  readonly serving: readonly string[];
}

/**
 * Whom a load balancer's addresses are open for, where not for everybody. They may be this node's own: then they are the
 * source of what the node itself asks for.
 */
export const openFor = ({ sourceRanges, openForNode, loadBalancerIps }: ServicePort): readonly string[] => (openForNode ? [...sourceRanges, ...loadBalancerIps] : sourceRanges);

/** Reached from elsewhere than its cluster address. */
export const isExternal = ({ nodePort, externalIps, loadBalancerIps }: ServicePort): boolean => nodePort !== undefined || externalIps.length > 0 || loadBalancerIps.length > 0;

/** The backends of traffic to the cluster address. */
export const internalBackends = ({ internalLocal, cluster, local }: ServicePort): readonly Backend[] => (internalLocal ? local : cluster);

/** The backends of traffic from outside. */
export const externalBackends = ({ externalLocal, cluster, local }: ServicePort): readonly Backend[] => (externalLocal ? local : cluster);

/** Every backend that a packet of this node can be sent to, each once. */
export function allBackends({ cluster, local }: ServicePort): readonly Backend[] {
  if (local.length === 0) return cluster;
  return [...new Map([...cluster, ...local].map((one) => [addressOf(one), one])).values()];
}

/** `ip:port`, or `[ip]:port` for IPv6. */
export const addressOf = ({ ip, port }: Pick<Backend, 'ip' | 'port'>): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

/** What stays of an endpoint once it is chosen. */
export const backendOf = ({ ip, port, local }: Endpoint): Backend => ({ ip, port, local });
