import { formatMicroTime } from '../../base/clock.ts';
import type { Clock } from '../../base/clock.ts';
import type { PathHandler } from '../options.ts';
import type { Configuration } from './configuration.ts';
import type { Flow, Queue } from './queue-set.ts';
import type { WorkEstimate } from './work-estimate.ts';

/** Rows that a dump shows, at most. */
const maxRows = 100_000;

/** Columns as wide as their widest cell, as upstream lines them up. */
function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.slice(0, -1).entries()) widths[i] = Math.max(widths[i] ?? 8, cell.length + 2);
  return rows.map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : `${cell},`.padEnd(widths[i]!))).join('')}\n`).join('');
}

const seatSeconds = (value: number): string => `${value.toFixed(8)}ss`;

function priorityLevels({ levels }: Configuration): string[][] {
  const rows = [...levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, set, quiescing }) =>
    [name, [...set.queues.values()].filter(({ waiting }) => waiting.size > 0).length, set.idle, quiescing, set.waiting, set.executing, set.dispatched, set.rejected, 0, set.cancelled].map(String));
  return [['PriorityLevelName', 'ActiveQueues', 'IsIdle', 'IsQuiescing', 'WaitingRequests', 'ExecutingRequests', 'DispatchedRequests', 'RejectedRequests', 'TimedoutRequests', 'CancelledRequests'], ...rows];
}

function queues({ levels }: Configuration): string[][] {
  const rows = [['PriorityLevelName', 'Index', 'PendingRequests', 'ExecutingRequests', 'SeatsInUse', 'NextDispatchR', 'InitialSeatsSum', 'MaxSeatsSum', 'TotalWorkSum']];
  for (const { name, set, settings } of levels.values()) {
    const count = Math.max(settings.queuing?.queues ?? 0, ...[...set.queues.keys()].map((index) => index + 1));
    for (let index = 0; index < count && rows.length < maxRows; index++) {
      const queue: Queue | undefined = set.queues.get(index);
      let initial = 0;
      for (const { estimate } of queue?.waiting ?? []) initial += estimate.initialSeats;
      rows.push([name, index, queue?.waiting.size ?? 0, queue?.executing.size ?? 0, queue?.seatsInUse ?? 0, seatSeconds(queue?.nextDispatchR ?? 0), initial, queue?.waitingSeats ?? 0, seatSeconds(queue?.waitingWork ?? 0)].map(String));
    }
  }
  return rows;
}

function requests({ levels }: Configuration, clock: Clock): string[][] {
  const rows = [['PriorityLevelName', 'FlowSchemaName', 'QueueIndex', 'RequestIndexInQueue', 'FlowDistingsher', 'ArriveTime', 'InitialSeats', 'FinalSeats', 'AdditionalLatency', 'StartTime']];
  const offsetMs = clock.now() - clock.monotonicMs();
  const time = (ms: number | undefined): string => (ms === undefined ? '0001-01-01T00:00:00Z' : formatMicroTime(offsetMs + ms));
  const show = (level: string, queue: number, place: number, { flow, estimate, arrivedMs, startedMs }: { readonly flow: Flow; readonly estimate: WorkEstimate; readonly arrivedMs: number; readonly startedMs?: number }): void => {
    if (rows.length >= maxRows) return;
    const { initialSeats, finalSeats, additionalSeconds } = estimate;
    rows.push([level, flow.stats.schema, queue, place, flow.distinguisher, time(arrivedMs), initialSeats, finalSeats, additionalSeconds === 0 ? '0s' : `${additionalSeconds * 1000}ms`, time(startedMs)].map(String));
  };
  for (const { name, set } of levels.values()) {
    for (const { index, waiting, executing } of set.queues.values()) {
      [...waiting].forEach((waiter, place) => show(name, index, place, waiter));
      for (const ticket of executing) show(name, index, -1, ticket);
    }
    for (const ticket of set.queueless) show(name, -1, -1, ticket);
  }
  return rows;
}

/** What upstream shows under /debug/api_priority_and_fairness; for administrators, and only where profiling is on. */
export function flowDebugPaths(configuration: Configuration, clock: Clock): PathHandler[] {
  const path = (name: string, rows: () => string[][]): PathHandler =>
    ({ path: `/debug/api_priority_and_fairness/${name}`, unlisted: true, handle: () => ({ kind: 'raw', code: 200, contentType: 'text/plain; charset=utf-8', body: table(rows()) }) });
  return [
    path('dump_priority_levels', () => priorityLevels(configuration)),
    path('dump_queues', () => queues(configuration)),
    path('dump_requests', () => requests(configuration, clock)),
  ];
}
