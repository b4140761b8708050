import { findCondition } from '../../api/meta/conditions.ts';
import { nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { promisedUntilMs } from '../../api/node/promised-life.ts';
import type { Lease } from '../../api/types/coordination/v1.ts';
import type { Node, NodeCondition } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';

/** What was last seen of a node's signs of life, by our own clock. */
interface Seen {
  heartbeat: string | undefined;
  hasReady: boolean;
  renewTime: string | undefined;
  /** So long it is believed to live without a sign. */
  promisedMs: number;
  probeMs: number;
  graceMs: number;
}

export interface HealthOptions {
  readonly gracePeriodMs: number;
  readonly startupGracePeriodMs: number;
}

const monitored = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'] as const;

/**
 * Judges nodes by their heartbeats. A node is silent when neither its status nor its lease has changed for the grace
 * period, measured from when we saw the change: clocks of nodes do not matter.
 */
export class NodeHealth {
  readonly #options: HealthOptions;
  readonly #seen = new Map<string, Seen>();

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** The conditions that a silent node gets; undefined while it is not silent, or has them already. */
  check(node: Node, lease: Lease | undefined, nowMs: number): NodeCondition[] | undefined {
    const ready = findCondition(node.status?.conditions, 'Ready');
    const seen = this.#update(node, ready, lease, nowMs);
    seen.graceMs = ready === undefined ? this.#options.startupGracePeriodMs : this.#options.gracePeriodMs;
    if (nowMs < silentFrom(seen)) return undefined;
    return unknownConditions(node, nowMs);
  }

  /** A lease was renewed. `atMs`: when that is taken note of. */
  renewed(name: string, lease: Lease, atMs: number): void {
    const seen = this.#seen.get(name);
    if (seen !== undefined) noteRenewal(seen, lease, atMs);
  }

  /** The node has reported. `atMs`: when that is taken note of. */
  reported(node: Node, atMs: number): void {
    const seen = this.#seen.get(nameOf(node));
    if (seen !== undefined) noteReport(seen, findCondition(node.status?.conditions, 'Ready'), atMs);
  }

  /** When the first node that is heard will have been silent for too long; undefined when there is none. */
  firstSilenceMs(nowMs: number): number | undefined {
    let first: number | undefined;
    for (const seen of this.#seen.values()) {
      const silentMs = silentFrom(seen);
      if (silentMs > nowMs && (first === undefined || silentMs < first)) first = silentMs;
    }
    return first;
  }

  forget(name: string): void {
    this.#seen.delete(name);
  }

  /** All nodes were silent at once and some are back: it was us who could not hear. Everybody gets a fresh start. */
  restart(nowMs: number): void {
    for (const seen of this.#seen.values()) seen.probeMs = nowMs;
  }

  #update(node: Node, ready: NodeCondition | undefined, lease: Lease | undefined, nowMs: number): Seen {
    const name = nameOf(node);
    let seen = this.#seen.get(name);
    if (seen === undefined) {
      const createdMs = parseTime(node.metadata.creationTimestamp ?? '') ?? nowMs;
      seen = { heartbeat: ready?.lastHeartbeatTime, hasReady: ready !== undefined, renewTime: undefined, promisedMs: 0, probeMs: ready === undefined ? createdMs : nowMs, graceMs: 0 };
      this.#seen.set(name, seen);
    } else noteReport(seen, ready, nowMs);
    noteRenewal(seen, lease, nowMs);
    return seen;
  }
}

/** When a node of which nothing more is heard will have been silent for too long. */
function silentFrom({ probeMs, promisedMs, graceMs }: Seen): number {
  return Math.max(probeMs, promisedMs) + graceMs + 1;
}

function noteReport(seen: Seen, ready: NodeCondition | undefined, atMs: number): void {
  if (seen.hasReady === (ready !== undefined) && seen.heartbeat === ready?.lastHeartbeatTime) return;
  if (ready !== undefined || seen.hasReady) seen.probeMs = atMs;
  seen.heartbeat = ready?.lastHeartbeatTime;
  seen.hasReady = ready !== undefined;
}

function noteRenewal(seen: Seen, lease: Lease | undefined, atMs: number): void {
  seen.promisedMs = promisedUntilMs(lease) ?? 0;
  const renewTime = lease?.spec?.renewTime;
  if (renewTime === undefined || (seen.renewTime !== undefined && (parseTime(seen.renewTime) ?? 0) >= (parseTime(renewTime) ?? 0))) return;
  seen.renewTime = renewTime;
  seen.probeMs = atMs;
}

function unknownConditions(node: Node, nowMs: number): NodeCondition[] | undefined {
  const now = formatTime(nowMs);
  let conditions = [...(node.status?.conditions ?? [])];
  let changed = false;
  for (const type of monitored) {
    const known = findCondition(conditions, type);
    if (known === undefined) {
      changed = true;
      const { creationTimestamp } = node.metadata;
      conditions.push({ type, status: 'Unknown', reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.', ...(creationTimestamp !== undefined && { lastHeartbeatTime: creationTimestamp }), lastTransitionTime: now });
    } else if (known.status !== 'Unknown') {
      changed = true;
      const next = { ...known, status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: now };
      conditions = conditions.map((condition) => (condition === known ? next : condition));
    }
  }
  return changed ? conditions : undefined;
}
