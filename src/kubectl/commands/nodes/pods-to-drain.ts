import { isReason } from '../../../api/status.ts';
import { listAll } from '../../connection/list-all.ts';
import { KubectlError } from '../../errors.ts';
import type { AnyObject } from '../../resources/item.ts';
import type { Session } from '../../session.ts';

export interface DrainedPod { readonly namespace: string; readonly name: string; readonly uid: string; readonly deletionTimestamp: string | undefined }

export interface DrainRules {
  readonly force: boolean;
  readonly ignoreDaemonSets: boolean;
  readonly deleteEmptyDirData: boolean;
  readonly podSelector: string;
  /** A pod that should have gone longer ago is not waited for; 0: every one is. */
  readonly skipDeletedSeconds: number;
  readonly chunkSize: number;
}

interface Pod extends AnyObject {
  readonly spec?: { readonly volumes?: readonly { readonly emptyDir?: unknown }[] };
  readonly status?: { readonly phase?: string };
}

type Verdict = { readonly kind: 'go' } | { readonly kind: 'stay'; readonly warning?: string } | { readonly kind: 'warn'; readonly warning: string } | { readonly kind: 'error'; readonly message: string };

const go: Verdict = { kind: 'go' };

interface Owner { readonly kind: string; readonly name: string; readonly apiVersion: string; readonly controller?: boolean }
const controllerOf = ({ metadata }: Pod): Owner | undefined => ((metadata?.['ownerReferences'] ?? []) as readonly Owner[]).find(({ controller }) => controller === true);
const finished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** True for a pod that should have been gone for longer than whoever waits is willing to. */
export const isOverdue = (deletionTimestamp: string | undefined, skipSeconds: number, nowMs: number): boolean =>
  skipSeconds > 0 && deletionTimestamp !== undefined && Math.trunc((nowMs - Date.parse(deletionTimestamp)) / 1000) > skipSeconds;

async function daemonSetVerdict(session: Session, pod: Pod, { force, ignoreDaemonSets }: DrainRules): Promise<Verdict> {
  const owner = controllerOf(pod);
  if (owner?.kind !== 'DaemonSet' || owner.apiVersion !== 'apps/v1' || finished(pod)) return go;
  try {
    await (await session.connection()).json({ method: 'GET', path: `/apis/apps/v1/namespaces/${encodeURIComponent(pod.metadata?.namespace ?? '')}/daemonsets/${encodeURIComponent(owner.name)}` });
  } catch (error) {
    return isReason(error, 'NotFound') && force ? go : { kind: 'error', message: (error as Error).message };
  }
  return ignoreDaemonSets ? { kind: 'stay', warning: 'ignoring DaemonSet-managed Pods' } : { kind: 'error', message: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
}

/** What is to become of a pod. As upstream: what it goes in spite of is only told of pods that nobody makes anew. */
async function verdictOf(session: Session, pod: Pod, rules: DrainRules): Promise<Verdict> {
  if (isOverdue(pod.metadata?.['deletionTimestamp'] as string | undefined, rules.skipDeletedSeconds, session.io.clock.now())) return { kind: 'stay' };
  const daemon = await daemonSetVerdict(session, pod, rules);
  if (daemon.kind !== 'go') return daemon;
  if (pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) return { kind: 'stay' };
  if (finished(pod)) return go;
  if (pod.spec?.volumes?.some(({ emptyDir }) => emptyDir !== undefined) === true && !rules.deleteEmptyDirData) return { kind: 'error', message: 'Pods with local storage (use --delete-emptydir-data to override)' };
  if (controllerOf(pod) !== undefined) return go;
  return rules.force ? { kind: 'warn', warning: 'deleting Pods that declare no controller' } : { kind: 'error', message: 'Pods that declare no controller (use --force to override)' };
}

function gather(into: Map<string, string[]>, message: string, name: string): void {
  into.set(message, [...(into.get(message) ?? []), name]);
}

/** The pods of a node that a drain takes away, what to warn of, and what stands in its way. */
export async function podsToDrain(session: Session, node: string, rules: DrainRules): Promise<{ readonly pods: readonly DrainedPod[]; readonly warnings: string; readonly errors: readonly Error[] }> {
  const query = { fieldSelector: `spec.nodeName=${node}`, ...(rules.podSelector !== '' && { labelSelector: rules.podSelector }) };
  const pods: DrainedPod[] = [];
  const warnings = new Map<string, string[]>();
  const errors = new Map<string, string[]>();
  for (const pod of await listAll<Pod>(await session.connection(), '/api/v1/pods', { query, chunkSize: rules.chunkSize })) {
    const verdict = await verdictOf(session, pod, rules);
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    if (verdict.kind === 'error') gather(errors, verdict.message, `${namespace}/${name}`);
    else if ('warning' in verdict) gather(warnings, verdict.warning, `${namespace}/${name}`);
    if (verdict.kind === 'go' || verdict.kind === 'warn') pods.push({ namespace, name, uid, deletionTimestamp: pod.metadata?.['deletionTimestamp'] as string | undefined });
  }
  return {
    pods,
    warnings: [...warnings].map(([message, names]) => `${message}: ${names.join(', ')}`).join('; '),
    errors: [...errors].map(([message, names]) => new KubectlError(`cannot delete ${message}: ${names.join(', ')}`)),
  };
}
