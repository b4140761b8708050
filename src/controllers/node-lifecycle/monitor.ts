import { findCondition } from '../../api/meta/conditions.ts';
import { nameOf } from '../../api/meta/object.ts';
import { nodes } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Lease } from '../../api/types/coordination/v1.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { counterVector, countersFamily } from '../../base/metric-vector.ts';
import { causeOf, reactingTo } from '../../client/cause.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { ControllerContext } from '../common/context.ts';
import { changeTaints, hasTaint } from '../../client/node-taints.ts';
import { NodeHealth } from './health.ts';
import { markNotReady } from './pod-readiness.ts';
import { TaintQueue } from './taint-queue.ts';
import { noExecuteTaint, noExecuteTaints } from './taints.ts';
import { evictionRateOf, zoneOf, zoneState } from './zones.ts';

export interface MonitorParts {
  readonly context: ControllerContext;
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly nodeNamed: (name: string) => Node | undefined;
  readonly leaseOf: (name: string) => Lease | undefined;
  readonly podsOn: (node: string) => readonly Pod[];
}

/** Judges nodes, pass by pass, and says when the next pass is due. */
export class NodeMonitor {
  readonly #parts: MonitorParts;
  readonly #health: NodeHealth;
  /** Nodes that were tainted so that their pods go. */
  readonly #evictions = counterVector('zone');
  /** By zone. */
  readonly #queues = new Map<string, TaintQueue>();
  readonly #known = new Map<string, { readonly uid: string; readonly zone: string }>();
  /** How ready each node was at the last pass. */
  readonly #readiness = new Map<string, string>();
  /** Nodes whose pods could not all be marked. */
  readonly #retry = new Set<string>();
  #allDisrupted = false;
  #failed = false;

  constructor(parts: MonitorParts) {
    const { settings } = parts.context;
    this.#parts = parts;
    this.#health = new NodeHealth({ gracePeriodMs: settings.nodeMonitorGracePeriodMs, startupGracePeriodMs: settings.nodeStartupGracePeriodMs });
    parts.context.scraped([countersFamily('node_collector_evictions_total', '[STABLE] Nodes that were tainted so that their pods go.', this.#evictions)]);
  }

  forget(name: string): void {
    this.#health.forget(name);
    this.#readiness.delete(name);
    this.#retry.delete(name);
  }

  renewed(lease: Lease, atMs: number): void {
    this.#health.renewed(nameOf(lease), lease, atMs);
  }

  reported(node: Node, atMs: number): void {
    this.#health.reported(node, atMs);
  }

  /** Is the node known not to be ready? */
  isNotReady(name: string): boolean {
    const status = this.#readiness.get(name);
    return status !== undefined && status !== 'True';
  }

  /** When something is to be done though nothing happens; undefined: never. */
  nextDueMs(nowMs: number): number | undefined {
    return this.#failed || this.#retry.size > 0 ? nowMs : this.#health.firstSilenceMs(nowMs);
  }

  async pass(all: readonly Node[]): Promise<void> {
    this.#failed = false;
    await this.#noticeNodes(all);
    const judged = await Promise.all(all.map(async (node) => {
      try {
        return await this.#judge(node);
      } catch (error) {
        this.#failed = true;
        this.#parts.context.logger.warn('node could not be updated', { node: nameOf(node), error });
        return node;
      }
    }));
    await this.#handleDisruption(judged);
    for (const node of judged) {
      await reactingTo(causeOf(nodes, node), () => this.#taint(node)).catch((error: unknown) => {
        this.#failed = true;
        if (!isReason(error, 'Conflict') && !isReason(error, 'NotFound')) this.#parts.context.logger.warn('node could not be tainted', { node: nameOf(node), error });
      });
    }
  }

  async #noticeNodes(all: readonly Node[]): Promise<void> {
    const present = new Set(all.map(nameOf));
    for (const node of all) {
      const [name, zone] = [nameOf(node), zoneOf(node)];
      if (!this.#known.has(name)) this.#event(name, node.metadata.uid ?? '', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
      this.#known.set(name, { uid: node.metadata.uid ?? '', zone });
      this.#queueOf(zone);
    }
    for (const [name, { uid, zone }] of this.#known) {
      if (present.has(name)) continue;
      this.#event(name, uid, 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
      this.#queueOf(zone).remove(name);
      this.#known.delete(name);
    }
  }

  #event(name: string, uid: string, reason: string, message: string): void {
    this.#parts.recorder.event({ kind: 'Node', apiVersion: 'v1', name, uid, namespace: '' }, 'Normal', reason, message);
  }

  /** Writes Unknown into a silent node, and marks the pods of one that has stopped being ready. */
  async #judge(node: Node): Promise<Node> {
    const { client, context: { clock }, recorder } = this.#parts;
    const name = nameOf(node);
    const before = this.#readiness.get(name) ?? findCondition(node.status?.conditions, 'Ready')?.status;
    const conditions = this.#health.check(node, this.#parts.leaseOf(name), clock.now());
    const current = conditions === undefined ? node : await client.because('!node-silent').update(nodes, { ...node, status: { ...node.status, conditions } }, { subresource: 'status' });
    const status = findCondition(current.status?.conditions, 'Ready')?.status;
    if (status !== undefined) this.#readiness.set(name, status);
    if (before === 'True' && status !== 'True') {
      this.#event(name, node.metadata.uid ?? '', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      this.#retry.add(name);
    }
    if (status === 'True') this.#retry.delete(name);
    else if (this.#retry.has(name)) {
      await markNotReady(client.because(causeOf(nodes, current)), recorder, this.#parts.podsOn(name), clock.now());
      this.#retry.delete(name);
    }
    return current;
  }

  #queueOf(zone: string): TaintQueue {
    let queue = this.#queues.get(zone);
    if (queue === undefined) {
      const { clock, signal, settings } = this.#parts.context;
      // The zone is told of from now on.
      this.#evictions.with(zone);
      this.#queues.set(zone, queue = new TaintQueue({ clock, signal, rate: this.#allDisrupted ? 0 : settings.nodeEvictionRate, taint: (name) => this.#taintNow(name) }));
    }
    return queue;
  }

  /**
   * Zones of which most is down evict slowly or not at all. When no node anywhere can be heard, it is the control plane
   * that is cut off: nobody is to be evicted, and when nodes are heard again they all get a fresh grace period.
   */
  async #handleDisruption(all: readonly Node[]): Promise<void> {
    const { client, context: { logger, clock, settings } } = this.#parts;
    const zones = [...Map.groupBy(all, zoneOf)].map(([zone, members]) => ({ zone, size: members.length, state: zoneState(members, settings) })).filter(({ state }) => state !== undefined);
    const was = this.#allDisrupted;
    this.#allDisrupted = zones.length > 0 && zones.every(({ state }) => state === 'FullDisruption');
    if (this.#allDisrupted) {
      for (const queue of this.#queues.values()) queue.setRate(0);
      if (was) return;
      logger.info('controller detected that all nodes are not ready, evictions are stopped');
      await Promise.all(all.map((node) => changeTaints(client, node, { add: [], remove: noExecuteTaints }).catch(() => node)));
      return;
    }
    if (was) {
      logger.info('controller detected that some nodes are ready, evictions go on');
      this.#health.restart(clock.now());
    }
    for (const { zone, size, state } of zones) this.#queueOf(zone).setRate(evictionRateOf(state!, size, settings));
  }

  /** Takes taints off a node that is ready, and lets one that is not wait for its own. */
  async #taint(node: Node): Promise<void> {
    const { client } = this.#parts;
    const queue = this.#queueOf(zoneOf(node));
    const wanted = noExecuteTaint(node);
    if (wanted === undefined) {
      if (findCondition(node.status?.conditions, 'Ready')?.status !== 'True') return;
      queue.remove(nameOf(node));
      await changeTaints(client, node, { add: [], remove: noExecuteTaints });
      return;
    }
    if (hasTaint(node, wanted) || this.#allDisrupted) return;
    // A node that only changes its kind of trouble is being evicted already.
    if (noExecuteTaints.some((taint) => hasTaint(node, taint))) await this.#swap(node);
    else queue.add(nameOf(node));
  }

  async #taintNow(name: string): Promise<boolean> {
    const node = this.#parts.nodeNamed(name);
    if (node === undefined) return true;
    try {
      await reactingTo(causeOf(nodes, node), () => this.#swap(node));
      if (noExecuteTaint(node) !== undefined) this.#evictions.with(zoneOf(node)).value += 1;
      return true;
    } catch (error) {
      if (isReason(error, 'NotFound')) return true;
      if (!isReason(error, 'Conflict')) this.#parts.context.logger.warn('node could not be tainted', { node: name, error });
      return false;
    }
  }

  async #swap(node: Node): Promise<void> {
    const wanted = noExecuteTaint(node);
    if (wanted === undefined || hasTaint(node, wanted)) return;
    const { client, context: { clock } } = this.#parts;
    await changeTaints(client, node, { add: [{ ...wanted, timeAdded: formatTime(clock.now()) }], remove: noExecuteTaints.filter(({ key }) => key !== wanted.key) });
  }
}
