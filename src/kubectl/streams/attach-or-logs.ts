import { notFoundError } from '../../api/status.ts';
import type { ContainerStatus, Pod } from '../../api/types/core/v1.ts';
import { timeoutSignal } from '../../base/clock.ts';
import { readLogs } from '../commands/logs/follow.ts';
import { KubectlError } from '../errors.ts';
import { statesOf } from '../resources/states-of.ts';
import type { Session } from '../session.ts';
import { attachToContainer } from './attach.ts';
import type { SessionWish } from './container-session.ts';
import { podPath } from './container-session.ts';

/** How a pod is waited for: at most `timeoutMs`, 0 for as long as it takes. */
export interface PodWait { readonly namespace: string; readonly name: string; readonly timeoutMs: number }

/** Resolves with the pod once it is as `met` wants it. Throws when it is gone, or after the time. */
export async function untilPod(session: Session, { namespace, name, timeoutMs }: PodWait, met: (pod: Pod) => boolean | Promise<boolean>): Promise<Pod> {
  const { clock, signal } = session.io;
  const resource = await (await session.mapper()).resource('pods');
  const limit = timeoutMs > 0 ? timeoutSignal(clock, timeoutMs, signal) : undefined;
  const enough = new AbortController();
  try {
    for await (const object of statesOf(session, { resource, namespace, name }, AbortSignal.any([enough.signal, limit?.signal ?? signal]))) {
      if (object === undefined) throw notFoundError(resource, '');
      if (await met(object as unknown as Pod)) return object as unknown as Pod;
    }
  } catch (error) {
    if (limit?.signal.aborted === true && !signal.aborted) throw new KubectlError('timed out waiting for the condition', { cause: error });
    throw error;
  } finally {
    limit?.cancel();
    // The watch ends with us.
    enough.abort();
  }
  throw new KubectlError('timed out waiting for the condition');
}

/** The state of a container of any kind; undefined until the node has told of it. */
export const statusOf = ({ status }: Pod, container: string): ContainerStatus | undefined => [status?.initContainerStatuses, status?.containerStatuses, status?.ephemeralContainerStatuses].flatMap((list) => list ?? []).find(({ name }) => name === container);

/** Writes what a container has said so far. */
export const printLogs = (session: Session, pod: Pod, container: string): Promise<void> => readLogs(session, [{ path: `${podPath(pod, 'log')}?${new URLSearchParams({ container }).toString()}`, prefix: '' }], { follow: false, ignoreErrors: false, timeoutMs: 0 });

/** Attaches to a container; where that cannot be, it is said, and what the container has said is shown instead. */
export async function attachOrLogs(session: Session, pod: Pod, container: string, wish: SessionWish & { readonly path: string; readonly detachKeys?: string }): Promise<void> {
  try {
    await attachToContainer(session, pod, container, wish);
  } catch (error) {
    if (session.io.signal.aborted || !(error instanceof Error)) throw error;
    await session.io.stderr.write(`warning: couldn't attach to pod/${pod.metadata.name ?? ''}, falling back to streaming logs: ${error.message}\n`);
    await printLogs(session, pod, container);
  }
}
