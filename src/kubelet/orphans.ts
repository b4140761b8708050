import type { KubeletContext } from './kubelet-context.ts';
import { removePod } from './pods/collect-garbage.ts';
import { annotations, labels, readPodState } from './pods/pod-runtime.ts';

const minGraceSeconds = 2;
const defaultGraceSeconds = 30;

/**
 * After a start: ends and removes what runs on the node for pods that no longer exist, and their files. `isKnown` tells
 * the pods that do exist; those are adopted by their workers. Resolves with whether nothing is left of the others' files.
 */
export async function cleanUpOrphans(context: KubeletContext, isKnown: (podUid: string) => boolean): Promise<boolean> {
  const { runtime, host, directories, logger } = context;
  const sandboxes = await runtime.listPodSandboxes();
  const orphans = new Set(sandboxes.filter((sandbox) => sandbox.labels[labels.podUid] !== undefined && !isKnown(sandbox.uid)).map(({ uid }) => uid));
  await Promise.all([...orphans].map(async (podUid) => {
    logger.info('removing what is left of a pod that is gone', { podUid });
    try {
      const state = await readPodState(runtime, podUid, { ended: new Map(), hostIps: context.hostIps() });
      await Promise.all(state.containers.filter((container) => container.state === 'running').map((container) => {
        const graceSeconds = Number(container.annotations[annotations.gracePeriod] ?? defaultGraceSeconds);
        return runtime.stopContainer(container.id, Math.max(minGraceSeconds, graceSeconds));
      }));
      await removePod(context, state);
      context.resourceManagers.release(podUid);
    } catch (error) {
      logger.warn('an orphaned pod could not be removed', { podUid, error });
    }
  }));
  if (host.virtual) return true;
  let isDone = true;
  for (const podUid of await host.files.list(directories.pods)) {
    if (isKnown(podUid)) continue;
    context.users.release(podUid);
    // What drivers and devices hold of it first: without its files nobody knows of that. A driver may have yet to register.
    await context.volumes.tearDown(podUid).then(() => host.files.removeTree(directories.pod(podUid))).catch((error: unknown) => {
      isDone = false;
      logger.warn('files of an orphaned pod could not be removed', { podUid, error });
    });
  }
  for (const { podUid, parent } of await host.cgroups.listPods(context.cgroupRoot)) {
    if (isKnown(podUid)) continue;
    await host.cgroups.removePod(parent).catch((error: unknown) => logger.warn('the cgroup of an orphaned pod could not be removed', { podUid, error }));
  }
  for (const name of await host.files.list(directories.podLogsDir)) {
    const podUid = name.split('_')[2];
    if (podUid === undefined || isKnown(podUid)) continue;
    await host.files.removeTree(`${directories.podLogsDir}/${name}`).catch((error: unknown) => logger.warn('logs of an orphaned pod could not be removed', { podUid, error }));
  }
  return isDone;
}
