import { labelSelectorAsSelector, SelectorError } from '../../api/meta/labels.ts';
import { scaledValue } from '../../api/meta/int-or-string.ts';
import { controllerOf, keyOf, nameOf, namespaceOf, splitKey } from '../../api/meta/object.ts';
import { poddisruptionbudgets, pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/types/policy/v1.ts';
import type { Client } from '../../client/client.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { messageOf } from '../common/errors.ts';
import { countHealthy, disruptedPods, failedStatus, nextStatus, printSelector } from './budget-status.ts';
import { ControllerScales } from './scales.ts';
import { clearStaleConditions } from './stale-conditions.ts';

const identity = 'disruption-controller';

/** Keeps the status of disruption budgets: how many of their pods may be evicted now. */
export async function startDisruptionController(context: ControllerContext): Promise<void> {
  new DisruptionController(context, context.clientFor(identity)).start();
}

class DisruptionController {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;
  readonly #scales: ControllerScales;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext, client: Client) {
    this.#context = context;
    this.#client = client;
    this.#recorder = recorderFor(context, client, 'controllermanager');
    this.#budgets = context.informers.informer(poddisruptionbudgets);
    this.#pods = context.informers.informer(pods);
    this.#scales = new ControllerScales(client, context.informers);
    this.#queue = new WorkQueue({ clock: context.clock });
  }

  start(): void {
    const enqueue = (budget: PodDisruptionBudget): void => this.#queue.add(keyOf(budget));
    this.#budgets.addHandler({ add: enqueue, update: (_old, budget) => enqueue(budget) });
    const look = (pod: Pod): void => this.#podChanged(pod);
    this.#pods.addHandler({ add: look, update: (_old, pod) => look(pod), delete: look });
    const { clock, logger, signal } = this.#context;
    runController({ name: identity, clock, logger, signal, informers: [this.#budgets, this.#pods, ...this.#scales.informers], workers: 1, queue: this.#queue, reconcile: (key) => this.#sync(key) });
    clearStaleConditions(this.#context, this.#client, this.#pods);
  }

  #podChanged(pod: Pod): void {
    if (this.#budgets.lister.size === 0) return;
    const budgets = this.#budgets.lister.list(namespaceOf(pod)).filter(({ spec }) => selects(spec?.selector, pod));
    if (budgets.length > 1) {
      this.#recorder.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', `Pod ${JSON.stringify(namespaceOf(pod))}/${JSON.stringify(nameOf(pod))} matches multiple PodDisruptionBudgets.  Chose ${JSON.stringify(nameOf(budgets[0]!))} arbitrarily.`);
    }
    // Upstream looks at the one it chose; but the others are not right either until they are counted again.
    for (const budget of budgets) this.#queue.add(keyOf(budget));
  }

  async #sync(key: string): Promise<ReconcileResult> {
    const { namespace, name } = splitKey(key);
    const budget = this.#budgets.lister.get(namespace, name);
    if (budget === undefined) return;
    try {
      return await this.#update(budget);
    } catch (error) {
      if (isReason(error, 'Conflict')) throw error;
      const { clock, logger } = this.#context;
      logger.debug('failed to sync a disruption budget', { key, error });
      // If nothing else, evictions stop.
      await this.#write(budget, failedStatus(budget, messageOf(error), clock.now()));
    }
  }

  async #update(budget: PodDisruptionBudget): Promise<ReconcileResult> {
    const nowMs = this.#context.clock.now();
    const selected = this.#podsOf(budget);
    if (selected.length === 0) this.#recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    let expected: { readonly expectedPods: number; readonly desiredHealthy: number };
    try {
      expected = await this.#expect(budget, selected);
    } catch (error) {
      this.#recorder.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${messageOf(error)}`);
      throw error;
    }
    const disrupted = disruptedPods(budget, selected, nowMs);
    // Upstream names the namespace twice.
    for (const pod of disrupted.forgotten) this.#recorder.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${namespaceOf(budget)}/${namespaceOf(budget)} to be deleted but it wasn't`);
    const status = nextStatus(budget, { ...expected, currentHealthy: countHealthy(selected, disrupted.pods, nowMs) }, disrupted.pods, nowMs);
    if (status !== undefined) await this.#write(budget, status);
    // A millisecond more, so that the time has surely passed by then.
    return disrupted.recheckAtMs === undefined ? undefined : { requeueAfterMs: disrupted.recheckAtMs - nowMs + 1 };
  }

  #podsOf(budget: PodDisruptionBudget): readonly Pod[] {
    try {
      const selector = labelSelectorAsSelector(budget.spec?.selector);
      return this.#pods.lister.list(namespaceOf(budget)).filter(({ metadata }) => selector.matches(metadata.labels));
    } catch (error) {
      this.#recorder.event(budget, 'Warning', 'NoPods', `Failed to get pods: ${messageOf(error)}`);
      throw error;
    }
  }

  /** How many pods there should be, and how many of them have to be healthy. */
  async #expect(budget: PodDisruptionBudget, selected: readonly Pod[]): Promise<{ readonly expectedPods: number; readonly desiredHealthy: number }> {
    const { maxUnavailable, minAvailable } = budget.spec ?? {};
    if (maxUnavailable === undefined && typeof minAvailable === 'number') return { expectedPods: selected.length, desiredHealthy: minAvailable };
    if (maxUnavailable === undefined && minAvailable === undefined) return { expectedPods: 0, desiredHealthy: 0 };
    const expectedPods = await this.#expectedScale(budget, selected);
    const desiredHealthy = maxUnavailable === undefined ? scaledValue(minAvailable ?? 0, expectedPods, 'up') : Math.max(0, expectedPods - scaledValue(maxUnavailable, expectedPods, 'up'));
    return { expectedPods, desiredHealthy };
  }

  /** The sum of what the controllers of the pods are asked for. Pods without a controller do not count. */
  async #expectedScale(budget: PodDisruptionBudget, selected: readonly Pod[]): Promise<number> {
    const replicas = new Map<string, number>();
    let unmanaged = 0;
    for (const pod of selected) {
      const reference = controllerOf(pod);
      if (reference === undefined) {
        unmanaged++;
        continue;
      }
      if (replicas.has(reference.uid)) continue;
      const scale = await this.#scales.find(reference, namespaceOf(pod));
      if (scale === undefined) throw new Error(`found no controllers for pod ${JSON.stringify(nameOf(pod))}`);
      replicas.set(scale.uid, scale.replicas);
    }
    if (unmanaged > 0) {
      this.#recorder.event(budget, 'Warning', 'UnmanagedPods', `Pods selected by this PodDisruptionBudget (selector: ${printSelector(budget.spec?.selector)}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`);
    }
    return [...replicas.values()].reduce((sum, count) => sum + count, 0);
  }

  async #write(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus): Promise<void> {
    await this.#client.update(poddisruptionbudgets, { ...budget, status }, { subresource: 'status' });
  }
}

/** An empty selector selects everything, one that cannot be understood nothing. */
function selects(selector: Parameters<typeof labelSelectorAsSelector>[0], pod: Pod): boolean {
  try {
    return labelSelectorAsSelector(selector).matches(pod.metadata.labels);
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}
