import { semanticEqual } from '../../api/meta/equal.ts';
import { keyOf, nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { nodeLeaseNamespace, promisedUntilMs } from '../../api/node/promised-life.ts';
import { leases, nodes, pods } from '../../api/resources.ts';
import type { Lease } from '../../api/types/coordination/v1.ts';
import type { Node, NodeCondition, Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { indexByNode } from '../common/indexes.ts';
import { Passes } from '../common/passes.ts';
import { changeTaints } from '../../client/node-taints.ts';
import { reconcileLabels } from './labels.ts';
import { NodeMonitor } from './monitor.ts';
import { markNotReady } from './pod-readiness.ts';
import { noScheduleChange } from './taints.ts';

const identity = 'node-controller';

const sameStatuses = (a: readonly NodeCondition[] | undefined, b: readonly NodeCondition[] | undefined): boolean => semanticEqual(statusesOf(a), statusesOf(b));
const statusesOf = (conditions: readonly NodeCondition[] | undefined): readonly string[] => (conditions ?? []).map(({ type, status }) => `${type}=${status}`);

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
  const podsOn = indexByNode(podInformer);
  const nodeNamed = (name: string): Node | undefined => nodeInformer.lister.get('', name);
  const monitor = new NodeMonitor({
    context, client, recorder, nodeNamed, leaseOf: (name) => leaseInformer.lister.get(nodeLeaseNamespace, name), podsOn,
  });
  const passes = new Passes({ ...context, periodMs: context.settings.nodeMonitorPeriodMs, pass: () => monitor.pass(nodeInformer.lister.list()), nextDueMs: (nowMs) => monitor.nextDueMs(nowMs) });
  const nodeQueue = new WorkQueue({ clock });
  const podQueue = new WorkQueue({ clock });

  nodeInformer.addHandler({
    add: (node) => {
      nodeQueue.add(keyOf(node));
      passes.wake();
    },
    update: (old, node) => {
      // Thousands of nodes say now and then that nothing has changed: for that nobody is looked at.
      if (sameStatuses(old.status?.conditions, node.status?.conditions) && semanticEqual(old.spec, node.spec) && semanticEqual(old.metadata.labels, node.metadata.labels)) {
        monitor.reported(node, passes.tickFrom(clock.now()));
        return;
      }
      passes.wake();
      nodeQueue.add(keyOf(node));
    },
    delete: (node) => {
      monitor.forget(nameOf(node));
      passes.wake();
    },
  });
  const renewed = (lease: Lease, atMs: number): void => { if (lease.metadata.namespace === nodeLeaseNamespace) monitor.renewed(lease, passes.tickFrom(atMs)); };
  leaseInformer.addHandler({
    add: (lease) => renewed(lease, clock.now()),
    update: (old, lease) => {
      const tookBack = promisedUntilMs(old) !== undefined && promisedUntilMs(lease) === undefined;
      // What it says then is what it would have said at that time.
      renewed(lease, tookBack ? parseTime(lease.spec?.renewTime ?? '') ?? clock.now() : clock.now());
      if (tookBack) passes.wake();
    },
  });
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
