import { labelSelectorAsSelector, selectorFromLabels } from '../../api/meta/labels.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { LabelSelector } from '../../api/types/meta/v1.ts';
import { KubectlError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { AnyObject } from './item.ts';

const withLabelSelector = new Set(['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Deployment', 'Job']);

/** `*v1.ConfigMap`: how Go names the type of an object. */
export const goType = ({ apiVersion = '', kind = '' }: AnyObject): string => `*${apiVersion.split('/').at(-1)!}.${kind}`;

/** Which pods belong to an object. Throws KubectlError for an object that has none. */
export function podSelectorOf(object: AnyObject): string {
  const selector = (object['spec'] as { readonly selector?: unknown } | undefined)?.selector;
  if (withLabelSelector.has(object.kind ?? '')) return labelSelectorAsSelector(selector as LabelSelector | undefined).toString();
  if (object.kind === 'ReplicationController') return selectorFromLabels((selector ?? {}) as Record<string, string>).toString();
  if (object.kind === 'Service') {
    if (selector === undefined || Object.keys(selector as object).length === 0) throw new KubectlError(`invalid service '${object.metadata?.name ?? ''}': Service is defined without a selector`);
    return selectorFromLabels(selector as Record<string, string>).toString();
  }
  throw new KubectlError(`selector for ${goType(object)} not implemented`);
}

/** The pods of an object, the best first. Waits for the first one at most `timeoutMs`. */
export async function podsOf(session: Session, object: AnyObject, { timeoutMs, compare }: { readonly timeoutMs: number; readonly compare: (a: Pod, b: Pod) => number }): Promise<Pod[]> {
  const connection = await session.connection();
  const { clock, signal } = session.io;
  const path = `/api/v1/namespaces/${encodeURIComponent(object.metadata?.namespace ?? '')}/pods?${new URLSearchParams({ labelSelector: podSelectorOf(object) }).toString()}`;
  const untilMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const { items } = await connection.json<{ readonly items: Pod[] }>({ method: 'GET', path });
    if (items.length > 0) return items.sort(compare);
    if (clock.monotonicMs() >= untilMs) throw new KubectlError('timed out waiting for the condition');
    await clock.sleep(Math.min(500, timeoutMs), signal);
  }
}

const phases: Readonly<Record<string, number>> = { Running: 0, Unknown: 1, Pending: 2 };
const readyAt = ({ status }: Pod): string | undefined => {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? ready.lastTransitionTime ?? '' : undefined;
};
const restarts = ({ status }: Pod): number => Math.max(0, ...(status?.containerStatuses ?? []).map(({ restartCount }) => restartCount));

/** Whose logs are most worth reading: assigned, running, ready for long, restarted often, old. */
export function byLogging(a: Pod, b: Pod): number {
  const assigned = (pod: Pod): number => ((pod.spec?.nodeName ?? '') === '' ? 1 : 0);
  const phase = (pod: Pod): number => phases[pod.status?.phase ?? ''] ?? 0;
  const [readyA, readyB] = [readyAt(a), readyAt(b)];
  return assigned(a) - assigned(b) || phase(a) - phase(b) || Number(readyA === undefined) - Number(readyB === undefined)
    || compareTexts(readyA, readyB) || restarts(b) - restarts(a) || compareTexts(a.metadata.creationTimestamp, b.metadata.creationTimestamp);
}

/** Who is attached to and forwarded to first: as upstream's order of active pods, turned round. */
export const byActivity = (a: Pod, b: Pod): number => byLogging(a, b);

const compareTexts = (a: string | undefined, b: string | undefined): number => (a === b ? 0 : a === undefined ? 1 : b === undefined ? -1 : a < b ? -1 : 1);
