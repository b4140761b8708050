import type { RulesTimer } from '../../api/custom-resources/measured-rules.ts';
import type { Clock } from '../../base/clock.ts';
import { Histogram, labelled } from './histogram.ts';
import type { Gauge } from './registry.ts';
import { histogramFamily } from './registry.ts';

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What rules of custom resources in CEL take, under upstream's names. */
export class RuleMetrics implements RulesTimer {
  readonly #clock: Clock;
  readonly #compilations = new Histogram(bounds);
  readonly #evaluations = new Histogram(bounds);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.monotonicMs();
  }

  /** All rules of one version. */
  compiled(sinceMs: number): void {
    this.#compilations.observe((this.now() - sinceMs) / 1000);
  }

  /** All rules over one object. */
  evaluated(sinceMs: number): void {
    this.#evaluations.observe((this.now() - sinceMs) / 1000);
  }

  get families(): readonly Gauge[] {
    return [
      histogramFamily('apiserver_cel_compilation_duration_seconds', '[BETA] How long compiling the rules of custom resources took.', () => [labelled({}, this.#compilations)]),
      histogramFamily('apiserver_cel_evaluation_duration_seconds', '[BETA] How long asking the rules of custom resources took.', () => [labelled({}, this.#evaluations)]),
    ];
  }
}
