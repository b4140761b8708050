import { formatTime } from '../../base/clock.ts';
import type { ContainerStatus } from '../../runtime/runtime.ts';
import type { KubeletContext } from '../kubelet-context.ts';

export interface LogRotationLimits {
  /** As kubelet configuration's `containerLogMaxSize`. */
  readonly maxBytes: number;
  /** As `containerLogMaxFiles`: of each container, the one that is written included. */
  readonly maxFiles: number;
}

export const defaultLogLimits: LogRotationLimits = { maxBytes: 10 * 1024 * 1024, maxFiles: 5 };
/** As `containerLogMonitorInterval`. */
export const logCheckMs = 10_000;

/**
 * Puts logs aside that have grown too long: `0.log` becomes `0.log.20260101-000000`, which is compressed the next time, and
 * the oldest go. The runtime goes on in a new file. Never rejects: a log that cannot be rotated is said and tried again.
 */
export async function rotateLogs(context: KubeletContext, containers: readonly ContainerStatus[], limits: LogRotationLimits): Promise<void> {
  for (const { id, name, logPath, state } of containers) {
    if (state !== 'running' || logPath === '') continue;
    try {
      const size = await context.host.files.size(logPath);
      if (size !== undefined && size >= limits.maxBytes) await rotate(context, id, logPath, limits.maxFiles);
    } catch (error) {
      context.logger.warn('a log could not be rotated', { container: name, logPath, error });
    }
  }
}

async function rotate({ host: { files }, runtime, clock }: KubeletContext, containerId: string, logPath: string, maxFiles: number): Promise<void> {
  const slash = logPath.lastIndexOf('/');
  const [directory, file] = [logPath.slice(0, slash), logPath.slice(slash + 1)];
  const rotated = (await files.list(directory)).filter((name) => name.startsWith(`${file}.`)).sort();
  // A name that was not finished, and what is there in both forms.
  const unused = rotated.filter((name) => name.endsWith('.tmp') || rotated.includes(`${name}.gz`));
  const kept = rotated.filter((name) => !unused.includes(name));
  // The log itself, and the one that it becomes now, count.
  const excess = kept.slice(0, Math.max(0, kept.length - Math.max(0, maxFiles - 2)));
  for (const name of [...unused, ...excess]) await files.removeTree(`${directory}/${name}`);
  for (const name of kept) if (!excess.includes(name) && !name.endsWith('.gz')) await files.compress(`${directory}/${name}`);
  const aside = `${logPath}.${formatTime(clock.now()).replace(/[-:Z]/g, '').replace('T', '-')}`;
  await files.rename(logPath, aside);
  try {
    await runtime.reopenLog(containerId);
  } catch (error) {
    await files.rename(aside, logPath);
    throw error;
  }
}
