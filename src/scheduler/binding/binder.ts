import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { pods } from '../../api/resources.ts';
import type { Binding, Pod } from '../../api/types/core/v1.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { causeOf, reactingTo } from '../../client/cause.ts';
import type { Client } from '../../client/client.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { PodCycle } from '../cycle/pod-cycle.ts';
import type { Extender } from '../framework/extender.ts';
import type { SchedulerMetrics } from '../metrics.ts';
import { patchPodStatus } from '../pod-status.ts';
import { isAnswer, untilAnswered } from '../until-answered.ts';
import type { BindingSlots } from './binding-slots.ts';

export interface BinderOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly extenders: readonly Extender[];
  readonly signal: AbortSignal;
  readonly slots: BindingSlots;
  readonly metrics: SchedulerMetrics;
}

/** Makes what was decided true: what plug-ins do before, and the binding itself. */
export class Binder {
  readonly #options: BinderOptions;
  /** Pods whose plug-ins are at work; not yet bound, they can be stopped. */
  readonly #beforeBinding = new Map<string, AbortController>();

  constructor(options: BinderOptions) {
    this.#options = options;
  }

  /** Rejects, with upstream's words for who failed, when the pod cannot be bound. */
  async bind(pod: PodInfo, nodeName: string, cycle: PodCycle): Promise<void> {
    const metrics = this.#options.metrics.of(cycle.profile);
    const startMs = metrics.now();
    const tasks = cycle.profile.preBind.flatMap((plugin) => {
      const run = plugin.preBind?.(pod, nodeName, cycle.stateOf(plugin));
      return run === undefined ? [] : [{ plugin, run }];
    });
    const preparingMs = metrics.passed('PreBindPreFlight', tasks.length > 0 ? 'Success' : 'Skip', startMs);
    if (tasks.length > 0) {
      try {
        await this.#prepare(pod, nodeName, tasks);
      } catch (error) {
        metrics.passed('PreBind', 'Error', preparingMs);
        throw error;
      }
    }
    const bindingMs = metrics.passed('PreBind', 'Success', preparingMs);
    const extender = this.#options.extenders.find((one) => one.bind !== undefined && one.isInterested(pod.pod));
    if (extender !== undefined) {
      try {
        await extender.bind?.(pod.pod, nodeName);
        metrics.passed('PostBind', 'Success', metrics.now());
        return;
      } catch (error) {
        if (!extender.ignorable) throw error;
      }
    }
    try {
      await this.#write(pod, nodeName);
    } catch (error) {
      metrics.passed('Bind', 'Error', bindingMs);
      throw error;
    }
    // Nobody has anything to do after that.
    metrics.passed('PostBind', 'Success', metrics.passed('Bind', 'Success', bindingMs));
  }

  /** Stops a pod that is not being bound yet; false: it is too late, or it never was. */
  cancel(uid: string, why: string): boolean {
    const controller = this.#beforeBinding.get(uid);
    controller?.abort(new Error(why));
    return controller !== undefined;
  }

  async #prepare(pod: PodInfo, nodeName: string, tasks: readonly { readonly plugin: { readonly name: string }; readonly run: (signal: AbortSignal) => Promise<void> }[]): Promise<void> {
    const { client, clock, logger, signal, slots } = this.#options;
    const controller = new AbortController();
    this.#beforeBinding.set(pod.uid, controller);
    slots.prepare(1);
    try {
      // Autoscalers are told where the pod is going to be, because this may take a while (KEP-5278).
      await patchPodStatus(client, clock, pod.pod, { nominatedNodeName: nodeName }).catch((error: unknown) => logger.debug('nominating the node of a pod that is about to be bound failed', { pod: pod.key, error }));
      for (const { plugin, run } of tasks) {
        try {
          await reactingTo(causeOf(pods, pod.pod), () => run(AbortSignal.any([signal, controller.signal])));
        } catch (error) {
          throw new Error(`running PreBind plugin ${JSON.stringify(plugin.name)}: ${(error as Error).message}`, { cause: error });
        }
      }
      controller.signal.throwIfAborted();
    } finally {
      this.#beforeBinding.delete(pod.uid);
      slots.prepare(-1);
    }
  }

  async #write({ pod, uid }: PodInfo, nodeName: string): Promise<void> {
    const binding: Binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: nameOf(pod), namespace: namespaceOf(pod), uid },
      target: { kind: 'Node', name: nodeName },
    };
    try {
      await this.#options.client.because(causeOf(pods, pod)).createSubresource<Binding, Status>(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }, 'binding', binding);
    } catch (error) {
      if (!isAnswer(error) && (await this.#isBound(pod, nodeName))) return;
      throw new Error(`running Bind plugin "DefaultBinder": ${(error as Error).message}`, { cause: error });
    }
  }

  /**
   * The answer to a binding was lost: did it happen? Whoever took what was made for the pod from it would take it from one
   * that runs.
   */
  async #isBound(pod: Pod, nodeName: string): Promise<boolean> {
    try {
      const now = await untilAnswered(() => this.#options.client.get(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }), this.#options);
      return uidOf(now) === uidOf(pod) && now.spec?.nodeName === nodeName;
    } catch {
      return false;
    }
  }
}
