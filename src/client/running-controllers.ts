import type { Clock } from '../base/clock.ts';
import { Vector } from '../base/metric-vector.ts';
import type { Gauge } from '../base/metrics.ts';

/** Which controllers of one cluster run, under upstream's name: of few of them upstream's managers say so. */
export class RunningControllers {
  readonly #running = new Vector(['name', 'manager'], () => ({ count: 0 }));

  /** It runs from now on, until the signal says otherwise. */
  started(name: string, manager: string, signal: AbortSignal): void {
    const running = this.#running.with(name, manager);
    running.count = 1;
    signal.addEventListener('abort', () => { running.count = 0; }, { once: true });
  }

  get families(): readonly Gauge[] {
    return [{ name: 'running_managed_controllers', help: '[BETA] 1 for each controller that runs, by its manager.', read: () => Array.from(this.#running, ([labels, { count }]) => [labels, count] as const) }];
  }
}

/** A cluster is told from others in this process by its clock. */
const clusters = new WeakMap<Clock, RunningControllers>();

/** The controllers that run on this clock. */
export function runningControllersOf(clock: Clock): RunningControllers {
  let running = clusters.get(clock);
  if (running === undefined) clusters.set(clock, (running = new RunningControllers()));
  return running;
}
