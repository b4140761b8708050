import { existsSync, readFileSync } from 'node:fs';

/** How many lines of its log are told. */
const toldLines = 5;
const maxLineLength = 300;

/** How often the kernel has killed a process of this machine because memory ran out, since it started; undefined where it does not count. */
export function outOfMemoryKills(): number | undefined {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1];
    return count === undefined ? undefined : Number(count);
  } catch {
    return undefined;
  }
}

/** What is known of why containerd is gone. */
export interface ContainerdDeath {
  /** `killed by SIGKILL`, `exit code 2`; undefined of one that another process of ours has started. */
  readonly ended: string | undefined;
  readonly killsBefore: number | undefined;
  readonly killsAfter: number | undefined;
  readonly logFile: string;
}

/** As fields of a line in the log: so that the next who sees one can tell why. */
export function describeDeath({ ended, killsBefore, killsAfter, logFile }: ContainerdDeath): Readonly<Record<string, unknown>> {
  const kills = killsBefore === undefined || killsAfter === undefined ? 0 : killsAfter - killsBefore;
  return {
    ended: ended ?? 'unknown: it was started by an earlier run',
    ...(kills > 0 && { outOfMemoryKillsMeanwhile: kills }),
    lastWords: lastLines(logFile),
    log: logFile,
  };
}

/** A Go program that dies by itself says why first, and then writes what all of its goroutines did: the beginning of that is told. */
function lastLines(logFile: string): readonly string[] {
  const lines = (existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-200_000) : '').split('\n').filter((line) => line !== '');
  const panic = lines.findLastIndex((line) => /^(panic|fatal error|SIG[A-Z]+|runtime): /.test(line));
  const told = panic === -1 ? lines.slice(-toldLines) : lines.slice(panic, panic + toldLines);
  return told.map((line) => line.slice(0, maxLineLength));
}
