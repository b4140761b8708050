import type { Clock } from '../../base/clock.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import { labels } from './pod-runtime.ts';

/** Finds pods whose containers changed without an event. */
export class Relister {
  readonly #runtime: Runtime;
  readonly #clock: Clock;
  readonly #metrics: MetricsSink;
  #lastMs: number | undefined;
  readonly #onChange: (podUid: string) => void;
  #seen: Map<string, string> | undefined;

  constructor(runtime: Runtime, { clock, metrics }: { readonly clock: Clock; readonly metrics: MetricsSink }, onChange: (podUid: string) => void) {
    this.#runtime = runtime;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#onChange = onChange;
  }

  async relist(): Promise<void> {
    const startMs = this.#clock.monotonicMs();
    if (this.#lastMs !== undefined) this.#metrics.observe('kubelet_pleg_relist_interval_seconds', (startMs - this.#lastMs) / 1000);
    this.#lastMs = startMs;
    const [sandboxes, containers] = await Promise.all([this.#runtime.listPodSandboxes(), this.#runtime.listContainers()]);
    const now = new Map<string, string>();
    const note = (podUid: string, text: string): void => void now.set(podUid, `${now.get(podUid) ?? ''}${text};`);
    for (const { uid, id, ready } of sandboxes.sort((a, b) => (a.id < b.id ? -1 : 1))) note(uid, `${id}=${ready}`);
    for (const container of containers.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      const podUid = container.labels[labels.podUid];
      if (podUid !== undefined) note(podUid, `${container.id}=${container.state}`);
    }
    const before = this.#seen ?? new Map<string, string>();
    for (const podUid of new Set([...before.keys(), ...now.keys()])) if (before.get(podUid) !== now.get(podUid)) this.#onChange(podUid);
    this.#seen = now;
    this.#metrics.observe('kubelet_pleg_relist_duration_seconds', (this.#clock.monotonicMs() - startMs) / 1000);
  }
}
