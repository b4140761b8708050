import type { Gauge, Labels } from '../metrics/registry.ts';
import type { Configuration } from './configuration.ts';
import type { FlowStats } from './flow-stats.ts';
import type { Histogram } from '../metrics/histogram.ts';
import { labelled } from '../metrics/histogram.ts';
import type { PriorityLevel } from './priority-level.ts';

type Sample = readonly [labels: Labels, value: number];

const prefix = 'apiserver_flowcontrol_';
const flowLabels = ({ level, schema }: FlowStats): Labels => ({ flow_schema: schema, priority_level: level });

/** Everything about flow control that is scraped, under upstream's names; worked out at each scrape. */
export function flowMetrics(configuration: Configuration): Gauge[] {
  const perFlow = (name: string, type: NonNullable<Gauge['type']>, help: string, read: (stats: FlowStats) => number): Gauge =>
    ({ name: prefix + name, type, help, read: () => Array.from(configuration.stats, (stats): Sample => [flowLabels(stats), read(stats)]) });
  const perLevel = (name: string, help: string, read: (level: PriorityLevel) => number): Gauge =>
    ({ name: prefix + name, help, read: () => Array.from(configuration.levels.values(), (level): Sample => [{ priority_level: level.name }, read(level)]) });
  const perBound = (name: string, help: string, read: (level: PriorityLevel) => readonly [number, number]): Gauge => ({
    name: prefix + name,
    help,
    read: () => [...configuration.levels.values()].filter(({ set }) => set.lastDispatch.r > 0).flatMap((level): Sample[] => ['min', 'max'].map((bound, i) => [{ bound, priority_level: level.name }, read(level)[i]!])),
  });
  const histogram = (name: string, help: string, read: (stats: FlowStats) => readonly (readonly [Labels, Histogram, immediate: number])[]): Gauge =>
    ({ name: prefix + name, type: 'histogram', help, read: () => [], histograms: () => [...configuration.stats].flatMap((stats) => read(stats).map(([more, { bounds, counts, sum, total }, immediate]) => ({ labels: { ...flowLabels(stats), ...more }, bounds, counts: counts.map((count, i) => (i === 0 ? count + immediate : count)), sum, total: total + immediate }))) });
  return [
    perFlow('dispatched_requests_total', 'counter', '[BETA] Number of requests executed by API Priority and Fairness subsystem', ({ dispatched, immediate }) => dispatched + immediate),
    {
      name: `${prefix}rejected_requests_total`, type: 'counter', help: '[BETA] Number of requests rejected by API Priority and Fairness subsystem',
      read: () => [...configuration.stats].flatMap((stats) => Object.entries(stats.rejected).filter(([, count]) => count > 0).map(([reason, count]): Sample => [{ ...flowLabels(stats), reason }, count])),
    },
    perFlow('current_inqueue_requests', 'gauge', '[BETA] Number of requests currently pending in queues of the API Priority and Fairness subsystem', ({ waiting }) => waiting),
    perFlow('current_inqueue_seats', 'gauge', '[ALPHA] Number of seats currently pending in queues of the API Priority and Fairness subsystem', ({ waitingSeats }) => waitingSeats),
    perFlow('current_executing_requests', 'gauge', '[BETA] Number of requests in initial (for a WATCH) or any (for a non-WATCH) execution stage in the API Priority and Fairness subsystem', ({ executing }) => executing),
    perFlow('current_executing_seats', 'gauge', '[BETA] Concurrency (number of seats) occupied by the currently executing (initial stage for a WATCH, any stage otherwise) requests in the API Priority and Fairness subsystem', ({ executingSeats }) => executingSeats),
    perFlow('request_dispatch_no_accommodation_total', 'counter', '[ALPHA] Number of times a dispatch attempt resulted in a non accommodation due to lack of available seats', ({ noAccommodation }) => noAccommodation),
    histogram('request_wait_duration_seconds', '[BETA] Length of time a request spent waiting in its queue', (stats) => [
      [{ execute: 'true' }, stats.waitedToRun, stats.immediate + stats.dispatched - stats.waitedToRun.total],
      ...(stats.waitedInVain.total > 0 ? [[{ execute: 'false' }, stats.waitedInVain, 0] as const] : []),
    ]),
    histogram('request_execution_seconds', '[ALPHA] Duration of initial stage (for a WATCH) or any (for a non-WATCH) stage of request execution in the API Priority and Fairness subsystem', (stats) => [
      [{ type: 'regular' }, stats.execution, stats.immediate - stats.immediateWatches],
      [{ type: 'watch' }, stats.watchExecution, stats.immediateWatches],
    ]),
    histogram('request_queue_length_after_enqueue', '[ALPHA] Length of queue in the API Priority and Fairness subsystem, as seen by each request after it is enqueued', ({ queueLength }) => [[{}, queueLength, 0]]),
    histogram('work_estimated_seats', '[ALPHA] Number of estimated seats (maximum of initial and final seats) associated with requests in API Priority and Fairness', ({ seats, immediate }) => [[{}, seats, immediate]]),
    histogram('watch_count_samples', '[ALPHA] count of watchers for mutating requests in API Priority and Fairness', ({ watchers }) => [[{}, watchers, 0]]),
    {
      name: `${prefix}priority_level_request_utilization`, type: 'histogram', read: () => [],
      help: '[ALPHA] Observations, at the end of every nanosecond, of number of requests (as a fraction of the relevant limit) waiting or in any stage of execution (but only initial stage for WATCHes)',
      histograms: () => [...configuration.levels.values()].flatMap(({ name, set: { usage } }) => (['executing', 'waiting'] as const).map((phase) => labelled({ phase, priority_level: name }, usage[phase]))),
    },
    {
      name: `${prefix}priority_level_seat_utilization`, type: 'histogram', read: () => [],
      help: '[ALPHA] Observations, at the end of every nanosecond, of utilization of seats for any stage of execution (but only initial stage for WATCHes)',
      histograms: () => Array.from(configuration.levels.values(), ({ name, set: { usage } }) => labelled({ phase: 'executing', priority_level: name }, usage.seats)),
    },
    perLevel('nominal_limit_seats', '[BETA] Nominal number of execution seats configured for each priority level', ({ nominal }) => nominal),
    perLevel('lower_limit_seats', '[ALPHA] Configured lower bound on number of execution seats available to each priority level', ({ min }) => min),
    perLevel('upper_limit_seats', '[ALPHA] Configured upper bound on number of execution seats available to each priority level', ({ max }) => max),
    perLevel('current_limit_seats', '[ALPHA] current derived number of execution seats available to each priority level', ({ current }) => current),
    perLevel('demand_seats_high_watermark', '[ALPHA] High watermark, over last adjustment period, of demand_seats', ({ demand }) => demand.highWatermark),
    perLevel('demand_seats_average', '[ALPHA] Time-weighted average, over last adjustment period, of demand_seats', ({ demand }) => demand.average),
    perLevel('demand_seats_stdev', '[ALPHA] Time-weighted standard deviation, over last adjustment period, of demand_seats', ({ demand }) => demand.deviation),
    perLevel('demand_seats_smoothed', '[ALPHA] Smoothed seat demands', ({ demand }) => demand.smoothed),
    perLevel('target_seats', '[ALPHA] Seat allocation targets', ({ target }) => target),
    { name: `${prefix}seat_fair_frac`, help: '[ALPHA] Fair fraction of server\'s concurrency to allocate to each priority level that can use it', read: () => [[{}, configuration.fairFraction]] },
    perLevel('current_r', '[ALPHA] R(time of last change)', ({ set }) => set.currentR),
    perLevel('dispatch_r', '[ALPHA] R(time of last dispatch)', ({ set }) => set.lastDispatch.r),
    perLevel('latest_s', '[ALPHA] S(most recently dispatched request)', ({ set }) => set.lastDispatch.s),
    perBound('next_s_bounds', '[ALPHA] min and max, over queues, of S(oldest waiting request in queue)', ({ set: { lastDispatch } }) => [lastDispatch.min, lastDispatch.max]),
    perBound('next_discounted_s_bounds', '[ALPHA] min and max, over queues, of S(oldest waiting request in queue) - estimated work in progress', ({ set: { lastDispatch } }) => [lastDispatch.discountedMin, lastDispatch.discountedMax]),
  ];
}
