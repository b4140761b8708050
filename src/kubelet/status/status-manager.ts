import { semanticEqual } from '../../api/meta/equal.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Pod, PodCondition, PodStatus } from '../../api/types/core/v1.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Cause } from '../../client/cause.ts';
import { causeOf, currentCause, joinCauses, reactingTo } from '../../client/cause.ts';
import type { Client } from '../../client/client.ts';
import { noMetrics } from '../metrics/kubelet-metrics.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import { isTerminalPhase } from '../pods/pod-spec.ts';
import { kubeletConditions, resizeConditions, terminatedByKubelet } from './conditions.ts';

/** A pod that is still being made, or is about to end, changes often: its status is written when it has rested for so long. */
const restMs = 100;
const retryDelayMs = 1000;

interface Entry {
  pod: Pod;
  /** What shall be in the API, once it may. */
  status: PodStatus;
  /** Something of the pod may still run: nobody is told that it has ended. */
  mayRun: boolean;
  /** What we believe is there. */
  written: PodStatus;
  /** Resource version of our last write: what the watch shows of before is old news. */
  writtenVersion: number;
  timer: Timer | undefined;
  writing: boolean;
  /** Since when there is something to write. */
  changedAtMs: number | undefined;
  waiters: (() => void)[];
  /** What the status that is not written yet tells of. */
  cause: Cause;
}

/** Writes the statuses of pods: at most one request a pod at a time, the newest status only, and nothing that is there already. */
export class StatusManager {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #metrics: MetricsSink;
  readonly #inApi: (pod: Pod) => Pod | undefined;
  readonly #entries = new Map<string, Entry>();
  #stopped = false;

  /** `inApi`: whose status it is that a pod's is written to; undefined while the API has none. Default: the pod's own. */
  constructor(options: { readonly client: Client; readonly clock: Clock; readonly logger: Logger; readonly inApi?: (pod: Pod) => Pod | undefined; readonly metrics?: MetricsSink }) {
    this.#metrics = options.metrics ?? noMetrics;
    this.#client = options.client;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#inApi = options.inApi ?? ((pod) => pod);
  }

  /** What was set last for the pod, or the API's own. */
  get(pod: Pod): PodStatus {
    return this.#entries.get(uidOf(pod))?.status ?? pod.status ?? {};
  }

  /**
   * Records the pod's status; returns it with times filled in. It is written soon. `mayRun`: something of the pod may still run,
   * so that whoever waits for its end, and for what only it could use, is not told of it yet: the phase stays what it was.
   */
  set(pod: Pod, status: PodStatus, { mayRun = false }: { readonly mayRun?: boolean } = {}): PodStatus {
    const entry = this.#entryOf(pod);
    const next = withTimes(status, entry.status, pod, this.#clock.now());
    if (semanticEqual(next, entry.status) && entry.mayRun === mayRun) return entry.status;
    entry.status = next;
    entry.mayRun = mayRun;
    entry.changedAtMs ??= this.#clock.monotonicMs();
    entry.cause = joinCauses(entry.cause, currentCause());
    this.#schedule(entry, (next.phase === 'Pending' && entry.written.phase === 'Pending') || (mayRun && isTerminalPhase(next.phase)) ? restMs : 0);
    return next;
  }

  /** Called with each version of the pod that the API shows, or of another (`of`) that stands for it there: undoes foreign changes of what is ours. */
  observe(pod: Pod, of: Pod = pod): void {
    const entry = this.#entries.get(uidOf(of));
    if (entry === undefined) return;
    entry.pod = of;
    if (entry.writing || Number(pod.metadata.resourceVersion ?? '0') < entry.writtenVersion) return;
    entry.written = pod.status ?? {};
    if (entry.timer === undefined && patchOf(entry) !== undefined) this.#schedule(entry, 0);
  }

  /** Resolves when what was last set has been written, or cannot be. */
  async flush(pod: Pod): Promise<void> {
    const entry = this.#entries.get(uidOf(pod));
    if (entry === undefined || (entry.timer === undefined && !entry.writing)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Before the write begins: it may have nothing to write after all, and be over at once.
    entry.waiters.push(resolve);
    this.#schedule(entry, 0);
    await promise;
  }

  forget(podUid: string): void {
    const entry = this.#entries.get(podUid);
    if (entry === undefined) return;
    this.#entries.delete(podUid);
    entry.timer?.cancel();
    for (const resolve of entry.waiters.splice(0)) resolve();
  }

  stop(): void {
    this.#stopped = true;
    for (const uid of this.#entries.keys()) this.forget(uid);
  }

  #entryOf(pod: Pod): Entry {
    const uid = uidOf(pod);
    let entry = this.#entries.get(uid);
    if (entry === undefined) this.#entries.set(uid, entry = { pod, status: pod.status ?? {}, mayRun: false, changedAtMs: undefined, written: pod.status ?? {}, writtenVersion: 0, timer: undefined, writing: false, waiters: [], cause: '' });
    entry.pod = pod;
    return entry;
  }

  #schedule(entry: Entry, delayMs: number): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    if (this.#stopped || entry.writing) return;
    if (delayMs === 0) void this.#write(entry);
    else entry.timer = this.#clock.setTimer(delayMs, () => { entry.timer = undefined; void this.#write(entry); }, { unref: true });
  }

  async #write(entry: Entry): Promise<void> {
    const { status } = entry;
    const target = this.#inApi(entry.pod);
    const patch = patchOf(entry);
    const cause = entry.cause === '' ? causeOf(pods, entry.pod) : entry.cause;
    entry.cause = '';
    let failed = false;
    if (patch !== undefined && target !== undefined) {
      entry.writing = true;
      const ref = { namespace: namespaceOf(target), name: nameOf(target) };
      try {
        const value = { metadata: { uid: uidOf(target) }, status: patch };
        const written = await reactingTo(cause, () => this.#client.patch(pods, ref, { type: 'strategic', value }, { subresource: 'status' }));
        entry.written = written.status ?? status;
        if (entry.changedAtMs !== undefined) this.#metrics.observe('kubelet_pod_status_sync_duration_seconds', (this.#clock.monotonicMs() - entry.changedAtMs) / 1000);
        entry.changedAtMs = undefined;
        entry.writtenVersion = Number(written.metadata.resourceVersion ?? '0');
      } catch (error) {
        // A pod that is gone, or another of the same name, has no use for this status. Neither a conflict nor an invalid uid
        // alone says so: a patch that others' writes came in between of too often is a conflict, too.
        const mayBeReplaced = isReason(error, 'Conflict') || isReason(error, 'Invalid');
        if (isReason(error, 'NotFound') || (mayBeReplaced && await this.#isReplaced(target))) entry.written = status;
        else {
          failed = !this.#stopped;
          if (failed) this.#logger.warn('pod status could not be written', { pod: `${ref.namespace}/${ref.name}`, error });
        }
      }
      entry.writing = false;
    }
    if (!this.#entries.has(uidOf(entry.pod))) return;
    if (failed) this.#schedule(entry, retryDelayMs);
    else if (entry.status !== status) this.#schedule(entry, 0);
    else for (const resolve of entry.waiters.splice(0)) resolve();
  }

  /** Whether the pod's name is another's by now, or nobody's. */
  async #isReplaced(pod: Pod): Promise<boolean> {
    try {
      return (await this.#client.get(pods, { namespace: namespaceOf(pod), name: nameOf(pod) })).metadata.uid !== uidOf(pod);
    } catch (error) {
      return isReason(error, 'NotFound');
    }
  }
}

function isOurs({ type, reason }: PodCondition): boolean {
  return kubeletConditions.has(type) || (type === 'DisruptionTarget' && reason === terminatedByKubelet);
}

/** Start time and transition times: kept where nothing changed. */
function withTimes(status: PodStatus, old: PodStatus, pod: Pod, nowMs: number): PodStatus {
  let text: string | undefined;
  const now = (): string => text ??= formatTime(nowMs);
  const conditions = (status.conditions ?? []).map((condition): PodCondition => {
    if (!isOurs(condition)) return condition;
    const before = old.conditions?.find(({ type }) => type === condition.type);
    const lastTransitionTime = before?.status === condition.status ? before.lastTransitionTime ?? now() : now();
    return { ...condition, lastProbeTime: null as unknown as string, lastTransitionTime };
  });
  const startTime = old.startTime ?? pod.status?.startTime ?? now();
  return { ...status, conditions, startTime };
}

/** The status without the pod's end, as long as something of it may run (upstream's mergePodStatus). */
function tellable({ status, mayRun, written }: Entry): PodStatus {
  if (!mayRun || !isTerminalPhase(status.phase) || isTerminalPhase(written.phase)) return status;
  const { phase: _phase, reason: _reason, message: _message, ...rest } = status;
  const { phase, reason, message } = written;
  return {
    ...rest,
    ...(phase !== undefined && { phase }),
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
    conditions: (rest.conditions ?? []).filter((condition) => condition.type !== 'DisruptionTarget' || !isOurs(condition)),
  };
}

const plainFields = ['observedGeneration', 'phase', 'reason', 'message', 'hostIP', 'podIP', 'startTime', 'qosClass', 'initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const;

/** A strategic merge patch from what is written to what shall be; undefined when they are the same. */
function patchOf(entry: Entry): Record<string, unknown> | undefined {
  const { written } = entry;
  const status = tellable(entry);
  const patch: Record<string, unknown> = {};
  for (const field of plainFields) if (!semanticEqual(status[field], written[field])) patch[field] = status[field] ?? null;
  for (const field of ['podIPs', 'hostIPs'] as const) {
    const wanted = status[field] ?? [];
    const present = written[field] ?? [];
    if (semanticEqual(wanted, present)) continue;
    const gone = present.filter(({ ip }) => !wanted.some((other) => other.ip === ip));
    patch[field] = field === 'hostIPs' ? wanted : [...gone.map(({ ip }) => ({ $patch: 'delete', ip })), ...wanted];
  }
  const conditions = conditionsPatch(status.conditions ?? [], written.conditions ?? []);
  if (conditions.length > 0) patch['conditions'] = conditions;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function conditionsPatch(wanted: readonly PodCondition[], present: readonly PodCondition[]): Record<string, unknown>[] {
  const patch: Record<string, unknown>[] = [];
  for (const { type } of present) if (resizeConditions.has(type) && !wanted.some((condition) => condition.type === type)) patch.push({ $patch: 'delete', type });
  for (const condition of wanted) {
    if (!isOurs(condition)) continue;
    const before = present.find(({ type }) => type === condition.type);
    if (semanticEqual(condition, before)) continue;
    // Fields that a condition no longer has must be taken away by name.
    patch.push({ ...(before?.reason !== undefined && { reason: null }), ...(before?.message !== undefined && { message: null }), ...condition });
  }
  return patch;
}
