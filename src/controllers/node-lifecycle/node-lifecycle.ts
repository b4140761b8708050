import { findCondition } from '../../api/meta/conditions.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { keyOf, nameOf, namespaceOf } from '../../api/meta/object.ts';
import { leases, nodes, pods } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import { runController } from '../../client/controller.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';
import { recorderFor } from '../common/context.ts';
import { changeTaints, hasTaint } from '../common/taints.ts';
import { NodeHealth } from './health.ts';
import { noExecuteTaint, noExecuteTaints, noScheduleChange } from './taints.ts';
import type { ZoneState } from './zones.ts';
import { evictionRateOf, ZoneLimiter, zoneOf, zoneState } from './zones.ts';

const identity = 'node-controller';

/**
 * Watches over nodes: one that falls silent becomes Unknown and its pods not ready; taints follow the conditions. Which
 * pods a NoExecute taint evicts is the taint eviction controller's part.
 */
export async function startNodeLifecycleController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal, informers, settings } = context;
  const client = context.clientFor(identity);
  const nodeInformer = informers.informer(nodes);
  const podInformer = informers.informer(pods);
  const leaseInformer = informers.informer(leases);
  podInformer.addIndex('node', (pod) => (pod.spec?.nodeName === undefined ? [] : [pod.spec.nodeName]));
  const monitor = new NodeMonitor(context, client, recorderFor(context, client, identity), podInformer);
  const queue = new WorkQueue({ clock });
  nodeInformer.addHandler({
    add: (node) => queue.add(keyOf(node)),
    update: (old, node) => {
      if (!semanticEqual(old.status?.conditions, node.status?.conditions) || !semanticEqual(old.spec, node.spec)) queue.add(keyOf(node));
    },
    delete: (node) => monitor.forget(nameOf(node)),
  });
  const all = [nodeInformer, podInformer, leaseInformer];
  runController({
    name: identity, clock, logger, signal, informers: all, queue,
    async reconcile(name) {
      const node = nodeInformer.lister.get('', name);
      if (node !== undefined) await changeTaints(client, node, noScheduleChange(node, formatTime(clock.now())));
    },
  });

  const run = async (): Promise<void> => {
    await Promise.all(all.map((informer) => informer.synced()));
    for (;;) {
      await monitor.pass(nodeInformer.lister.list(), (name) => leaseInformer.lister.get('kube-node-lease', name));
      await clock.sleep(settings.nodeMonitorPeriodMs, signal);
    }
  };
  run().catch((error: unknown) => { if (!signal.aborted) logger.error('node monitor stopped', { error }); });
}

class NodeMonitor {
  readonly #context: ControllerContext;
  readonly #client: Client;
  readonly #recorder: EventRecorder;
  readonly #pods: Informer<Pod>;
  readonly #health: NodeHealth;
  readonly #limiters = new Map<string, ZoneLimiter>();
  /** How ready each node was at the last pass. */
  readonly #readiness = new Map<string, string>();
  /** Nodes whose pods could not all be marked. */
  readonly #retry = new Set<string>();
  #masterDisruption: boolean | undefined;

  constructor(context: ControllerContext, client: Client, recorder: EventRecorder, podInformer: Informer<Pod>) {
    this.#context = context;
    this.#client = client;
    this.#recorder = recorder;
    this.#pods = podInformer;
    this.#health = new NodeHealth({ gracePeriodMs: context.settings.nodeMonitorGracePeriodMs, startupGracePeriodMs: context.settings.nodeStartupGracePeriodMs });
  }

  forget(name: string): void {
    this.#health.forget(name);
    this.#readiness.delete(name);
    this.#retry.delete(name);
  }

  async pass(all: readonly Node[], leaseOf: (name: string) => Parameters<NodeHealth['check']>[1]): Promise<void> {
    const judged = await Promise.all(all.map(async (node) => {
      try {
        return await this.#judge(node, leaseOf(nameOf(node)));
      } catch (error) {
        // The next pass tries again.
        this.#context.logger.warn('node could not be updated', { node: nameOf(node), error });
        return node;
      }
    }));
    const zones = Map.groupBy(judged, zoneOf);
    const states = new Map([...zones].map(([zone, members]) => [zone, zoneState(members)]));
    const allDisrupted = states.size > 0 && [...states.values()].every((state) => state === 'FullDisruption');
    await this.#enterOrLeaveDisruption(judged, allDisrupted);
    for (const [zone, members] of zones) for (const node of members) await this.#taint(node, zone, states.get(zone)!, members.length, allDisrupted).catch((error: unknown) => {
      if (!isReason(error, 'Conflict') && !isReason(error, 'NotFound')) this.#context.logger.warn('node could not be tainted', { node: nameOf(node), error });
    });
  }

  /** Writes Unknown into a silent node, and marks the pods of one that has stopped being ready. */
  async #judge(node: Node, lease: Parameters<NodeHealth['check']>[1]): Promise<Node> {
    const { clock } = this.#context;
    const name = nameOf(node);
    const before = this.#readiness.get(name) ?? findCondition(node.status?.conditions, 'Ready')?.status;
    const conditions = this.#health.check(node, lease, clock.now());
    const current = conditions === undefined ? node : await this.#client.update(nodes, { ...node, status: { ...node.status, conditions } }, { subresource: 'status' });
    const status = findCondition(current.status?.conditions, 'Ready')?.status;
    if (status !== undefined) this.#readiness.set(name, status);
    if (before === 'True' && status !== 'True') {
      this.#recorder.event({ kind: 'Node', apiVersion: 'v1', name, uid: node.metadata.uid ?? name, namespace: '' }, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      this.#retry.add(name);
    }
    if (status === 'True') this.#retry.delete(name);
    else if (this.#retry.has(name)) {
      await this.#markPodsNotReady(name);
      this.#retry.delete(name);
    }
    return current;
  }

  async #markPodsNotReady(node: string): Promise<void> {
    const now = formatTime(this.#context.clock.now());
    for (const pod of this.#pods.lister.byIndex('node', node)) {
      const ready = findCondition(pod.status?.conditions, 'Ready');
      if (ready?.status !== 'True') continue;
      try {
        await this.#client.patch(pods, { namespace: namespaceOf(pod), name: nameOf(pod) }, {
          type: 'strategic', value: { metadata: { uid: pod.metadata.uid }, status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: now }] } },
        }, { subresource: 'status' });
        this.#recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error;
      }
    }
  }

  /**
   * When no node at all can be heard, it is the control plane that is cut off: nobody is to be evicted, and when nodes are
   * heard again they all get a fresh grace period.
   */
  async #enterOrLeaveDisruption(all: readonly Node[], allDisrupted: boolean): Promise<void> {
    const was = this.#masterDisruption ?? false;
    this.#masterDisruption = allDisrupted;
    if (allDisrupted && !was) {
      this.#context.logger.info('controller detected that all nodes are not ready, evictions are stopped');
      await Promise.all(all.map((node) => changeTaints(this.#client, node, { add: [], remove: noExecuteTaints }).catch(() => node)));
    } else if (!allDisrupted && was) {
      this.#context.logger.info('controller detected that some nodes are ready, evictions go on');
      this.#health.restart(this.#context.clock.now());
    }
  }

  async #taint(node: Node, zone: string, state: ZoneState, zoneSize: number, allDisrupted: boolean): Promise<void> {
    const nowMs = this.#context.clock.now();
    const wanted = noExecuteTaint(node);
    if (wanted === undefined) {
      if (findCondition(node.status?.conditions, 'Ready')?.status === 'True') await changeTaints(this.#client, node, { add: [], remove: noExecuteTaints });
      return;
    }
    if (hasTaint(node, wanted) || allDisrupted) return;
    const other = noExecuteTaints.filter(({ key }) => key !== wanted.key);
    let limiter = this.#limiters.get(zone);
    if (limiter === undefined) this.#limiters.set(zone, limiter = new ZoneLimiter(nowMs));
    // A node that only changes its kind of trouble is being evicted already.
    if (!other.some((taint) => hasTaint(node, taint)) && !limiter.tryTake(evictionRateOf(state, zoneSize), nowMs)) return;
    await changeTaints(this.#client, node, { add: [{ ...wanted, timeAdded: formatTime(nowMs) }], remove: other });
  }
}
