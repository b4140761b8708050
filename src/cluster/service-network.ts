import { isReason } from '../api/status.ts';
import { endpointslices, services } from '../api/resources.ts';
import type { Service } from '../api/types/core/v1.ts';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../api/types/rbac/v1.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';
import type { Clock } from '../base/clock.ts';
import type { Client } from '../client/client.ts';
import { ClusterDns } from '../dns/cluster-dns.ts';
import { addressInRange, addressTypeOf, isLoopback } from './addresses.ts';
import { nodeAgentAccess } from './joining/publish.ts';
import type { Machine } from './machine.ts';
import { startNodeAgents } from './node-agents.ts';
import type { NodesOptions } from './start-options.ts';

/** Ports of the cluster DNS on the node; pods ask the Service's ports 53 and, for metrics, 9153. */
const [dnsPort, dnsMetricsPort] = [10_053, 9153];
/** How long the bridge may take to appear once the node has its range. */
const bridgeTimeoutMs = 10_000;

/**
 * What makes Services work on the real node: the proxy's rules, the cluster DNS and the API server on the address of the
 * pods' bridge, and the Services that lead to both. The gateway is reachable from the machine and its pods alone.
 */
export async function startServiceNetwork(options: NodesOptions, machine: Extract<Machine, { kind: 'real' }>, gateway: string): Promise<AsyncDisposable> {
  const { controlPlane, pki, clock, random, logger, clusterDomain } = options;
  const { server, clients } = controlPlane;
  await using undo = new AsyncDisposableStack();
  await server.ensure([...dnsAccess, ...nodeAgentAccess]);
  undo.use(await startNodeAgents({ ...options, capabilities: machine.capabilities, healthzAddress: isLoopback(options.bindAddress) ? '127.0.0.1' : options.bindAddress.includes(':') ? '::' : '0.0.0.0' }, { proxy: clients.component('kube-proxy'), node: clients.node(options.nodeName) }));
  const port = server.address?.port ?? options.port;
  if (isLoopback(options.bindAddress)) {
    await onceThere(clock, gateway, () => server.listen({ host: gateway, port, key: pki.apiServer.key, cert: pki.apiServer.certificate }));
    await server.advertise({ address: gateway, port });
  }

  const dns = undo.use(await ClusterDns.start({ client: clients.serviceAccount('coredns'), clock, random, logger: logger.named('dns'), domain: clusterDomain, own: [gateway, addressInRange(options.serviceCidr, 10)] }));
  // Another program's may be there: any free port does.
  const listen = (of: { listen(address: string, port: number): Promise<number> }, wanted: number): Promise<number> => onceThere(clock, gateway, () => of.listen(gateway, wanted)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return of.listen(gateway, 0);
  });
  const bound = { dns: await listen(dns.server, dnsPort), metrics: await listen(dns.metrics, dnsMetricsPort) };
  await publishDns(clients.administrator(), { serviceIp: addressInRange(options.serviceCidr, 10), address: gateway, ports: bound });
  if (options.ingress === true) undo.use(await (await import('./ingress.ts')).startIngress(options, gateway));
  return undo.move();
}

/** Tries until the bridge has its address, which it gets a moment after the node learnt its range. */
async function onceThere<T>(clock: Clock, address: string, listen: () => Promise<T>): Promise<T> {
  const deadlineMs = clock.monotonicMs() + bridgeTimeoutMs;
  for (;;) {
    try {
      return await listen();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error;
      if (clock.monotonicMs() > deadlineMs) throw new Error(`the pods' bridge did not get the address ${address}; see the messages of the kubelet`, { cause: error });
    }
    await clock.sleep(5);
  }
}

/** What the cluster DNS may read, under the names that kubeadm gives CoreDNS. */
const dnsAccess: readonly (ClusterRole | ClusterRoleBinding | Role | RoleBinding)[] = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'system:coredns' },
    rules: [
      { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'system:coredns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns' },
    subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace: 'kube-system' }],
  },
  // Its configuration, which CoreDNS has mounted: stub domains and other servers to ask.
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'coredns-config', namespace: 'kube-system' }, rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'watch'] }] },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'coredns-config', namespace: 'kube-system' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'coredns-config' },
    subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace: 'kube-system' }],
  },
];

/** The Service that every pod's resolv.conf names, under upstream's name, and where it leads. */
async function publishDns(client: Client, { serviceIp, address, ports }: { readonly serviceIp: string; readonly address: string; readonly ports: { readonly dns: number; readonly metrics: number } }): Promise<void> {
  const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' };
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
    spec: {
      clusterIP: serviceIp,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: ports.dns },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: ports.dns },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: ports.metrics },
      ],
    },
  };
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels: { 'kubernetes.io/service-name': 'kube-dns', 'endpointslice.kubernetes.io/managed-by': 'coxswain' } },
    addressType: addressTypeOf(address),
    endpoints: [{ addresses: [address], conditions: { ready: true, serving: true, terminating: false } }],
    ports: [
      { name: 'dns', port: ports.dns, protocol: 'UDP' },
      { name: 'dns-tcp', port: ports.dns, protocol: 'TCP' },
      { name: 'metrics', port: ports.metrics, protocol: 'TCP' },
    ],
  };
  // Looked for first: creating it again would fail for its address, which it has itself.
  await client.get(services, { namespace: 'kube-system', name: 'kube-dns' }).catch(async (error: unknown) => {
    if (!isReason(error, 'NotFound')) throw error;
    await client.create(services, service);
  });
  await client.create(endpointslices, slice).catch(async (error: unknown) => {
    if (!isReason(error, 'AlreadyExists')) throw error;
    const { endpoints, ports } = slice;
    await client.patch(endpointslices, { namespace: 'kube-system', name: 'kube-dns' }, { type: 'merge', value: { endpoints, ports } });
  });
}
