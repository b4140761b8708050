import { keyOf } from '../../api/meta/object.ts';
import { horizontalpodautoscalers, pods } from '../../api/resources.ts';
import type { HorizontalPodAutoscaler } from '../../api/types/autoscaling/v2.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { AutoscalerMetrics } from './autoscaler-metrics.ts';
import { Kinds } from './kinds.ts';
import { MetricsClient } from './metrics-client.ts';
import type { AutoscalerParts } from './reconcile.ts';
import { Reconciliation } from './reconcile.ts';

const identity = 'horizontal-pod-autoscaler';

/** Scales what autoscalers point at, by what metrics say. Each autoscaler is looked at once in a sync period, whatever happens. */
export async function startHorizontalPodAutoscalerController(context: ControllerContext): Promise<void> {
  const { clock, informers, logger, signal, settings } = context;
  const client = context.clientFor(identity);
  const autoscalers = informers.informer(horizontalpodautoscalers);
  const podInformer = informers.informer(pods);
  const kinds = new Kinds(client, clock);
  const parts: AutoscalerParts = {
    client, clock, kinds, settings,
    recorder: recorderFor(context, client, identity),
    metrics: new MetricsClient(client, kinds),
    counts: new AutoscalerMetrics(),
    histories: new Map(), selectors: new Map(),
    podsOf: (namespace) => podInformer.lister.list(namespace),
  };
  context.scraped(parts.counts.families(() => parts.selectors.size));
  const periodMs = settings.hpaSyncPeriodMs;
  const queue = new WorkQueue({ clock, rateLimiter: { delayMs: () => periodMs, forget: () => {}, failures: () => 1 } });
  const enqueue = (autoscaler: HorizontalPodAutoscaler): void => {
    const key = keyOf(autoscaler);
    queue.addRateLimited(key);
    if (!parts.selectors.has(key)) parts.selectors.set(key, undefined);
  };
  autoscalers.addHandler({ add: enqueue, update: (_old, autoscaler) => enqueue(autoscaler), delete: (autoscaler) => parts.selectors.delete(keyOf(autoscaler)) });
  runController({
    name: identity, clock, logger, signal, queue, informers: [autoscalers, podInformer],
    async reconcile(key) {
      const autoscaler = autoscalers.lister.getByKey(key);
      if (autoscaler === undefined) {
        parts.histories.delete(key);
        parts.counts.forget(key);
        return;
      }
      await new Reconciliation(parts, autoscaler).run();
      return { requeueAfterMs: periodMs };
    },
  });
}
