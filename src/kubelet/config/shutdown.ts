import { formatGoDuration } from '../../base/go-duration.ts';
import type { ShutdownGrace, ShutdownGroup } from '../shutdown/shutdown-groups.ts';
import { graceOfPeriods } from '../shutdown/shutdown-groups.ts';
import type { Json } from './values.ts';
import { duration, wrong } from './values.ts';

/** What pods get when the node is shut down; undefined when nothing is said of it. Throws an Error, worded as upstream. */
export function readShutdownGrace(config: Json): ShutdownGrace | undefined {
  const wholeMs = duration(config, 'shutdownGracePeriod') ?? 0;
  const criticalMs = duration(config, 'shutdownGracePeriodCriticalPods') ?? 0;
  const groups = config['shutdownGracePeriodByPodPriority'] ?? [];
  const invalid = (message: string): Error => new Error(`invalid configuration: ${message}`);
  if (criticalMs > wholeMs) throw invalid(`shutdownGracePeriodCriticalPods ${formatGoDuration(criticalMs)} must be <= shutdownGracePeriod ${formatGoDuration(wholeMs)}`);
  for (const [name, ms] of [['shutdownGracePeriod', wholeMs], ['shutdownGracePeriodCriticalPods', criticalMs]] as const) {
    if (ms !== 0 && ms < 1000) throw invalid(`${name} ${formatGoDuration(ms)} must be either zero or otherwise >= 1 sec`);
  }
  if (!Array.isArray(groups) || !groups.every(isGroup)) throw wrong('shutdownGracePeriodByPodPriority', 'a list of priority and shutdownGracePeriodSeconds', groups);
  if (groups.length === 0) return wholeMs === 0 ? undefined : graceOfPeriods({ wholeMs, criticalMs });
  if (wholeMs > 0) throw invalid('Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time');
  return groups.map(({ priority, shutdownGracePeriodSeconds }): ShutdownGroup => ({ priority, graceSeconds: shutdownGracePeriodSeconds }));
}

interface WrittenGroup { readonly priority: number; readonly shutdownGracePeriodSeconds: number }

function isGroup(written: unknown): written is WrittenGroup {
  if (typeof written !== 'object' || written === null) return false;
  const { priority, shutdownGracePeriodSeconds } = written as Partial<WrittenGroup>;
  return Number.isInteger(priority) && Number.isInteger(shutdownGracePeriodSeconds) && (shutdownGracePeriodSeconds ?? -1) >= 0;
}
