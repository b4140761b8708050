import type { Step } from '../apiserver/pipeline/step.ts';
import { TlsExtensionTransport } from '../apiserver/http/extension-transport.ts';
import { TlsWebhookTransport } from '../apiserver/http/webhook-transport.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { SeededRandom } from '../base/random.ts';
import { RealClock } from '../base/real-clock.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import type { KubeletOptions } from '../kubelet/kubelet-options.ts';
import type { Pki } from '../pki/pki.ts';
import { createMemoryPki } from '../pki/pki.ts';
import { MemoryStore } from '../store/drivers/memory/memory-store.ts';
import type { CompositionState } from './composition.ts';
import { Composition } from './composition.ts';
import { drive, end } from './drive.ts';
import { FaultStore } from './fault-store.ts';

/** What stays the same for a cluster, its snapshots and its forks. */
export interface LifeSettings {
  readonly virtual: boolean;
  readonly seed: number;
  readonly logger: Logger;
  readonly runtimeConfig: Readonly<Record<string, string>> | undefined;
  readonly featureGates: Readonly<Record<string, string>> | undefined;
  readonly kubelet: Partial<KubeletOptions>;
  /** Names of controllers, as kube-controller-manager's flag; undefined: none. */
  readonly controllers: readonly string[] | undefined;
  readonly scheduler: boolean;
}

/** All of a cluster at one moment. */
export interface LifeState {
  readonly store: MemoryStore;
  readonly nowMs: number;
  readonly composition: CompositionState;
  /** The seed of the faults that are still to come. */
  readonly chance: number;
}

/** What clusters that begin alike have after the API server's first start: made once in a process. */
const beginnings = new Map<string, LifeState>();
const maxBeginnings = 8;

/** Where a server stands in truth that the cluster knows by another address. */
export interface Address { readonly host: string; readonly port: number }

const token = 'coxswain-testing';
let shared: Promise<Pki> | undefined;

/** One authority for all clusters of a process: making it takes longer than starting a cluster. Its certificates are for real TLS, and of the real time. */
export const sharedPki = (): Promise<Pki> => (shared ??= createMemoryPki({ clock: new RealClock(), apiServerNames: ['127.0.0.1', 'localhost'] }));

/** Who presents this is an administrator, over a connection. */
export const adminToken = token;

/** A cluster from one start, or one restored snapshot, to its end: the clock, the store, and the parts on them. */
export class Life implements AsyncDisposable {
  readonly clock: Clock;
  readonly store: FaultStore;
  readonly parts: Composition;
  readonly chance: SeededRandom;
  readonly settings: LifeSettings;
  readonly #memory: MemoryStore;
  readonly #undo = new AsyncDisposableStack();
  #awake: Promise<void> | undefined;

  private constructor(settings: LifeSettings, pki: Pki, { state, step, backends, startMs }: LifeOptions) {
    this.settings = settings;
    this.clock = settings.virtual ? new VirtualClock(state?.nowMs ?? startMs) : new RealClock();
    this.#memory = state?.store.fork() ?? MemoryStore.open();
    this.store = new FaultStore(this.#memory);
    this.chance = state === undefined ? SeededRandom.named(settings.seed, 'faults') : new SeededRandom(state.chance);
    const locate = ({ host, port }: Address): Address => backends.get(`${host}:${port}`) ?? { host, port };
    const { runtimeConfig, featureGates, logger, seed, kubelet } = settings;
    this.parts = new Composition({
      clock: this.clock, seed, pki, logger, kubelet, store: this.store,
      apiServer: {
        runtimeConfig, featureGates, intercept: step,
        tokenFile: `${token},${adminName},1,system:masters\n`,
        webhookTransport: this.#undo.use(new TlsWebhookTransport({ locate })),
        extensions: this.#undo.use(new TlsExtensionTransport({ client: pki.frontProxyClient, locate })),
      },
      ...(state !== undefined && { state: state.composition }),
    });
  }

  /** An API server that answers; the rest runs once `awake` is called. */
  static async begin(settings: LifeSettings, options: LifeOptions): Promise<Life> {
    const pki = await sharedPki();
    if (options.state !== undefined || !settings.virtual) return Life.#start(settings, pki, options);
    const { seed, runtimeConfig, featureGates } = settings;
    const key = JSON.stringify([seed, options.startMs, runtimeConfig, featureGates]);
    const state = beginnings.get(key);
    const life = await Life.#start(settings, pki, { ...options, state });
    if (state === undefined) {
      for (const oldest of beginnings.size >= maxBeginnings ? [...beginnings.keys()].slice(0, 1) : []) beginnings.delete(oldest);
      beginnings.set(key, { store: life.#memory.fork(), nowMs: life.clock.now(), composition: life.parts.capture(), chance: life.chance.state });
    } else life.parts.resumeChance(state.composition.chance);
    return life;
  }

  static async #start(settings: LifeSettings, pki: Pki, options: LifeOptions): Promise<Life> {
    const life = new Life(settings, pki, options);
    await life.parts.startApiServer();
    return life;
  }

  /** Resolves when everything runs that is to run. */
  awake(): Promise<void> {
    return (this.#awake ??= drive(this.clock, this.#startParts()));
  }

  async #startParts(): Promise<void> {
    const { parts, settings } = this;
    const running = [...parts.nodes.values()].filter(({ resumes }) => resumes);
    await Promise.all([
      ...(settings.scheduler ? [parts.startScheduler()] : []),
      ...(settings.controllers === undefined ? [] : [parts.startControllers({ controllers: settings.controllers })]),
      ...running.map((node) => node.start()),
    ]);
  }

  /** All of it as it stands, to begin another life with. */
  async capture(): Promise<LifeState> {
    await this.awake();
    if (this.clock instanceof VirtualClock) await this.clock.settle();
    return { store: this.#memory.fork(), nowMs: this.clock.now(), composition: this.parts.capture(), chance: this.chance.state };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever waits for the store is to come to an end.
    this.store.release();
    await end(this.clock, this.parts);
    await this.#undo.disposeAsync();
    await this.store[Symbol.asyncDispose]();
  }
}

/** What a life begins with. */
export interface LifeOptions {
  readonly state?: LifeState | undefined;
  readonly startMs: number;
  /** The faults. */
  readonly step: Step;
  /** Servers of the test behind addresses of the cluster, by `host:port`. */
  readonly backends: ReadonlyMap<string, Address>;
}

/** Who comes with the token. */
export const adminName = 'kubernetes-admin';
