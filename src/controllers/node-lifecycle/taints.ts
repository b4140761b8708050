import { findCondition } from '../../api/meta/conditions.ts';
import type { Node, Taint } from '../../api/types/core/v1.ts';
import { notReadyTaint, sameTaint, unreachableTaint } from '../../client/node-taints.ts';

/** Which taint stands for which status of a condition. */
const byCondition: readonly { readonly type: string; readonly status: string; readonly key: string }[] = [
  { type: 'Ready', status: 'False', key: notReadyTaint },
  { type: 'Ready', status: 'Unknown', key: unreachableTaint },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
];
const unschedulableTaint = 'node.kubernetes.io/unschedulable';
const managed: ReadonlySet<string> = new Set([...byCondition.map(({ key }) => key), unschedulableTaint]);

export interface TaintChange { readonly add: Taint[]; readonly remove: Taint[] }

/** The NoSchedule taints that the node's conditions and spec.unschedulable ask for, against those it has. */
export function noScheduleChange(node: Node, now: string): TaintChange {
  const wanted = byCondition.filter(({ type, status }) => findCondition(node.status?.conditions, type)?.status === status).map(({ key }): Taint => ({ key, effect: 'NoSchedule' }));
  if (node.spec?.unschedulable === true) wanted.push({ key: unschedulableTaint, effect: 'NoSchedule' });
  const present = (node.spec?.taints ?? []).filter(({ key, effect }) => effect === 'NoSchedule' && managed.has(key));
  return {
    add: wanted.filter((taint) => !present.some((other) => sameTaint(taint, other))).map((taint) => ({ ...taint, timeAdded: now })),
    remove: present.filter((taint) => !wanted.some((other) => sameTaint(taint, other))),
  };
}

/** The NoExecute taint for a node of this readiness; undefined for a ready one. */
export function noExecuteTaint(node: Node): Taint | undefined {
  const status = findCondition(node.status?.conditions, 'Ready')?.status;
  if (status === 'True') return undefined;
  if (status === 'False') return { key: notReadyTaint, effect: 'NoExecute' };
  return status === 'Unknown' ? { key: unreachableTaint, effect: 'NoExecute' } : undefined;
}

export const noExecuteTaints: readonly Taint[] = [{ key: notReadyTaint, effect: 'NoExecute' }, { key: unreachableTaint, effect: 'NoExecute' }];
