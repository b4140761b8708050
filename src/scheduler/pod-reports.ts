import { byteLength } from '../api/meta/validation.ts';
import type { Pod } from '../api/types/core/v1.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { SeriesRecorder, ToldEvent } from '../client/event-recorder/series-recorder.ts';
import { createSeriesRecorder } from '../client/event-recorder/series-recorder.ts';
import type { PodInfo } from './cache/pod-info.ts';
import type { Failure } from './failure.ts';
import type { SchedulerMetrics } from './metrics.ts';
import type { StatusChange } from './pod-status.ts';
import { patchPodStatus } from './pod-status.ts';
import type { Nominator } from './queue/nominator.ts';
import type { QueuedPod } from './queue/queued-pod.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';
import type { SideWork } from './side-work.ts';

/** Events are cut to what their type allows. */
const maxNoteBytes = 1024;

function truncated(message: string): string {
  if (byteLength(message) <= maxNoteBytes) return message;
  let kept = message.slice(0, maxNoteBytes - 4);
  // No character takes more than three bytes.
  for (let over = byteLength(kept) - (maxNoteBytes - 4); over > 0; over = byteLength(kept) - (maxNoteBytes - 4)) kept = kept.slice(0, -Math.ceil(over / 3));
  return `${kept} ...`;
}

export interface PodReportsParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Aborts when the scheduler stops. */
  readonly signal: AbortSignal;
  /** The machine's name. */
  readonly host: string;
  readonly queue: SchedulingQueue;
  readonly nominator: Nominator;
  readonly metrics: SchedulerMetrics;
  readonly work: SideWork;
}

/** How an attempt at a pod ended: counted, and told in its events and its status. */
export class PodReports {
  readonly #parts: PodReportsParts;
  readonly #recorders = new Map<string, SeriesRecorder>();

  constructor(parts: PodReportsParts) {
    this.#parts = parts;
  }

  /** Records events in the name of a scheduler. */
  recorder(schedulerName: string): SeriesRecorder {
    const { client, clock, random, logger, signal, host } = this.#parts;
    let recorder = this.#recorders.get(schedulerName);
    if (recorder === undefined) this.#recorders.set(schedulerName, (recorder = createSeriesRecorder(client, { controller: schedulerName, host, clock, random, logger, signal })));
    return recorder;
  }

  /** What a plug-in has to say to a pod. */
  notify({ pod }: PodInfo, event: ToldEvent): void {
    this.recorder(pod.spec?.schedulerName ?? 'default-scheduler').event(pod, event);
  }

  /** The pod is bound. */
  scheduled(queued: QueuedPod, nodeName: string, startMs: number): void {
    const { clock, metrics } = this.#parts;
    const { info, profile } = queued;
    this.recorder(profile.schedulerName).event(info.pod, { type: 'Normal', reason: 'Scheduled', action: 'Binding', note: `Successfully assigned ${info.key} to ${nodeName}` });
    metrics.attempted('scheduled', profile.schedulerName, (clock.monotonicMs() - startMs) / 1000);
    metrics.scheduled({ attempts: queued.attempts, seconds: (clock.now() - (queued.initialAttemptMs ?? clock.now())) / 1000, flushed: queued.flushed });
  }

  /** The pod waits again, and is told why. */
  failed(queued: QueuedPod, failure: Failure, startMs: number): void {
    const { clock, metrics, queue, nominator, work } = this.#parts;
    const { schedulerName } = queued.profile;
    metrics.attempted(failure.reason === 'Unschedulable' ? 'unschedulable' : 'error', schedulerName, (clock.monotonicMs() - startMs) / 1000);
    queued.diagnosis = failure.diagnosis;
    if (!queue.park(queued, failure.refusedBy)) return;
    const { info } = queued;
    if (failure.nominatedNodeName === undefined) nominator.update(undefined, info);
    else nominator.nominate(info, failure.nominatedNodeName);
    this.recorder(schedulerName).event(info.pod, { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note: truncated(failure.message) });
    const change: StatusChange = {
      condition: { type: 'PodScheduled', status: 'False', reason: failure.reason, message: failure.message },
      ...(failure.nominatedNodeName !== undefined && { nominatedNodeName: failure.nominatedNodeName }),
    };
    work.track(this.#tell(info.pod, change));
  }

  async #tell(pod: Pod, change: StatusChange): Promise<void> {
    const { client, clock, work } = this.#parts;
    try {
      await patchPodStatus(client, clock, pod, change);
    } catch (error) {
      work.complain('writing a pod\'s status failed', pod, error);
    }
  }
}
