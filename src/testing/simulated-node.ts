import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { simulatedHost } from '../kubelet/hosts/simulated/simulated-host.ts';
import type { KubeletOptions } from '../kubelet/kubelet-options.ts';
import { Kubelet } from '../kubelet/kubelet.ts';
import { takePromiseBack } from '../kubelet/node/take-promise-back.ts';
import { simulatedProbe } from '../runtime/simulated/behaviour.ts';
import type { SimulatedRuntimeState } from '../runtime/simulated/state.ts';
import { afterPowerLoss } from '../runtime/simulated/state.ts';
import { SimulatedRuntime } from '../runtime/simulated/simulated-runtime.ts';

export interface SimulatedNodeOptions {
  readonly name: string;
  readonly address: string;
  readonly client: Client;
  /** Whoever lets machines fail: may write leases. */
  readonly simulator: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Whatever else the kubelet is told: capacity, labels, taints, how often it reports. */
  readonly kubelet?: Partial<KubeletOptions>;
}

/** What a machine is at one moment. */
export interface NodeState {
  readonly name: string;
  readonly address: string;
  readonly kubelet: Partial<KubeletOptions> | undefined;
  /** Does its kubelet run? */
  readonly running: boolean;
  /** Its containers; undefined: the machine is off. */
  readonly runtime: SimulatedRuntimeState | undefined;
  /** What a machine that is off has on its disk. */
  readonly disk: SimulatedRuntimeState | undefined;
}

/** A machine that exists in memory alone: the real kubelet on the simulated runtime. Off until it is started. */
export class SimulatedNode implements AsyncDisposable {
  readonly name: string;
  readonly address: string;
  /** Did its kubelet run, where it goes on from? Then it is to be started. */
  readonly resumes: boolean;
  readonly #options: SimulatedNodeOptions;
  #runtime: SimulatedRuntime | undefined;
  #disk: SimulatedRuntimeState | undefined;
  #kubelet: Kubelet | undefined;
  /** Stops taking back what the node said of the time to come. */
  #speaks: AbortController | undefined;
  #isOver = false;

  /** `resumed`: what the machine runs already. */
  constructor(options: SimulatedNodeOptions, resumed: Pick<NodeState, 'runtime' | 'running' | 'disk'> = { runtime: undefined, running: false, disk: undefined }) {
    const { name, address, clock, random } = options;
    const { runtime } = resumed;
    this.resumes = resumed.running;
    this.name = name;
    this.address = address;
    this.#options = options;
    this.#disk = resumed.disk;
    if (runtime !== undefined) this.#runtime = new SimulatedRuntime({ clock, random, state: runtime });
  }

  /** What another machine needs to go on as this one. */
  capture(): NodeState {
    return { name: this.name, address: this.address, kubelet: this.#options.kubelet, running: this.#kubelet !== undefined, runtime: this.#runtime?.capture(), disk: this.#disk };
  }

  /** Undefined: it does not run. */
  get kubelet(): Kubelet | undefined {
    return this.#kubelet;
  }

  /** Its containers. Undefined: the machine is off. */
  get runtime(): SimulatedRuntime | undefined {
    return this.#runtime;
  }

  /** Switches the machine on, or starts its kubelet anew. Resolves when the node is registered. */
  async start(): Promise<void> {
    if (this.#kubelet !== undefined) return;
    const { name, address, client, clock, random, logger } = this.#options;
    this.#speak();
    this.#runtime ??= new SimulatedRuntime({ clock, random, ...(this.#disk !== undefined && { state: this.#disk }) });
    this.#disk = undefined;
    this.#kubelet = await Kubelet.start({
      nodeName: name, client, clock, random, logger,
      runtime: this.#runtime,
      host: simulatedHost({ hostname: name, address, answerProbe: ({ kind, pod, container, startedAtMs }) => simulatedProbe({ annotations: pod.metadata.annotations ?? {}, container: container.name, kind, startedAtMs, nowMs: clock.now() }) }),
      rootDir: `/var/lib/kubelet/${name}`,
      ...this.#options.kubelet,
    });
  }

  /** Ends the kubelet; containers run on, and it finds them when it is started again. */
  async stopKubelet(): Promise<void> {
    const kubelet = this.#kubelet;
    this.#kubelet = undefined;
    await kubelet?.[Symbol.asyncDispose]();
    if (kubelet !== undefined) this.#takePromiseBack();
  }

  /** May its kubelet say beforehand that the node lives? Not while it may be kept from saying so: then it is to be missed. */
  set foresees(may: boolean) {
    if (this.#kubelet === undefined) return;
    this.#kubelet.foresightMs = may ? this.#options.kubelet?.foresightMs ?? 0 : 0;
    if (may) this.#speak();
    else this.#takePromiseBack();
  }

  #takePromiseBack(): void {
    const { kubelet, simulator: client, clock, name: nodeName } = this.#options;
    if (this.#isOver || (kubelet?.foresightMs ?? 0) === 0) return;
    this.#speaks ??= new AbortController();
    void takePromiseBack({ client, clock, nodeName, signal: this.#speaks.signal });
  }

  #speak(): void {
    this.#speaks?.abort();
    this.#speaks = undefined;
  }

  /** Pulls the plug: kubelet and containers are gone at once, and nobody is told. */
  async kill(): Promise<void> {
    const runtime = this.#runtime;
    this.#runtime = undefined;
    if (runtime !== undefined) this.#disk = afterPowerLoss(runtime.capture());
    const stopping = this.stopKubelet();
    await runtime?.[Symbol.asyncDispose]();
    await stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#speak();
    await this.kill();
  }
}
