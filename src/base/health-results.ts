import type { InstantGauge } from './metrics-text.ts';
import { metricsText } from './metrics-text.ts';
import type { Labels } from './metrics.ts';

interface Result {
  readonly name: string;
  readonly type: string;
  healthy: boolean;
  successes: number;
  errors: number;
}

/** What health checks came to, each time that somebody asked for all of them: the page `/metrics/slis`. */
export class HealthResults {
  readonly #results = new Map<string, Result>();
  readonly #families: readonly InstantGauge[];

  /** When the process began, in milliseconds since 1970. */
  constructor(startedAtMs: number) {
    this.#families = [
      { name: 'kubernetes_healthcheck', help: '[STABLE] This metric records the result of a single healthcheck.', read: () => this.#last() },
      { name: 'kubernetes_healthchecks_total', type: 'counter', help: '[STABLE] This metric records the results of all healthcheck.', read: () => this.#totals() },
      { name: 'process_start_time_seconds', help: '[ALPHA] Start time of the process since unix epoch in seconds.', read: () => [[{}, startedAtMs / 1000]] },
    ];
  }

  *#last(): Generator<readonly [Labels, number]> {
    for (const { name, type, healthy } of this.#results.values()) yield [{ name, type }, healthy ? 1 : 0];
  }

  *#totals(): Generator<readonly [Labels, number]> {
    for (const { name, type, successes, errors } of this.#results.values()) {
      if (errors > 0) yield [{ name, status: 'error', type }, errors];
      if (successes > 0) yield [{ name, status: 'success', type }, successes];
    }
  }

  /** One check of `/healthz`, `/livez` or `/readyz`: `type` is the endpoint, without its slash. */
  observe(name: string, type: string, healthy: boolean): void {
    const key = `${type}/${name}`;
    let result = this.#results.get(key);
    if (result === undefined) this.#results.set(key, (result = { name, type, healthy, successes: 0, errors: 0 }));
    result.healthy = healthy;
    if (healthy) result.successes++;
    else result.errors++;
  }

  render(): string {
    return metricsText(this.#families);
  }
}
