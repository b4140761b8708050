import { events, nodes, pods } from '../../api/resources.ts';
import type { Pod, PodSpec } from '../../api/types/core/v1.ts';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { simulatedProbe } from '../../runtime/simulated/behaviour.ts';
import type { SimulatedRuntimeOptions } from '../../runtime/simulated/simulated-runtime.ts';
import { SimulatedRuntime } from '../../runtime/simulated/simulated-runtime.ts';
import { simulatedHost } from '../hosts/simulated/simulated-host.ts';
import type { KubeletOptions } from '../kubelet.ts';
import { Kubelet } from '../kubelet.ts';
import { FakeApi } from './fake-api.ts';

/** A kubelet of node `node-1` on virtual time, with a simulated runtime, and an API to talk to. */
export class TestNode implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly random = new SeededRandom(7);
  readonly api = new FakeApi(this.clock, this.random);
  readonly runtime: SimulatedRuntime;
  kubelet!: Kubelet;
  readonly #options: Partial<KubeletOptions>;

  private constructor(options: Partial<KubeletOptions>, runtime: Partial<SimulatedRuntimeOptions>) {
    this.#options = options;
    this.runtime = new SimulatedRuntime({ clock: this.clock, random: this.random, ...runtime });
  }

  static async start(options: { readonly kubelet?: Partial<KubeletOptions>; readonly runtime?: Partial<SimulatedRuntimeOptions> } = {}): Promise<TestNode> {
    const node = new TestNode(options.kubelet ?? {}, options.runtime ?? {});
    await node.startKubelet();
    return node;
  }

  /** Starts it again after `kubelet[Symbol.asyncDispose]()`, on the same runtime and API. */
  async startKubelet(): Promise<void> {
    const { clock, random } = this;
    const answerProbe: Parameters<typeof simulatedHost>[0]['answerProbe'] = ({ kind, pod, container, startedAtMs }) => simulatedProbe({ annotations: pod.metadata.annotations ?? {}, container: container.name, kind, startedAtMs, nowMs: clock.now() });
    const starting = Kubelet.start({
      nodeName: 'node-1',
      client: this.api.client,
      runtime: this.runtime,
      host: simulatedHost({ hostname: 'node-1', answerProbe }),
      clock,
      random,
      logger: silentLogger,
      rootDir: '/var/lib/kubelet',
      podCidr: '10.244.1.0/24',
      clusterDns: ['10.96.0.10'],
      ...this.#options,
    });
    await clock.settle();
    this.kubelet = await starting;
    await clock.settle();
  }

  /** A pod bound to this node. */
  createPod(name: string, spec: Partial<PodSpec> = {}, annotations: Record<string, string> = {}): Pod {
    return this.api.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', annotations },
      spec: { nodeName: 'node-1', restartPolicy: 'Always', terminationGracePeriodSeconds: 30, containers: [{ name: 'app', image: 'nginx:1.14.2', imagePullPolicy: 'IfNotPresent' }], ...spec },
      status: { phase: 'Pending' },
    });
  }

  pod(name: string): Pod {
    const pod = this.api.read(pods, 'default', name);
    if (pod === undefined) throw new Error(`no pod ${name}`);
    return pod;
  }

  hasPod(name: string): boolean {
    return this.api.read(pods, 'default', name) !== undefined;
  }

  node() {
    return this.api.read(nodes, '', 'node-1')!;
  }

  /** Events on one object, as `Reason: message`, in order. */
  eventsOf(name: string): string[] {
    return this.api.list(events).filter(({ involvedObject }) => involvedObject.name === name).map(({ reason, message, count }) => `${reason}: ${message}${count !== undefined && count > 1 ? ` (x${count})` : ''}`);
  }

  condition(name: string, type: string) {
    return this.pod(name).status?.conditions?.find((condition) => condition.type === type);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const disposing = this.kubelet[Symbol.asyncDispose]();
    await this.clock.settle();
    await disposing;
    await this.runtime[Symbol.asyncDispose]();
  }
}
