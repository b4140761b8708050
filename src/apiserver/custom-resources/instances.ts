import { isReason } from '../../api/status.ts';
import { AdmissionChain } from '../admission/chain.ts';
import type { Core } from '../core.ts';
import type { StoredResource } from '../served-resources.ts';
import { deleteObject } from '../verbs/delete-object.ts';
import { checkedDeletePlan } from '../verbs/delete-options.ts';

/** Who acts for the server. */
export const apiserverUser = { name: 'system:apiserver', groups: ['system:masters'] };
/** How long the last of them may take, as upstream waits. */
const patienceMs = 60_000;
const atOnce = 64;

/** Why instances are still there, as the definition's condition says it. */
export class InstanceDeletionError extends Error {
  readonly reason: 'InstanceDeletionFailed' | 'InstanceDeletionCheck';

  constructor(reason: InstanceDeletionError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Deletes every instance, past admission, and resolves once none is left. Rejects with InstanceDeletionError. */
export async function deleteInstances(core: Core, served: StoredResource, signal: AbortSignal): Promise<void> {
  const { cache } = served.storage;
  if (cache.size === 0) return;
  await served.custom?.ready();
  const unhindered: Core = { ...core, admission: new AdmissionChain([]) };
  const left: { readonly namespace: string; readonly name: string }[] = [];
  cache.scan('', undefined, ({ namespace, name }) => left.push({ namespace, name }) > 0);
  const messages = new Set<string>();
  const work = async (): Promise<void> => {
    for (let target = left.pop(); target !== undefined && !signal.aborted; target = left.pop()) {
      try {
        await deleteObject(unhindered, served, target, checkedDeletePlan({}), { user: apiserverUser, dryRun: false, warn: () => {} });
      } catch (error) {
        if (!isReason(error, 'NotFound')) messages.add(error instanceof Error ? error.message : String(error));
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  signal.throwIfAborted();
  if (messages.size > 0) throw new InstanceDeletionError('InstanceDeletionFailed', `could not issue all deletes: ${messages.size === 1 ? [...messages][0]! : `[${[...messages].join(', ')}]`}`);
  if (cache.size > 0) await untilEmpty(core, served, signal);
}

/** Others have their finalizers on what is left. */
async function untilEmpty({ clock }: Core, { storage: { cache } }: StoredResource, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const undo = cache.onChange(() => { if (cache.size === 0) resolve(); });
  const timer = clock.setTimer(patienceMs, () => reject(new InstanceDeletionError('InstanceDeletionCheck', 'could not confirm zero CustomResources remaining: context deadline exceeded')), { unref: true });
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await promise;
  } finally {
    undo();
    timer.cancel();
    signal.removeEventListener('abort', abort);
  }
}
