import { deployments, namespaces, pods, serviceaccounts, services } from '../../../src/api/resources.ts';
import type { Container, Pod, PodSpec, Service, ServiceSpec } from '../../../src/api/types/core/v1.ts';
import type { RealCluster } from '../pods/real-cluster.ts';
import { agnhost } from '../pods/real-cluster.ts';

/** One scenario's namespace on a real cluster, and what Kubernetes' network tests do again and again. */
export class Scene {
  readonly cluster: RealCluster;
  readonly namespace: string;

  private constructor(cluster: RealCluster, namespace: string) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  static async start(cluster: RealCluster, namespace: string): Promise<Scene> {
    await cluster.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await cluster.until('its service account', () => cluster.found(cluster.client.get(serviceaccounts, { namespace, name: 'default' })));
    return new Scene(cluster, namespace);
  }

  /** Creates a pod of agnhost and waits until it is ready. Without arguments it pauses. */
  agnhost(name: string, args: readonly string[] = [], { labels = {}, container = {}, spec = {} }: { readonly labels?: Record<string, string>; readonly container?: Partial<Container>; readonly spec?: Partial<PodSpec> } = {}): Promise<Pod> {
    return this.cluster.running({
      apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: this.namespace, labels },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'agnhost', image: agnhost, args: [...args], ...container }], ...spec },
    });
  }

  service(name: string, spec: ServiceSpec): Promise<Service> {
    return this.cluster.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: this.namespace }, spec });
  }

  change(name: string, change: (spec: ServiceSpec) => Partial<ServiceSpec>): Promise<Service> {
    const { client } = this.cluster;
    const reference = { namespace: this.namespace, name };
    return this.cluster.until(`service ${name} to be changed`, async () => {
      const service = await client.get(services, reference);
      return client.update(services, { ...service, spec: { ...service.spec, ...change(service.spec ?? {}) } }).catch(() => undefined);
    });
  }

  /** Pods that tell their host name, behind a Deployment. */
  async hostnames(name: string, replicas: number): Promise<void> {
    const { client } = this.cluster;
    const labels = { app: name };
    await client.create(deployments, {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: this.namespace },
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'agnhost', image: agnhost, args: ['serve-hostname'], ports: [{ containerPort: 9376 }] }] } } },
    });
    await this.cluster.until(`${replicas} pods of ${name}`, async () => (await client.get(deployments, { namespace: this.namespace, name })).status?.availableReplicas === replicas);
  }

  /** What a shell command writes in a pod. */
  shell(pod: string, command: string, container?: string): Promise<string> {
    return this.cluster.exec(pod, ['/bin/sh', '-c', command], container, this.namespace);
  }

  /** Asks again and again, as tests of networks do, until the answer holds. */
  untilSays(pod: string, command: string, holds: (output: string) => boolean, withinMs?: number): Promise<string> {
    let last = '';
    return this.cluster.until(`${command} in ${pod}`, async () => {
      last = (await this.shell(pod, command)).trim();
      return holds(last) ? { last } : undefined;
    }, withinMs).then((got) => got.last, (error: unknown) => { throw new Error(`${(error as Error).message}: ${last}`, { cause: error }); });
  }

  /** An endpoint answers a pod that asks for its host name over TCP or UDP. */
  async reaches(pod: string, endpoint: string, port: number, protocol: 'TCP' | 'UDP' = 'TCP'): Promise<void> {
    await this.untilSays(pod, `echo hostName | nc ${protocol === 'UDP' ? '-u' : '-t'} -w 2 ${endpoint} ${port} 2>/dev/null`, (output) => output !== '');
  }

  async reachesNot(pod: string, endpoint: string, port: number, protocol: 'TCP' | 'UDP'): Promise<void> {
    await this.untilSays(pod, `echo hostName | nc ${protocol === 'UDP' ? '-u' : '-t'} -w 2 ${endpoint} ${port} 2>/dev/null`, (output) => output === '');
  }

  get(name: string): Promise<Pod> {
    return this.cluster.client.get(pods, { namespace: this.namespace, name });
  }

  /** The node's address that is no loopback one. */
  async nodeAddress(pod: Pod): Promise<string> {
    return (await this.get(pod.metadata.name ?? '')).status?.hostIP ?? '';
  }
}
