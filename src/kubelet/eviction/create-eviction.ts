import { uidOf } from '../../api/meta/object.ts';
import type { KubeletContext } from '../kubelet-context.ts';
import type { PodWorkers } from '../pods/pod-workers.ts';
import { EvictionManager } from './eviction-manager.ts';
import { usageByPod } from './ranking.ts';
import type { NodeReserve } from './settings.ts';
import { thresholdsOf } from './settings.ts';

export interface EvictionParts {
  readonly reserve: NodeReserve;
  readonly context: () => KubeletContext;
  readonly workers: PodWorkers;
  /** Frees disk without ending pods. */
  readonly reclaimDisk: () => Promise<number>;
  readonly announce: (reason: string, message: string) => void;
}

/** The eviction of a kubelet's pods, by what the machine has left. */
export function createEviction({ reserve, context, workers, reclaimDisk, announce }: EvictionParts): EvictionManager {
  return new EvictionManager({
    thresholds: thresholdsOf(reserve),
    transitionMs: reserve.evictionPressureTransitionPeriodMs ?? 300_000,
    maxPodGraceSeconds: reserve.evictionMaxPodGracePeriodSeconds ?? 0,
    usage: () => context().host.usage(),
    now: () => context().clock.now(),
    pods: () => [...workers].filter(({ isAdmitted, state }) => isAdmitted && state.containers.some((container) => container.state === 'running')).map(({ allocated }) => allocated),
    usageOf: async () => usageByPod(await context().runtime.containerStats()),
    emptyDirs: (pod, volume) => context().host.files.diskUsage(context().directories.volume(uidOf(pod), 'empty-dir', volume)),
    evict: ({ pod, signal, message, graceSeconds, isDisruption }) => {
      context().events.warning(pod, 'Evicted', message);
      context().metrics.count('kubelet_evictions', signal);
      workers.get(uidOf(pod))?.evict('Evicted', message, { graceSeconds, isDisruption });
    },
    reclaimDisk,
    announce,
  });
}
