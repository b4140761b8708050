import { nameOf } from '../api/meta/object.ts';
import { endpointslices, namespaces, networkpolicies, pods } from '../api/resources.ts';
import type { Pod } from '../api/types/core/v1.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';
import type { Clock } from '../base/clock.ts';
import { KeptInStep } from '../base/kept-in-step.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import type { PolicyPod, PolicyState } from './model.ts';
import { policyPod } from './model.ts';
import type { RunCommand } from './policy-table.ts';
import { PolicyTable } from './policy-table.ts';

export interface NetworkPolicyAgentOptions {
  /** May list namespaces, network policies, pods, and endpoint slices. */
  readonly client: Client;
  readonly nodeName: string;
  readonly run: RunCommand;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Changes that come within this time go into the kernel together. */
const gatherMs = 10;
/** Rules that somebody else removed come back at the latest after this. */
const fullSyncMs = 15 * 60_000;

/** Enforces the cluster's network policies for the pods of one node. Stopping it leaves the rules. */
export class NetworkPolicyAgent implements AsyncDisposable {
  readonly #options: NetworkPolicyAgentOptions;
  readonly #stop = new AbortController();
  readonly #informers: SharedInformers;
  readonly #table: PolicyTable;
  readonly #logger: Logger;
  readonly #kept: KeptInStep;
  #sees: (() => Omit<PolicyState, 'policies'>) | undefined;

  constructor(options: NetworkPolicyAgentOptions) {
    this.#options = options;
    const { client, clock, random, logger } = options;
    this.#logger = logger.named('network-policy');
    this.#informers = createSharedInformers(client, { clock, random, logger: this.#logger, signal: this.#stop.signal });
    this.#table = new PolicyTable(options.run);
    this.#kept = new KeptInStep({
      clock, gatherMs, fullSyncMs,
      sync: () => this.#sync(),
      invalidate: () => this.#table.invalidate(),
      failed: (error) => this.#logger.warn('network policies are not as they should be', { error }),
    });
  }

  /** Resolves when the policies that there are have been written once. */
  async start(): Promise<void> {
    const policies = this.#informers.informer(networkpolicies);
    const changed = (): void => this.#kept.changed();
    policies.addHandler({ add: changed, update: changed, delete: changed });
    await this.#informers.synced();
    await this.#kept.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the node was stopped'));
    await this.#kept[Symbol.asyncDispose]();
  }

  async #sync(): Promise<void> {
    const policies = this.#informers.informer(networkpolicies).lister.list();
    // A cluster without policies does not watch all its pods on every node.
    const seen = policies.length === 0 ? undefined : await this.#cluster();
    await this.#table.apply({ policies, pods: [], namespaces: new Map(), ...seen });
  }

  async #cluster(): Promise<Omit<PolicyState, 'policies'>> {
    if (this.#sees === undefined) {
      const { nodeName } = this.#options;
      const watched = {
        pods: this.#informers.informer(pods, { transform: essence }),
        namespaces: this.#informers.informer(namespaces),
        dns: this.#informers.informer(endpointslices, { namespace: 'kube-system', labelSelector: 'kubernetes.io/service-name=kube-dns' }),
      };
      await this.#informers.synced();
      const changed = (): void => this.#kept.changed();
      for (const informer of Object.values(watched)) informer.addHandler({ add: changed, update: changed, delete: changed });
      this.#sees = () => ({
        pods: [...watched.pods.lister.list().map((pod) => policyPod(pod, nodeName)).filter((pod) => pod !== undefined), ...watched.dns.lister.list().flatMap(dnsServer)],
        namespaces: new Map(watched.namespaces.lister.list().map((namespace) => [nameOf(namespace), namespace.metadata.labels ?? {}])),
      });
    }
    return this.#sees();
  }
}

/** Of each pod of the cluster, only what policies ask for is kept. */
function essence({ metadata, spec, status }: Pod): Pod {
  const { name, namespace, uid, resourceVersion, labels } = metadata;
  const containers = (spec?.containers ?? []).map(({ name: container, ports = [] }) => ({ name: container, ports: ports.filter((port) => port.name !== undefined) }));
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name: container, ports = [] }) => ({ name: container, restartPolicy: 'Always', ports }));
  return {
    metadata: { name: name!, namespace: namespace!, uid: uid!, resourceVersion: resourceVersion!, ...(labels !== undefined && { labels }) },
    spec: { containers, initContainers: sidecars, ...(spec?.nodeName !== undefined && { nodeName: spec.nodeName }), ...(spec?.hostNetwork === true && { hostNetwork: true }) },
    status: { ...(status?.phase !== undefined && { phase: status.phase }), ...(status?.podIPs !== undefined && { podIPs: status.podIPs }) },
  };
}

/**
 * The cluster DNS is a process of the first node, not a pod. Policies that let pods ask it say `k8s-app: kube-dns` in
 * kube-system, or port 53: for them it is a pod that listens there.
 */
function dnsServer({ endpoints = [], ports = [], metadata }: EndpointSlice): PolicyPod[] {
  if (metadata.labels?.['endpointslice.kubernetes.io/managed-by'] !== 'coxswain') return [];
  const aliases = new Map(ports.filter(({ port }) => port !== undefined).map(({ protocol = 'TCP', port = 53 }) => [`${protocol}/53`, port]));
  return endpoints.map(({ addresses }) => ({ namespace: 'kube-system', name: 'kube-dns', labels: { 'k8s-app': 'kube-dns' }, ips: addresses, ports: [], isLocal: false, aliases }));
}
