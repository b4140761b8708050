import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { events, nodes, pods } from '../../api/resources.ts';
import type { Node, Pod, PodCondition, PodSpec } from '../../api/types/core/v1.ts';
import { nodeRestriction } from '../../apiserver/admission/node-restriction/node-restriction.ts';
import { ApiServer } from '../../apiserver/api-server.ts';
import { rbacBootstrapObjects } from '../../apiserver/authorization/bootstrap/objects.ts';
import { authenticationEndpoints } from '../../apiserver/authentication/reviews.ts';
import { tokenFileAuthenticator } from '../../apiserver/authentication/token-file.ts';
import { authorizationEndpoints } from '../../apiserver/authorization/reviews.ts';
import { createAuthorization } from '../../apiserver/authorization/registry.ts';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { Client } from '../../client/client.ts';
import { createLocalClient } from '../../client/transports/local.ts';
import { simulatedProbe } from '../../runtime/simulated/behaviour.ts';
import type { SimulatedRuntimeOptions } from '../../runtime/simulated/simulated-runtime.ts';
import { SimulatedRuntime } from '../../runtime/simulated/simulated-runtime.ts';
import { simulatedHost } from '../hosts/simulated/simulated-host.ts';
import type { KubeletOptions } from '../kubelet-options.ts';
import { Kubelet } from '../kubelet.ts';
import { MemoryStore } from '../../store/drivers/memory/memory-store.ts';

/** A kubelet of node `node-1` on virtual time, with a simulated runtime and a real API server in this process. */
export class TestNode implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly random = new SeededRandom(7);
  readonly runtime: SimulatedRuntime;
  /** Every write of the kubelet, as `verb resource/name subresource`. */
  readonly writes: string[] = [];
  /** The user's client. */
  client!: Client;
  #api!: ApiServer;
  kubelet!: Kubelet;
  readonly #options: Partial<KubeletOptions>;

  private constructor(options: Partial<KubeletOptions>, runtime: Partial<SimulatedRuntimeOptions>) {
    this.#options = options;
    this.runtime = new SimulatedRuntime({ clock: this.clock, random: this.random, ...runtime });
  }

  /** `tokenFile`: whose tokens are whose. */
  static async start(options: { readonly kubelet?: Partial<KubeletOptions>; readonly runtime?: Partial<SimulatedRuntimeOptions>; readonly tokenFile?: string } = {}): Promise<TestNode> {
    const node = new TestNode(options.kubelet ?? {}, options.runtime ?? {});
    const { clock, random } = node;
    node.#api = await ApiServer.start({
      store: MemoryStore.open(), clock, random, logger: silentLogger,
      plugged: ({ reader }) => {
        const authorization = createAuthorization({ reader });
        return { authorizers: [authorization.authorizer], endpoints: [...authorizationEndpoints(authorization), ...authenticationEndpoints({ authenticators: [tokenFileAuthenticator(options.tokenFile ?? '')], audiences: [], clock })] };
      },
      admission: [nodeRestriction],
      bootstrapObjects: rbacBootstrapObjects(),
    });
    node.client = createLocalClient(node.#api.local, { user: { name: 'admin', groups: ['system:masters'] } });
    await node.startKubelet();
    return node;
  }

  /** Starts it again after `kubelet[Symbol.asyncDispose]()`, on the same runtime and API. */
  async startKubelet(more: Partial<KubeletOptions> = {}): Promise<void> {
    const { clock, random } = this;
    const answerProbe: Parameters<typeof simulatedHost>[0]['answerProbe'] = ({ kind, pod, container, startedAtMs }) => simulatedProbe({ annotations: pod.metadata.annotations ?? {}, container: container.name, kind, startedAtMs, nowMs: clock.now() });
    const starting = Kubelet.start({
      nodeName: 'node-1',
      client: this.#recording(createLocalClient(this.#api.local, { user: { name: 'system:node:node-1', groups: ['system:nodes'] }, userAgent: 'kubelet/test' })),
      runtime: this.runtime,
      host: simulatedHost({ hostname: 'node-1', answerProbe }),
      clock,
      random,
      logger: silentLogger,
      rootDir: '/var/lib/kubelet',
      podCidr: '10.244.1.0/24',
      clusterDns: ['10.96.0.10'],
      ...this.#options,
      ...more,
    });
    await clock.settle();
    this.kubelet = await starting;
    await clock.settle();
  }

  /** A pod bound to this node. */
  createPod(name: string, spec: Partial<PodSpec> = {}, annotations: Record<string, string> = {}): Promise<Pod> {
    return this.client.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', annotations },
      spec: { nodeName: 'node-1', containers: [{ name: 'app', image: 'nginx:1.14.2' }], ...spec },
    });
  }

  read<T extends KubeObject>(type: ResourceType<T>, namespace: string, name: string): T | undefined {
    return this.#api.reader.get(type, namespace, name);
  }

  pod(name: string): Pod {
    const pod = this.read(pods, 'default', name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    return pod;
  }

  hasPod(name: string): boolean {
    return this.read(pods, 'default', name) !== undefined;
  }

  node(): Node {
    return this.read(nodes, '', 'node-1')!;
  }

  /** Events on one object, as `Reason: message`, in order. */
  eventsOf(name: string): string[] {
    return this.#api.reader.list(events).filter(({ involvedObject }) => involvedObject.name === name).map(({ reason, message, count }) => `${reason}: ${message}${count !== undefined && count > 1 ? ` (x${count})` : ''}`);
  }

  condition(name: string, type: string): PodCondition | undefined {
    return this.pod(name).status?.conditions?.find((condition) => condition.type === type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const disposing = this.kubelet[Symbol.asyncDispose]();
    await this.clock.settle();
    await disposing;
    await this.runtime[Symbol.asyncDispose]();
    await this.#api[Symbol.asyncDispose]();
  }

  #recording(client: Client): Client {
    const note = (verb: string, type: ResourceType<KubeObject>, name: string | undefined, subresource?: string): void => void this.writes.push(`${verb} ${type.resource}/${name ?? ''}${subresource === undefined ? '' : ` ${subresource}`}`);
    return {
      ...client,
      create: (type, object, options) => { note('create', type, object.metadata.name); return client.create(type, object, options); },
      update: (type, object, options) => { note('update', type, object.metadata.name, options?.subresource); return client.update(type, object, options); },
      patch: (type, ref, patch, options) => { note('patch', type, ref.name, options?.subresource); return client.patch(type, ref, patch, options); },
      delete: (type, ref, options) => { note('delete', type, ref.name); return client.delete(type, ref, options); },
    };
  }
}
