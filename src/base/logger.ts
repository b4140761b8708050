import type { Clock } from './clock.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured, levelled logging. Values that may hold secrets are never passed in: log names, not contents. */
export interface Logger {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** A logger that puts `component` before each of its lines. */
  named(component: string): Logger;
}

const order: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

function render(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  if (typeof value === 'string') return /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value) ?? 'undefined';
}

/** Writes `TIME LEVEL [component] message key=value …`, a line a call. `write` receives the line without its newline. */
export class LineLogger implements Logger {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  readonly #level: LogLevel;
  readonly #component: string;

  constructor(options: { clock: Clock; write: (line: string) => void; level?: LogLevel; component?: string }) {
    this.#clock = options.clock;
    this.#write = options.write;
    this.#level = options.level ?? 'info';
    this.#component = options.component ?? '';
  }

  named(component: string): Logger {
    return new LineLogger({ clock: this.#clock, write: this.#write, level: this.#level, component: this.#component === '' ? component : `${this.#component}/${component}` });
  }

  debug(message: string, fields?: Readonly<Record<string, unknown>>): void { this.#log('debug', message, fields); }
  info(message: string, fields?: Readonly<Record<string, unknown>>): void { this.#log('info', message, fields); }
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void { this.#log('warn', message, fields); }
  error(message: string, fields?: Readonly<Record<string, unknown>>): void { this.#log('error', message, fields); }

  #log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>> | undefined): void {
    if (order[level] < order[this.#level]) return;
    let line = `${new Date(this.#clock.now()).toISOString()} ${level.toUpperCase()} ${this.#component === '' ? '' : `[${this.#component}] `}${message}`;
    for (const [key, value] of Object.entries(fields ?? {})) line += ` ${key}=${render(value)}`;
    this.#write(line);
  }
}

/** Drops everything: for tests. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  named: () => silentLogger,
};
