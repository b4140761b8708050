import type { Container, Pod } from '../../api/types/core/v1.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import { specOf } from '../pods/pod-spec.ts';

/** How a runtime begins to say that an image could not be mounted. */
const mountFailed = 'ImageVolumeMountFailed';

/** Counts the images that a container mounts as volumes, once its runtime was asked to create it; `error`: what it said against that. */
export function countImageVolumes(metrics: MetricsSink, pod: Pod, container: Container, error?: Error): void {
  for (const { name, image } of specOf(pod).volumes ?? []) {
    if (image === undefined) continue;
    const mounts = container.volumeMounts?.filter((mount) => mount.name === name) ?? [];
    if (mounts.length === 0) continue;
    metrics.count('kubelet_image_volume_requested_total');
    const outcome = error?.message.startsWith(mountFailed) === true ? 'kubelet_image_volume_mounted_errors_total' : 'kubelet_image_volume_mounted_succeed_total';
    for (const _ of mounts) metrics.count(outcome);
  }
}
