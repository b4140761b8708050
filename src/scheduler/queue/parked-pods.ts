import type { EventLabel } from '../framework/events.ts';
import type { QueuedPod } from './queued-pod.ts';

/** Parked pods, found by the events that they wait for: most events concern none of them. */
export class ParkedPods {
  readonly #all = new Map<string, QueuedPod>();
  /** Those of one profile that the same plug-ins refused wait for the same events. */
  readonly #byCause = new Map<string, Set<QueuedPod>>();
  readonly #causes = new Map<string, string>();
  #gated = 0;

  get size(): number {
    return this.#all.size;
  }

  get gated(): number {
    return this.#gated;
  }

  get(uid: string): QueuedPod | undefined {
    return this.#all.get(uid);
  }

  all(): readonly QueuedPod[] {
    return [...this.#all.values()];
  }

  /** The pod's causes must not change while it is parked. */
  set(queued: QueuedPod): void {
    const { uid } = queued.info;
    this.delete(uid);
    this.#all.set(uid, queued);
    const cause = [queued.profile.schedulerName, queued.gatedBy ?? '', ...queued.refusedBy].join(' ');
    this.#causes.set(uid, cause);
    let same = this.#byCause.get(cause);
    if (same === undefined) this.#byCause.set(cause, (same = new Set()));
    same.add(queued);
    if (queued.gatedBy !== undefined) this.#gated++;
  }

  delete(uid: string): void {
    const queued = this.#all.get(uid);
    if (queued === undefined) return;
    this.#all.delete(uid);
    const cause = this.#causes.get(uid) ?? '';
    this.#causes.delete(uid);
    const same = this.#byCause.get(cause);
    same?.delete(queued);
    if (same?.size === 0) this.#byCause.delete(cause);
    if (cause.split(' ')[1] !== '') this.#gated--;
  }

  /** Pods that a plug-in which knows this kind of event refused. */
  concerned(label: EventLabel): QueuedPod[] {
    const found: QueuedPod[] = [];
    for (const same of this.#byCause.values()) {
      const [one] = same;
      if (one !== undefined && isConcerned(one, label)) found.push(...same);
    }
    return found;
  }
}

function isConcerned({ profile: { byName }, gatedBy, refusedBy }: QueuedPod, label: EventLabel): boolean {
  for (const name of gatedBy === undefined ? refusedBy : [gatedBy]) {
    const plugin = byName.get(name);
    if (plugin === undefined || plugin.wakes?.[label] !== undefined) return true;
  }
  return false;
}
