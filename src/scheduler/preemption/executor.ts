import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { causeOf } from '../../client/cause.ts';
import type { Client } from '../../client/client.ts';
import type { SeriesRecorder } from '../../client/event-recorder/series-recorder.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Victims } from '../framework/extender.ts';
import { patchPodStatus } from '../pod-status.ts';

export interface ExecutorOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly recorder: (schedulerName: string) => SeriesRecorder;
  /** The pod as it is now, if it still is. */
  readonly current: (pod: PodInfo) => Pod | undefined;
  /** Stops the binding of a pod that has not got to the API yet; false: it is too late. */
  readonly cancelBinding: (uid: string) => boolean;
  /** Called when nothing is under way for the pod any more; `failed`: try it again at once. */
  readonly finished: (uid: string, outcome: { readonly failed: boolean }) => void;
}

/** Carries preemption out beside the scheduling of other pods; the preemptor stays out of the queue meanwhile. */
export class PreemptionExecutor {
  readonly #options: ExecutorOptions;
  /** uid of the preemptor -> the last victim, once only that is left. */
  readonly #underWay = new Map<string, PodInfo | undefined>();

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Is the pod still waiting for its victims to be told? */
  isPreempting(uid: string): boolean {
    if (!this.#underWay.has(uid)) return false;
    const last = this.#underWay.get(uid);
    if (last === undefined) return true;
    // The watch may tell of the deletion before the call returns.
    const now = this.#options.current(last);
    return now !== undefined && now.metadata.deletionTimestamp === undefined;
  }

  /** Evicts the victims; `outranked` are the pods whose nomination to the node is taken back. Returns whether any work is under way. */
  start(preemptor: PodInfo, { nodeName, victims, outranked }: { readonly nodeName: string; readonly victims: Victims; readonly outranked: readonly PodInfo[] }): Promise<void> | undefined {
    const left = victims.pods.filter(({ pod }) => pod.metadata.deletionTimestamp === undefined);
    if (left.length === 0) return undefined;
    this.#underWay.set(preemptor.uid, undefined);
    return this.#run(preemptor, { nodeName, victims: left, outranked });
  }

  async #run(preemptor: PodInfo, { nodeName, victims, outranked }: { readonly nodeName: string; readonly victims: readonly PodInfo[]; readonly outranked: readonly PodInfo[] }): Promise<void> {
    const { client, clock, logger, finished } = this.#options;
    let failed = false;
    const attempt = async (what: string, work: Promise<void>): Promise<void> => {
      try {
        await work;
      } catch (error) {
        failed = true;
        logger.warn(what, { preemptor: preemptor.key, node: nodeName, error });
      }
    };
    await Promise.all(outranked.map(({ pod }) => attempt('taking back a nomination failed', patchPodStatus(client, clock, pod, { nominatedNodeName: '' }))));
    const others = victims.slice(0, -1);
    let victimFailed = false;
    await Promise.all(others.map((victim) => attempt('preempting a pod failed', this.#evict(preemptor, victim, nodeName).catch((error: unknown) => { victimFailed = true; throw error; }))));
    const last = victims.at(-1);
    if (last !== undefined && !victimFailed) {
      this.#underWay.set(preemptor.uid, last);
      await attempt('preempting a pod failed', this.#evict(preemptor, last, nodeName));
    }
    this.#underWay.delete(preemptor.uid);
    finished(preemptor.uid, { failed });
  }

  async #evict(preemptor: PodInfo, victim: PodInfo, nodeName: string): Promise<void> {
    const { client, clock, recorder, cancelBinding } = this.#options;
    const schedulerName = preemptor.pod.spec?.schedulerName ?? 'default-scheduler';
    const cancelled = cancelBinding(victim.uid);
    if (!cancelled) {
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: `${schedulerName}: preempting to accommodate a higher priority pod` };
      try {
        await patchPodStatus(client, clock, this.#options.current(victim) ?? victim.pod, { condition });
        await client.because(causeOf(pods, preemptor.pod)).delete(pods, { namespace: namespaceOf(victim.pod), name: nameOf(victim.pod) });
      } catch (error) {
        if (isReason(error, 'NotFound')) return;
        throw error;
      }
    }
    recorder(schedulerName).event(victim.pod, {
      type: 'Normal', reason: 'Preempted', action: 'Preempting', related: preemptor.pod,
      note: `Preempted by pod ${preemptor.uid} on node ${nodeName}${cancelled ? ' (in kube-scheduler memory).' : ''}`,
    });
  }
}
