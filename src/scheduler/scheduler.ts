import { joinKey, nameOf, namespaceOf, uidOf } from '../api/meta/object.ts';
import { semanticEqual } from '../api/meta/equal.ts';
import { namespaces, nodes, pods } from '../api/resources.ts';
import { isReason } from '../api/status.ts';
import type { Binding, Node, Pod } from '../api/types/core/v1.ts';
import type { Status } from '../api/types/meta/v1.ts';
import type { Clock } from '../base/clock.ts';
import { formatTime } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { createEventRecorder } from '../client/event-recorder/event-recorder.ts';
import type { EventRecorder } from '../client/event-recorder/event-recorder.ts';
import { createSharedInformers } from '../client/informer/shared-informers.ts';
import { ClusterCache } from './cache/cluster-cache.ts';
import type { PodInfo } from './cache/pod-info.ts';
import { podInfoOf } from './cache/pod-info.ts';
import { SchedulingCycle } from './cycle.ts';
import type { Plugin } from './framework/plugin.ts';
import { defaultPlugins } from './plugins/registry.ts';
import type { QueuedPod } from './queue/scheduling-queue.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Pods that name this scheduler are ours. Default `default-scheduler`. */
  readonly schedulerName?: string;
  readonly plugins?: readonly Plugin[];
}

/** How long placing may keep the event loop before others have their turn. */
const sliceMs = 8;
/** Bindings under way at once. */
const maxBindings = 256;

const isAssigned = (pod: Pod): boolean => pod.spec?.nodeName !== undefined && pod.spec.nodeName !== '';
const isDone = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Binds pods to nodes: one pod at a time is placed, bindings are written concurrently. */
export class Scheduler implements AsyncDisposable {
  readonly #options: SchedulerOptions;
  readonly #name: string;
  readonly #plugins: readonly Plugin[];
  readonly #cache = new ClusterCache();
  readonly #queue: SchedulingQueue;
  readonly #cycle: SchedulingCycle;
  readonly #recorder: EventRecorder;
  readonly #stopped = new AbortController();
  readonly #bindings = new Set<Promise<void>>();
  #loop: Promise<void> | undefined;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#name = options.schedulerName ?? 'default-scheduler';
    this.#plugins = options.plugins ?? defaultPlugins;
    this.#queue = new SchedulingQueue({ clock: options.clock, plugins: this.#plugins });
    this.#cycle = new SchedulingCycle({ plugins: this.#plugins, random: options.random });
    this.#recorder = createEventRecorder(options.client, { component: this.#name, clock: options.clock, random: options.random, logger: options.logger, signal: this.#stopped.signal });
  }

  /** Resolves when the cluster is known and scheduling has begun. */
  async start(): Promise<void> {
    const { client, clock, random, logger } = this.#options;
    const informers = createSharedInformers(client, { clock, random, logger, signal: this.#stopped.signal });
    informers.informer(nodes).addHandler({
      add: (node) => this.#nodeAdded(node),
      update: (old, node) => this.#nodeUpdated(old, node),
      delete: (node) => this.#cache.removeNode(nameOf(node)),
    });
    informers.informer(namespaces).addHandler({
      add: ({ metadata }) => this.#cache.setNamespace(metadata.name ?? '', metadata.labels ?? {}),
      update: (_old, { metadata }) => this.#cache.setNamespace(metadata.name ?? '', metadata.labels ?? {}),
      delete: (namespace) => this.#cache.removeNamespace(nameOf(namespace)),
    });
    informers.informer(pods, { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' }).addHandler({
      add: (pod) => this.#podAdded(pod),
      update: (old, pod) => this.#podUpdated(old, pod),
      delete: (pod) => this.#podDeleted(pod),
    });
    await informers.synced();
    this.#loop = this.#run();
  }

  /** How many pods wait, and in which part of the queue. */
  get pending(): SchedulingQueue['sizes'] {
    return this.#queue.sizes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort(new Error('the scheduler was stopped'));
    this.#queue.interrupt();
    await this.#loop;
    await Promise.allSettled(this.#bindings);
  }

  #nodeAdded(node: Node): void {
    this.#cache.setNode(node);
    this.#queue.notice({ type: 'node-added', node });
  }

  #nodeUpdated(old: Node, node: Node): void {
    this.#cache.setNode(node);
    // Heartbeats change conditions' times and nothing that a plug-in reads.
    const relevant = !semanticEqual(old.spec, node.spec) || !semanticEqual(old.metadata.labels, node.metadata.labels) || !semanticEqual(old.status?.allocatable, node.status?.allocatable);
    if (relevant) this.#queue.notice({ type: 'node-updated', node, old });
  }

  #isOurs(pod: Pod): boolean {
    return (pod.spec?.schedulerName ?? 'default-scheduler') === this.#name;
  }

  #podAdded(pod: Pod): void {
    if (isDone(pod)) return;
    if (isAssigned(pod)) this.#assigned(podInfoOf(pod), pod);
    else if (this.#isOurs(pod) && pod.metadata.deletionTimestamp === undefined) this.#queue.add(podInfoOf(pod));
  }

  #assigned(info: PodInfo, pod: Pod): void {
    this.#queue.delete(info.uid);
    this.#cache.confirm(info, pod.spec?.nodeName ?? '');
    this.#queue.notice({ type: 'pod-assigned', pod: info });
  }

  #podUpdated(old: Pod, pod: Pod): void {
    if (uidOf(old) !== uidOf(pod)) {
      this.#podDeleted(old);
      this.#podAdded(pod);
    } else if (isDone(pod)) this.#podDeleted(pod);
    else if (isAssigned(pod)) {
      // Most updates of running pods are of their status, which takes no room.
      if (isAssigned(old) && semanticEqual(old.spec, pod.spec) && !this.#cache.isAssumed(uidOf(pod))) return;
      this.#assigned(podInfoOf(pod), pod);
    } else if (pod.metadata.deletionTimestamp !== undefined) this.#queue.delete(uidOf(pod));
    else if (this.#isOurs(pod)) {
      const relevant = !semanticEqual(old.spec, pod.spec) || !semanticEqual(old.metadata.labels, pod.metadata.labels) || !semanticEqual(old.metadata.annotations, pod.metadata.annotations);
      this.#queue.update(podInfoOf(pod), relevant);
    }
  }

  #podDeleted(pod: Pod): void {
    const uid = uidOf(pod);
    this.#queue.delete(uid);
    if (this.#cache.nodeOf(uid) === undefined) return;
    this.#cache.forget(uid);
    this.#queue.notice({ type: 'pod-removed', pod: podInfoOf(pod) });
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#queue.ready();
      const startMs = clock.monotonicMs();
      for (let queued = this.#queue.take(); queued !== undefined && !signal.aborted; queued = this.#queue.take()) {
        this.#schedule(queued);
        if (clock.monotonicMs() - startMs > sliceMs || this.#bindings.size >= maxBindings) break;
      }
      if (this.#bindings.size >= maxBindings) await Promise.race(this.#bindings);
      else await clock.sleep(0, signal).catch(() => undefined);
    }
  }

  #schedule(queued: QueuedPod): void {
    const { info } = queued;
    const placement = this.#cycle.place(info, this.#cache);
    if (placement.kind === 'placed') {
      this.#cache.assume(info, placement.node.name);
      const binding = this.#bind(queued, placement.node.name).finally(() => this.#bindings.delete(binding));
      this.#bindings.add(binding);
      return;
    }
    this.#queue.park(queued, placement.refusedBy);
    this.#recorder.event(info.pod, 'Warning', 'FailedScheduling', placement.message);
    void this.#tellUnschedulable(info.pod, placement.message);
  }

  async #bind(queued: QueuedPod, nodeName: string): Promise<void> {
    const { client, logger } = this.#options;
    const { pod, uid, key } = queued.info;
    const binding: Binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: nameOf(pod), namespace: namespaceOf(pod), uid },
      target: { kind: 'Node', name: nodeName },
    };
    try {
      await client.createSubresource<Binding, Status>(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }, 'binding', binding);
      this.#recorder.event(pod, 'Normal', 'Scheduled', `Successfully assigned ${key} to ${nodeName}`);
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      // A conflict means that someone else bound it: the watch will say where.
      this.#cache.forget(uid);
      if (isReason(error, 'NotFound')) return;
      logger.warn('binding failed, will retry', { pod: key, node: nodeName, error });
      this.#recorder.event(pod, 'Warning', 'FailedScheduling', `binding rejected: running Bind plugin "DefaultBinder": ${(error as Error).message}`);
      this.#queue.retry(queued);
    }
  }

  /** The PodScheduled condition: what `kubectl describe` and autoscalers read. Written only when it says something new. */
  async #tellUnschedulable(pod: Pod, message: string): Promise<void> {
    const known = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
    if (known?.status === 'False' && known.reason === 'Unschedulable' && known.message === message) return;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime: known?.status === 'False' ? (known.lastTransitionTime ?? formatTime(this.#options.clock.now())) : formatTime(this.#options.clock.now()),
      ...(pod.metadata.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    };
    try {
      await this.#options.client.patch(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }, { type: 'strategic', value: { metadata: { uid: uidOf(pod) }, status: { conditions: [condition] } } }, { subresource: 'status' });
    } catch (error) {
      if (!this.#stopped.signal.aborted && !isReason(error, 'NotFound')) this.#options.logger.warn('writing the PodScheduled condition failed', { pod: joinKey(namespaceOf(pod), nameOf(pod)), error });
    }
  }
}
