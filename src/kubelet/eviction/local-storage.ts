import { value } from '../../api/meta/quantity.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { specOf } from '../pods/pod-spec.ts';
import { podResources } from '../resources/quantities.ts';
import type { PodUsage } from './ranking.ts';

/** Bytes of disk in one emptyDir of a pod. */
export type EmptyDirUsage = (pod: Pod, volume: string) => Promise<number>;

/** Why a pod must go for the disk that it uses itself; undefined when it keeps to what it said. */
export async function localStorageViolation(pod: Pod, usage: PodUsage | undefined, emptyDirs: EmptyDirUsage): Promise<string | undefined> {
  const spec = specOf(pod);
  const limits = podResources(pod, 'limits')['ephemeral-storage'];
  let total = usage?.storageBytes ?? 0;
  for (const { name, emptyDir } of spec.volumes ?? []) {
    if (emptyDir === undefined || emptyDir.medium === 'Memory' || (emptyDir.sizeLimit === undefined && limits === undefined)) continue;
    const used = await emptyDirs(pod, name);
    const limit = emptyDir.sizeLimit === undefined ? 0 : value(emptyDir.sizeLimit);
    if (limit > 0 && used > limit) return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(emptyDir.sizeLimit)}. `;
    total += used;
  }
  if (limits !== undefined && total > value(limits)) return `Pod ephemeral local storage usage exceeds the total limit of containers ${limits}. `;
  for (const container of spec.containers) {
    const limit = container.resources?.limits?.['ephemeral-storage'];
    const used = usage?.containers.find(({ name }) => name === container.name)?.rootfsUsedBytes ?? 0;
    if (limit !== undefined && value(limit) > 0 && used > value(limit)) return `Container ${container.name} exceeded its local ephemeral storage limit ${JSON.stringify(limit)}. `;
  }
  return undefined;
}
