import { events, nodes, pods } from '../../src/api/resources.ts';
import type { Pod, PodSpec } from '../../src/api/types/core/v1.ts';
import { TestServer } from '../../src/apiserver/testing/server.ts';
import type { Clock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { SeededRandom } from '../../src/base/random.ts';
import type { Client } from '../../src/client/client.ts';
import { createLocalClient } from '../../src/client/transports/local.ts';
import type { SchedulerFeatures, SchedulerSettings } from '../../src/scheduler/config/settings.ts';
import type { Extender } from '../../src/scheduler/framework/extender.ts';
import { Scheduler } from '../../src/scheduler/scheduler.ts';

/** A scheduler over a real API server on virtual time; nodes are objects alone. */
export class Scene implements AsyncDisposable {
  readonly server: TestServer;
  readonly client: Client;
  readonly scheduler: Scheduler;

  private constructor(server: TestServer, client: Client, scheduler: Scheduler) {
    this.server = server;
    this.client = client;
    this.scheduler = scheduler;
  }

  static async start(options: { readonly settings?: SchedulerSettings; readonly extenders?: readonly Extender[]; readonly wrap?: (client: Client) => Client; readonly clockOf?: (clock: Clock) => Clock; /** Pod groups are served, and scheduled as such. */ readonly features?: SchedulerFeatures } = {}): Promise<Scene> {
    const server = await TestServer.start(options.features?.podGroups === true ? { runtimeConfig: { 'scheduling.k8s.io/v1alpha2': 'true' }, featureGates: { GenericWorkload: 'true' } } : {});
    const client = createLocalClient(server.server.local, { user: { name: 'admin', groups: ['system:masters'] }, userAgent: 'test', clock: server.clock });
    const { wrap = (same: Client) => same, clockOf = (same: Clock) => same, ...more } = options;
    const scheduler = new Scheduler({ client: wrap(client), clock: clockOf(server.clock), random: new SeededRandom(1), logger: silentLogger, ...more });
    const starting = scheduler.start();
    await server.clock.settle();
    await starting;
    return new Scene(server, client, scheduler);
  }

  async node(name: string, more: { readonly cpu?: string; readonly labels?: Record<string, string> } = {}): Promise<void> {
    await this.client.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.labels } }, spec: {} });
    const allocatable = { cpu: more.cpu ?? '4', memory: '8Gi', pods: '110' };
    await this.client.patch(nodes, { name }, { type: 'strategic', value: { status: { capacity: allocatable, allocatable } } }, { subresource: 'status' });
    await this.client.patch(nodes, { name }, { type: 'merge', value: { spec: { taints: null } } });
  }

  pod(name: string, spec: Partial<PodSpec> = {}, cpu = '100m'): Promise<Pod> {
    return this.client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name }, spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }], ...spec } });
  }

  async get(name: string): Promise<Pod> {
    await this.server.clock.settle();
    return this.client.get(pods, { namespace: 'default', name });
  }

  /** What the pod is told: its node, or the reason and message of its condition. */
  async told(name: string): Promise<string | undefined> {
    const { spec, status } = await this.get(name);
    const condition = status?.conditions?.find(({ type }) => type === 'PodScheduled');
    return spec?.nodeName ?? (condition === undefined ? undefined : `${condition.reason}: ${condition.message}`);
  }

  async eventsOn(name: string): Promise<string[]> {
    await this.server.clock.settle();
    return (await this.client.list(events)).items.filter(({ involvedObject }) => involvedObject.name === name).map(({ type, reason, message, reportingComponent }) => `${type} ${reason} ${reportingComponent}: ${message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopping = this.scheduler[Symbol.asyncDispose]();
    await this.server.clock.settle();
    await stopping;
    await this.server[Symbol.asyncDispose]();
  }
}
