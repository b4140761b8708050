import type { Logger } from '../../src/base/logger.ts';
import { StoreUnavailableError } from '../../src/store/store.ts';

/** What components log as an error is a part of them that has given up, or a mistake in them: never a mere fault. */
export class ProblemLogger implements Logger {
  readonly #report: (line: string) => void;
  readonly #component: string;

  constructor(report: (line: string) => void, component = '') {
    this.#report = report;
    this.#component = component;
  }

  debug(): void {}
  info(): void {}
  warn(): void {}

  error(message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    // That the store refuses is known, and worth an error to whoever runs a cluster.
    if (fields['error'] instanceof StoreUnavailableError) return;
    const said = Object.entries(fields).map(([name, value]) => ` ${name}=${value instanceof Error ? (value.stack ?? value.message) : JSON.stringify(value)}`).join('');
    this.#report(`logged by ${this.#component}: ${message}${said}`);
  }

  named(component: string): Logger {
    return new ProblemLogger(this.#report, this.#component === '' ? component : `${this.#component}/${component}`);
  }
}
