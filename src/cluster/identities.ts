import type { Clock } from '../base/clock.ts';
import type { Client } from '../client/client.ts';
import { createLocalClient } from '../client/transports/local.ts';
import type { LocalEndpoint } from '../client/transports/local-endpoint.ts';

/** Components in one process are users like any other: each acts under its own name, and RBAC holds for it. */
export interface LocalClients {
  /** `system:kube-scheduler`, `system:kube-controller-manager`, `system:kube-proxy` … */
  component(name: string): Client;
  /** A service account of kube-system: the identity of one controller. */
  serviceAccount(name: string): Client;
  /** The kubelet of a node: what it may read is only what its own pods need. */
  node(nodeName: string): Client;
  /** Anybody, of these groups. */
  user(name: string, groups: readonly string[]): Client;
  /** For what a start itself must put in place, such as the DNS Service. */
  administrator(): Client;
}

export function localClients(endpoint: LocalEndpoint, clock: Clock): LocalClients {
  const client = (name: string, groups: readonly string[], userAgent: string): Client => createLocalClient(endpoint, { user: { name, groups: [...groups, 'system:authenticated'] }, userAgent, clock });
  return {
    component: (name) => client(`system:${name}`, [], name),
    serviceAccount: (name) => client(`system:serviceaccount:kube-system:${name}`, ['system:serviceaccounts', 'system:serviceaccounts:kube-system'], name === 'coredns' ? name : `kube-controller-manager/${name}`),
    node: (nodeName) => client(`system:node:${nodeName}`, ['system:nodes'], 'kubelet'),
    user: (name, groups) => client(name, groups, 'coxswain'),
    administrator: () => client('system:coxswain', ['system:masters'], 'coxswain'),
  };
}
