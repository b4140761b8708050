import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { mapsEqual, semanticEqual } from '../../api/meta/equal.ts';
import { parseTime } from '../../api/meta/time.ts';
import { pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Pod, PodCondition, PodStatus } from '../../api/types/core/v1.ts';
import type { Timer } from '../../base/clock.ts';
import type { Cause } from '../../client/cause.ts';
import { currentCause, joinCauses, reactingTo } from '../../client/cause.ts';
import { dependsOnNode } from '../admission/node-fit.ts';
import type { Refusal } from '../admission/verdict.ts';
import { killPodContainers } from '../containers/kill-container.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import { podCgroupParent } from '../resources/linux-resources.ts';
import { withAllocatedResources } from '../status/allocated-resources.ts';
import { generatePodStatus } from '../status/pod-status.ts';
import type { ContainerStatus } from '../../runtime/runtime.ts';
import { isResizing } from '../resources/resize.ts';
import { withActualResources } from '../resources/actual.ts';
import { Allocation, resizeRetryMs } from './allocation.ts';
import { removeLeftovers, removePod } from './collect-garbage.ts';
import { Ending } from './ending.ts';
import { judgeResize } from './judge-resize.ts';
import { formatPod, gracePeriodSecondsOf, isTerminalPhase, specOf } from './pod-spec.ts';
import type { PodRuntimeState } from './pod-runtime.ts';
import { emptyRuntimeState, readPodState } from './pod-runtime.ts';
import type { SyncResult } from './sync-pod.ts';
import { isAsWanted, syncPod } from './sync-pod.ts';
import { TerminationMessages } from './termination-messages.ts';

/** Delays after failures of the whole pod: volumes, sandbox, runtime. */
const minRetryMs = 500;
const maxRetryMs = 122_000;

/** How soon volumes are looked at again that are due already. */
const minRefreshMs = 1000;

/**
 * One pod on this node, from its arrival until nothing of it is left: `syncing` makes it run, `terminating` ends its
 * containers, `terminated` frees what it used and waits for the API object to go. Level-triggered: every step reads the
 * runtime and does what is missing.
 */
export class PodWorker {
  readonly #context: KubeletContext;
  readonly #onGone: (podUid: string) => void;
  readonly #ending = new Ending();
  readonly #failures = new Map<string, { readonly reason: string; readonly message: string }>();
  readonly #ended = new Map<string, ContainerStatus>();
  readonly #messages = new TerminationMessages();
  #pod: Pod;
  /** What is being carried out, and therefore reported; `#pod` may be newer. */
  #current: Pod;
  readonly #allocation: Allocation;
  #phase: 'syncing' | 'terminating' | 'terminated' = 'syncing';
  #state: PodRuntimeState = emptyRuntimeState;
  /** Fails the pod: rejected, evicted, past its deadline. */
  #failed: { readonly reason: string; readonly message: string; readonly isDisruption?: boolean } | undefined;
  /** Instead of the pod's own, for those that are ended for the node's sake. */
  #graceOverride: number | undefined;
  #admitted = false;
  /** The API object is gone, so there is nothing to delete or report. */
  #deleted = false;
  #reclaimed = false;
  #dirty = true;
  /** Nothing was heard since the runtime was looked at. */
  #isFresh = false;
  /** Nothing was heard or seen since the status was reported, with these conditions. */
  #reported: readonly PodCondition[] | undefined;
  /** What was last wanted of the pod, and whether the machine has had something to say since. */
  #cause: Cause = '';
  #stopped = false;
  #wakeUp: (() => void) | undefined;
  #timer: Timer | undefined;
  #retryMs = minRetryMs;
  readonly #heardOfMs: number;
  #graceSeconds: number | undefined;
  readonly #finished = Promise.withResolvers<void>();
  /** Resolves when the loop has ended. */
  readonly done: Promise<void>;

  constructor(context: KubeletContext, pod: Pod, onGone: (podUid: string) => void) {
    this.#context = context;
    this.#pod = this.#current = pod;
    this.#allocation = new Allocation(pod);
    this.#heardOfMs = context.clock.monotonicMs();
    this.#onGone = onGone;
    this.#noteCause();
    // Deleted while no kubelet looked: nothing else will say so.
    if (pod.metadata.deletionTimestamp !== undefined) this.#terminate();
    this.done = this.#run();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The pod with the resources that this node has granted it. */
  get allocated(): Pod {
    return this.#allocation.apply(this.#pod);
  }

  /** What it was granted of the node, in upstream's units. */
  get requests(): ReadonlyMap<string, number> {
    return this.#allocation.requestsOf(this.#pod);
  }

  /** Does it wait for room to grow? */
  get isResizePending(): boolean {
    return this.#allocation.isPending;
  }

  /** What the runtime knew of the pod when it was last looked at. */
  get state(): PodRuntimeState {
    return this.#state;
  }

  /** Resolves when its containers have ended and its volumes are gone. */
  get ended(): Promise<void> {
    return this.#finished.promise;
  }

  /** Is it to end, or has it? */
  get isEnding(): boolean {
    return this.#ending.hasBegun;
  }

  /** Counts against the node's resources: also what ran before a restart of ours, whoever is looked at first. */
  get isAdmitted(): boolean {
    return (this.#admitted || this.#pod.status?.phase === 'Running') && this.#phase !== 'terminated';
  }

  /** Has its object gone while it still ends? The scheduler has given its place away by then, and upstream's kubelet too. */
  get isForgotten(): boolean {
    return this.#deleted;
  }

  /** A newer version of the pod from the API. Changes of its status alone are not looked at. */
  update(pod: Pod): void {
    const old = this.#pod;
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.#terminate();
    const same = old.metadata.generation === pod.metadata.generation && old.metadata.deletionTimestamp === pod.metadata.deletionTimestamp
      && old.metadata.deletionGracePeriodSeconds === pod.metadata.deletionGracePeriodSeconds
      && mapsEqual(old.metadata.labels, pod.metadata.labels) && mapsEqual(old.metadata.annotations, pod.metadata.annotations)
      && (pod.metadata.generation !== undefined || semanticEqual(old.spec, pod.spec)) && !gatesChanged(old, pod) && (this.#phase !== 'syncing' || !isTerminalPhase(pod.status?.phase));
    if (!same) this.wake();
  }

  /** The pod is gone from where it came from: it is ended without delay, or within the time that it asks for, and nothing is reported. */
  remove({ withGrace = false } = {}): void {
    this.#deleted = true;
    this.#graceOverride = withGrace ? this.#graceOverride ?? gracePeriodSecondsOf(this.#pod) : 0;
    this.#terminate();
    this.wake();
  }

  /** Ends the pod and reports it as Failed. `isDisruption`: it did nothing wrong, which its owner is told by a condition. */
  evict(reason: string, message: string, options: { readonly graceSeconds?: number; readonly isDisruption?: boolean } = {}): void {
    this.#failed ??= { reason, message, ...(options.isDisruption !== undefined && { isDisruption: options.isDisruption }) };
    this.#graceOverride ??= options.graceSeconds;
    this.#terminate();
    this.wake();
  }

  /** Something may have changed. */
  wake(): void {
    this.#noteCause();
    this.#dirty = true;
    this.#isFresh = false;
    this.#reported = undefined;
    this.#wakeUp?.();
  }

  /** Ends the loop and leaves everything as it is. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#wakeUp?.();
  }

  /** An event of the API says what is wanted; whatever else wakes it is the machine, or the time, which carry that out. */
  #noteCause(): void {
    const cause = currentCause();
    this.#cause = cause === '' ? joinCauses(this.#cause, '!machine') : cause;
  }

  #terminate(): void {
    if (!this.#ending.hasBegun) this.#ending.begin();
    this.#shortenGrace();
  }

  /** A later deletion with less patience: containers that are ending get the shorter time. */
  #shortenGrace(): void {
    const seconds = this.#deleted ? this.#graceOverride ?? 0 : gracePeriodSecondsOf(this.#pod);
    if (this.#phase !== 'terminating' || this.#graceSeconds === undefined || seconds >= this.#graceSeconds) return;
    this.#graceSeconds = seconds;
    for (const status of this.#state.containers) if (status.state === 'running') this.#context.runtime.stopContainer(status.id, seconds).catch((error: unknown) => this.#log('container could not be stopped', error));
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (!this.#dirty) {
        await new Promise<void>((resolve) => { this.#wakeUp = resolve; });
        this.#wakeUp = undefined;
        continue;
      }
      this.#dirty = false;
      this.#timer?.cancel();
      let again: number | 'now' | 'gone' | undefined;
      try {
        const startMs = this.#context.clock.monotonicMs();
        const operation = this.#phase === 'syncing' ? this.#admitted ? 'sync' : 'create' : 'kill';
        if (operation === 'create') this.#context.metrics.observe('kubelet_pod_worker_start_duration_seconds', (startMs - this.#heardOfMs) / 1000);
        again = await reactingTo(this.#cause, () => this.#step());
        this.#context.metrics.observe('kubelet_pod_worker_duration_seconds', (this.#context.clock.monotonicMs() - startMs) / 1000, operation);
      } catch (error) {
        if (this.#stopped) return;
        this.#log('pod could not be synchronized', error);
        again = this.#nextRetryMs();
      }
      if (again === 'gone') {
        this.#stopped = true;
        this.#onGone(uidOf(this.#pod));
      } else if (again === 'now') this.#dirty = true;
      else if (again !== undefined && !this.#dirty) this.#timer = this.#context.clock.setTimer(again, () => this.wake(), { unref: true });
    }
  }

  #step(): Promise<number | 'now' | 'gone' | undefined> {
    switch (this.#phase) {
      case 'syncing':
        return this.#sync();
      case 'terminating':
        return this.#end();
      case 'terminated':
        return this.#reclaim();
    }
  }

  async #sync(): Promise<number | 'now' | undefined> {
    const pod = this.#current = this.#pod;
    if (this.#ending.hasBegun || isTerminalPhase(pod.status?.phase)) {
      this.#phase = 'terminating';
      return 'now';
    }
    if (!this.#isFresh) await this.#look();
    if (!this.#admitted) {
      let refusal = this.#state.sandboxes.length === 0 ? this.#context.admit(pod) : undefined;
      if (refusal !== undefined && dependsOnNode(refusal)) refusal = await this.#judgeAgain(pod);
      if (refusal === undefined && !this.#context.resourceManagers.isEmpty) refusal = await this.#context.resourceManagers.allocate(pod);
      if (refusal !== undefined) {
        this.#context.metrics.count('kubelet_admission_rejections_total', refusal.reason);
        this.#context.events.warning(pod, refusal.reason, refusal.message);
        this.evict(refusal.reason, `Pod was rejected: ${refusal.message}`);
        return 'now';
      }
    }
    this.#admitted = true;
    this.#allocation.review(pod, (asked, granted) => judgeResize(this.#context, asked, granted), this.#context.events);
    const status = this.#report(false);
    if (isTerminalPhase(status.phase)) {
      this.#phase = 'terminating';
      return 'now';
    }
    const deadlineMs = this.#deadlineMs(status);
    if (deadlineMs !== undefined && deadlineMs <= 0) {
      this.#context.events.normal(pod, 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');
      this.evict('DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');
      return 'now';
    }
    const allocated = this.#allocation.apply(pod);
    const result = await syncPod(this.#context, { pod: allocated, state: this.#state, failures: this.#failures, ending: this.#ending });
    if (this.#ending.hasBegun) return 'now';
    if (result.isAsBefore !== true) await this.#look();
    const mustResize = isResizing(allocated, this.#state);
    this.#allocation.progress(allocated, mustResize, result.resizeError, this.#context.events);
    const reached = this.#report(false);
    await removeLeftovers(this.#context, this.#state);
    if (result.progress) {
      this.#retryMs = minRetryMs;
      // Usually nothing is left to do, and another step would only find that out.
      if (mustResize || isTerminalPhase(reached.phase) || !isAsWanted(this.#context, allocated, this.#state)) return 'now';
    }
    return this.#restMs(result, this.#deadlineMs(reached));
  }

  /** How long nothing is to be done if nothing is heard; undefined: for ever. */
  #restMs(result: SyncResult, deadlineMs: number | undefined): number | undefined {
    let restMs = deadlineMs ?? Infinity;
    const retryMs = result.failed || result.resizeError !== undefined ? this.#nextRetryMs() : result.retryAfterMs;
    if (retryMs !== undefined) restMs = Math.min(restMs, retryMs);
    if (!result.failed && result.refreshAtMs !== undefined) restMs = Math.min(restMs, Math.max(minRefreshMs, result.refreshAtMs - this.#context.clock.now()));
    if (this.#allocation.isPending) restMs = Math.min(restMs, resizeRetryMs);
    return restMs === Infinity ? undefined : restMs;
  }

  /** Why the pod may not run here, when the node has been looked at anew: labels and taints may have changed, and the scheduler knows. */
  async #judgeAgain(pod: Pod): Promise<Refusal | undefined> {
    await this.#context.refreshNode();
    return this.#context.admit(pod);
  }

  async #end(): Promise<number | 'now' | undefined> {
    const { context, pod } = { context: this.#context, pod: this.#pod };
    this.#current = pod;
    context.probes.stopRestarts(uidOf(pod));
    if (!this.#isFresh) await this.#look();
    if (!this.#deleted) this.#report(false);
    this.#graceSeconds = this.#graceOverride ?? gracePeriodSecondsOf(pod);
    await killPodContainers(context, pod, this.#state, { graceSeconds: this.#graceSeconds, podIp: this.#state.sandbox?.ips[0] });
    for (const sandbox of this.#state.sandboxes) if (sandbox.ready) await context.runtime.stopPodSandbox(sandbox.id);
    const podIps = this.#state.sandbox?.ips;
    await this.#look();
    // The address went with the sandbox, but the final status still tells it.
    if (podIps !== undefined && this.#state.sandbox !== undefined) this.#state = { ...this.#state, sandbox: { ...this.#state.sandbox, ips: podIps } };
    if (this.#state.containers.some(({ state }) => state === 'running')) return this.#nextRetryMs();
    context.probes.remove(uidOf(pod));
    // Before the end is told: then others may be given the devices.
    await context.dynamicResources?.unprepare(pod);
    if (!this.#deleted) this.#report(true);
    this.#phase = 'terminated';
    return 'now';
  }

  async #reclaim(): Promise<number | 'gone' | undefined> {
    const { context, pod } = { context: this.#context, pod: this.#pod };
    const podUid = uidOf(pod);
    if (!this.#reclaimed) {
      await context.volumes.tearDown(podUid);
      const startMs = context.clock.monotonicMs();
      if (!context.host.virtual) {
        await context.host.cgroups.removePod(podCgroupParent(context.cgroupRoot, pod));
        await context.qosCgroups.update();
      }
      context.metrics.observe('kubelet_cgroup_manager_duration_seconds', (context.clock.monotonicMs() - startMs) / 1000, 'destroy');
      context.resourceManagers.release(podUid);
      context.users.release(podUid);
      this.#reclaimed = true;
      this.#finished.resolve();
    }
    if (!this.#deleted) {
      if (pod.metadata.deletionTimestamp === undefined) return undefined;
      await context.statuses.flush(pod);
      try {
        await context.client.delete(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }, { gracePeriodSeconds: 0, preconditions: { uid: podUid } });
      } catch (error) {
        if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error;
      }
      // Finalizers may keep the object: then the watch will say when it goes.
    }
    await this.#look();
    await removePod(context, this.#state);
    if (!context.host.virtual) {
      await context.host.files.removeTree(context.directories.pod(podUid));
      await context.host.files.removeTree(context.directories.logs(pod));
    }
    if (!this.#deleted) return undefined;
    context.release(podUid);
    return 'gone';
  }

  async #look(): Promise<void> {
    const context = this.#context;
    this.#isFresh = true;
    this.#reported = undefined;
    const state = await readPodState(context.runtime, uidOf(this.#pod), { ended: this.#ended, hostIps: context.hostIps() });
    if (context.host.virtual) {
      this.#state = state;
      return;
    }
    this.#state = await withActualResources(context, this.#allocation.apply(this.#current), state);
    await this.#messages.collect(context, this.#pod, this.#state);
  }

  #report(isTerminal: boolean): PodStatus {
    const context = this.#context;
    const { conditions } = this.#allocation;
    if (!isTerminal && this.#reported === conditions) return context.statuses.get(this.#pod);
    this.#reported = conditions;
    if (this.#phase === 'syncing') context.probes.sync(this.#current, this.#state);
    const before = context.statuses.get(this.#pod);
    const idOf = (containerId: string | undefined): string => containerId?.slice(containerId.indexOf('://') + 3) ?? '';
    const generated = generatePodStatus({
      pod: this.#allocation.apply(this.#current),
      resize: conditions,
      state: this.#state,
      failures: this.#failures,
      runtimeName: context.runtimeName,
      mountsRecursively: context.mountsRecursively(),
      terminationMessage: (containerId) => this.#messages.get(containerId),
      old: before,
      hostIps: context.hostIps(),
      isTerminal,
      failed: this.#failed,
      ready: ({ containerID }) => context.probes.ready(idOf(containerID)),
      started: ({ containerID }) => context.probes.started(idOf(containerID)),
    });
    const status = context.devicesOfContainers.length === 0 ? generated : withAllocatedResources(this.#current, generated, context.devicesOfContainers);
    if (status.phase === 'Running' && before.phase !== 'Running' && before.phase !== 'Failed') this.#measureStart();
    return context.statuses.set(this.#pod, status, { mayRun: !isTerminal });
  }

  #measureStart(): void {
    const { metrics, clock, images } = this.#context;
    metrics.observe('kubelet_pod_start_duration_seconds', (clock.monotonicMs() - this.#heardOfMs) / 1000);
    const createdMs = parseTime(this.#pod.metadata.creationTimestamp ?? '');
    if (createdMs === undefined) return;
    const seconds = Math.max(0, (clock.now() - createdMs) / 1000);
    metrics.observe('kubelet_pod_start_total_duration_seconds', seconds);
    if ((specOf(this.#pod).initContainers ?? []).length === 0) metrics.observe('kubelet_pod_start_sli_duration_seconds', Math.max(0, seconds - images.pullSecondsOf(uidOf(this.#pod))));
  }

  /** Until activeDeadlineSeconds are over; undefined without. */
  #deadlineMs(status: PodStatus): number | undefined {
    const seconds = specOf(this.#pod).activeDeadlineSeconds;
    if (seconds === undefined) return undefined;
    const startMs = parseTime(status.startTime ?? '');
    return startMs === undefined ? undefined : startMs + seconds * 1000 - this.#context.clock.now();
  }

  #nextRetryMs(): number {
    const delayMs = this.#retryMs;
    this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs);
    return delayMs;
  }

  #log(message: string, error: unknown): void {
    this.#context.logger.warn(message, { pod: formatPod(this.#pod), error });
  }
}

/** Conditions of others that readiness gates wait for are part of what the kubelet reports. */
function gatesChanged(old: Pod, pod: Pod): boolean {
  return (specOf(pod).readinessGates ?? []).some(({ conditionType }) => {
    const find = (of: Pod): string | undefined => of.status?.conditions?.find(({ type }) => type === conditionType)?.status;
    return find(old) !== find(pod);
  });
}
