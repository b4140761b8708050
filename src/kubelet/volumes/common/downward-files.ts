import type { DownwardAPIVolumeFile, Pod } from '../../../api/types/core/v1.ts';
import type { PodFacts } from '../../environment/references.ts';
import { fieldValue, resourceValue } from '../../environment/references.ts';
import type { TreeFile } from '../../host.ts';
import { aggregate } from './aggregate.ts';

/** Files that show fields of the pod itself. Throws an Error that tells of all fields that are not supported. */
export function downwardFiles(pod: Pod, items: readonly DownwardAPIVolumeFile[], mode: number, facts: PodFacts): Map<string, TreeFile> {
  const files = new Map<string, TreeFile>();
  const failures: string[] = [];
  for (const { path, mode: own = mode, fieldRef, resourceFieldRef } of items) {
    try {
      const text = fieldRef !== undefined ? fieldValue(pod, fieldRef.fieldPath, facts) : resourceFieldRef !== undefined ? resourceValue(pod, resourceFieldRef, undefined, facts) : '';
      files.set(path, { data: Buffer.from(text, 'utf8'), mode: own });
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  if (failures.length > 0) throw new Error(aggregate(failures));
  return files;
}
