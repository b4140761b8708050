import { isReason } from '../../../api/status.ts';
import { KubectlError } from '../../errors.ts';
import type { AnyObject } from '../../resources/item.ts';
import type { Session } from '../../session.ts';

export interface DrainedPod { readonly namespace: string; readonly name: string; readonly uid: string }

export interface DrainRules {
  readonly force: boolean;
  readonly ignoreDaemonSets: boolean;
  readonly deleteEmptyDirData: boolean;
  readonly podSelector: string;
}

interface Pod extends AnyObject {
  readonly spec?: { readonly volumes?: readonly { readonly emptyDir?: unknown }[] };
  readonly status?: { readonly phase?: string };
}

type Verdict = { readonly kind: 'go' } | { readonly kind: 'stay' } | { readonly kind: 'warn'; readonly goes: boolean; readonly message: string } | { readonly kind: 'error'; readonly message: string };

const go: Verdict = { kind: 'go' };

interface Owner { readonly kind: string; readonly name: string; readonly apiVersion: string; readonly controller?: boolean }
const controllerOf = ({ metadata }: Pod): Owner | undefined => ((metadata?.['ownerReferences'] ?? []) as readonly Owner[]).find(({ controller }) => controller === true);
const finished = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

async function daemonSetVerdict(session: Session, pod: Pod, { force, ignoreDaemonSets }: DrainRules): Promise<Verdict> {
  const owner = controllerOf(pod);
  if (owner?.kind !== 'DaemonSet' || owner.apiVersion !== 'apps/v1' || finished(pod)) return go;
  try {
    await (await session.connection()).json({ method: 'GET', path: `/apis/apps/v1/namespaces/${encodeURIComponent(pod.metadata?.namespace ?? '')}/daemonsets/${encodeURIComponent(owner.name)}` });
  } catch (error) {
    if (isReason(error, 'NotFound') && force) return { kind: 'warn', goes: true, message: error.message };
    return { kind: 'error', message: (error as Error).message };
  }
  return ignoreDaemonSets ? { kind: 'warn', goes: false, message: 'ignoring DaemonSet-managed Pods' } : { kind: 'error', message: 'DaemonSet-managed Pods (use --ignore-daemonsets to ignore)' };
}

/** What is to become of a pod; of several warnings the last is told, as upstream does. */
async function verdictOf(session: Session, pod: Pod, rules: DrainRules): Promise<Verdict> {
  const daemon = await daemonSetVerdict(session, pod, rules);
  if (daemon.kind === 'error' || (daemon.kind === 'warn' && !daemon.goes)) return daemon;
  if (pod.metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined) return { kind: 'stay' };
  let verdict = daemon;
  if (pod.spec?.volumes?.some(({ emptyDir }) => emptyDir !== undefined) === true && !finished(pod)) {
    if (!rules.deleteEmptyDirData) return { kind: 'error', message: 'Pods with local storage (use --delete-emptydir-data to override)' };
    verdict = { kind: 'warn', goes: true, message: 'deleting Pods with local storage' };
  }
  if (finished(pod) || controllerOf(pod) !== undefined) return verdict;
  return rules.force ? { kind: 'warn', goes: true, message: 'deleting Pods that declare no controller' } : { kind: 'error', message: 'cannot delete Pods that declare no controller (use --force to override)' };
}

function gather(into: Map<string, string[]>, message: string, name: string): void {
  into.set(message, [...(into.get(message) ?? []), name]);
}

/** The pods of a node that a drain takes away, what to warn of, and what stands in its way. */
export async function podsToDrain(session: Session, node: string, rules: DrainRules): Promise<{ readonly pods: readonly DrainedPod[]; readonly warnings: string; readonly errors: readonly Error[] }> {
  const query = new URLSearchParams({ fieldSelector: `spec.nodeName=${node}`, ...(rules.podSelector !== '' && { labelSelector: rules.podSelector }) });
  const { items = [] } = await (await session.connection()).json<{ readonly items?: readonly Pod[] }>({ method: 'GET', path: `/api/v1/pods?${query.toString()}` });
  const pods: DrainedPod[] = [];
  const warnings = new Map<string, string[]>();
  const errors = new Map<string, string[]>();
  for (const pod of items) {
    const verdict = await verdictOf(session, pod, rules);
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
    if (verdict.kind === 'error') gather(errors, verdict.message, `${namespace}/${name}`);
    if (verdict.kind === 'warn') gather(warnings, verdict.message, `${namespace}/${name}`);
    if (verdict.kind === 'go' || (verdict.kind === 'warn' && verdict.goes)) pods.push({ namespace, name, uid });
  }
  return {
    pods,
    warnings: [...warnings].map(([message, names]) => `${message}: ${names.join(', ')}`).join('; '),
    errors: [...errors].map(([message, names]) => new KubectlError(`cannot delete ${message}: ${names.join(', ')}`)),
  };
}
