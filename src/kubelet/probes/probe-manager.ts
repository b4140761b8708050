import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import type { Container, Pod, Probe } from '../../api/types/core/v1.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { Host, ProbeKind } from '../host.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import type { PodEvents } from '../pod-events.ts';
import { containersOf, specOf } from '../pods/pod-spec.ts';
import type { PodRuntimeState } from '../pods/pod-runtime.ts';
import type { ProbeVerdicts } from './probe-verdicts.ts';
import { runProbe } from './run-probe.ts';

interface Worker {
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly container: Container;
  readonly containerId: string;
  readonly startedAtMs: number;
  pod: Pod;
  podIp: string | undefined;
  timer: Timer | undefined;
  stopped: boolean;
  lastRaw: boolean | undefined;
  run: number;
  /** What counts: undefined before the first verdict. */
  verdict: boolean | undefined;
}

/** How often a probe that could not be run is tried before that counts. */
const maxTries = 3;

const names: Readonly<Record<ProbeKind, string>> = { liveness: 'Liveness', readiness: 'Readiness', startup: 'Startup' };

/** Probes the running containers of all pods of a kubelet, each on its own period. */
export class ProbeManager implements ProbeVerdicts {
  readonly #host: Host;
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #events: PodEvents;
  readonly #metrics: MetricsSink;
  readonly #onVerdict: (podUid: string) => void;
  /** By pod, then by container id and kind. */
  readonly #pods = new Map<string, Map<string, Worker>>();
  #stopped = false;
  readonly #byContainer = new Map<string, Partial<Record<ProbeKind, Worker>>>();

  constructor(options: { readonly host: Host; readonly runtime: Runtime; readonly clock: Clock; readonly events: PodEvents; readonly metrics: MetricsSink; readonly onVerdict: (podUid: string) => void }) {
    this.#host = options.host;
    this.#runtime = options.runtime;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#metrics = options.metrics;
    this.#onVerdict = options.onVerdict;
  }

  /** Starts probes of containers that run now and ends those of containers that do not. */
  sync(pod: Pod, state: PodRuntimeState): void {
    if (this.#stopped) return;
    const podUid = uidOf(pod);
    if (!this.#pods.has(podUid) && !hasProbes(pod)) return;
    const podIp = state.sandbox?.ips[0] ?? pod.status?.podIP;
    const workers = this.#pods.get(podUid) ?? new Map<string, Worker>();
    const wanted = new Set<string>();
    for (const { container, role } of containersOf(pod)) {
      if (role === 'init' || role === 'ephemeral') continue;
      const status = state.containers.find((candidate) => candidate.name === container.name);
      if (status?.state !== 'running') continue;
      for (const [kind, probe] of [['startup', container.startupProbe], ['liveness', container.livenessProbe], ['readiness', container.readinessProbe]] as const) {
        if (probe === undefined) continue;
        const key = `${status.id}/${kind}`;
        wanted.add(key);
        const known = workers.get(key);
        if (known !== undefined) {
          known.pod = pod;
          known.podIp = podIp;
          continue;
        }
        const worker: Worker = { kind, probe, container, containerId: status.id, startedAtMs: status.startedAtMs, pod, podIp, timer: undefined, stopped: false, lastRaw: undefined, run: 0, verdict: this.#verdictBefore(pod, kind, container.name, status.id) };
        workers.set(key, worker);
        this.#byContainer.set(status.id, { ...this.#byContainer.get(status.id), [kind]: worker });
        if (kind === 'startup' ? worker.verdict !== true : this.started(status.id)) this.#schedule(worker, this.#firstDelayMs(worker));
      }
    }
    for (const [key, worker] of workers) if (!wanted.has(key)) this.#end(workers, key, worker);
    if (workers.size > 0) this.#pods.set(podUid, workers);
    else this.#pods.delete(podUid);
  }

  /** The pod is being ended: only readiness is still of interest. */
  stopRestarts(podUid: string): void {
    const workers = this.#pods.get(podUid);
    for (const [key, worker] of workers ?? []) if (worker.kind !== 'readiness') this.#end(workers!, key, worker);
  }

  remove(podUid: string): void {
    const workers = this.#pods.get(podUid);
    for (const [key, worker] of workers ?? []) this.#end(workers!, key, worker);
    this.#pods.delete(podUid);
  }

  /** Ends all probes for good. */
  stop(): void {
    this.#stopped = true;
    for (const podUid of this.#pods.keys()) this.remove(podUid);
  }

  liveness(containerId: string): boolean | undefined {
    return this.#byContainer.get(containerId)?.liveness?.verdict;
  }

  startup(containerId: string): boolean | undefined {
    return this.#byContainer.get(containerId)?.startup?.verdict;
  }

  started(containerId: string): boolean {
    const worker = this.#byContainer.get(containerId)?.startup;
    return worker === undefined || worker.verdict === true;
  }

  ready(containerId: string): boolean {
    const worker = this.#byContainer.get(containerId)?.readiness;
    return worker === undefined || worker.verdict === true;
  }

  /** After a restart of the kubelet, what was ready or started stays so until a probe says otherwise. */
  #verdictBefore(pod: Pod, kind: ProbeKind, name: string, containerId: string): boolean | undefined {
    const before = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find((status) => status.name === name);
    if (before?.containerID?.endsWith(`://${containerId}`) !== true) return undefined;
    if (kind === 'readiness') return before.ready ? true : undefined;
    if (kind === 'startup') return before.started === true ? true : undefined;
    return undefined;
  }

  #firstDelayMs(worker: Worker): number {
    return Math.max(0, worker.startedAtMs + (worker.probe.initialDelaySeconds ?? 0) * 1000 - this.#clock.now());
  }

  #schedule(worker: Worker, delayMs: number): void {
    worker.timer?.cancel();
    worker.timer = this.#clock.setTimer(delayMs, () => void this.#probe(worker), { unref: true });
  }

  async #probe(worker: Worker): Promise<void> {
    const periodMs = (worker.probe.periodSeconds ?? 10) * 1000;
    const startedMs = this.#clock.monotonicMs();
    let outcome = await runProbe({ host: this.#host, runtime: this.#runtime, clock: this.#clock }, worker);
    for (let tries = 1; tries < maxTries && outcome.result === 'unknown' && !worker.stopped; tries++) outcome = await runProbe({ host: this.#host, runtime: this.#runtime, clock: this.#clock }, worker);
    if (worker.stopped) return;
    this.#measure(worker, outcome.result, startedMs);
    const success = outcome.result === 'success' || outcome.result === 'warning';
    if (outcome.result === 'warning') this.#events.container(worker.pod, worker.container.name, 'Warning', 'ProbeWarning', `${names[worker.kind]} probe warning: ${outcome.output}`);
    if (!success) {
      const what = outcome.result === 'unknown' ? 'errored and resulted in unknown state' : 'failed';
      this.#events.container(worker.pod, worker.container.name, 'Warning', 'Unhealthy', `${names[worker.kind]} probe ${what}: ${outcome.output}`);
    }
    worker.run = worker.lastRaw === success ? worker.run + 1 : 1;
    worker.lastRaw = success;
    const threshold = success ? (worker.probe.successThreshold ?? 1) : (worker.probe.failureThreshold ?? 3);
    if (worker.run >= threshold && worker.verdict !== success) this.#decide(worker, success);
    const isDone = worker.kind === 'readiness' ? false : worker.kind === 'startup' ? worker.verdict !== undefined : worker.verdict === false;
    if (!isDone) this.#schedule(worker, Math.max(0, periodMs - (this.#clock.monotonicMs() - startedMs)));
  }

  #measure({ kind, container, pod }: Worker, outcome: 'success' | 'warning' | 'failure' | 'unknown', startedMs: number): void {
    const of = [container.name, nameOf(pod), namespaceOf(pod)] as const;
    const result = { success: 'successful', warning: 'successful', failure: 'failed', unknown: 'unknown' }[outcome];
    this.#metrics.count('prober_probe_total', names[kind], result, ...of, uidOf(pod));
    // A probe that failed says nothing of how long one takes.
    if (result === 'successful') this.#metrics.observe('prober_probe_duration_seconds', (this.#clock.monotonicMs() - startedMs) / 1000, names[kind], ...of);
  }

  #decide(worker: Worker, verdict: boolean): void {
    const before = worker.verdict;
    worker.verdict = verdict;
    if (worker.kind === 'startup' && verdict) {
      const others = this.#byContainer.get(worker.containerId);
      for (const other of [others?.readiness, others?.liveness]) if (other !== undefined) this.#schedule(other, this.#firstDelayMs(other));
    }
    // A container counts as live until shown otherwise, and as not ready until shown so.
    const changed = worker.kind === 'liveness' ? !verdict : worker.kind === 'readiness' ? verdict || before === true : true;
    if (changed) this.#onVerdict(uidOf(worker.pod));
  }

  #end(workers: Map<string, Worker>, key: string, worker: Worker): void {
    worker.stopped = true;
    worker.timer?.cancel();
    workers.delete(key);
    const { [worker.kind]: _, ...rest } = this.#byContainer.get(worker.containerId) ?? {};
    if (Object.keys(rest).length === 0) this.#byContainer.delete(worker.containerId);
    else this.#byContainer.set(worker.containerId, rest);
  }
}

function hasProbes(pod: Pod): boolean {
  const { initContainers = [], containers } = specOf(pod);
  const isProbed = ({ startupProbe, livenessProbe, readinessProbe }: Container): boolean => startupProbe !== undefined || livenessProbe !== undefined || readinessProbe !== undefined;
  return containers.some(isProbed) || initContainers.some(isProbed);
}
