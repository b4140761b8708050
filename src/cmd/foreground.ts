import type { Clock } from '../base/clock.ts';
import type { Logger, LogLevel } from '../base/logger.ts';
import { LineLogger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import { SystemRandom } from '../base/random.ts';
import { RealClock } from '../base/real-clock.ts';
import { collectLargeHeapSeldom } from './large-heap.ts';
import { Progress } from './progress.ts';
import { tidyWhenIdle } from './tidy-heap.ts';
import { boundYoungGeneration } from './young-generation.ts';

/** What every program that runs in the foreground has. */
export interface Foreground {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly progress: Progress;
}

/** What thousands of nodes do at once outlives a small young generation, and copying it is then most of the work. */
const largeYoungBytes = 96 * 1024 * 1024;

/** How what runs in the foreground stops. */
export interface Stopping<T> {
  /** What is said at the end. */
  stopped(started: T): string;
  /** What it may take by its own settings, milliseconds, beside the ten seconds that everything gets. */
  readonly graceMs?: number;
  /** What a termination asks for beyond the program's own end, in as much time as it needs. Not for Ctrl-C, which ends the program alone. */
  terminated?(started: T): Promise<void>;
  /** The start is much work by itself: the young generation may grow meanwhile. Default false. */
  readonly isLarge?: boolean;
}

/** Starts it, runs until a signal comes, stops it and ends the process. Rejects when it cannot be started. */
export async function runInForeground<T extends AsyncDisposable>(logLevel: LogLevel, start: (parts: Foreground) => Promise<T>, { stopped, terminated, graceMs = 0, isLarge = false }: Stopping<T>): Promise<never> {
  const clock = new RealClock();
  const logger = new LineLogger({ clock, level: logLevel, write: (line) => process.stderr.write(`${line}\n`) });
  const progress = new Progress({ clock, startedAtMs: startedAtMs(), write: (text) => process.stdout.write(text), colour: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' });
  const stop = stopRequested();
  // A bug in one part must not take the cluster down without a word, nor hide.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`error: ${error.stack ?? error.message}\n`);
    process.exit(70);
  });
  process.on('unhandledRejection', (error) => logger.error('a promise was rejected and nobody noticed', { error, stack: error instanceof Error ? error.stack : undefined }));

  collectLargeHeapSeldom(clock);
  if (isLarge) boundYoungGeneration(clock, largeYoungBytes);
  const starting = start({ clock, random: new SystemRandom(), logger, progress });
  await Promise.race([starting, stop]);
  if (!isLarge) {
    boundYoungGeneration(clock);
    tidyWhenIdle(clock);
  }
  const signal = await stop;
  progress.line();
  progress.doing('stopping');
  const inTime = async (work: PromiseLike<unknown>): Promise<void> => {
    const forced = clock.setTimer(10_000 + graceMs, () => {
      process.stderr.write(`error: stopping took longer than ${(10_000 + graceMs) / 1000} s; ended the hard way\n`);
      process.exit(1);
    }, { unref: true });
    await work;
    forced.cancel();
  };
  await inTime(starting);
  const started = await starting;
  if (signal === 'SIGTERM') await terminated?.(started);
  await inTime(started[Symbol.asyncDispose]());
  progress.done(stopped(started));
  process.exit(0);
}

/** When the process that the user started began: the launcher passes it on. */
function startedAtMs(): number {
  const launcher = Number(process.env['COXSWAIN_STARTED_MS']);
  return Number.isFinite(launcher) && launcher > 0 ? launcher : Math.round(performance.timeOrigin);
}

/** Resolves at the first Ctrl-C or termination; a second one, of either kind, ends the process at once. */
function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}
