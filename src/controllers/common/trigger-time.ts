import { findCondition } from '../../api/meta/conditions.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Pod, Service } from '../../api/types/core/v1.ts';

interface Known { serviceMs: number; pods: Map<string, number> }

/**
 * When the change happened that endpoints are being written for: the earliest of the changes seen since the last write
 * (upstream's TriggerTimeTracker). Measures how long the network takes to follow.
 */
export class TriggerTimes {
  readonly #services = new Map<string, Known>();

  /** Epoch milliseconds; undefined when nothing that has a time changed. */
  compute(key: string, service: Service, pods: readonly Pod[]): number | undefined {
    const known = this.#services.get(key);
    const next: Known = { serviceMs: parseTime(service.metadata.creationTimestamp ?? '') ?? 0, pods: new Map() };
    let earliest: number | undefined;
    const changed = (timeMs: number): void => { if (earliest === undefined || timeMs < earliest) earliest = timeMs; };
    for (const pod of pods) {
      const ready = findCondition(pod.status?.conditions, 'Ready');
      const timeMs = parseTime(ready?.lastTransitionTime ?? '');
      if (timeMs === undefined) continue;
      next.pods.set(pod.metadata.name!, timeMs);
      if (timeMs > (known?.pods.get(pod.metadata.name!) ?? 0)) changed(timeMs);
    }
    if (next.serviceMs > (known?.serviceMs ?? 0)) changed(next.serviceMs);
    this.#services.set(key, next);
    return earliest;
  }

  forget(key: string): void {
    this.#services.delete(key);
  }
}
