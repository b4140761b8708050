import { semanticEqual } from '../../api/meta/equal.ts';
import { keyOf, nameOf } from '../../api/meta/object.ts';
import { leases, nodes, pods } from '../../api/resources.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import type { Timer } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { recorderFor } from '../common/context.ts';
import { changeTaints } from '../common/taints.ts';
import { reconcileLabels } from './labels.ts';
import { NodeMonitor } from './monitor.ts';
import { markNotReady } from './pod-readiness.ts';
import { noScheduleChange } from './taints.ts';

const identity = 'node-controller';
const leaseNamespace = 'kube-node-lease';

/**
 * Watches over nodes: one that falls silent becomes Unknown and its pods not ready; taints follow the conditions. Which
 * pods a NoExecute taint evicts is the taint eviction controller's part.
 */
export async function startNodeLifecycleController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers } = context;
  const client = context.clientFor(identity);
  const recorder = recorderFor(context, client, identity);
  const nodeInformer = informers.informer(nodes);
  const podInformer = informers.informer(pods);
  const leaseInformer = informers.informer(leases);
  podInformer.addIndex('node', (pod) => (pod.spec?.nodeName === undefined ? [] : [pod.spec.nodeName]));
  const nodeNamed = (name: string): Node | undefined => nodeInformer.lister.get('', name);
  const monitor = new NodeMonitor({
    context, client, recorder, nodeNamed, leaseOf: (name) => leaseInformer.lister.get(leaseNamespace, name), podsOn: (node) => podInformer.lister.byIndex('node', node),
  });
  const passes = new Passes(context, () => monitor.pass(nodeInformer.lister.list()), (nowMs) => monitor.nextDueMs(nowMs));
  const nodeQueue = new WorkQueue({ clock });
  const podQueue = new WorkQueue({ clock });

  nodeInformer.addHandler({
    add: (node) => {
      nodeQueue.add(keyOf(node));
      passes.wake();
    },
    update: (old, node) => {
      passes.wake();
      if (!semanticEqual(old.status?.conditions, node.status?.conditions) || !semanticEqual(old.spec, node.spec) || !semanticEqual(old.metadata.labels, node.metadata.labels)) nodeQueue.add(keyOf(node));
    },
    delete: (node) => {
      monitor.forget(nameOf(node));
      passes.wake();
    },
  });
  const renewed = (lease: Parameters<NodeMonitor['renewed']>[0]): void => { if (lease.metadata.namespace === leaseNamespace) monitor.renewed(lease, passes.tickFrom(clock.now())); };
  leaseInformer.addHandler({ add: renewed, update: (_old, lease) => renewed(lease) });
  const assigned = (pod: Pod): void => { if (monitor.isNotReady(pod.spec?.nodeName ?? '')) podQueue.add(keyOf(pod)); };
  podInformer.addHandler({ add: assigned, update: (old, pod) => { if (old.spec?.nodeName !== pod.spec?.nodeName) assigned(pod); } });

  const all = [nodeInformer, podInformer, leaseInformer];
  const common = { clock, logger, signal, informers: all };
  runController({
    ...common, name: identity, queue: nodeQueue,
    async reconcile(name) {
      const node = nodeNamed(name);
      if (node === undefined) return;
      await changeTaints(client, node, noScheduleChange(node, formatTime(clock.now())));
      await reconcileLabels(client, node);
    },
  });
  runController({
    ...common, name: `${identity}-pods`, queue: podQueue,
    async reconcile(key) {
      const pod = podInformer.lister.getByKey(key);
      if (pod !== undefined && monitor.isNotReady(pod.spec?.nodeName ?? '')) await markNotReady(client, recorder, [pod], clock.now());
    },
  });
  Promise.all(all.map((informer) => informer.synced())).then(() => passes.start(), (error: unknown) => {
    if (!signal.aborted) logger.error('node monitor stopped', { error });
  });
}

/**
 * When the monitor looks at the nodes: at multiples of its period, as upstream does, but only at those where there can be
 * something to see.
 */
class Passes {
  readonly #context: ControllerContext;
  readonly #pass: () => Promise<void>;
  readonly #nextDueMs: (nowMs: number) => number | undefined;
  #startMs: number | undefined;
  #timer: { readonly atMs: number; readonly timer: Timer } | undefined;
  #busy = false;
  #woken = false;

  constructor(context: ControllerContext, pass: () => Promise<void>, nextDueMs: (nowMs: number) => number | undefined) {
    this.#context = context;
    this.#pass = pass;
    this.#nextDueMs = nextDueMs;
    context.signal.addEventListener('abort', () => this.#timer?.timer.cancel(), { once: true });
  }

  start(): void {
    this.#startMs = this.#context.clock.now();
    void this.#run();
  }

  /** The pass at this time, or the next after it, epoch milliseconds. */
  tickFrom(ms: number): number {
    const periodMs = this.#context.settings.nodeMonitorPeriodMs;
    const startMs = this.#startMs ?? ms;
    return startMs + Math.ceil((ms - startMs) / periodMs) * periodMs;
  }

  /** There is something to see at the next pass. */
  wake(): void {
    this.#woken = true;
    if (!this.#busy) this.#arm(this.#context.clock.now());
  }

  /** Sets the timer for the pass at `dueMs` or after it, in the future. */
  #arm(dueMs: number | undefined): void {
    const { clock, signal, settings } = this.#context;
    if (dueMs === undefined || this.#startMs === undefined || signal.aborted) return;
    const nowMs = clock.now();
    const tickMs = this.tickFrom(Math.max(dueMs, nowMs));
    const atMs = tickMs > nowMs ? tickMs : tickMs + settings.nodeMonitorPeriodMs;
    if (this.#timer !== undefined && this.#timer.atMs <= atMs) return;
    this.#timer?.timer.cancel();
    const timer = clock.setTimer(atMs - nowMs, () => {
      this.#timer = undefined;
      const due = this.#nextDueMs(clock.now() - settings.nodeMonitorPeriodMs);
      // What was due may have been put off, by leases that were renewed.
      if (!this.#woken && due !== undefined && due > clock.now()) this.#arm(due);
      else void this.#run();
    }, { unref: true });
    this.#timer = { atMs, timer };
  }

  async #run(): Promise<void> {
    const { clock, logger, signal } = this.#context;
    this.#busy = true;
    this.#woken = false;
    try {
      await this.#pass();
    } catch (error) {
      if (!signal.aborted) logger.error('nodes could not be looked at', { error });
    }
    this.#busy = false;
    this.#arm(this.#woken ? clock.now() : this.#nextDueMs(clock.now()));
  }
}
