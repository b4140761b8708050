import { uidOf } from '../../api/meta/object.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { findContainer } from '../pods/pod-spec.ts';
import type { PodWorkers } from '../pods/pod-workers.ts';
import { containerResources } from '../resources/linux-resources.ts';
import type { CpuManager } from './cpu-manager.ts';
import { formatCpuSet } from './cpu-set.ts';

/** `cpuManagerReconcilePeriod` where nothing is said of it. */
export const defaultCpuReconcileMs = 10_000;

/** Keeps running containers that have no processors of their own to those that are shared. */
export class SharedCpus {
  readonly #context: KubeletContext;
  readonly #workers: PodWorkers;
  readonly #manager: CpuManager;
  /** Where containers were moved to last: moving them again would cost a process each. */
  #moved: ReadonlyMap<string, string> = new Map();
  #turn: Promise<void> = Promise.resolve();

  constructor(context: KubeletContext, workers: PodWorkers, manager: CpuManager) {
    this.#context = context;
    this.#workers = workers;
    this.#manager = manager;
  }

  /** Moves those that are not where they should be. What cannot be moved is said, and tried again the next time. */
  reconcile(): Promise<void> {
    // One after the other: the last word must be the newest.
    return this.#turn = this.#turn.then(() => this.#move());
  }

  async #move(): Promise<void> {
    const { runtime, machine, logger } = this.#context;
    const cpus = formatCpuSet(this.#manager.shared);
    const before = this.#moved;
    const now = new Map<string, string>();
    this.#moved = now;
    if (cpus === '') return;
    for (const { allocated: pod, state } of this.#workers) {
      for (const status of state.containers) {
        const found = findContainer(pod, status.name);
        if (found === undefined || status.state !== 'running' || this.#manager.cpusOf(uidOf(pod), status.name).length > 0) continue;
        try {
          if (before.get(status.id) !== cpus) await runtime.updateContainerResources(status.id, { ...containerResources(pod, found.container, machine.memoryBytes), cpus });
          now.set(status.id, cpus);
        } catch (error) {
          logger.warn('a container could not be moved to the shared processors', { container: status.id, error });
        }
      }
    }
  }
}
