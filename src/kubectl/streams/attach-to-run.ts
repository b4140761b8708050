import type { Pod } from '../../api/types/core/v1.ts';
import { KubectlError } from '../errors.ts';
import { containerOf } from '../resources/containers-of.ts';
import type { AnyObject, Item } from '../resources/item.ts';
import type { Session } from '../session.ts';
import { deleteItems } from '../writes/deletion.ts';
import { attachOrLogs, printLogs, untilPod } from './attach-or-logs.ts';
import type { SessionWish } from './container-session.ts';

export interface RunWish extends SessionWish {
  readonly path: string;
  readonly detachKeys: string;
  readonly timeoutMs: number;
  /** Whether the pod's end is waited for, and which one: any, or a good one. Undefined: nobody cares. */
  readonly exitCodeOf: 'succeeded' | 'completed' | undefined;
}

const through = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';
const ready = ({ status }: Pod): boolean => status?.phase === 'Running' && status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

/** How the pod ended, as this process is to end. */
function end({ metadata: { namespace = '', name = '' }, status }: Pod): void {
  if (status?.phase === 'Succeeded') return;
  const terminated = status?.containerStatuses?.[0]?.state?.terminated;
  if ((terminated?.exitCode ?? 0) === 0) throw new KubectlError(`pod ${namespace}/${name} failed with unknown exit code`);
  throw new KubectlError(`pod ${namespace}/${name} terminated (${terminated?.reason ?? ''})\n${terminated?.message ?? ''}`, { exitCode: terminated?.exitCode ?? 1, prefixed: true });
}

/** Attaches to the pod that was just made, once it runs; what it said before is shown first. Throws with its exit code where it is waited for. */
export async function attachToRun(session: Session, { metadata: { namespace = '', name = '' } }: Pod, wish: RunWish): Promise<void> {
  const wait = { namespace, name, timeoutMs: wish.timeoutMs };
  const pod = await untilPod(session, wait, (now) => through(now) || ready(now));
  const container = await containerOf(pod, '', { io: session.io, quiet: wish.quiet });
  await printLogs(session, pod, container).catch(async (error: unknown) => {
    if (through(pod)) throw error;
    await session.io.stderr.write(`warning: couldn't fetch pre-attach logs: ${(error as Error).message}\n`);
  });
  if (!through(pod)) await attachOrLogs(session, pod, container, wish);
  if (wish.exitCodeOf === undefined) return;
  end(await untilPod(session, wait, (now) => (wish.exitCodeOf === 'completed' ? through(now) : now.status?.phase === 'Succeeded')));
}

/** Takes away what was made for a session, and says so. That something is gone already, or cannot be taken away, is no mistake of the session. */
export async function removeRun(session: Session, objects: readonly AnyObject[], { quiet, cascade }: { readonly quiet: boolean; readonly cascade: string }): Promise<void> {
  const mapper = await session.mapper();
  const items: Item[] = await Promise.all(objects.map(async (object) => ({ resource: await mapper.kind(object.apiVersion ?? 'v1', object.kind ?? ''), namespace: object.metadata?.namespace ?? '', name: object.metadata?.name ?? '', object, source: '', subresource: '' })));
  await deleteItems(session, items, { policy: cascade === 'orphan' ? 'Orphan' : cascade === 'foreground' ? 'Foreground' : 'Background', gracePeriod: undefined, dryRun: 'none', output: '', ignoreMissing: true, wait: undefined, warnOfClusterScope: false, quiet }, []);
}
